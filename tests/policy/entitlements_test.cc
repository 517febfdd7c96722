// The keys about what customers hold: what is read, and what is refused with which mend.
#include <gtest/gtest.h>

#include <string>

#include "src/policy/policy_parser.h"
#include "src/policy/problem.h"

namespace retainer::policy {
namespace {

// `customer`: what follows `id: acme`. `plan`: more keys of plan gold. `root`: more sections.
std::string Text(const std::string& customer, const std::string& plan = "",
                 const std::string& root = "") {
  return R"(version: 1
projects: ["github:acme/opendb"]
calendars: {always: {time_zone: UTC, hours: always}, office: {time_zone: UTC, hours: {mon: ["09:00-17:00"]}}}
priorities: [{name: P1}]
plans:
  gold:
    calendars: [always]
    promises: {P1: {first_response: 1h}}
)" + plan +
         R"(
  silver: {calendars: [always], promises: {P1: {first_response: 4h}}}
customers:
  - {id: acme, alias: c-1, )" +
         customer + "}\n" + root;
}

Policy Read(const std::string& text) {
  const PolicyResult result = ParsePolicy({{"p.yaml", text}});
  EXPECT_TRUE(result.policy) << FormatProblems(result.problems);
  return result.policy.value_or(Policy());
}

std::string Problems(const std::string& text) {
  return FormatProblems(ParsePolicy({{"p.yaml", text}}).problems);
}

TEST(EntitlementsTest, TheShortFormIsOneEntitlement) {
  const Customer acme =
      Read(Text("plan: gold, term: {from: 2026-01-01, until: 2026-12-31}")).customers[0];
  const Entitlement expected{
      .plan = "gold", .term = Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31)}};
  EXPECT_EQ(acme.entitlements, std::vector{expected});
}

TEST(EntitlementsTest, AreOrderedByTheirFirstDay) {
  const Customer acme = Read(Text("entitlements: ["
                                  "{plan: silver, term: {from: 2026-07-01, until: 2026-12-31}}, "
                                  "{plan: gold, term: {from: 2026-01-01, until: 2026-06-30}, "
                                  "grace: 14d, trial: true}, {plan: silver}]"))
                            .customers[0];
  ASSERT_EQ(acme.entitlements.size(), 3u);
  EXPECT_FALSE(acme.entitlements[0].term);
  EXPECT_EQ(acme.entitlements[1].plan, "gold");
  EXPECT_EQ(acme.entitlements[1].grace_days, 14);
  EXPECT_TRUE(acme.entitlements[1].trial);
  EXPECT_EQ(acme.entitlements[2].term->from, absl::CivilDay(2026, 7, 1));
}

TEST(EntitlementsTest, WhatIsWrongIsNamedWithItsMend) {
  const auto has = [](const std::string& customer, const std::string& words) {
    const std::string problems = Problems(Text(customer));
    EXPECT_NE(problems.find(words), std::string::npos) << customer << "\n" << problems;
  };
  has("name: A", "customer \"acme\" has no plan");
  has("plan: gold, entitlements: [{plan: gold}]", "`entitlements` beside `plan` or `term`");
  has("entitlements: []", "holds nothing");
  has("entitlements: [{term: {from: 2026-01-01, until: 2026-02-01}}]", "without plan");
  has("entitlements: [{plan: glod}]", "did you mean \"gold\"?");
  has("entitlements: [{plan: gold, grace: 14d}]", "grace without a term");
  has("entitlements: [{plan: gold, trial: true}]", "a trial without an end");
  has("entitlements: [{plan: gold, term: {from: 2026-01-01, until: 2026-02-01}, grace: 36h}]",
      "not a number of days");
  has("entitlements: [{plan: gold, term: {from: 2026-01-01, until: 2026-02-01}, grace: 2bd}]",
      "not a number of days");
  has("entitlements: [{plan: gold, term: {from: 2026-02-01, until: 2026-01-01}}]",
      "the term ends before it begins");
  has("entitlements: [{plan: gold}, {plan: silver}]", "two plans begin on the same day");
  has("plan: gold, crm: [1]", "crm");
}

