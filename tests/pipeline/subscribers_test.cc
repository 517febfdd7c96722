// Sponsors and buyers: from the delivery to the promise on their issue.
#include "retainer/subscriber.h"
#include "src/pipeline/desk.h"
#include "src/pipeline/purchases.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
const std::vector<std::string> kNobody;
const std::vector<std::string> kErinAlone = {"github-account-33"};

Policy OfferingPolicy() {
  Policy policy = MakePolicy();
  policy.plans["gold"].github_sponsors = {"acme", 100, 0};
  policy.plans["gold"].github_marketplace = "4711";
  return policy;
}

class SubscribersTest : public World {
 protected:
  SubscribersTest() {
    desk = std::make_unique<Desk>(
        DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}}, DeskOptions());
    desk->Start();
    desk->SetTerms({MakeTerms("v1", At(-60 * 24), OfferingPolicy())});
  }
  ~SubscribersTest() override { EXPECT_TRUE(desk->Stop(kPatience).ok()); }

  int Post(const std::string& id, Event event) {
    receiver.Register(id, std::move(event));
    return desk->Accept("github", FakeReceiver::HeadersOf(id), "{}").http_status;
  }
  // News of erin's sponsorship of acme, which began at `began`.
  void Sponsors(const std::string& id, SubscriptionAct act, int began, bool is_private = false,
                std::int64_t cents = 10000) {
    Event event;
    event.kind = EventKind::kSubscription;
    event.account = kErin;
    if (is_private) event.account.login.clear();
    Subscription said;
    said.act = act;
    said.sponsorable = "acme";
    said.id = "S_1";
    said.began = At(began);
    said.effective = At(began);
    said.tier = "T";
    said.cents = cents;
    said.is_private = is_private;
    event.subscription = said;
    EXPECT_EQ(Post(id, std::move(event)), 202);
    Settle();
  }
  void Opens(const std::string& id, std::int64_t number, int minutes, const Actor& author = kErin) {
    EXPECT_EQ(Post(id, MakeEvent(number, author, {Opened(author, minutes)})), 202);
    Settle();
  }
  double JudgedBySweeps() { return metrics.Value("retainer_reevaluated_tickets_total"); }
  void Settle() {
    const absl::Status settled = desk->Settle(kPatience);
    ASSERT_TRUE(settled.ok()) << settled;
  }
  // The customers that have a claim on the ticket.
  std::vector<std::string> Claims(std::int64_t number) {
    const auto inspection = desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, number});
    EXPECT_TRUE(inspection.ok()) << inspection.status();
    std::vector<std::string> customers;
    for (const ClaimStanding& claim : inspection->standing.claims) {
      customers.push_back(claim.customer);
    }
    return customers;
  }
  std::unique_ptr<Desk> desk;
};

TEST_F(SubscribersTest, ASponsorsIssueGetsThePromiseOfThePlanUntilTheEnd) {
  Sponsors("s1", SubscriptionAct::kBegan, 0);
  clock.Set(At(10));
  Opens("d1", 1, 10);
  EXPECT_EQ(Claims(1), kErinAlone);
  EXPECT_EQ(forge.comments().size(), 1u) << "a public sponsor reads the promise";
  clock.Set(At(20));
  Sponsors("s2", SubscriptionAct::kEnded, 0);
  clock.Set(At(30));
  Opens("d2", 2, 30);
  EXPECT_EQ(Claims(2), kNobody);
  EXPECT_EQ(Claims(1), kErinAlone) << "it keeps its promise";
}

TEST_F(SubscribersTest, AnOpenIssueGetsThePromiseWhenItsAuthorBeginsToPay) {
  Opens("d1", 1, 0);
  EXPECT_EQ(Claims(1), kNobody);
  clock.Set(At(10));
  Sponsors("s1", SubscriptionAct::kBegan, 10);
  EXPECT_EQ(Claims(1), kErinAlone);
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(SubscribersTest, APrivateSponsorIsServedAndNotShown) {
  Sponsors("s1", SubscriptionAct::kBegan, 0, /*is_private=*/true);
  clock.Set(At(10));
  Opens("d1", 1, 10);
  EXPECT_EQ(Claims(1), kErinAlone);
  EXPECT_EQ(forge.comments().size(), 0u);
}

TEST_F(SubscribersTest, WhatWasBoughtIsThereAfterARestart) {
  Sponsors("s1", SubscriptionAct::kBegan, 0);
  ASSERT_TRUE(desk->Stop(kPatience).ok());
  desk = std::make_unique<Desk>(
      DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}}, DeskOptions());
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60 * 24), OfferingPolicy())});
  clock.Set(At(10));
  Opens("d1", 1, 10);
  EXPECT_EQ(Claims(1), kErinAlone);
  EXPECT_EQ(desk->written_terms().back()->policy.customers.size(), 1u);
  EXPECT_EQ(desk->terms().back()->policy.customers.size(), 2u);
}

