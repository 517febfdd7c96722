#include "src/policy/policy_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "src/policy/examples.h"
#include "src/policy/reader.h"

namespace retainer::policy {
namespace {

constexpr char kGood[] = R"(version: 1
projects: ["github:acme/opendb"]
calendars:
  paris: {time_zone: Europe/Paris, hours: {mon-fri: ["09:00-17:00"]}}
  always: {time_zone: UTC, hours: always}
priorities: [{name: P1}, {name: P2}]
bots: ["github:ci"]
teams: {core: {members: ["github:alice"]}, empty: {}, chat: {sinks: [ops]}}
plans:
  gold:
    calendars: [always]
    promises: {P1: {first_response: 1h}, P2: {first_response: 2d}}
customers:
  - {id: acme, plan: gold, contacts: {logins: ["github:dave"], emails: ["@acme.example"]}}
)";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string Problems(const std::string& text) {
  return FormatProblems(ParsePolicy({{"p.yaml", text}}).problems);
}

TEST(PolicyParserTest, AGoodPolicy) {
  const PolicyResult result = ParsePolicy({{"p.yaml", kGood}});
  ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
  const Plan& gold = result.policy->plans.at("gold");
  EXPECT_EQ(gold.promises.at("P1").targets.at(Metric::kFirstResponse).fixed, absl::Hours(1));
  EXPECT_EQ(gold.default_priority, "P2") << "the lowest that the plan serves";
  EXPECT_DOUBLE_EQ(gold.at_risk, 0.75);
  EXPECT_TRUE(gold.covers_issues);
  EXPECT_FALSE(gold.covers_changes);
  EXPECT_FALSE(result.policy->customers[0].is_public);
  EXPECT_TRUE(result.policy->bare_commands);
  EXPECT_TRUE(CompileTerms("id", absl::UnixEpoch(), *result.policy).ok());
}

TEST(PolicyParserTest, ABadgeIsPrivateUnlessSaid) {
  EXPECT_FALSE(ParsePolicy({{"p.yaml", kGood}}).policy->public_badge);
  const PolicyResult open =
      ParsePolicy({{"p.yaml", Replaced(kGood, "bots:", "badge: public\nbots:")}});
  ASSERT_TRUE(open.policy.has_value());
  EXPECT_TRUE(open.policy->public_badge);
}

TEST(PolicyParserTest, ChecksAreNeutralUnlessSaid) {
  const auto checks = [](const std::string& line) {
    return ParsePolicy({{"p.yaml", Replaced(kGood, "bots:", line + "bots:")}}).policy->checks;
  };
  EXPECT_EQ(checks(""), CheckMode::kNeutral);
  EXPECT_EQ(checks("checks: off\n"), CheckMode::kOff);
  EXPECT_EQ(checks("checks: neutral\n"), CheckMode::kNeutral);
  EXPECT_EQ(checks("checks: blocking\n"), CheckMode::kBlocking);
}

TEST(PolicyParserTest, WhoIsToldWhenAndWhere) {
  const PolicyResult plain = ParsePolicy(
      {{"p.yaml",
        Replaced(kGood, "calendars: [always]\n",
                 "calendars: [always]\n    escalation: [{at: 100%, notify: [core]}]\n")}});
  ASSERT_TRUE(plain.policy) << FormatProblems(plain.problems);
  EXPECT_EQ(plain.policy->plans.at("gold").notify, NotifyHours::kOpeningHours);
  EXPECT_FALSE(plain.policy->plans.at("gold").escalation[0].mention);
  const PolicyResult loud = ParsePolicy(
      {{"p.yaml",
        Replaced(kGood, "calendars: [always]\n",
                 "calendars: [always]\n    notify: always\n"
                 "    escalation: [{at: 100%, notify: [core, chat], mention: true}]\n")}});
  ASSERT_TRUE(loud.policy) << FormatProblems(loud.problems);
  EXPECT_EQ(loud.policy->plans.at("gold").notify, NotifyHours::kAlways);
  EXPECT_TRUE(loud.policy->plans.at("gold").escalation[0].mention);
}

