// Sponsors and buyers on a forge's marketplace: what they hold, whatever the order of the news.
#include "retainer/subscriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Hours;

const Account kDave{"github", {"4004", "dave"}};

// News of dave's sponsorship of acme since `began`, learned at `seen`.
class News {
 public:
  explicit News(SubscriptionAct act, const char* tier, std::int64_t dollars) {
    said_.act = act;
    said_.sponsorable = "acme";
    said_.id = "S_1";
    said_.began = Utc("2026-03-03 08:00:00");
    said_.effective = said_.began;
    said_.tier = tier;
    said_.cents = 100 * dollars;
  }
  News& Before(const char* tier, std::int64_t dollars) {
    said_.tier_before = tier;
    said_.cents_before = 100 * dollars;
    return *this;
  }
  News& On(const char* effective) {
    said_.effective = Utc(effective);
    return *this;
  }
  News& Since(const char* began, const char* id) {
    said_.began = Utc(began);
    said_.id = id;
    return *this;
  }
  News& Private(bool is_private = true) {
    said_.is_private = is_private;
    return *this;
  }
  News& WasPrivate(bool was) {
    said_.was_private = was;
    return *this;
  }
  News& Once() {
    said_.one_time = true;
    return *this;
  }
  News& OfCompany() {
    said_.organization = true;
    account_ = {"github", {"4200", "acme-inc"}};
    return *this;
  }
  CustomerFact At(const char* seen, const std::string& id) const {
    Account account = account_;
    if (said_.is_private && !said_.organization) account.actor.login.clear();
    return MakeSubscriptionFact(CustomerFactKind::kSponsorship, account, said_, id, Utc(seen));
  }

 private:
  Account account_ = kDave;
  Subscription said_;
};

CustomerFact Purchase(SubscriptionAct act, const char* plan, const char* effective,
                      const char* before = "", const char* seen = nullptr) {
  Subscription said;
  said.act = act;
  said.tier = plan;
  said.tier_before = before;
  said.effective = Utc(effective);
  return MakeSubscriptionFact(CustomerFactKind::kPurchase, kDave, said,
                              absl::StrCat(static_cast<int>(act), plan, effective),
                              Utc(seen == nullptr ? effective : seen));
}

// Gold from 100 dollars, silver from 20, and gold for plan 4711 of the marketplace.
Policy Offers() {
  Policy policy = StoryPolicy();
  Plan silver = policy.plans.at("gold");
  silver.name = "silver";
  silver.github_sponsors = {"Acme", 20, 0};
  policy.plans["silver"] = silver;
  policy.plans["gold"].github_sponsors = {"acme", 100, 0};
  policy.plans["gold"].github_marketplace = "4711";
  policy.customers.clear();
  return policy;
}

// The plan that the account holds at an instant, by the customer of its own; empty: none.
std::string PlanAt(const std::vector<CustomerFact>& facts, const char* at,
                   const Policy& offers = Offers()) {
  const Policy policy = WithSubscribers(offers, {ReadSubscriber(facts)}, Pins());
  if (policy.customers.empty()) return "";
  const Entitlement* held = policy.customers.back().EntitlementAt(Utc(at));
  return held == nullptr ? "" : held->plan;
}

TEST(Subscribers, ASponsorHoldsThePlanOfTheTierUntilTheEnd) {
  const std::vector<CustomerFact> facts = {
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1"),
      News(SubscriptionAct::kEnded, "T100", 100).At("2026-05-03 08:00:00", "2")};
  EXPECT_EQ(PlanAt({facts[0]}, "2026-03-03 07:59:59"), "");
  EXPECT_EQ(PlanAt({facts[0]}, "2026-03-03 08:00:00"), "gold");
  EXPECT_EQ(PlanAt({facts[0]}, "2027-03-03 08:00:00"), "gold");
  EXPECT_EQ(PlanAt(facts, "2026-05-03 07:59:59"), "gold");
  EXPECT_EQ(PlanAt(facts, "2026-05-03 08:00:00"), "");
}