TEST_F(SubscribersTest, NewsOfASponsorJudgesOnlyTicketsThatItMayConcern) {
  Opens("d1", 1, 0);
  Opens("d2", 2, 0, kDave);
  Opens("d3", 3, 0, {"44", "frank", false});
  const double before = JudgedBySweeps();
  clock.Set(At(10));
  Sponsors("s1", SubscriptionAct::kBegan, 10);
  EXPECT_EQ(Claims(1), kErinAlone);
  EXPECT_EQ(JudgedBySweeps() - before, 1) << "erin's, and not those of others";
  const std::uint64_t others = Load(2).record.version + Load(3).record.version;
  clock.Set(At(20));
  Sponsors("s2", SubscriptionAct::kEnded, 10);
  EXPECT_EQ(JudgedBySweeps() - before, 1) << "found by its claim";
  EXPECT_EQ(Load(2).record.version + Load(3).record.version, others);
}

TEST_F(SubscribersTest, NewsThatGrantsNothingJudgesNothing) {
  Opens("d1", 1, 0);
  const double before = JudgedBySweeps();
  const std::uint64_t version = Load(1).record.version;
  clock.Set(At(10));
  Sponsors("s1", SubscriptionAct::kBegan, 10, /*is_private=*/false, /*cents=*/100);
  Sponsors("s2", SubscriptionAct::kEnded, 10, /*is_private=*/false, /*cents=*/100);
  EXPECT_EQ(JudgedBySweeps(), before);
  EXPECT_EQ(Load(1).record.version, version);
}

// The news can come some time after the beginning.
TEST_F(SubscribersTest, TicketsOpenedSinceTheBeginningAreJudgedAgain) {
  Policy policy = OfferingPolicy();
  policy.plans["gold"].starts = ClockStart::kOpened;
  desk->SetTerms({MakeTerms("v1", At(-60 * 24), OfferingPolicy()),
                  MakeTerms("v2", At(-60 * 23), std::move(policy))});
  Opens("d1", 1, 0);
  clock.Set(At(30));
  Opens("d2", 2, 30);
  clock.Set(At(40));
  Sponsors("s1", SubscriptionAct::kBegan, 20);
  EXPECT_EQ(Claims(1), kNobody);
  EXPECT_EQ(Claims(2), kErinAlone);
}

// The policy names erin, and the forge says whose the login is.
class NamedSubscribersTest : public SubscribersTest {
 protected:
  NamedSubscribersTest() {
    Customer initech;
    initech.id = "initech";
    initech.is_public = true;
    initech.contacts.logins = {{"github", "erin"}};
    Policy policy = OfferingPolicy();
    policy.customers.push_back(initech);
    desk->SetTerms({MakeTerms("v2", At(-60 * 24), std::move(policy))});
  }
};

TEST_F(NamedSubscribersTest, TheCustomerGetsThePlanOfThePinnedAccount) {
  forge.SetUser("erin", kErin.id);
  Sponsors("s1", SubscriptionAct::kBegan, 0);
  clock.Set(At(10));
  Opens("d1", 1, 10);
  EXPECT_EQ(Claims(1), std::vector<std::string>{"initech"});
}

TEST_F(NamedSubscribersTest, WhoTookOverTheLoginGetsNothingOfTheCustomer) {
  forge.SetUser("erin", "34");
  Sponsors("s1", SubscriptionAct::kBegan, 0);
  const Policy policy = desk->terms().back()->policy;
  EXPECT_TRUE(policy.FindCustomer("initech")->entitlements.empty());
  ASSERT_NE(policy.FindCustomer("github-account-33"), nullptr);
}