TEST(PolicyParserTest, AnExampleSaysWhenPeopleAreTold) {
  const auto example = [](const std::string& more) {
    // Opened on Friday at 17:00, which is closing time, and due on Monday at closing time.
    const PolicyResult result = ParsePolicy(
        {{"p.yaml",
          Replaced(Replaced(kGood, "calendars: [always]\n", "calendars: [paris]\n" + more),
                   "P2: {first_response: 2d}", "P2: {first_response: 8h}")}});
    EXPECT_TRUE(result.policy) << FormatProblems(result.problems);
    const auto terms = CompileTerms("id", absl::UnixEpoch(), *result.policy);
    EXPECT_TRUE(terms.ok());
    return PromiseExamples(**terms,
                           absl::FromCivil(absl::CivilDay(2026, 3, 2), absl::UTCTimeZone()))
        .back()
        .text;
  };
  EXPECT_EQ(
      example(""),
      "gold P2 first_response 8h [paris]: a ticket opened Fri 2026-03-06 17:00 CET is due Mon "
      "2026-03-09 17:00 CET; if late, people are told Tue 2026-03-10 09:00 CET");
  EXPECT_EQ(
      example("    notify: always\n"),
      "gold P2 first_response 8h [paris]: a ticket opened Fri 2026-03-06 17:00 CET is due Mon "
      "2026-03-09 17:00 CET");
}

TEST(PolicyParserTest, FilesMerge) {
  const PolicyResult result = ParsePolicy(
      {{"a.yaml", kGood},
       {"b.yml", "customers: [{id: globex, plan: gold}]\nprojects: [\"gitlab:x/**\"]"}});
  ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
  EXPECT_EQ(result.policy->customers.size(), 2u);
  EXPECT_EQ(result.policy->projects.size(), 2u);
}

TEST(PolicyParserTest, OneNameInTwoFiles) {
  EXPECT_EQ(
      FormatProblems(ParsePolicy({{"a.yaml", kGood}, {"b.yaml", "teams:\n  core: {}\n"}}).problems),
      "b.yaml:2:3: team \"core\" is defined twice (a.yaml, line 8); keep one, or rename it\n");
  EXPECT_NE(FormatProblems(
                ParsePolicy({{"a.yaml", kGood}, {"b.yaml", "priorities: [{name: P9}]"}}).problems)
                .find("\"priorities\" is given in two files"),
            std::string::npos);
}

TEST(PolicyParserTest, AnUnknownKeyNamesItsPlaceAndTheOneMeant) {
  EXPECT_EQ(Problems(Replaced(kGood, "teams:", "temas:")),
            "p.yaml:8:1: unknown key \"temas\" in a policy; did you mean \"teams\"?\n");
}

// A person who writes P3 does not mean P1.
TEST(PolicyParserTest, ANameWithAnotherNumberIsNeverOffered) {
  const std::string problems = Problems(Replaced(kGood, "P2: {first", "P3: {first"));
  EXPECT_NE(problems.find("priority \"P3\" is not defined; known are: P1, P2"), std::string::npos)
      << problems;
  EXPECT_EQ(problems.find("did you mean"), std::string::npos) << problems;
  EXPECT_EQ(DidYouMean("P", {"P1", "P2"}), "known are: P1, P2");
  EXPECT_EQ(DidYouMean("P1", {"P10", "P11"}), "known are: P10, P11");
  EXPECT_EQ(DidYouMean("tier-2-gold", {"tier-1-gold"}), "known are: tier-1-gold");
  EXPECT_EQ(DidYouMean("gold2026", {"glod2026"}), "did you mean \"glod2026\"?");
}

