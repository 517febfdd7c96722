// A policy that is split over files and folders.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "src/policy/policy_parser.h"

namespace retainer::policy {
namespace {

using Files = std::map<std::string, std::string>;

constexpr char kTop[] = R"(version: 1
projects: ["github:acme/opendb"]
priorities: [{name: P1}]
)";
constexpr char kPlan[] = R"(calendars: [paris]
promises: {P1: {first_response: 1h}}
)";
constexpr char kCalendar[] = R"(time_zone: Europe/Paris
hours: {mon-fri: ["09:00-17:00"]}
)";

Files Split() {
  return {{"policy.yaml", kTop},
          {"calendars/paris.yaml", kCalendar},
          {"teams/core.yml", "members: [\"github:alice\"]\n"},
          {"plans/gold.yml", kPlan},
          {"customers/acme.yml", "plan: gold\nvisibility: public\n"},
          {"customers/eu/globex.yml", "id: globex-eu\nplan: gold\nvisibility: public\n"}};
}

std::string Problems(const Files& files) { return FormatProblems(ParsePolicy(files).problems); }

std::string PathOfOnly(const Files& files) {
  const PolicyResult result = ParsePolicy(files);
  return result.problems.size() == 1 ? result.problems[0].path : FormatProblems(result.problems);
}

TEST(SplitPolicyTest, AFileInAFolderOfASectionIsOneEntryOfIt) {
  const PolicyResult result = ParsePolicy(Split());
  ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
  EXPECT_EQ(result.policy->plans.at("gold").calendars, std::vector<std::string>{"paris"});
  EXPECT_EQ(result.policy->teams.at("core").members.size(), 1u);
  ASSERT_EQ(result.policy->customers.size(), 2u);
  EXPECT_EQ(result.policy->customers[0].id, "acme") << "the file's name";
  EXPECT_EQ(result.policy->customers[1].name, "globex-eu") << "folders in it count too";
}

// Somebody wrote nothing, or only comments: a customer would be missing without a word.
TEST(SplitPolicyTest, AnEmptyFileOfAnEntryIsAProblem) {
  Files files = Split();
  files["customers/hooli.yml"] = "# plan: gold\n";
  EXPECT_NE(Problems(files).find("customers/hooli.yml:1:1: the file is empty"), std::string::npos)
      << Problems(files);
}

TEST(SplitPolicyTest, SuchAFileMayHoldAPartOfAPolicyToo) {
  Files files = Split();
  files["customers/more.yml"] = "customers: [{id: hooli, plan: gold, visibility: public}]\n";
  const PolicyResult result = ParsePolicy(files);
  ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
  EXPECT_EQ(result.policy->customers.size(), 3u);
}

TEST(SplitPolicyTest, AnIdOfItsOwnWins) {
  Files files = Split();
  files["customers/acme.yml"] = "id: a-1\nplan: gold\n";
  EXPECT_EQ(ParsePolicy(files).policy->customers[0].id, "a-1");
}

TEST(SplitPolicyTest, ANameOfAFileThatIsNoNameIsRefused) {
  Files files = Split();
  files["customers/Acme Corp.yml"] = "plan: gold\n";
  EXPECT_EQ(
      Problems(files),
      "customers/Acme Corp.yml:1:1: \"Acme Corp\" cannot be the id of a customer; use up to 64 "
      "letters, digits, -, _ and .\n");
}

TEST(SplitPolicyTest, WhatIsDefinedTwiceIsNamedWithBothPlaces) {
  Files files = Split();
  files["z.yaml"] =
      "teams:\n  core: {}\nplans:\n  gold: {}\ncalendars:\n  paris: {}\n"
      "customers: [{id: acme, plan: gold}]\n";
  EXPECT_EQ(Problems(files),
            "z.yaml:2:3: team \"core\" is defined twice (teams/core.yml, line 1); keep one, or "
            "rename it\n"
            "z.yaml:4:3: plan \"gold\" is defined twice (plans/gold.yml, line 1); keep one, or "
            "rename it\n"
            "z.yaml:6:3: calendar \"paris\" is defined twice (calendars/paris.yaml, line 1); keep "
            "one, or rename it\n"
            "z.yaml:7:18: \"acme\" is the id or alias of customer \"acme\" already "
            "(customers/acme.yml, line 1); give each customer an id and an alias of its own\n");
}