TEST(Subscribers, TheDearestPlanThatTheSumPaysIsHeld) {
  const auto plan = [](std::int64_t dollars) {
    return PlanAt({News(SubscriptionAct::kBegan, "T", dollars).At("2026-03-03 08:00:05", "1")},
                  "2026-03-04 00:00:00");
  };
  EXPECT_EQ(plan(19), "");
  EXPECT_EQ(plan(20), "silver");
  EXPECT_EQ(plan(99), "silver");
  EXPECT_EQ(plan(100), "gold");
}

TEST(Subscribers, WhatIsPaidOnceGrantsNothingUnlessThePlanSaysSo) {
  const std::vector<CustomerFact> facts = {
      News(SubscriptionAct::kBegan, "T", 100).Once().At("2026-03-03 08:00:05", "1"),
      News(SubscriptionAct::kEnded, "T", 100).Once().At("2026-03-04 08:00:05", "2")};
  EXPECT_EQ(PlanAt(facts, "2026-03-03 12:00:00"), "");
  Policy policy = Offers();
  policy.plans["gold"].github_sponsors->one_time_days = 30;
  EXPECT_EQ(PlanAt(facts, "2026-03-03 12:00:00", policy), "gold");
  EXPECT_EQ(PlanAt(facts, "2026-04-02 07:59:59", policy), "gold");
  EXPECT_EQ(PlanAt(facts, "2026-04-02 08:00:00", policy), "");
}

TEST(Subscribers, WhatIsAnnouncedComesOnItsDate) {
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1");
  const CustomerFact will_change = News(SubscriptionAct::kWillChange, "T20", 20)
                                       .Before("T100", 100)
                                       .On("2026-04-01 00:00:00")
                                       .At("2026-03-20 08:00:00", "2");
  EXPECT_EQ(PlanAt({began, will_change}, "2026-03-31 23:59:59"), "gold");
  EXPECT_EQ(PlanAt({began, will_change}, "2026-04-01 00:00:00"), "silver");
  const CustomerFact will_end = News(SubscriptionAct::kWillEnd, "T100", 100)
                                    .On("2026-04-01 00:00:00")
                                    .At("2026-03-20 08:00:00", "3");
  EXPECT_EQ(PlanAt({began, will_end}, "2026-03-31 23:59:59"), "gold");
  EXPECT_EQ(PlanAt({began, will_end}, "2026-04-01 00:00:00"), "");
  // A change that came after the announcement makes it void.
  const CustomerFact changed =
      News(SubscriptionAct::kChanged, "T20", 20).Before("T100", 100).At("2026-03-25 08:00:00", "4");
  EXPECT_EQ(PlanAt({began, will_end, changed}, "2026-04-02 00:00:00"), "silver");
}

TEST(Subscribers, WhoReturnsHoldsThePlanAgain) {
  std::vector<CustomerFact> facts = {
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1"),
      News(SubscriptionAct::kBegan, "T20", 20)
          .Since("2026-06-01 00:00:00", "S_2")
          .At("2026-06-01 00:00:05", "3"),
      // Late news of the first sponsorship does not end the second.
      News(SubscriptionAct::kEnded, "T100", 100).At("2026-06-01 00:01:00", "2")};
  EXPECT_EQ(PlanAt(facts, "2026-06-02 00:00:00"), "silver");
}

// The facts in every order, each also twice.
template <typename Check>
void InEveryOrder(const std::vector<CustomerFact>& facts, const Check& check) {
  std::vector<std::size_t> order(facts.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    std::vector<CustomerFact> shuffled;
    for (const std::size_t i : order) shuffled.push_back(facts[i]);
    check(shuffled);
    for (const std::size_t i : order) shuffled.push_back(facts[i]);
    check(shuffled);
  } while (std::next_permutation(order.begin(), order.end()));
}

std::vector<CustomerFact> WholeLife() {
  return {
      News(SubscriptionAct::kBegan, "T100", 100).Private().At("2026-03-03 08:00:05", "1"),
      News(SubscriptionAct::kEdited, "T100", 100).WasPrivate(true).At("2026-03-10 08:00:00", "2"),
      News(SubscriptionAct::kChanged, "T20", 20).Before("T100", 100).At("2026-04-01 08:00:00", "3"),
      News(SubscriptionAct::kChanged, "T100", 100).Before("T20", 20).At("2026-04-10 08:00:00", "4"),
      News(SubscriptionAct::kWillEnd, "T100", 100)
          .On("2026-05-01 00:00:00")
          .At("2026-04-20 08:00:00", "5"),
      Purchase(SubscriptionAct::kBegan, "4711", "2026-07-01 00:00:00"),
      Purchase(SubscriptionAct::kEnded, "4711", "2026-08-01 00:00:00")};
}

