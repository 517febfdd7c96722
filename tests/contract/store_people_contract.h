// The store's contract: customers' facts, contacts that joined, and sessions.
#pragma once

#include <random>

#include "absl/strings/str_cat.h"
#include "tests/contract/store_contract.h"

namespace retainer {

inline const Account kSampleErin{"github", {"33", "erin", false}};

inline CustomerFact SampleInvited(const std::string& customer, const std::string& id) {
  return *MakeInvited(customer, id, "hash of " + id, 3, absl::Hours(2), "carol", At(0));
}

inline CustomerFact SampleJoined(const std::string& customer, const std::string& invitation,
                                 int at) {
  const CustomerBook book = ReadCustomerFacts({SampleInvited(customer, invitation)});
  return *MakeJoined(book, customer, "hash of " + invitation, kSampleErin, std::nullopt, At(at));
}

TEST_P(StoreContract, ACustomersFactsAreReadBackWholeAndStandInTheLedger) {
  EXPECT_EQ(store_.LoadCustomer("acme")->version, 0u);
  const std::vector<CustomerFact> facts = {SampleInvited("acme", "i1"),
                                           SampleJoined("acme", "i1", 60)};
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 0, facts).ok());
  ASSERT_TRUE(store_.AddCustomerFacts("acm", 0, {SampleInvited("acm", "i2")}).ok());
  const auto stored = store_.LoadCustomer("acme");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->version, 2u);
  ASSERT_EQ(stored->facts.size(), 2u);
  EXPECT_EQ(stored->facts[0], facts[0]);
  EXPECT_EQ(stored->facts[1], facts[1]);
  EXPECT_EQ(store_.ReadLedgerHead()->length, 3u);
  EXPECT_TRUE(store_.VerifyLedger().ok());
  const auto all = store_.ListStoredCustomers();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].customer, "acm");
  EXPECT_EQ((*all)[1].customer, "acme");
  EXPECT_EQ((*all)[1].version, 2u);
}

TEST_P(StoreContract, FactsOfACustomerAreAddedToTheVersionThatWasRead) {
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 0, {SampleInvited("acme", "i1")}).ok());
  EXPECT_TRUE(absl::IsAborted(store_.AddCustomerFacts("acme", 0, {SampleInvited("acme", "i2")})));
  EXPECT_EQ(store_.LoadCustomer("acme")->version, 1u);
  // A fact that is there already changes nothing, and is not written to the ledger again.
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 1, {SampleInvited("acme", "i1")}).ok());
  EXPECT_EQ(store_.LoadCustomer("acme")->version, 1u);
  EXPECT_EQ(store_.ReadLedgerHead()->length, 1u);
  EXPECT_TRUE(
      absl::IsInvalidArgument(store_.AddCustomerFacts("beta", 0, {SampleInvited("acme", "i3")})));
  CustomerFact nameless = SampleInvited("acme", "i4");
  nameless.id.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(store_.AddCustomerFacts("acme", 1, {nameless})));
}

inline CustomerFact SampleWork(const std::string& customer, const std::string& entry) {
  CustomerFact fact;
  fact.customer = customer;
  fact.kind = CustomerFactKind::kWorkLogged;
  fact.id = "work_logged:" + entry;
  fact.at = At(3);
  fact.by = "github:bob";
  fact.entry = entry;
  fact.ticket = "github/1/issue/2";
  fact.ticket_name = "github:acme/opendb#2";
  fact.text = "read the dump";
  fact.minutes = 40;
  fact.accounted = 45;
  fact.day = absl::CivilDay(2026, 2, 28);
  return fact;
}

TEST_P(StoreContract, ADecisionAddsFactsToCustomersInTheSameWrite) {
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 0, {SampleInvited("acme", "i1")}).ok());
  const std::uint64_t length = store_.ReadLedgerHead()->length;
  DecisionWrite one = SampleWrite(SampleTicket(1), 0);
  one.ledger = {};
  one.customers = {{"acme", 1, {SampleWork("acme", "e1")}}};
  DecisionWrite two = SampleWrite(SampleTicket(2), 0);
  two.ledger = {};
  two.customers = {{"acme", 1, {SampleWork("acme", "e2"), SampleWork("acme", "e1")}}};
  ASSERT_TRUE(store_.CommitAll({one, two}).ok());
  const auto stored = store_.LoadCustomer("acme");
  EXPECT_EQ(stored->version, 3u);
  EXPECT_NE(std::find(stored->facts.begin(), stored->facts.end(), SampleWork("acme", "e1")),
            stored->facts.end());
  EXPECT_EQ(store_.ReadLedgerHead()->length, length + 2);
  EXPECT_TRUE(store_.VerifyLedger().ok());

  // Somebody was quicker: nothing of the decision is written.
  DecisionWrite late = SampleWrite(SampleTicket(3), 0);
  late.customers = {{"acme", 1, {SampleWork("acme", "e3")}}};
  EXPECT_TRUE(absl::IsAborted(store_.Commit(late)));
  EXPECT_EQ(store_.LoadTicket(SampleTicket(3))->record.version, 0u);
  EXPECT_EQ(store_.LoadCustomer("acme")->version, 3u);
}