// A pin that comes later gives the customer the plan then.
TEST_F(NamedSubscribersTest, APinThatComesLaterCounts) {
  forge.fault = [](const std::string& call) {
    return call == "find_user" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Sponsors("s1", SubscriptionAct::kBegan, 0);
  clock.Set(At(10));
  Opens("d1", 1, 10);
  EXPECT_EQ(desk->terms().back()->policy.FindCustomer("initech")->entitlements.size(), 0u);
  ASSERT_TRUE(store.PinLogin({"github", "erin"}, kErin.id).ok());
  clock.Advance(absl::Minutes(2));
  const std::vector<std::string> initech = {"initech"};
  const absl::Time until = absl::Now() + kPatience;
  while (Claims(1) != initech && absl::Now() < until) Settle();
  EXPECT_EQ(Claims(1), initech);
}

// What deliveries missed is read from the forge's list.
class PurchasesTest : public World {
 protected:
  PurchasesTest() {
    terms.Set({MakeTerms("v1", At(-60 * 24), OfferingPolicy())});
    purchases = std::make_unique<Purchases>(
        store, clock, log, terms, std::vector<ForgeSlot>{slot}, [this](const CustomerFact& fact) {
          const auto stored = store.LoadCustomer(fact.customer);
          return store.AddCustomerFacts(fact.customer, stored->version, {fact});
        });
  }
  void Compare() {
    const auto next = purchases->RunOnce();
    ASSERT_TRUE(next.ok()) << next.status();
  }
  // Until when erin holds the plan that is bought; nullopt: she holds none.
  std::optional<absl::Time> HeldUntil() {
    const auto stored = store.LoadCustomer("github-account-33");
    for (const BoughtTime& time : ReadSubscriber(stored->facts).times) {
      if (time.from <= clock.Now() && clock.Now() < time.until) return time.until;
    }
    return std::nullopt;
  }
  std::size_t Facts() { return store.LoadCustomer("github-account-33")->facts.size(); }
  std::unique_ptr<Purchases> purchases;
};

TEST_F(PurchasesTest, APurchaseThatWasMissedIsAddedAndEnded) {
  RemotePurchase bought;
  bought.account = kErin;
  bought.since = At(-600);
  forge.SetPurchases("4711", {bought});
  Compare();
  EXPECT_EQ(HeldUntil(), absl::InfiniteFuture());
  clock.Advance(Purchases::kEvery);
  Compare();
  EXPECT_EQ(Facts(), 1u) << "what is known is not added again";

  bought.changes_at = clock.Now() + absl::Hours(72);
  forge.SetPurchases("4711", {bought});
  clock.Advance(Purchases::kEvery);
  Compare();
  EXPECT_EQ(HeldUntil(), bought.changes_at);

  forge.SetPurchases("4711", {});
  clock.Advance(Purchases::kEvery);
  Compare();
  EXPECT_EQ(HeldUntil(), std::nullopt);
}

TEST_F(PurchasesTest, AFreeTrialIsOne) {
  RemotePurchase bought;
  bought.account = kErin;
  bought.trial = true;
  forge.SetPurchases("4711", {bought});
  Compare();
  const auto stored = store.LoadCustomer("github-account-33");
  ASSERT_TRUE(stored.ok());
  ASSERT_EQ(ReadSubscriber(stored->facts).times.size(), 1u);
  EXPECT_TRUE(ReadSubscriber(stored->facts).times[0].trial);
}

TEST_F(PurchasesTest, AListThatCannotBeReadEndsNothing) {
  RemotePurchase bought;
  bought.account = kErin;
  forge.SetPurchases("4711", {bought});
  Compare();
  ASSERT_TRUE(HeldUntil());
  forge.fault = [](const std::string& call) {
    return call == "list_purchases" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  clock.Advance(Purchases::kEvery);
  Compare();
  EXPECT_TRUE(HeldUntil());
}

TEST_F(PurchasesTest, WhatWasJustLearnedIsNewerThanAList) {
  RemotePurchase bought;
  bought.account = kErin;
  forge.SetPurchases("4711", {bought});
  Subscription said;
  said.act = SubscriptionAct::kEnded;
  said.tier = "4711";
  said.effective = clock.Now();
  const CustomerFact ended =
      MakeSubscriptionFact(CustomerFactKind::kPurchase, {"github", kErin}, said, "d1", clock.Now());
  ASSERT_TRUE(store.AddCustomerFacts(ended.customer, 0, {ended}).ok());
  Compare();
  EXPECT_EQ(Facts(), 1u);
}

}  // namespace
}  // namespace retainer::pipeline
