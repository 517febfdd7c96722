// What differs between two policies, in words.
#include "retainer/policy_changes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace retainer {
namespace {

// The fields of each struct of a policy, so that every one of them is changed below. A new field
// does not compile until it is named here; then it needs a sentence. Left out are the names of
// things that a map holds under the same name.
auto Fields(Target& x) {
  auto& [business_days, fixed, text] = x;
  return std::tie(business_days, fixed, text);
}
auto Fields(Priority& x) {
  auto& [name, title, when] = x;
  return std::tie(name, title, when);
}
auto Fields(PlanPromises& x) {
  auto& [calendars, targets] = x;
  return std::tie(calendars, targets);
}
auto Fields(EscalationLevel& x) {
  auto& [at, metric, notify, mention] = x;
  return std::tie(at, metric, notify, mention);
}
auto Fields(Plan& x) {
  auto& [name, calendars, starts, most_contacts, allowance, kind, covers_issues, covers_changes,
         promises, default_priority, at_risk, warn_at, notify, escalation, github_sponsors,
         github_marketplace] = x;
  return std::tie(calendars, starts, most_contacts, allowance, kind, covers_issues, covers_changes,
                  promises, default_priority, at_risk, warn_at, notify, escalation, github_sponsors,
                  github_marketplace);
}
auto Fields(SponsorsOffer& x) {
  auto& [sponsorable, min_monthly, one_time_days] = x;
  return std::tie(sponsorable, min_monthly, one_time_days);
}
auto Fields(CommunityRules& x) {
  auto& [comment, objectives, calendars] = x;
  return std::tie(comment, objectives, calendars);
}
auto Fields(Login& x) {
  auto& [forge, name] = x;
  return std::tie(forge, name);
}
auto Fields(Team& x) {
  auto& [name, members, labels, sinks] = x;
  return std::tie(members, labels, sinks);
}
auto Fields(Contacts& x) {
  auto& [logins, organizations, emails] = x;
  return std::tie(logins, organizations, emails);
}
auto Fields(Term& x) {
  auto& [from, until] = x;
  return std::tie(from, until);
}
auto Fields(Entitlement& x) {
  // `bought` is in no policy that somebody wrote.
  auto& [plan, term, grace_days, trial, bought] = x;
  return std::tie(plan, term, grace_days, trial);
}
auto Fields(TicketLimit& x) {
  auto& [open, per_month] = x;
  return std::tie(open, per_month);
}
auto Fields(Allowance& x) {
  auto& [priorities, tickets] = x;
  return std::tie(priorities, tickets);
}
auto Fields(RequestKind& x) {
  auto& [name, labels, promises, hours] = x;
  return std::tie(labels, promises, hours);
}
auto Fields(HoursBlock& x) {
  auto& [id, amount, from, until, unit, rollover, over] = x;
  return std::tie(id, amount, from, until, unit, rollover, over);
}
auto Fields(Customer& x) {
  auto& [id, alias, name, entitlements, hours, crm, time_zone, contacts, projects, is_public,
         calendars] = x;
  return std::tie(id, alias, name, entitlements, hours, crm, time_zone, contacts, projects,
                  is_public, calendars);
}
auto Fields(LabelNames& x) {
  auto& [waiting, workaround, support, priority, state] = x;
  return std::tie(waiting, workaround, support, priority, state);
}
auto Fields(ProjectRef& x) {
  auto& [forge, path] = x;
  return std::tie(forge, path);
}
auto Fields(DayHours& x) {
  auto& [from_minute, until_minute] = x;
  return std::tie(from_minute, until_minute);
}
auto Fields(CalendarSpec& x) {
  auto& [name, time_zone, always, weekly, holidays, yearly_holidays, overrides, breaks] = x;
  return std::tie(time_zone, always, weekly[0], weekly[4], holidays, yearly_holidays, overrides,
                  breaks);
}
auto Fields(FeedbackRules& x) {
  auto& [ask, after, scale] = x;
  return std::tie(ask, after, scale);
}
auto Fields(Policy& x) {
  auto& [projects, since, calendars, priorities, plans, community, teams, bots, customers, requests,
         feedback, labels, bare_commands, checks, public_badge, index] = x;
  return std::tie(projects, since, calendars, priorities, plans, community, teams, bots, customers,
                  requests, feedback, labels, bare_commands, checks, public_badge);
}

void ToOther(std::string& x) { x += "x"; }
void ToOther(bool& x) { x = !x; }
void ToOther(double& x) { x += 0.01; }
void ToOther(int& x) { ++x; }
void ToOther(absl::Duration& x) { x += absl::Minutes(1); }
void ToOther(absl::Time& x) { x += absl::Minutes(1); }
void ToOther(absl::CivilDay& x) { ++x; }
void ToOther(PromiseKind& x) {
  x = x == PromiseKind::kTarget ? PromiseKind::kCommitment : PromiseKind::kTarget;
}
void ToOther(NotifyHours& x) {
  x = x == NotifyHours::kAlways ? NotifyHours::kOpeningHours : NotifyHours::kAlways;
}
void ToOther(CommunityComment& x) {
  x = x == CommunityComment::kNone ? CommunityComment::kNeutral : CommunityComment::kNone;
}
void ToOther(ClockStart& x) {
  x = x == ClockStart::kOpened ? ClockStart::kVerified : ClockStart::kOpened;
}
void ToOther(OverHours& x) {
  x = x == OverHours::kRefuse ? OverHours::kOverage : OverHours::kRefuse;
}
void ToOther(AskFeedback& x) {
  x = x == AskFeedback::kNever ? AskFeedback::kFold : AskFeedback::kNever;
}
void ToOther(CheckMode& x) { x = x == CheckMode::kOff ? CheckMode::kBlocking : CheckMode::kOff; }
void ToOther(Metric& x) { x = x == Metric::kUpdate ? Metric::kResolution : Metric::kUpdate; }

template <typename T>
concept Struct = requires(T& x) {
  Fields(x);
};
template <typename T>
concept Container = requires(T& x) {
  x.erase(x.begin());
  x.clear();
}
&&!std::is_same_v<T, std::string>;
template <typename T>
concept Map = Container<T> && requires {
  typename T::mapped_type;
};

using Report = std::function<void()>;

// Calls `report` with each single change of the value; undoes it afterwards.
template <typename T>
void EachChange(T& value, const Report& report) {
  if constexpr (Struct<T>) {
    std::apply([&](auto&... fields) { (EachChange(fields, report), ...); }, Fields(value));
  } else if constexpr (Container<T>) {
    ASSERT_FALSE(value.empty()) << "the policy of this test needs one of everything";
    const T was = value;
    value.erase(value.begin());
    report();
    value = was;
    if constexpr (Map<T>) {
      for (auto& [key, held] : value) EachChange(held, report);
    } else if constexpr (requires { value.front(); }) {
      for (auto& held : value) EachChange(held, report);
    }
  } else if constexpr (requires { value.has_value(); }) {
    ASSERT_TRUE(value) << "the policy of this test needs one of everything";
    const T was = value;
    value.reset();
    report();
    value = was;
    EachChange(*value, report);
  } else {
    const T was = value;
    ToOther(value);
    report();
    value = was;
  }
}

Customer MakeCustomer(const std::string& id, bool is_public) {
  Customer customer;
  customer.id = id;
  customer.alias = "c-" + id;
  customer.name = id + " Corp";
  const Term year{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31)};
  customer.entitlements = {{.plan = "gold", .term = year}};
  customer.hours = {{"q1", 1200, year.from, year.until, 15, 0.5, OverHours::kAllow}};
  customer.crm = {{"salesforce", "001"}};
  customer.contacts = {
      {{"github", "dave-" + id}}, {{"github", "org-" + id}}, {"@" + id + ".example"}};
  customer.projects = {{"github", "acme/for-" + id}};
  customer.is_public = is_public;
  customer.calendars = {"paris"};
  return customer;
}