TEST(Subscribers, TheOrderOfTheFactsAndTheirRepetitionChangeNothing) {
  const Subscriber once = ReadSubscriber(WholeLife());
  ASSERT_EQ(once.times.size(), 4u);
  InEveryOrder(WholeLife(), [&](const std::vector<CustomerFact>& facts) {
    ASSERT_EQ(ReadSubscriber(facts), once);
    ASSERT_EQ(ReadCustomerFacts(facts).contacts, ReadCustomerFacts(WholeLife()).contacts);
  });
}

// Deliveries that overtake each other: the acts are the same, but we learn of them in another
// order. What the account holds in the end is the same.
TEST(Subscribers, DeliveriesInAnyOrderOfArrivalLeadToTheSame) {
  const std::vector<CustomerFact> facts = WholeLife();
  std::vector<std::size_t> order(facts.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    std::vector<CustomerFact> arrived;
    for (std::size_t i = 0; i < order.size(); ++i) {
      arrived.push_back(facts[order[i]]);
      arrived.back().at = Utc("2026-03-03 08:00:00") + absl::Seconds(i);
    }
    const Subscriber all = ReadSubscriber(arrived);
    for (const BoughtTime& time : all.times) ASSERT_FALSE(time.is_private);
    ASSERT_EQ(PlanAt(arrived, "2026-04-30 23:59:59"), "gold");
    ASSERT_EQ(PlanAt(arrived, "2026-05-01 00:00:00"), "");
    ASSERT_EQ(PlanAt(arrived, "2026-07-15 00:00:00"), "gold");
    ASSERT_EQ(PlanAt(arrived, "2026-08-01 00:00:00"), "");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Subscribers, PurchasesBeginChangeAndEndByTheirOwnTime) {
  const CustomerFact began = Purchase(SubscriptionAct::kBegan, "4711", "2026-03-01 00:00:00");
  EXPECT_EQ(PlanAt({began}, "2026-03-01 00:00:00"), "gold");
  const CustomerFact changed =
      Purchase(SubscriptionAct::kChanged, "12", "2026-04-01 00:00:00", "4711");
  EXPECT_EQ(PlanAt({began, changed}, "2026-04-01 00:00:00"), "");
  const CustomerFact will_end =
      Purchase(SubscriptionAct::kWillEnd, "", "2026-05-01 00:00:00", "", "2026-03-10 00:00:00");
  EXPECT_EQ(PlanAt({began, will_end}, "2026-04-30 00:00:00"), "gold");
  EXPECT_EQ(PlanAt({began, will_end}, "2026-05-01 00:00:00"), "");
  const CustomerFact stays =
      Purchase(SubscriptionAct::kStays, "4711", "2026-05-01 00:00:00", "", "2026-03-11 00:00:00");
  InEveryOrder({began, will_end, stays}, [&](const std::vector<CustomerFact>& facts) {
    EXPECT_EQ(PlanAt(facts, "2026-05-01 00:00:00"), "gold");
  });
}

Customer Named(bool is_public) {
  Customer customer;
  customer.id = "dave-corp";
  customer.is_public = is_public;
  customer.contacts.logins = {{"github", "Dave"}};
  return customer;
}

Pins DaveIsPinned(const std::string& id = "4004") {
  Pins pins;
  pins.Add({"github", "dave"}, id);
  return pins;
}

TEST(Subscribers, ACustomerThatNamesTheAccountGetsThePlan) {
  Policy policy = Offers();
  policy.customers = {Named(true)};
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1");
  policy = WithSubscribers(policy, {ReadSubscriber({began})}, DaveIsPinned());
  ASSERT_EQ(policy.customers.size(), 1u);
  ASSERT_EQ(policy.customers[0].entitlements.size(), 1u);
  EXPECT_EQ(policy.customers[0].entitlements[0].bought->on, "GitHub Sponsors");
}

// The login can belong to somebody else by now.
TEST(Subscribers, OnlyThePinnedAccountIsTheOneThatThePolicyNames) {
  Policy policy = Offers();
  policy.customers = {Named(true)};
  const Subscriber dave =
      ReadSubscriber({News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1")});
  for (const Pins& pins : {Pins(), DaveIsPinned("4999")}) {
    const auto customers = WithSubscribers(policy, {dave}, pins).customers;
    ASSERT_EQ(customers.size(), 2u);
    EXPECT_TRUE(customers[0].entitlements.empty());
    EXPECT_EQ(customers[1].id, "github-account-4004");
  }
  EXPECT_THAT(LoginsToPin(policy, {dave}, Pins()), testing::ElementsAre(Login{"github", "dave"}));
  EXPECT_TRUE(LoginsToPin(policy, {dave}, DaveIsPinned("4999")).empty());
  // The account is known by its id when a private sponsorship hides the login.
  policy.customers = {Named(false)};
  const Subscriber hidden = ReadSubscriber(
      {News(SubscriptionAct::kBegan, "T100", 100).Private().At("2026-03-03 08:00:05", "1")});
  EXPECT_EQ(WithSubscribers(policy, {hidden}, DaveIsPinned()).customers.size(), 1u);
}

TEST(Subscribers, WhatIsBoughtCountsOnlyWhereNothingOfThePolicyDoes) {
  Policy policy = Offers();
  policy.customers = {Named(true)};
  Entitlement contract;
  contract.plan = "gold";
  contract.term = Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 3, 31)};
  contract.grace_days = 14;
  policy.customers[0].entitlements = {contract};
  const Subscriber dave =
      ReadSubscriber({News(SubscriptionAct::kBegan, "T20", 20).At("2026-03-03 08:00:05", "1")});
  const Customer customer = WithSubscribers(policy, {dave}, DaveIsPinned()).customers[0];
  const auto plan_at = [&](const char* at) { return customer.EntitlementAt(Utc(at))->plan; };
  EXPECT_EQ(plan_at("2026-03-04 00:00:00"), "gold");
  EXPECT_EQ(plan_at("2026-04-14 12:00:00"), "gold") << "the contract's grace";
  EXPECT_EQ(plan_at("2026-04-15 00:00:00"), "silver");
}

TEST(Subscribers, WhatNewsChangesNamesTheCustomersAndTheBeginning) {
  const Subscriber none;
  const Subscriber began =
      ReadSubscriber({News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1")});
  const auto change = [](const Policy& policy, const Subscriber& before, const Subscriber& after,
                         const Pins& pins = Pins()) {
    SubscriberChange found;
    AddChange(policy, HeldBy(policy, before, pins), HeldBy(policy, after, pins), &found);
    return found;
  };
  const Policy offers = Offers();
  const SubscriberChange gains = change(offers, none, began);
  EXPECT_THAT(gains.customers, testing::ElementsAre("github-account-4004"));
  EXPECT_EQ(gains.gained, Utc("2026-03-03 08:00:00"));
  // A sum that no plan is offered for changes nothing.
  const Subscriber little =
      ReadSubscriber({News(SubscriptionAct::kBegan, "T1", 1).At("2026-03-03 08:00:05", "1")});
  EXPECT_TRUE(change(offers, none, little).customers.empty());
  // Nothing is gained by another visibility.
  const Subscriber hidden =
      ReadSubscriber({News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1"),
                      News(SubscriptionAct::kEdited, "T100", 100)
                          .Private()
                          .WasPrivate(false)
                          .At("2026-04-03 08:00:00", "2")});
  Policy named = Offers();
  named.customers = {Named(true)};
  const SubscriberChange hides = change(named, began, hidden, DaveIsPinned());
  EXPECT_THAT(hides.customers, testing::ElementsAre("dave-corp", "github-account-4004"));
  EXPECT_EQ(hides.gained, std::nullopt);
}

// dave's sponsorship began in public. `edits`: 'h' hides it, 's' shows it, each an hour later.
std::vector<CustomerFact> Edited(const std::string& edits, absl::Duration apart = Hours(1)) {
  std::vector<CustomerFact> facts = {
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "0")};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const bool hides = edits[i] == 'h';
    facts.push_back(News(SubscriptionAct::kEdited, "T100", 100)
                        .Private(hides)
                        .WasPrivate(!hides)
                        .At("2026-03-10 08:00:00", absl::StrCat(i + 1)));
    facts.back().at += apart * static_cast<int>(i);
  }
  return facts;
}

bool IsHidden(const std::vector<CustomerFact>& facts) {
  return ReadSubscriber(facts).times.at(0).is_private;
}

TEST(Subscribers, WhoBecomesPrivateIsNeverShownHoweverOftenThePrivacyWasEdited) {
  EXPECT_TRUE(IsHidden(Edited("h")));
  EXPECT_FALSE(IsHidden(Edited("hs")));
  EXPECT_TRUE(IsHidden(Edited("hsh"))) << "the second act to hide is no repetition of the first";
  EXPECT_TRUE(IsHidden(Edited("hshsh")));
  // Two of these may be repetitions, so the last act may be one to hide.
  EXPECT_TRUE(IsHidden(Edited("hshs")));
  // Acts that are far apart are no repetitions: the newest counts.
  EXPECT_FALSE(IsHidden(Edited("hshs", Hours(25))));
  EXPECT_TRUE(IsHidden(Edited("hsh", Hours(25))));
}

TEST(Subscribers, ThePrivacyIsTheSameInEveryOrderOfArrival) {
  for (const std::string edits : {"h", "hs", "hsh", "hhs", "hss", "hshs", "hshsh"}) {
    const std::vector<CustomerFact> facts = Edited(edits);
    const bool hidden = IsHidden(facts);
    std::vector<std::size_t> order(edits.size());
    std::iota(order.begin(), order.end(), 1);
    do {
      std::vector<CustomerFact> arrived = facts;
      for (std::size_t i = 0; i < order.size(); ++i) arrived[order[i]].at = facts[i + 1].at;
      ASSERT_EQ(IsHidden(arrived), hidden) << edits;
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(Subscribers, WhatAnyActSaysOfThePrivacyCounts) {
  std::vector<CustomerFact> facts = Edited("");
  // The edit that hid it was lost.
  facts.push_back(News(SubscriptionAct::kChanged, "T20", 20)
                      .Before("T100", 100)
                      .Private()
                      .At("2026-03-03 09:00:00", "1"));
  EXPECT_TRUE(IsHidden(facts));
  facts[1].at = Utc("2026-04-01 09:00:00");
  EXPECT_TRUE(IsHidden(facts));
  // The edit that showed it again was lost.
  facts.push_back(News(SubscriptionAct::kChanged, "T100", 100)
                      .Before("T20", 20)
                      .At("2026-05-01 09:00:00", "2"));
  EXPECT_FALSE(IsHidden(facts));
}

TEST(Subscribers, AnActThatIsRepeatedAfterItsOppositeCounts) {
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1");
  const News down = News(SubscriptionAct::kChanged, "T20", 20).Before("T100", 100);
  const News up = News(SubscriptionAct::kChanged, "T100", 100).Before("T20", 20);
  EXPECT_EQ(PlanAt({began, down.At("2026-03-10 08:00:00", "2"), up.At("2026-03-10 09:00:00", "3"),
                    down.At("2026-03-10 10:00:00", "4")},
                   "2026-03-11 00:00:00"),
            "silver");
  const auto bought = [](SubscriptionAct act, const char* seen) {
    return Purchase(act, act == SubscriptionAct::kStays ? "4711" : "", "2026-05-01 00:00:00", "",
                    seen);
  };
  std::vector<CustomerFact> facts = {
      Purchase(SubscriptionAct::kBegan, "4711", "2026-03-01 00:00:00"),
      bought(SubscriptionAct::kWillEnd, "2026-03-10 08:00:00"),
      bought(SubscriptionAct::kStays, "2026-03-10 09:00:00"),
      bought(SubscriptionAct::kWillEnd, "2026-03-10 10:00:00")};
  facts[3].id = "another";
  EXPECT_EQ(PlanAt(facts, "2026-05-01 00:00:00"), "");
}

TEST(Subscribers, APrivateSponsorshipIsNeverGivenToAPublicCustomer) {
  const auto with = [](bool is_public, const CustomerFact& fact) {
    Policy policy = Offers();
    policy.customers = {Named(is_public)};
    return WithSubscribers(policy, {ReadSubscriber({fact})}, DaveIsPinned()).customers;
  };
  const CustomerFact hidden =
      News(SubscriptionAct::kBegan, "T100", 100).Private().At("2026-03-03 08:00:05", "1");
  const auto of_public = with(true, hidden);
  ASSERT_EQ(of_public.size(), 2u);
  EXPECT_TRUE(of_public[0].entitlements.empty());
  EXPECT_FALSE(of_public[1].is_public);
  EXPECT_EQ(of_public[1].id, "github-account-4004");
  EXPECT_EQ(of_public[1].name, "github-account-4004");
}

TEST(Subscribers, ACustomerOfThePolicyCanHaveTheIdOfTheAccount) {
  Policy policy = Offers();
  policy.customers = {Named(true)};
  policy.customers[0].id = "github-account-4004";
  policy.customers[0].contacts.logins.clear();
  const auto with = [&](const News& news) {
    return WithSubscribers(policy, {ReadSubscriber({news.At("2026-03-03 08:00:05", "1")})}, Pins())
        .customers;
  };
  const auto open = with(News(SubscriptionAct::kBegan, "T100", 100));
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].entitlements.size(), 1u);
  const auto hidden = with(News(SubscriptionAct::kBegan, "T100", 100).Private());
  ASSERT_EQ(hidden.size(), 1u);
  EXPECT_TRUE(hidden[0].entitlements.empty());
}

TEST(Subscribers, TheirOwnCustomerIsPublicOnlyIfAllThatTheyBoughtIs) {
  const CustomerFact open =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1");
  const auto is_public = [&](const std::vector<CustomerFact>& facts) {
    return WithSubscribers(Offers(), {ReadSubscriber(facts)}, Pins()).customers.at(0).is_public;
  };
  EXPECT_TRUE(is_public({open}));
  EXPECT_FALSE(is_public({open, News(SubscriptionAct::kEdited, "T100", 100)
                                    .Private()
                                    .WasPrivate(false)
                                    .At("2026-04-03 08:00:00", "2")}));
  EXPECT_FALSE(is_public({Purchase(SubscriptionAct::kBegan, "4711", "2026-03-01 00:00:00")}));
}

TEST(Subscribers, MembersOfACompanyThatSponsorsAreItsContacts) {
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).OfCompany().At("2026-03-03 08:00:05", "1");
  const Policy policy = WithSubscribers(Offers(), {ReadSubscriber({began})}, Pins());
  ASSERT_EQ(policy.customers.size(), 1u);
  EXPECT_THAT(policy.customers[0].contacts.organizations,
              testing::ElementsAre(Login{"github", "acme-inc"}));
  EXPECT_TRUE(ReadCustomerFacts({began}).contacts.empty());
}

TEST(Subscribers, APersonWhoPaysIsAContactFromThenOn) {
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 09:00:00", "1");
  const CustomerBook book = ReadCustomerFacts({began});
  ASSERT_EQ(book.contacts.size(), 1u);
  EXPECT_EQ(book.contacts[0].since, Utc("2026-03-03 08:00:00"));
  EXPECT_EQ(book.contacts[0].until, absl::InfiniteFuture());
}

TEST(Subscribers, APolicyWithoutOffersStaysAsItIs) {
  const CustomerFact began =
      News(SubscriptionAct::kBegan, "T100", 100).At("2026-03-03 08:00:05", "1");
  Policy policy = StoryPolicy();
  EXPECT_FALSE(OffersPlans(policy));
  EXPECT_EQ(WithSubscribers(policy, {ReadSubscriber({began})}, Pins()).customers.size(),
            policy.customers.size());
}

}  // namespace
}  // namespace retainer::core