TEST_P(StoreContract, OfManyWhoJoinAtOnceEachIsTakenOnce) {
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 0, {SampleInvited("acme", "i1")}).ok());
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const Account account{"github", {std::to_string(i), "", false}};
      for (;;) {
        const auto stored = store_.LoadCustomer("acme");
        const auto fact = MakeJoined(ReadCustomerFacts(stored->facts), "acme", "hash of i1",
                                     account, std::nullopt, At(5));
        if (!fact.ok()) return;
        const absl::Status added = store_.AddCustomerFacts("acme", stored->version, {*fact});
        if (absl::IsAborted(added)) continue;
        if (added.ok()) ++taken;
        return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 3) << "the invitation has three uses";
}

TEST_P(StoreContract, AnInvitationIsFoundByItsHash) {
  ASSERT_TRUE(store_.AddCustomerFacts("acme", 0, {SampleInvited("acme", "i1")}).ok());
  EXPECT_EQ(**store_.FindInvited("hash of i1"), "acme");
  EXPECT_FALSE(store_.FindInvited("hash of i2")->has_value());
  EXPECT_FALSE(store_.FindInvited("i1")->has_value());
  EXPECT_FALSE(store_.FindInvited("")->has_value());
}

TEST_P(StoreContract, AccountsThatJoinedAreAmongThePins) {
  EXPECT_TRUE(store_.LoadPins()->JoinedBy("github", "33").empty());
  ASSERT_TRUE(store_
                  .AddCustomerFacts("acme", 0,
                                    {SampleInvited("acme", "i1"), SampleJoined("acme", "i1", 60)})
                  .ok());
  const std::vector<JoinedTime> joined = {{"acme", At(60), absl::InfiniteFuture()}};
  EXPECT_EQ(store_.LoadPins()->JoinedBy("github", "33"), joined);
  EXPECT_TRUE(store_.LoadPins()->JoinedBy("gitlab", "33").empty());
  EXPECT_TRUE(store_.LoadPins()->JoinedBy("github", "3").empty());

  const CustomerBook book = ReadCustomerFacts(store_.LoadCustomer("acme")->facts);
  ASSERT_TRUE(
      store_.AddCustomerFacts("acme", 2, {MakeRemoved("acme", book.contacts[0], "carol", At(90))})
          .ok());
  ASSERT_TRUE(store_
                  .AddCustomerFacts("beta", 0,
                                    {SampleInvited("beta", "i2"), SampleJoined("beta", "i2", 70)})
                  .ok());
  const std::vector<JoinedTime> both = {{"acme", At(60), At(90)},
                                        {"beta", At(70), absl::InfiniteFuture()}};
  EXPECT_EQ(store_.LoadPins()->JoinedBy("github", "33"), both);
}

TEST_P(StoreContract, ASessionIsFoundByItsHashUntilItEnds) {
  const Session session{"h1", kSampleErin, At(0), At(100)};
  ASSERT_TRUE(store_.SaveSession(session).ok());
  EXPECT_EQ(**store_.FindSession("h1"), session);
  EXPECT_FALSE(store_.FindSession("h2")->has_value());
  ASSERT_TRUE(store_.EndSession("h1").ok());
  ASSERT_TRUE(store_.EndSession("h1").ok());
  EXPECT_FALSE(store_.FindSession("h1")->has_value());
}

TEST_P(StoreContract, ANewSessionDeletesThoseThatExpired) {
  ASSERT_TRUE(store_.SaveSession({"h1", kSampleErin, At(0), At(100)}).ok());
  ASSERT_TRUE(store_.SaveSession({"h2", kSampleErin, At(50), At(150)}).ok());
  ASSERT_TRUE(store_.SaveSession({"h3", kSampleErin, At(100), At(200)}).ok());
  EXPECT_FALSE(store_.FindSession("h1")->has_value());
  EXPECT_TRUE(store_.FindSession("h2")->has_value());
}

TEST_P(StoreContract, AllSessionsOfAnAccountEndTogether) {
  const Account other{"gitlab", kSampleErin.actor};
  ASSERT_TRUE(store_.SaveSession({"h1", kSampleErin, At(0), At(100)}).ok());
  ASSERT_TRUE(store_.SaveSession({"h2", kSampleErin, At(0), At(100)}).ok());
  ASSERT_TRUE(store_.SaveSession({"h3", other, At(0), At(100)}).ok());
  // The login may have changed meanwhile.
  ASSERT_TRUE(store_.EndSessionsOf({"github", {"33", "erin2", false}}).ok());
  EXPECT_FALSE(store_.FindSession("h1")->has_value());
  EXPECT_FALSE(store_.FindSession("h2")->has_value());
  EXPECT_TRUE(store_.FindSession("h3")->has_value());
}