TEST(EntitlementsTest, NamesOfOtherSystemsAreKept) {
  const Customer acme = Read(Text("plan: gold, crm: {salesforce: \"001\"}")).customers[0];
  EXPECT_EQ(acme.crm, (std::map<std::string, std::string>{{"salesforce", "001"}}));
}

TEST(EntitlementsTest, APlanLimitsTheContacts) {
  const std::string two = "plan: gold, contacts: {logins: [\"github:dave\", \"github:dora\"]}";
  EXPECT_EQ(Read(Text(two, "    contacts: {max: 2}")).plans.at("gold").most_contacts, 2);
  const std::string problems = Problems(Text(two, "    contacts: {max: 1}"));
  EXPECT_NE(problems.find("has 2 logins as contacts, but plan \"gold\" has 1"), std::string::npos)
      << problems;
  EXPECT_NE(Problems(Text("plan: gold", "    contacts: {max: 0}")).find("from 1 to 100000"),
            std::string::npos);
}

TEST(EntitlementsTest, WhoJoinsLaterIsAContactForOpenTicketsTooUnlessSaid) {
  EXPECT_EQ(Read(Text("plan: gold")).plans.at("gold").starts, ClockStart::kVerified);
  EXPECT_EQ(Read(Text("plan: gold", "    starts: opened")).plans.at("gold").starts,
            ClockStart::kOpened);
  EXPECT_NE(Problems(Text("plan: gold", "    starts: never")).find("write opened or verified"),
            std::string::npos);
}

TEST(FeedbackRulesTest, TheKeyAloneAsksInTheFold) {
  EXPECT_EQ(Read(Text("plan: gold")).feedback.ask, AskFeedback::kNever);
  const FeedbackRules asked = Read(Text("plan: gold", "", "feedback: {}\n")).feedback;
  EXPECT_EQ(asked, (FeedbackRules{AskFeedback::kFold, absl::Hours(24), 5}));
  const FeedbackRules other =
      Read(Text("plan: gold", "", "feedback: {ask: never, after: 2d, scale: 10}\n")).feedback;
  EXPECT_EQ(other, (FeedbackRules{AskFeedback::kNever, absl::Hours(48), 10}));
  EXPECT_EQ(Read(Text("plan: gold", "", "feedback: {ask: mention}\n")).feedback.ask,
            AskFeedback::kMention);
  const auto has = [](const std::string& feedback, const std::string& words) {
    const std::string problems = Problems(Text("plan: gold", "", "feedback: {" + feedback + "}\n"));
    EXPECT_NE(problems.find(words), std::string::npos) << feedback << "\n" << problems;
  };
  has("ask: folds", "did you mean \"fold\"?");
  has("after: 1bd", "write e.g. 1d, at most 90d");
  has("after: 91d", "write e.g. 1d, at most 90d");
  has("scale: 2", "a whole number from 3 to 10");
  has("scale: 11", "a whole number from 3 to 10");
  has("scal: 5", "scale");
}

TEST(HoursTest, ABlockIsReadWithItsDefaultsAndTheOneThatEndsFirstComesFirst) {
  const Customer acme =
      Read(Text("entitlements: [{plan: gold}, "
                "{hours: {block: q2, amount: 1h30m, from: 2026-07-01, until: 2026-12-31}}, "
                "{hours: {block: q1, amount: 20h, from: 2026-01-01, until: 2026-06-30, "
                "unit: 6m, rollover: 50%, over: overage}}]"))
          .customers[0];
  EXPECT_EQ(acme.entitlements.size(), 1u);
  const std::vector<HoursBlock> expected = {
      {"q1", 1200, absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 6, 30), 6, 0.5,
       OverHours::kOverage},
      {"q2", 90, absl::CivilDay(2026, 7, 1), absl::CivilDay(2026, 12, 31), 15, 0,
       OverHours::kRefuse}};
  EXPECT_EQ(acme.hours, expected);
  EXPECT_TRUE(Read(Text("plan: gold", "",
                        "requests: {training: {labels: [t], promises: {update: 1h}, hours: true}}"
                        "\n"))
                  .requests.at("training")
                  .hours);
}

