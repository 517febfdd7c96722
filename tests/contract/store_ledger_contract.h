// The store's contract: tokens, overrides of the gate, and the ledger.
#pragma once

#include "tests/contract/store_contract.h"

namespace retainer {

TEST_P(StoreContract, TokenIsFoundByItsHash) {
  TokenRecord token;
  token.id = "t1";
  token.hash = "abc";
  token.scope = "read";
  token.project = "github:acme/opendb";
  token.customer = "acme";
  token.created = At(1);
  token.expires = At(100);
  ASSERT_TRUE(store_.SaveToken(token).ok());
  auto found = store_.FindToken("abc");
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id, "t1");
  EXPECT_EQ((*found)->scope, "read");
  EXPECT_EQ((*found)->project, token.project);
  EXPECT_EQ((*found)->customer, "acme");
  EXPECT_EQ((*found)->created, At(1));
  EXPECT_EQ((*found)->expires, At(100));
  EXPECT_FALSE((*found)->revoked.has_value());
  token.revoked = At(50);
  ASSERT_TRUE(store_.SaveToken(token).ok());
  EXPECT_EQ((*store_.FindToken("abc"))->revoked, At(50));
  EXPECT_EQ(store_.ListTokens()->size(), 1u);
  EXPECT_FALSE(store_.FindToken("t1")->has_value());
}

TEST_P(StoreContract, AnOverrideIsInForceForItsTimeAndStandsInTheLedger) {
  const ProjectKey project{"github", "1296269"};
  GateOverride record{"o1", project, "carol", "the fix must ship", At(10), At(70), {}, ""};
  ASSERT_TRUE(store_.SaveOverride(record).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(store_.SaveOverride(record)));
  EXPECT_EQ(store_.ReadLedgerHead()->length, 1u);
  EXPECT_FALSE(store_.FindOverride(project, At(9))->has_value());
  ASSERT_TRUE(store_.FindOverride(project, At(10))->has_value());
  EXPECT_EQ(**store_.FindOverride(project, At(10)), record);
  EXPECT_FALSE(store_.FindOverride(project, At(70))->has_value());
  EXPECT_FALSE(store_.FindOverride({"github", "12962690"}, At(10))->has_value());
  EXPECT_FALSE(store_.FindOverride({"github", "129626"}, At(10))->has_value());
  // An override that lasts longer and is then withdrawn.
  GateOverride longer = record;
  longer.id = "o2";
  longer.until = At(90);
  ASSERT_TRUE(store_.SaveOverride(longer).ok());
  EXPECT_EQ((*store_.FindOverride(project, At(20)))->id, "o2");
  const std::string before = store_.ReadLedgerHead()->digest;
  const auto withdrawn = store_.WithdrawOverride("o2", "dora", At(30));
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->withdrawn, At(30));
  EXPECT_EQ(withdrawn->withdrawn_by, "dora");
  EXPECT_NE(store_.ReadLedgerHead()->digest, before);
  EXPECT_EQ(store_.ReadLedgerHead()->length, 3u);
  EXPECT_EQ((*store_.FindOverride(project, At(31)))->id, "o1");
  // Withdrawing it again, or one that has ended, changes nothing.
  EXPECT_EQ(store_.WithdrawOverride("o2", "eve", At(40))->withdrawn_by, "dora");
  EXPECT_FALSE(store_.WithdrawOverride("o1", "eve", At(71))->withdrawn.has_value());
  EXPECT_TRUE(absl::IsNotFound(store_.WithdrawOverride("o3", "eve", At(40)).status()));
  EXPECT_EQ(store_.ReadLedgerHead()->length, 3u);
  EXPECT_EQ(store_.ListOverrides()->size(), 2u) << "kept for good";
  EXPECT_TRUE(store_.VerifyLedger().ok());
}

TEST_P(StoreContract, AnOverrideHasAReasonANameAndAnEnd) {
  const GateOverride good{"o", {"github", "1"}, "carol", "why", At(0), At(60), {}, ""};
  for (int wrong = 0; wrong < 4; ++wrong) {
    GateOverride record = good;
    if (wrong == 0) record.reason.clear();
    if (wrong == 1) record.by.clear();
    if (wrong == 2) record.until = record.from;
    if (wrong == 3) record.until = record.from + kLongestOverride + absl::Seconds(1);
    EXPECT_TRUE(absl::IsInvalidArgument(store_.SaveOverride(record))) << wrong;
  }
  EXPECT_TRUE(store_.ListOverrides()->empty());
  EXPECT_EQ(store_.ReadLedgerHead()->length, 0u);
  GateOverride longest = good;
  longest.until = longest.from + kLongestOverride;
  EXPECT_TRUE(store_.SaveOverride(longest).ok());
}

TEST_P(StoreContract, TheLedgersHeadAtAnInstantIsThatOfTheRecordsUntilThen) {
  std::vector<LedgerHead> heads = {*store_.ReadLedgerHead()};
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.ledger.changes = {"acme first_response: running -> met"};
  for (int i = 1; i <= 5; ++i) {
    write.ledger.at = At(10 * i);
    write.record.version = static_cast<std::uint64_t>(i - 1);
    ASSERT_TRUE(store_.Commit(write).ok());
    heads.push_back(*store_.ReadLedgerHead());
  }
  for (int i = 0; i <= 5; ++i) {
    for (const int minute : {10 * i, 10 * i + 9}) {
      const auto head = store_.ReadLedgerHeadAt(At(minute));
      ASSERT_TRUE(head.ok()) << head.status();
      EXPECT_EQ(head->length, heads[static_cast<std::size_t>(i)].length) << minute;
      EXPECT_EQ(head->digest, heads[static_cast<std::size_t>(i)].digest) << minute;
    }
  }
}

TEST_P(StoreContract, LedgerGrowsByDecisionsThatChangedSomething) {
  EXPECT_EQ(store_.ReadLedgerHead()->length, 0u);
  EXPECT_EQ(store_.ReadLedgerHead()->digest, "");
  EXPECT_TRUE(store_.VerifyLedger().ok());
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(1), 0)).ok());
  EXPECT_EQ(store_.ReadLedgerHead()->length, 0u);
  DecisionWrite write = SampleWrite(SampleTicket(1), 1);
  write.ledger.changes = {"acme first_response: running -> met"};
  ASSERT_TRUE(store_.Commit(write).ok());
  const std::string first = store_.ReadLedgerHead()->digest;
  EXPECT_EQ(first.size(), 64u);
  write.record.version = 2;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.ReadLedgerHead()->length, 2u);
  EXPECT_NE(store_.ReadLedgerHead()->digest, first);
  EXPECT_TRUE(store_.VerifyLedger().ok());
}

TEST_P(StoreContract, ConcurrentDecisionsKeepTheLedgerWhole) {
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        DecisionWrite write = SampleWrite(SampleTicket(t + 1), static_cast<std::uint64_t>(i));
        write.facts = {SampleFact("comment/" + std::to_string(i))};
        write.ledger.facts = {write.facts[0].id};
        EXPECT_TRUE(store_.Commit(write).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_.ReadLedgerHead()->length, static_cast<std::uint64_t>(kThreads * kEach));
  EXPECT_TRUE(store_.VerifyLedger().ok());
}

}  // namespace retainer