TEST_P(StoreContract, ALoginIsPinnedOnce) {
  ASSERT_TRUE(store_.PinLogin({"github", "Carol"}, "7").ok());
  ASSERT_TRUE(store_.PinLogin({"github", "carol"}, "8").ok());
  EXPECT_EQ(*store_.LoadPins()->Find({"github", "carol"}), "7");
  EXPECT_EQ(store_.LoadPins()->Find({"gitlab", "carol"}), nullptr);
}

TEST_P(StoreContract, AnAdminLinkIsTakenOnceAndBeforeItExpires) {
  const AdminLink link{"h1", "root", At(0), At(10)};
  const std::uint64_t length = store_.ReadLedgerHead()->length;
  ASSERT_TRUE(store_.SaveAdminLink(link).ok());
  EXPECT_FALSE(store_.TakeAdminLink("h2", At(1))->has_value());
  EXPECT_EQ(**store_.TakeAdminLink("h1", At(1)), link);
  EXPECT_FALSE(store_.TakeAdminLink("h1", At(1))->has_value());
  EXPECT_EQ(store_.ReadLedgerHead()->length, length + 2);
  ASSERT_TRUE(store_.SaveAdminLink(link).ok());
  EXPECT_FALSE(store_.TakeAdminLink("h1", At(10))->has_value());
  ASSERT_TRUE(store_.SaveAdminLink({"h3", "root", At(20), At(30)}).ok());
  EXPECT_FALSE(store_.TakeAdminLink("h1", At(1))->has_value()) << "deleted with the next";
  EXPECT_TRUE(store_.VerifyLedger().ok());
}

TEST_P(StoreContract, TheListOfAnAccountHasWhatAFullWalkFinds) {
  std::mt19937 random(4);
  const auto pick = [&](int most) { return static_cast<int>(random() % most); };
  // Without an id, or with one that begins like another.
  const std::vector<std::string> ids = {"", "1", "11", "7", "42", "a/b"};
  const auto somebody = [&] { return Actor{ids[pick(6)], "login"}; };
  for (int act = 0; act < 300; ++act) {
    const TicketKey key = {pick(4) == 0 ? "gitlab" : "github", pick(2) == 0 ? "7" : "70",
                           pick(3) == 0 ? TicketKind::kChange : TicketKind::kIssue, pick(40) + 1};
    DecisionWrite write = SampleWrite(key, Version(key));
    write.record.open = pick(2) == 0;
    write.facts.clear();
    for (int i = pick(3); i >= 0; --i) {
      Fact& fact = write.facts.emplace_back();
      fact.id = MakeFactId(FactKind::kComment, absl::StrCat(act, "/", i), "");
      fact.kind = FactKind::kComment;
      fact.actor = somebody();
      if (pick(2) == 0) fact.author = somebody();
      if (pick(4) == 0) fact.assignee = somebody();
    }
    if (pick(10) == 0) {
      ASSERT_TRUE(store_.Commit(write).ok());
      Fact own = write.facts.front();
      own.id = MakeFactId(FactKind::kOwnComment, absl::StrCat(act), "");
      own.actor = somebody();
      ASSERT_TRUE(store_.SaveShown(key, ShownFace(), {own}).ok());
    } else {
      ASSERT_TRUE(store_.Commit(write).ok());
    }
  }
  for (const std::string& forge : {std::string("github"), std::string("gitlab")}) {
    for (const std::string& account : ids) {
      if (account.empty()) continue;
      std::vector<TicketKey> walked;
      const auto keys = store_.ListTicketKeys(forge, "", std::nullopt, 1000);
      for (const TicketKey& key : *keys) {
        bool takes_part = false;
        const auto ticket = store_.LoadTicket(key);
        for (const auto& [id, fact] : ticket->facts) {
          for (const std::string& one : AccountsIn(fact)) takes_part |= one == account;
        }
        if (takes_part) walked.push_back(key);
      }
      EXPECT_FALSE(walked.empty()) << forge << " " << account;
      std::vector<TicketKey> listed;
      for (std::optional<TicketKey> after;;) {
        const auto page = store_.ListTicketKeysOf(forge, account, after, 3);
        listed.insert(listed.end(), page->begin(), page->end());
        if (page->size() < 3) break;
        after = page->back();
      }
      EXPECT_EQ(listed, walked) << forge << " " << account;
    }
  }
  EXPECT_TRUE(store_.ListTicketKeysOf("github", "4", std::nullopt, 9)->empty());
  EXPECT_TRUE(store_.ListTicketKeysOf("github", "1", std::nullopt, 0)->empty());
}

}  // namespace retainer