TEST(HoursTest, WhatIsWrongIsNamedWithItsMend) {
  const auto has = [](const std::string& hours, const std::string& words) {
    const std::string problems =
        Problems(Text("entitlements: [{plan: gold}, {hours: {" + hours + "}}]"));
    EXPECT_NE(problems.find(words), std::string::npos) << hours << "\n" << problems;
  };
  const std::string days = ", from: 2026-01-01, until: 2026-06-30";
  has("amount: 20h" + days, "without `block`");
  has("block: q1" + days, "without `amount`");
  has("block: q1, amount: 20h, until: 2026-06-30", "without `from`");
  has("block: q1, amount: 20" + days, "write e.g. 20h");
  has("block: q1, amount: 2d" + days, "how long a day of work is");
  has("block: q1, amount: 90s" + days, "in hours and minutes");
  has("block: q1, amount: 50001h" + days, "more than 50000h");
  has("block: q1, amount: 20h, from: 2026-07-01, until: 2026-06-30", "ends before it begins");
  has("block: q1, amount: 20h, unit: 15h" + days, "did you mean 15m?");
  has("block: q1, amount: 20m, unit: 1h" + days, "longer than the whole block");
  has("block: q1, amount: 20h, rollover: 150%" + days, "0% to 100%");
  has("block: q1, amount: 20h, rollover: half" + days, "0% to 100%");
  has("block: q1, amount: 20h, over: overrun" + days, "overage");
  has("block: q1, amount: 20h, kind: x" + days, "kind");
  has("block: q1, amount: 20h" + days + "}}, {hours: {block: q1, amount: 5h" + days,
      "two blocks \"q1\"");
  EXPECT_NE(
      Problems(Text("entitlements: [{plan: gold, hours: {block: q1, amount: 20h" + days + "}}]"))
          .find("an entry of their own"),
      std::string::npos);
}

TEST(HoursTest, AnUnusualAmountOrUnitIsDoubted) {
  const auto doubts = [](const std::string& hours) {
    const PolicyResult result =
        ParsePolicy({{"p.yaml", Text("entitlements: [{plan: gold}, {hours: {block: q1, " + hours +
                                     ", from: 2026-01-01, until: 2026-06-30}}]")}});
    EXPECT_TRUE(result.policy) << FormatProblems(result.problems);
    return FormatProblems(result.warnings);
  };
  EXPECT_NE(doubts("amount: 20m").find("did you mean 20h?"), std::string::npos);
  EXPECT_NE(doubts("amount: 20h, unit: 5h").find("units of 5h"), std::string::npos);
  EXPECT_EQ(doubts("amount: 20h, unit: 15m").find("block"), std::string::npos);
}

TEST(RequestsTest, AreReadWithTheirLabelsAndPromises) {
  const Policy policy = Read(Text(
      "plan: gold", "",
      "requests: {training: {labels: [\"kind: training\"], promises: {acknowledgement: 2bd}}}\n"));
  const RequestKind& training = policy.requests.at("training");
  EXPECT_EQ(training.labels, std::vector<std::string>{"kind: training"});
  EXPECT_EQ(training.promises.at(Metric::kAcknowledgement).business_days, 2);
}

TEST(RequestsTest, WhatIsWrongIsNamedWithItsMend) {
  const auto has = [](const std::string& requests, const std::string& words) {
    const std::string problems = Problems(Text("plan: gold", "", "requests: " + requests + "\n"));
    EXPECT_NE(problems.find(words), std::string::npos) << requests << "\n" << problems;
  };
  has("{training: {promises: {acknowledgement: 2bd}}}", "no ticket is one");
  has("{training: {labels: [a]}}", "promises nothing");
  has("{training: {labels: [a], promises: {answer: 1h}}}", "answer");
  has("{training: {labels: [a], promises: {acknowledgement: 2d}}}", "calendar \"office\" closes");
  has("{a: {labels: [x], promises: {update: 1h}}, b: {labels: [X], promises: {update: 1h}}}",
      "belongs to \"a\" already");
}

}  // namespace
}  // namespace retainer::policy