TEST(PolicyParserTest, WhatMustBeAListIsNamedByItsKey) {
  EXPECT_EQ(Problems(Replaced(kGood, "[\"github:alice\"]", "github:alice")),
            "p.yaml:8:25: members must be a list; write it as [\"github:alice\"]\n");
  EXPECT_EQ(Problems(Replaced(kGood, "[\"github:ci\"]", "github:ci")),
            "p.yaml:7:7: bots must be a list; write it as [\"github:ci\"]\n");
}

TEST(PolicyParserTest, AKeyOfTheConfigurationIsSentThere) {
  EXPECT_EQ(Problems(std::string(kGood) + "sinks: {}\n"),
            "p.yaml:15:1: unknown key \"sinks\" in a policy; it belongs into the configuration "
            "(retainer.yaml), not into the policy\n");
  EXPECT_NE(Problems(std::string(kGood) + "forges: []\n").find("into the configuration"),
            std::string::npos);
}

TEST(PolicyParserTest, AKeyWithoutColonIsToldSo) {
  EXPECT_NE(
      Problems(std::string(kGood) + "badge public\n")
          .find("unknown key \"badge public\" in a policy; a colon is missing: write badge: "),
      std::string::npos);
  EXPECT_NE(Problems(Replaced(kGood, "id: acme", "id:acme")).find("a blank is missing after the"),
            std::string::npos);
}

// Every label, whichever template and name it is made of. A label that a forge refuses would be
// retried for ever.
TEST(PolicyParserTest, ALabelThatAForgeRefusesIsRefusedHere) {
  const std::string long_name(42, 'g');
  const std::string plan = Problems(absl::StrReplaceAll(kGood, {{"gold", long_name}}));
  EXPECT_EQ(plan,
            "p.yaml:10:3: the label of plan " + long_name + ", \"support: " + long_name +
                "\", has 51 characters, and GitHub takes at most 50; shorten the name, or the "
                "template under `labels`\n");
  EXPECT_NE(Problems(absl::StrReplaceAll(kGood, {{"P2", std::string(41, 'P')}}))
                .find("the label of priority PPPP"),
            std::string::npos);
  const auto labels = [](const std::string& value) {
    return Problems(Replaced(kGood, "bots:", "labels: {" + value + "}\nbots:"));
  };
  EXPECT_EQ(labels("waiting: " + std::string(50, 'w')), "");
  EXPECT_NE(labels("waiting: " + std::string(51, 'w')).find("51 characters"), std::string::npos);
  EXPECT_EQ(
      labels("waiting: \"" + absl::StrReplaceAll(std::string(50, 'w'), {{"w", "\u00e4"}}) + "\""),
      "")
      << "characters, not bytes";
  EXPECT_NE(labels("workaround: \"a, b\"").find("comma"), std::string::npos);
  EXPECT_NE(labels("waiting: \"a \"").find("blank"), std::string::npos);
  EXPECT_NE(labels("waiting: \"a\\nb\"").find("line end"), std::string::npos);
  EXPECT_NE(labels("state: \"the state that our service level is in just now: {state}\"")
                .find("the label of state"),
            std::string::npos);
  EXPECT_NE(labels("support: \"{plan}, bought\"").find("comma"), std::string::npos);
  EXPECT_NE(labels("waiting: \"Priority: p1\"").find("same label"), std::string::npos);
  EXPECT_NE(labels("state: \"priority: {state}\", priority: \"priority: {priority}\", waiting: "
                   "\"priority: met\"")
                .find("same label"),
            std::string::npos);
}