TEST(SplitPolicyTest, AContactOfTwoCustomersIsNamedWithBothPlaces) {
  Files files = Split();
  files["customers/acme.yml"] += "contacts: {emails: [\"@acme.example\"]}\n";
  files["customers/hooli.yml"] = "plan: gold\ncontacts:\n  emails: [\"@acme.example\"]\n";
  EXPECT_EQ(Problems(files),
            "customers/hooli.yml:3:12: \"@acme.example\" is a contact of customer \"acme\" already "
            "(customers/acme.yml, line 3); a contact belongs to one customer\n");
}

TEST(SplitPolicyTest, ACalendarFileIsFoundBesideTheOneThatNamesItOrAtTheTop) {
  constexpr char kIcs[] =
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
      "DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\n"
      "END:VCALENDAR\r\n";
  for (const char* name : {"calendars/france.ics", "france.ics"}) {
    Files files = Split();
    files["calendars/paris.yaml"] += "holidays: [france.ics]\n";
    files[name] = kIcs;
    const PolicyResult result = ParsePolicy(files);
    ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
    EXPECT_EQ(result.policy->calendars.at("paris").holidays.size(), 1u);
  }
  Files files = Split();
  files["calendars/paris.yaml"] += "holidays: [frence.ics]\n";
  files["france.ics"] = kIcs;
  EXPECT_EQ(Problems(files),
            "calendars/paris.yaml:3:12: no file \"frence.ics\" beside the policy; did you mean "
            "\"france.ics\"?\n");
}

TEST(SplitPolicyTest, AProblemHasThePathOfItsKey) {
  Files files = {
      {"p.yaml", std::string(kTop) +
                     "calendars: {\"a.b\": {time_zone: UTC, hours: always}}\n"
                     "plans: {gold: {calendars: [\"a.b\"], promises: {P1: {first_response: "
                     "1h}}}}\n"}};
  files["c.yaml"] =
      "customers:\n- {id: a, plan: gold, visibility: public}\n"
      "- {id: b, plan: gold, contacts: {logins: [\"github:x\", \"y\"]}, visibility: public}\n";
  EXPECT_EQ(PathOfOnly(files), "customers[1].contacts.logins[1]");
  files["c.yaml"] = "customers: [{id: a}]\n";
  EXPECT_EQ(PathOfOnly(files), "customers[0]");
  files["c.yaml"] = "customers: [{id: a, plan: gold, plam: x}]\n";
  EXPECT_EQ(PathOfOnly(files), "customers[0].plam");
  files["c.yaml"] = "calendars:\n  \"b.c\": {time_zone: Mars, hours: always}\n";
  EXPECT_EQ(PathOfOnly(files), "calendars[\"b.c\"].time_zone");
  files["c.yaml"] = "customers:\n- id: a\n  id: b\n  plan: gold\n";
  EXPECT_EQ(PathOfOnly(files), "customers[0].id");
}

TEST(SplitPolicyTest, AKeyInAPathIsCut) {
  const std::string key(1000, 'k');
  EXPECT_EQ(PathOfOnly({{"p.yaml", kTop}, {"k.yaml", key + ": 1\n"}}),
            "[\"" + std::string(60, 'k') + "…\"]");
  EXPECT_EQ(PathOfOnly({{"p.yaml", kTop}, {"k.yaml", "\"a\\\"b\\nc\": 1\n"}}), "[\"a?b?c\"]");
}

// The path begins at the top of the file, as it is written.
TEST(SplitPolicyTest, AProblemInAFileOfOneEntryHasThePathInThatFile) {
  Files files = Split();
  files["customers/acme.yml"] = "plan: gold\ncontacts: {logins: [alice]}\n";
  EXPECT_EQ(PathOfOnly(files), "contacts.logins[0]");
  files = Split();
  files["plans/gold.yml"] = "calendars: [pariss]\npromises: {P1: {first_response: 1h}}\n";
  EXPECT_EQ(PathOfOnly(files), "calendars[0]");
  files = Split();
  files["customers/acme.yml"] = "name: ACME\n";
  EXPECT_EQ(PathOfOnly(files), "") << "the whole file";
}

}  // namespace
}  // namespace retainer::policy
