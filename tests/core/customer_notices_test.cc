// What the team is told about customers: hours and allowances that are low, terms that end.
#include "retainer/customer_notices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retainer {
namespace {

absl::Time At(int month, int day) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, 12), absl::UTCTimeZone());
}
absl::CivilDay Day(int month, int day) { return absl::CivilDay(2026, month, day); }

Policy MakePolicy() {
  Policy policy;
  Plan gold;
  gold.name = "gold";
  gold.allowance = {{{"P1", {2, 4}}}, {std::nullopt, 20}};
  policy.plans = {{"gold", gold}};
  policy.teams = {{"core", {"core", {{"github", "alice"}}, {}, {"ops"}}}};
  Customer acme;
  acme.id = "acme";
  acme.crm = {{"salesforce", "001"}};
  acme.entitlements = {{.plan = "gold", .term = Term{Day(1, 1), Day(12, 31)}}};
  policy.customers = {acme};
  return policy;
}

std::vector<Notice> Told(const Policy& policy, absl::Time now,
                         const std::optional<AllowanceUse>& used = std::nullopt,
                         const std::vector<CustomerFact>& facts = {}) {
  const Customer& acme = policy.customers[0];
  return CustomerNotices(policy, acme, ReadHours(acme.hours, facts, DayFor(acme, now)), used, now);
}

std::string Ids(const std::vector<Notice>& notices) {
  std::string ids;
  for (const Notice& notice : notices) ids += notice.id + "\n";
  return ids;
}

TEST(CustomerNotices, HoursAreLowOnceFourFifthsAreUsed) {
  Policy policy = MakePolicy();
  policy.customers[0].hours = {{"q1", 600, Day(1, 1), Day(6, 30), 15, 0, OverHours::kRefuse}};
  CustomerFact fact;
  fact.kind = CustomerFactKind::kWorkLogged;
  fact.entry = "e1";
  fact.day = Day(3, 1);
  fact.accounted = fact.minutes = 465;
  EXPECT_EQ(Ids(Told(policy, At(3, 2), {}, {fact})), "");
  fact.accounted = 480;
  const auto notices = Told(policy, At(3, 2), {}, {fact});
  ASSERT_EQ(Ids(notices), "hours.low acme q1\n");
  EXPECT_EQ(notices[0].kind, NoticeKind::kHoursLow);
  EXPECT_EQ(notices[0].text, "acme: 2h of 10h left of q1, until 2026-06-30");
  EXPECT_EQ(notices[0].ref, "customer acme");
  EXPECT_EQ(notices[0].teams, std::vector<std::string>{"core"});
  EXPECT_EQ(notices[0].crm.at("salesforce"), "001");
  EXPECT_TRUE(notices[0].is_private);
  EXPECT_EQ(notices[0].due, absl::InfiniteFuture());
  EXPECT_TRUE(IsAboutCustomer(notices[0].kind));
  EXPECT_EQ(Ids(Told(policy, At(7, 1), {}, {fact})), "") << "the block has ended";
}

TEST(CustomerNotices, AnAllowanceOfTheMonthIsLow) {
  const Policy policy = MakePolicy();
  AllowanceUse used;
  used.tickets.this_month = 15;
  used.priorities["P1"].this_month = 3;
  EXPECT_EQ(Ids(Told(policy, At(3, 2), used)), "");
  used.tickets.this_month = 16;
  used.priorities["P1"].this_month = 4;
  const auto notices = Told(policy, At(3, 2), used);
  ASSERT_EQ(Ids(notices), "allowance.low acme 2026-03 P1\nallowance.low acme 2026-03 tickets\n");
  EXPECT_EQ(notices[0].text, "acme: 4 of 4 P1 tickets of 2026-03 are used");
  EXPECT_EQ(notices[1].text, "acme: 16 of 20 tickets of 2026-03 are used");
}

TEST(CustomerNotices, ATermEndsInThirtyDaysAndInSeven) {
  Policy policy = MakePolicy();
  EXPECT_EQ(Ids(Told(policy, At(11, 30))), "");
  EXPECT_EQ(Ids(Told(policy, At(12, 1))), "customer.term_ending acme 2026-12-31 30\n");
  EXPECT_EQ(Told(policy, At(12, 1))[0].text, "acme: the term ends on 2026-12-31, in 30 days");
  EXPECT_EQ(Ids(Told(policy, At(12, 23))), "customer.term_ending acme 2026-12-31 30\n");
  EXPECT_EQ(Ids(Told(policy, At(12, 24))), "customer.term_ending acme 2026-12-31 7\n");
  EXPECT_EQ(Told(policy, At(12, 31))[0].text, "acme: the term ends on 2026-12-31, today");
  policy.customers[0].entitlements[0].trial = true;
  policy.customers[0].entitlements[0].grace_days = 14;
  EXPECT_EQ(Told(policy, At(12, 30))[0].text,
            "acme: the trial ends on 2026-12-31, in 1 day; grace of 14 days follows");
}

TEST(CustomerNotices, ATermThatAnotherFollowsDoesNotEnd) {
  Policy policy = MakePolicy();
  policy.customers[0].entitlements.push_back(
      {.plan = "gold", .term = Term{absl::CivilDay(2027, 1, 1), absl::CivilDay(2027, 12, 31)}});
  EXPECT_EQ(Ids(Told(policy, At(12, 24))), "");
  policy.customers[0].entitlements.back().term->from = absl::CivilDay(2027, 1, 2);
  EXPECT_EQ(Ids(Told(policy, At(12, 24))), "customer.term_ending acme 2026-12-31 7\n");
  policy.customers[0].entitlements.push_back({.plan = "gold"});
  EXPECT_EQ(Ids(Told(policy, At(12, 24))), "") << "a plan without a term has no end";
}

}  // namespace
}  // namespace retainer