TEST(PolicyParserTest, WhatWorksThoughPerhapsNotAsMeantIsAWarning) {
  const auto warnings = [](const std::string& text) {
    // Every calendar is used.
    const PolicyResult result =
        ParsePolicy({{"p.yaml", Replaced(text, "P1: {", "P1: {calendars: [paris], ")}});
    EXPECT_TRUE(result.policy) << FormatProblems(result.problems);
    return FormatProblems(result.warnings);
  };
  EXPECT_EQ(
      warnings(kGood),
      "p.yaml:14:10: customer \"acme\" is private and has no alias: who claims a ticket for it "
      "in a comment names it in public; add an alias that does not tell who it is, e.g. "
      "alias: c-7f3\n");
  const std::string quiet = Replaced(kGood, "id: acme", "id: acme, alias: c-1");
  EXPECT_EQ(warnings(quiet), "");
  EXPECT_EQ(warnings(Replaced(kGood, "id: acme", "id: acme, visibility: public")), "");
  const std::string both = warnings(Replaced(quiet, "github:dave", "github:Alice"));
  EXPECT_NE(
      both.find("p.yaml:14:60: github:Alice is a contact of \"acme\" and in the team \"core\": "
                "on this customer's tickets the contact wins"),
      std::string::npos)
      << both;
}

TEST(PolicyParserTest, PlacesOfWhatOthersFindWrong) {
  const PolicyResult result =
      ParsePolicy({{"p.yaml", Replaced(Replaced(kGood, "github:dave", "gh:dave"), "id: acme",
                                       "id: acme, term: {from: 2026-01-01, until: 2026-01-31}")}});
  ASSERT_TRUE(result.policy) << FormatProblems(result.problems);
  const Place forge = result.places.forges.at("gh");
  EXPECT_EQ(forge.file, "p.yaml");
  EXPECT_EQ(forge.line, 14);
  EXPECT_GT(forge.column, 60);
  EXPECT_EQ(result.places.terms.at("acme").line, 14);
  EXPECT_EQ((result.places.sinks.at({"chat", "ops"}).line), 8);
}

TEST(PolicyParserTest, AnAliasIsNobodysName) {
  const auto problems = [](const std::string& customer) {
    return Problems(Replaced(kGood, "customers:\n", "customers:\n  - " + customer + "\n"));
  };
  EXPECT_NE(problems("{id: globex, alias: globex, plan: gold}").find("its alias"),
            std::string::npos);
  EXPECT_NE(problems("{id: globex, alias: Acme, plan: gold}").find("id or alias of customer"),
            std::string::npos);
  EXPECT_NE(problems("{id: ACME, plan: gold}").find("id or alias of customer"), std::string::npos);
  EXPECT_NE(problems("{id: globex, alias: x, plan: gold}\n  - {id: X, plan: gold}")
                .find("id or alias of customer \"globex\""),
            std::string::npos);
}

TEST(PolicyParserTest, ProblemsAreCollected) {
  std::string text = Replaced(kGood, "Europe/Paris", "Mars/Olympus");
  text = Replaced(text, "plan: gold", "plan: goldd");
  text = Replaced(text, "1h", "1 hour");
  EXPECT_EQ(ParsePolicy({{"p.yaml", text}}).problems.size(), 3u) << Problems(text);
}

struct Wrong {
  const char* name;
  const char* from;
  const char* to;
  const char* what;  // part of the problem
};

class WrongPolicyTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongPolicyTest, IsRefusedOnceWithAPlace) {
  const Wrong& wrong = GetParam();
  const PolicyResult result = ParsePolicy({{"p.yaml", Replaced(kGood, wrong.from, wrong.to)}});
  EXPECT_FALSE(result.policy);
  ASSERT_EQ(result.problems.size(), 1u) << FormatProblems(result.problems);
  EXPECT_NE(FormatProblem(result.problems[0]).find(wrong.what), std::string::npos)
      << FormatProblem(result.problems[0]);
  EXPECT_GT(result.problems[0].line, 0);
}

constexpr char kHours[] = "{mon-fri: [\"09:00-17:00\"]}";
constexpr char kPlan[] = "calendars: [always]\n";
constexpr char kCustomer[] = "id: acme,";