// A policy with one of everything.
Policy MakePolicy() {
  Policy policy;
  policy.projects = {{"github", "acme/opendb"}, {"github", "acme/tools"}};
  policy.since = absl::FromUnixSeconds(1'767'225'600);
  CalendarSpec paris;
  paris.name = "paris";
  paris.time_zone = "Europe/Paris";
  for (int day = 0; day < 5; ++day) paris.weekly[day] = {{540, 1020}};
  paris.holidays = {absl::CivilDay(2026, 12, 25)};
  paris.yearly_holidays = {{5, 1}};
  paris.overrides = {{absl::CivilDay(2026, 12, 24), {{540, 720}}}};
  paris.breaks = {{absl::CivilDay(2026, 3, 5), {{600, 660}}}};
  policy.calendars = {{"paris", paris}};
  policy.priorities = {{"P1", "Production down", "nothing works"}, {"P2", "Normal", "else"}};
  Plan gold;
  gold.name = "gold";
  gold.calendars = {"paris"};
  gold.promises = {{"P1", {{"paris"}, {{Metric::kFirstResponse, {0.5, absl::Hours(1), "1h"}}}}}};
  gold.default_priority = "P1";
  gold.warn_at = {0.5, 0.75};
  gold.escalation = {{1.0, Metric::kFirstResponse, {"core"}, false}};
  gold.most_contacts = 10;
  gold.allowance = {{{"P1", {2, 4}}}, {9, 20}};
  gold.github_sponsors = {"acme", 100, 30};
  gold.github_marketplace = "4711";
  policy.plans = {{"gold", gold}};
  policy.requests = {
      {"training",
       {"training", {"kind: training"}, {{Metric::kUpdate, {2, absl::ZeroDuration(), "2bd"}}}}}};
  policy.community = {CommunityComment::kNone,
                      {{Metric::kFirstResponse, {2, absl::ZeroDuration(), "2bd"}}},
                      {"paris"}};
  policy.teams = {{"core", {"core", {{"github", "alice"}}, {"area: core"}, {"ops"}}}};
  policy.bots = {{"github", "ci"}};
  policy.customers = {MakeCustomer("acme", true), MakeCustomer("umbrella", false)};
  return policy;
}

std::string Changes(const Policy& before, const Policy& after, Audience audience) {
  return absl::StrJoin(PolicyChanges(before, after, audience), "\n");
}

TEST(PolicyChangesTest, EqualPoliciesGiveNoSentence) {
  for (const Audience audience : {Audience::kTeam, Audience::kOutsiders}) {
    EXPECT_EQ(Changes(MakePolicy(), MakePolicy(), audience), "");
    EXPECT_EQ(Changes(Policy(), Policy(), audience), "");
  }
}

TEST(PolicyChangesTest, AnyChangedFieldGivesASentence) {
  const Policy before = MakePolicy();
  Policy after = before;
  int changes = 0;
  EachChange(after, [&] {
    ++changes;
    for (const Audience audience : {Audience::kTeam, Audience::kOutsiders}) {
      EXPECT_NE(Changes(before, after, audience), "") << "change " << changes;
      EXPECT_NE(Changes(after, before, audience), "") << "change " << changes;
    }
  });
  EXPECT_GT(changes, 100);
}

// The order of these lists has no meaning.
TEST(PolicyChangesTest, AnotherOrderOfTheSameIsNoChange) {
  const Policy before = MakePolicy();
  Policy after = before;
  std::reverse(after.customers.begin(), after.customers.end());
  std::reverse(after.projects.begin(), after.projects.end());
  EXPECT_EQ(Changes(before, after, Audience::kTeam), "");
  std::reverse(after.priorities.begin(), after.priorities.end());
  EXPECT_EQ(Changes(before, after, Audience::kTeam), "priorities: order P1, P2 -> P2, P1");
}

TEST(PolicyChangesTest, PlainSentencesInOrder) {
  const Policy before = MakePolicy();
  Policy after = before;
  after.projects.push_back({"github", "acme/new"});
  after.labels.state = "sla: {state}";
  after.calendars["paris"].weekly[4] = {{540, 780}};
  after.calendars["paris"].holidays.insert(absl::CivilDay(2026, 7, 14));
  after.teams["core"].members.push_back({"github", "bob"});
  after.plans["gold"].promises["P1"].targets[Metric::kFirstResponse] = {0, absl::Minutes(30),
                                                                        "30m"};
  after.plans["silver"] = after.plans["gold"];
  after.customers[0].entitlements[0].plan = "silver";
  after.customers[0].entitlements[0].term->until = absl::CivilDay(2027, 12, 31);
  after.customers[1].contacts.logins.push_back({"github", "erin"});
  after.customers.push_back(MakeCustomer("globex", true));
  const std::string rest =
      "globex: added, public, plan gold, term 2026-01-01 to 2026-12-31; hours q1: 20h, "
      "2026-01-01 to 2026-12-31, unit 15m, rollover 50%, over allow\n"
      "umbrella: contact @erin added\n"
      "plan gold: P1 first_response 1h -> 30m\n"
      "plan silver: added\n"
      "plan silver: priority P1 added\n"
      "plan silver: P1 calendars those of the plan -> paris\n"
      "plan silver: P1 first_response 30m added\n"
      "team core: @bob added\n"
      "calendar paris: fri 09:00-17:00 -> 09:00-13:00\n"
      "calendar paris: holidays 2026-07-14 added\n"
      "labels: state \"none\" -> \"sla: {state}\"\n"
      "projects: github:acme/new added";
  EXPECT_EQ(Changes(before, after, Audience::kTeam),
            "acme: plan gold -> silver\n"
            "acme: term 2026-01-01 to 2026-12-31 -> 2026-01-01 to 2027-12-31\n" +
                rest);
}

TEST(PolicyChangesTest, PeopleOfSeveralForgesAreToldApart) {
  const Policy before = MakePolicy();
  Policy after = before;
  after.teams["core"].members.push_back({"gitlab", "alice"});
  EXPECT_EQ(Changes(before, after, Audience::kTeam), "team core: @alice (gitlab) added");
}

TEST(PolicyChangesTest, ATextOfThePolicyIsOneQuotedLine) {
  const Policy before = MakePolicy();
  Policy after = before;
  after.customers[0].name = "A\n\x1b[31mB " + std::string(100, 'c');
  const std::string text = Changes(before, after, Audience::kTeam);
  EXPECT_TRUE(absl::StartsWith(text, "acme: name \"acme Corp\" -> \"A  [31mB ccc")) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_LT(text.size(), 120u);
}

TEST(PolicyChangesTest, OutsidersReadNoNamesOfContacts) {
  const Policy before = MakePolicy();
  Policy after = before;
  after.customers[0].contacts.logins = {{"github", "erin"}, {"github", "frank"}};
  EXPECT_EQ(Changes(before, after, Audience::kOutsiders),
            "acme: 2 contacts added\nacme: 1 contact removed");
}

// A customer that is private before or after is counted, whatever changes about it.
TEST(PolicyChangesTest, PrivateCustomersAreCountedNotNamed) {
  const Policy before = MakePolicy();
  for (const bool becomes_public : {false, true}) {
    Policy after = before;
    after.customers[0].is_public = false;
    after.customers[1].is_public = becomes_public;
    after.customers[1].name = "Umbrella Inc";
    EXPECT_EQ(Changes(before, after, Audience::kOutsiders), "2 private customers change");
  }
}

// Privacy as equality: policies that differ only in a private customer's details have the same
// sentences for outsiders, apart from the number.
TEST(PolicyChangesTest, NothingOfAPrivateCustomerIsInTheOutsidersSentences) {
  const auto outside = [](const Policy& before, const Policy& after) {
    std::vector<std::string> sentences = PolicyChanges(before, after, Audience::kOutsiders);
    std::erase_if(sentences, [](const std::string& sentence) {
      return absl::StrContains(sentence, " private customer") &&
             absl::StrContains(sentence, " change");
    });
    return absl::StrJoin(sentences, "\n");
  };
  const Policy before = MakePolicy();
  Policy changed = before;
  changed.plans["gold"].at_risk = 0.5;
  changed.teams["core"].members.push_back({"github", "bob"});
  changed.customers[0].contacts.logins.push_back({"github", "erin"});
  const std::string expected = outside(before, changed);
  EXPECT_NE(expected, "");
  Policy other = changed;
  Customer& hidden = other.customers[1];
  int changes = 0;
  EachChange(hidden, [&] {
    ++changes;
    EXPECT_EQ(outside(before, other), expected) << changes;
    EXPECT_EQ(outside(other, before), outside(changed, before)) << changes;
    EXPECT_EQ(outside(changed, other), "") << changes;
  });
  EXPECT_GT(changes, 20);
  other.customers.pop_back();
  EXPECT_EQ(outside(before, other), expected);
}

}  // namespace
}  // namespace retainer