INSTANTIATE_TEST_SUITE_P(
    All, WrongPolicyTest,
    ::testing::Values(
        Wrong{"Version", "version: 1", "version: 2", "version: 1"},
        Wrong{"Zone", "Europe/Paris", "Mars/Olympus", "unknown time zone"},
        Wrong{"ZonePath", "Europe/Paris", "/etc/localtime", "unknown time zone"},
        Wrong{"NeverOpens", kHours, "{}", "never opens"},
        Wrong{"HoursReversedShape", kHours, "{mon: [\"9-17\"]}", "HH:MM-HH:MM"},
        Wrong{"HoursEmpty", kHours, "{mon: [\"09:00-09:00\"]}", "HH:MM-HH:MM"},
        Wrong{"HoursTooLate", kHours, "{mon: [\"09:00-24:30\"]}", "HH:MM-HH:MM"},
        Wrong{"HoursOverlap", kHours, "{mon: [\"09:00-12:00\", \"11:00-13:00\"]}", "overlap"},
        Wrong{"DayTwice", kHours, "{mon-fri: [\"09:00-17:00\"], fri: [\"09:00-12:00\"]}", "twice"},
        Wrong{"DayUnknown", kHours, "{monday: [\"09:00-17:00\"]}", "day of the week"},
        Wrong{"HolidayThatIsNoDay", kHours, "{mon: [\"09:00-17:00\"]}, holidays: [\"2026-02-30\"]",
              "existing date"},
        Wrong{"YearlyHolidayThatIsNoDay", kHours, "{mon: [\"09:00-17:00\"]}, holidays: [\"13-01\"]",
              "no such day"},
        Wrong{"IcsMissing", kHours, "{mon: [\"09:00-17:00\"]}, holidays: [\"x.ics\"]",
              "beside the policy"},
        Wrong{"OverrideThatIsNoDay", kHours,
              "{mon: [\"09:00-17:00\"]}, overrides: {\"2026-13-01\": []}", "not a day"},
        Wrong{"DaysWhereACalendarCloses", "calendars: [always]", "calendars: [paris]",
              "counts whole days"},
        Wrong{"CustomerCalendarCloses", kCustomer, "id: acme, calendars: [paris],",
              "counts whole days"},
        Wrong{"UnknownCalendar", "calendars: [always]", "calendars: [alwys]",
              "did you mean \"always\"?"},
        Wrong{"NoCalendar", kPlan, "kind: target\n", "no calendar counts"},
        Wrong{"DefaultNotServed", kPlan, "calendars: [always]\n    default_priority: P3\n",
              "does not serve"},
        Wrong{"PriorityServedByNothing", "{first_response: 2d}", "{}", "promises nothing for it"},
        Wrong{"PriorityUndefined", "P2: {first", "P3: {first", "not defined"},
        Wrong{"PriorityUndefinedIsNotAnother", "P2: {first", "P3: {first", "known are: P1, P2"},
        Wrong{"DefaultIsNotAnother", kPlan, "calendars: [always]\n    default_priority: P3\n",
              "known are: P1, P2"},
        Wrong{"PriorityTwice", "{name: P2}", "{name: P2}, {name: p1}", "twice"},
        Wrong{"Metric", "{first_response: 1h}", "{first_respons: 1h, update: 1h}",
              "did you mean \"first_response\"?"},
        Wrong{"Duration", "1h", "1x", "not a duration"},
        Wrong{"DurationZero", "1h", "0h", "not a duration"},
        Wrong{"AtRisk", kPlan, "calendars: [always]\n    at_risk: 100%\n", "breach itself"},
        Wrong{"AtRiskNegative", kPlan, "calendars: [always]\n    at_risk: -5%\n", "more than 0%"},
        Wrong{"WarnAt", kPlan, "calendars: [always]\n    warn_at: [175%]\n", "at most 100"},
        Wrong{"EscalationToEmptyTeam", kPlan,
              "calendars: [always]\n    escalation: [{at: 100%, notify: [empty]}]\n",
              "neither people nor sinks"},
        Wrong{"EscalationToNobody", kPlan, "calendars: [always]\n    escalation: [{at: 100%}]\n",
              "without teams"},
        Wrong{"EscalationToUnknownTeam", kPlan,
              "calendars: [always]\n    escalation: [{at: 100%, notify: [lead]}]\n", "not defined"},
        Wrong{"EscalationOfNoPromise", kPlan,
              "calendars: [always]\n    escalation: [{at: 100%, metric: update, notify: [core]}]\n",
              "promises no update"},
        Wrong{"MentionOfNobody", kPlan,
              "calendars: [always]\n    escalation: [{at: 100%, notify: [chat], mention: true}]\n",
              "without members"},
        Wrong{"MentionUnclear", kPlan,
              "calendars: [always]\n    escalation: [{at: 100%, notify: [core], mention: 1}]\n",
              "mention"},
        Wrong{"NotifyHours", kPlan, "calendars: [always]\n    notify: never\n",
              "opening_hours or always"},
        Wrong{"Covers", kPlan, "calendars: [always]\n    covers: [pull]\n", "issue or change"},
        Wrong{"ProjectWithoutForge", "github:acme/opendb", "acme/opendb", "FORGE:PATH"},
        Wrong{"ProjectOwner", "github:acme/opendb", "github:acme", "github:acme/*"},
        Wrong{"ProjectStars", "github:acme/opendb", "github:acme/***", "pattern"},
        Wrong{"Plan", "plan: gold", "plan: golf", "did you mean \"gold\"?"},
        Wrong{"CustomerTwice", "customers:", "customers:\n  - {id: ACME, plan: gold}",
              "id or alias of customer"},
        Wrong{"AliasTaken", "customers:", "customers:\n  - {id: x, alias: acme, plan: gold}",
              "id or alias of customer"},
        Wrong{"ContactOfTwo", "customers:",
              "customers:\n  - {id: x, plan: gold, contacts: {logins: [\"github:Dave\"]}}",
              "belongs to one customer"},
        Wrong{"DomainOfTwo", "customers:",
              "customers:\n  - {id: x, plan: gold, contacts: {emails: [\"@ACME.example\"]}}",
              "belongs to one customer"},
        Wrong{"ContactIsBot", "\"github:dave\"", "\"github:CI\"", "one of the bots"},
        Wrong{"MemberIsBot", "\"github:alice\"", "\"github:ci\"", "a bot among its members"},
        Wrong{"LoginWithAt", "\"github:dave\"", "\"github:@dave\"", "without @"},
        Wrong{"Email", "@acme.example", "acme.example", "neither"},
        Wrong{"TermReversed", kCustomer, "id: acme, term: {from: 2026-12-31, until: 2026-01-01},",
              "before it begins"},
        Wrong{"TermNoSuchDay", kCustomer, "id: acme, term: {from: 2026-01-01, until: 2026-02-30},",
              "not a day of the calendar"},
        Wrong{"TermHalf", kCustomer, "id: acme, term: {from: 2026-01-01},", "its last day"},
        Wrong{"Visibility", kCustomer, "id: acme, visibility: open,", "private or public"},
        Wrong{"LocalTimeZone", "Europe/Paris", "localtime", "unknown time zone"},
        Wrong{"CustomersTimeZone", "id: acme,", "id: acme, time_zone: right/UTC,",
              "unknown time zone"},
        Wrong{"Label", "bots:", "labels: {priority: urgent}\nbots:", "{priority}"},
        Wrong{"LabelsTheSame", "bots:", "labels: {waiting: x, workaround: X}\nbots:", "same label"},
        Wrong{"LabelOfARequest", "bots:",
              "requests: {training: {labels: [\"Priority: P1\"], promises: {update: 2h}}}\nbots:",
              "the label of request training, is the same label as that of priority P1"},
        Wrong{"Since", "bots:", "since: yesterday\nbots:", "RFC 3339"},
        Wrong{"Badge", "bots:", "badge: open\nbots:", "private or public"},
        Wrong{"Checks", "bots:", "checks: maybe\nbots:", "off, neutral or blocking"},
        Wrong{"Bare", "bots:", "commands: {bare: maybe}\nbots:", "true or false"},
        Wrong{"Twice", "bots:", "version: 1\nbots:", "given twice"},
        Wrong{"Alias", "[\"github:ci\"]", "*x", "YAML"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PolicyParserTest, HostileYaml) {
  EXPECT_NE(Problems("a: &a [x, x]\nb: [*a, *a]\n").find("alias"), std::string::npos);
  EXPECT_NE(Problems(std::string(100000, '[')).find("nested"), std::string::npos);
  EXPECT_NE(Problems(std::string(2 << 20, 'a')).find("larger than"), std::string::npos);
  std::string many = "bots: [";
  for (int i = 0; i < 150000; ++i) many += "a,";
  EXPECT_NE(Problems(many + "]").find("values in one file"), std::string::npos);
  std::string half = "bots: [";
  for (int i = 0; i < 90'000; ++i) half += "a,";
  // 10,000 customers with 50,000 contacts in files of their own have 300,000.
  std::map<std::string, std::string> files;
  for (char name = 'a'; name < 'm'; ++name) files[std::string(1, name) + ".yaml"] = half + "]";
  EXPECT_NE(FormatProblems(ParsePolicy(files).problems)
                .find("more than 1000000 values in all files together"),
            std::string::npos);
  for (const char* text : {"", "\t", "%", "---\n---\n", "? [a]\n: b", "- x", "version: [1, 2",
                           "\xff\xfe\x00", "!!binary x", "{a: b}: c", "null"}) {
    EXPECT_FALSE(ParsePolicy({{"p.yaml", text}}).policy) << text;
    EXPECT_FALSE(Problems(text).empty()) << text;
  }
  EXPECT_FALSE(ParsePolicy({}).policy);
  EXPECT_FALSE(ParsePolicy({}).problems.empty());
}

// Each name is looked up instead of being compared with all others, and a wrong list stops at the
// number of problems that anybody would fix. With quadratic cost this test would not end.
TEST(PolicyParserTest, ManyPeopleAndManyProblemsCostLittle) {
  std::string many = "bots: [";
  for (int i = 0; i < 20'000; ++i) many += "\"github:bot" + std::to_string(i) + "\",";
  many += "]\nteams: {t: {members: [";
  for (int i = 0; i < 20'000; ++i) many += "\"github:m" + std::to_string(i) + "\",";
  many += "]}}\nversion: 1\nprojects: [\"github:a/b\"]\n";
  EXPECT_TRUE(ParsePolicy({{"p.yaml", many}}).policy);
  std::string customers =
      "version: 1\nprojects: [\"github:a/b\"]\nplans: {g: {promises: {P1: {}}}}\ncustomers:\n";
  for (int i = 0; i < 8'000; ++i) {
    const std::string id = std::to_string(i);
    customers += "- {id: c" + id + ", plan: gg, contacts: {logins: [\"github:u" + id + "\"]}}\n";
  }
  EXPECT_EQ(ParsePolicy({{"p.yaml", customers}}).problems.size(), 200u);
  std::string priorities = "version: 1\nprojects: [\"github:a/b\"]\npriorities: [";
  for (int i = 0; i < 30'000; ++i) priorities += "{name: P" + std::to_string(i) + "},";
  EXPECT_NE(Problems(priorities + "]").find("more than 100 priorities"), std::string::npos);
}

// Every prefix, and many small changes at fixed places: never a crash, and always either a policy
// or a problem.
TEST(PolicyParserTest, MutationsGiveAPolicyOrAProblem) {
  const std::string good = kGood;
  const auto check = [](const std::string& text) {
    const PolicyResult result = ParsePolicy({{"p.yaml", text}});
    ASSERT_EQ(result.policy.has_value(), result.problems.empty()) << text;
    if (result.policy) {
      ASSERT_TRUE(CompileTerms("id", absl::UnixEpoch(), *result.policy).ok()) << text;
    }
  };
  for (std::size_t n = 0; n < good.size(); n += 3) check(good.substr(0, n));
  unsigned state = 1;
  const auto next = [&state](std::size_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  constexpr std::string_view kBytes = "{}[]:,-*&!?|>%@`\"'# \n\t09azPT\xc3\x00";
  for (int round = 0; round < 1500; ++round) {
    std::string text = good;
    for (std::size_t i = 1 + next(4); i > 0; --i) {
      const std::size_t at = next(text.size());
      switch (next(3)) {
        case 0:
          text[at] = kBytes[next(kBytes.size())];
          break;
        case 1:
          text.erase(at, 1 + next(12));
          break;
        default:
          text.insert(at, text.substr(next(text.size()), next(20)));
      }
    }
    check(text);
  }
}

std::string Calendar(const std::string& body) {
  return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + body + "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

PolicyResult WithIcs(const std::string& body) {
  return ParsePolicy(
      {{"p.yaml", Replaced(kGood, kHours, "{mon-fri: [\"09:00-17:00\"]}, holidays: [\"h.ics\"]")},
       {"h.ics", Calendar(body)}});
}

TEST(IcsTest, DatedAndYearlyDays) {
  const PolicyResult dated =
      WithIcs("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:2026\r\n 1227\r\n");
  ASSERT_TRUE(dated.policy) << FormatProblems(dated.problems);
  const std::set<absl::CivilDay> days = {absl::CivilDay(2026, 12, 24), absl::CivilDay(2026, 12, 25),
                                         absl::CivilDay(2026, 12, 26)};
  EXPECT_EQ(dated.policy->calendars.at("paris").holidays, days);

  const PolicyResult yearly =
      WithIcs("DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY;BYMONTH=5\r\n");
  ASSERT_TRUE(yearly.policy) << FormatProblems(yearly.problems);
  // A rule begins at DTSTART (RFC 5545): earlier years are open.
  EXPECT_TRUE(yearly.policy->calendars.at("paris").yearly_holidays.empty());
  EXPECT_TRUE(yearly.policy->calendars.at("paris").holidays.contains(absl::CivilDay(2031, 5, 1)));
  EXPECT_FALSE(yearly.policy->calendars.at("paris").holidays.contains(absl::CivilDay(2019, 5, 1)));

  const PolicyResult counted = WithIcs("DTSTART:20260501\r\nRRULE:FREQ=YEARLY;COUNT=2\r\n");
  ASSERT_TRUE(counted.policy) << FormatProblems(counted.problems);
  EXPECT_EQ(counted.policy->calendars.at("paris").holidays.size(), 2u);
  EXPECT_TRUE(counted.policy->calendars.at("paris").holidays.contains(absl::CivilDay(2027, 5, 1)));
}

TEST(IcsTest, WhatCannotBeKeptExactlyIsRefusedWithItsLine) {
  const PolicyResult timed = WithIcs("DTSTART:20260501T100000Z\r\n");
  ASSERT_EQ(timed.problems.size(), 1u);
  EXPECT_EQ(timed.problems[0].file, "h.ics");
  EXPECT_EQ(timed.problems[0].line, 3);
  EXPECT_FALSE(WithIcs("DTSTART:20260501\r\nRRULE:FREQ=WEEKLY\r\n").policy);
  EXPECT_FALSE(WithIcs("DTSTART:20260501\r\nRRULE:FREQ=YEARLY;BYDAY=1MO\r\n").policy);
  EXPECT_FALSE(WithIcs("SUMMARY:x\r\n").policy);
  EXPECT_TRUE(WithIcs("STATUS:CANCELLED\r\nDTSTART:20260501T100000Z\r\n").policy);
}

}  // namespace
}  // namespace retainer::policy
