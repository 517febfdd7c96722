// What every store must do: one suite, run for each store.
//
// A source file of a test binary includes this and instantiates it with makers of empty stores:
//
//     INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(StoreMaker{…}));
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "retainer/store.h"
#include "tests/contract/store_samples.h"

namespace retainer {

// Makes an empty store. Its resources (a folder) live as long as the pointer.
struct StoreMaker {
  std::string name;
  std::function<std::shared_ptr<Store>()> make;
};

inline void PrintTo(const StoreMaker& maker, std::ostream* out) { *out << maker.name; }

class StoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  StoreContract() : owned_(GetParam().make()), store_(*owned_) {}

  std::uint64_t Version(const TicketKey& key) { return store_.LoadTicket(key)->record.version; }

  // The one entry of an inbox with a single delivery.
  std::uint64_t PutOne(const std::string& id) {
    EXPECT_EQ(*store_.PutDelivery(SampleDelivery(id)), Store::Put::kStored);
    const auto entries = store_.ReadInbox("github", 0, 100);
    return entries->back().seq;
  }

  // A ticket's first decision, with a face to be shown.
  void CommitFace(int number, int rank, int at) {
    DecisionWrite write = SampleWrite(SampleTicket(number), 0);
    write.face = SampleFace("x");
    write.face_rank = rank;
    write.ledger.at = At(at);
    ASSERT_TRUE(store_.Commit(write).ok());
  }

  std::shared_ptr<Store> owned_;
  Store& store_;
};

// ---- Inbox

TEST_P(StoreContract, DeliveryIsStoredOnceAndReadBackWhole) {
  Delivery delivery = SampleDelivery("a");
  delivery.body = std::string(100'000, 'x') + std::string("\0\xff{", 3);
  delivery.bound = true;
  delivery.origin = DeliveryOrigin::kForgeLog;
  delivery.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(*store_.PutDelivery(delivery), Store::Put::kStored);
  EXPECT_EQ(*store_.PutDelivery(delivery), Store::Put::kKnown);
  EXPECT_EQ(*store_.PutDelivery(SampleDelivery("a", "gitlab")), Store::Put::kStored);

  const auto entries = store_.ReadInbox("github", 0, 10);
  ASSERT_EQ(entries->size(), 1u);
  const Delivery& back = (*entries)[0].delivery;
  EXPECT_EQ(back.forge, "github");
  EXPECT_EQ(back.id, "a");
  EXPECT_EQ(back.event_type, "issues");
  EXPECT_EQ(back.body, delivery.body);
  EXPECT_EQ(back.received, At(0));
  EXPECT_TRUE(back.bound);
  EXPECT_EQ(back.origin, DeliveryOrigin::kForgeLog);
  EXPECT_EQ(back.trace, delivery.trace);
  ASSERT_TRUE(store_.SetAside("github", (*entries)[0].seq, "why", At(1)).ok());
  ASSERT_TRUE(store_.Requeue("github", (*entries)[0].seq).ok());
  EXPECT_TRUE(store_.ReadInbox("github", 0, 10)->at(0).delivery.bound);
  EXPECT_EQ(store_.ReadInbox("github", 0, 10)->at(0).delivery.origin, DeliveryOrigin::kForgeLog);
}

TEST_P(StoreContract, SeveralDeliveriesAreOneWriteAndEachHasItsAnswer) {
  using enum Store::Put;
  ASSERT_EQ(*store_.PutDelivery(SampleDelivery("b")), kStored);
  const auto puts =
      store_.PutDeliveries({SampleDelivery("a"), SampleDelivery("b"), SampleDelivery("c"),
                            SampleDelivery("a"), SampleDelivery("b", "gitlab")});
  ASSERT_TRUE(puts.ok()) << puts.status();
  EXPECT_EQ(*puts, (std::vector<Store::Put>{kStored, kKnown, kStored, kKnown, kStored}));
  std::vector<std::string> ids;
  const auto entries = store_.ReadInbox("github", 0, 10);
  for (const InboxEntry& entry : *entries) ids.push_back(entry.delivery.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"b", "a", "c"})) << "in their order";
  EXPECT_EQ(store_.Stats()->inbox, 4u);
  EXPECT_TRUE(store_.PutDeliveries({})->empty());
}

TEST_P(StoreContract, EmptyBodyIsABody) {
  Delivery delivery = SampleDelivery("a");
  delivery.body.clear();
  ASSERT_EQ(*store_.PutDelivery(delivery), Store::Put::kStored);
  ASSERT_EQ(store_.ReadInbox("github", 0, 10)->size(), 1u);
}

TEST_P(StoreContract, InboxIsReadInOrderOfArrivalInPages) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(store_.PutDelivery(SampleDelivery(std::to_string(i))).ok());
  }
  std::vector<std::string> ids;
  std::uint64_t after = 0;
  while (true) {
    const auto page = store_.ReadInbox("github", after, 2);
    if (page->empty()) break;
    EXPECT_LE(page->size(), 2u);
    for (const InboxEntry& entry : *page) {
      EXPECT_GT(entry.seq, after);
      after = entry.seq;
      ids.push_back(entry.delivery.id);
    }
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
}

TEST_P(StoreContract, PageOfLargeBodiesIsShortButNeverEmpty) {
  for (int i = 0; i < 3; ++i) {
    Delivery delivery = SampleDelivery(std::to_string(i));
    delivery.body = std::string(std::size_t{20} << 20, 'x');
    ASSERT_TRUE(store_.PutDelivery(delivery).ok());
  }
  const auto page = store_.ReadInbox("github", 0, 100);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ(store_.ReadInbox("github", page->back().seq, 100)->size(), 1u);
}

TEST_P(StoreContract, FinishedDeliveryIsGoneButKnown) {
  const std::uint64_t seq = PutOne("a");
  ASSERT_TRUE(store_.FinishDelivery("github", seq, std::nullopt).ok());
  EXPECT_TRUE(store_.ReadInbox("github", 0, 10)->empty());
  EXPECT_EQ(*store_.PutDelivery(SampleDelivery("a")), Store::Put::kKnown);
  EXPECT_TRUE(store_.FinishDelivery("github", seq, std::nullopt).ok());
  EXPECT_EQ(store_.Stats()->inbox, 0u);
}

TEST_P(StoreContract, FinishedDeliveryMaySaveItsProject) {
  const std::uint64_t seq = PutOne("a");
  ProjectRecord project;
  project.key = {"github", "7"};
  project.path = "acme/opendb";
  ASSERT_TRUE(store_.FinishDelivery("github", seq, project).ok());
  EXPECT_EQ(**store_.FindProject({"github", "7"}), project);
}

TEST_P(StoreContract, SetAsideIsVisibleAndComesBack) {
  const std::uint64_t seq = PutOne("a");
  ASSERT_TRUE(store_.SetAside("github", seq, "no issue in it", At(9)).ok());
  EXPECT_TRUE(store_.ReadInbox("github", 0, 10)->empty());
  const auto aside = store_.ListSetAside(10);
  ASSERT_EQ(aside->size(), 1u);
  EXPECT_EQ((*aside)[0].reason, "no issue in it");
  EXPECT_EQ((*aside)[0].at, At(9));
  EXPECT_EQ((*aside)[0].entry.seq, seq);
  EXPECT_EQ((*aside)[0].entry.delivery.body, SampleDelivery("a").body);
  EXPECT_EQ(store_.Stats()->set_aside, 1u);
  EXPECT_EQ(store_.Stats()->inbox, 0u);
  EXPECT_EQ(store_.Stats()->oldest_set_aside, SampleDelivery("a").received);

  ASSERT_TRUE(store_.Requeue("github", seq).ok());
  EXPECT_TRUE(store_.ListSetAside(10)->empty());
  EXPECT_EQ(store_.Stats()->oldest_set_aside, std::nullopt);
  ASSERT_EQ(store_.ReadInbox("github", 0, 10)->size(), 1u);
  EXPECT_EQ(store_.Stats()->inbox, 1u);
  EXPECT_TRUE(absl::IsNotFound(store_.Requeue("github", seq)));
  EXPECT_TRUE(absl::IsNotFound(store_.SetAside("github", seq + 99, "x", At(9))));
}

TEST_P(StoreContract, ExpireForgetsOldIdsAndSetAsideBodiesOnly) {
  const std::uint64_t aside = PutOne("aside");
  ASSERT_TRUE(store_.SetAside("github", aside, "x", At(1)).ok());
  PutOne("waiting");
  Delivery late = SampleDelivery("late");
  late.received = At(100);
  ASSERT_TRUE(store_.PutDelivery(late).ok());

  EXPECT_EQ(*store_.Expire(At(100)), 3u);  // two ids and a body
  EXPECT_EQ(*store_.Expire(At(100)), 0u);
  EXPECT_TRUE(store_.ListSetAside(10)->empty());
  EXPECT_EQ(store_.ReadInbox("github", 0, 10)->size(), 2u);
  EXPECT_EQ(*store_.PutDelivery(late), Store::Put::kKnown);
  EXPECT_EQ(*store_.PutDelivery(SampleDelivery("aside")), Store::Put::kStored);
}

TEST_P(StoreContract, WhatIsSetAsideAfterItsIdWasForgottenExpiresToo) {
  const std::uint64_t seq = PutOne("a");
  ASSERT_EQ(*store_.Expire(At(1)), 1u);
  ASSERT_TRUE(store_.SetAside("github", seq, "x", At(50)).ok());
  EXPECT_EQ(*store_.Expire(At(1)), 1u);
  EXPECT_TRUE(store_.ListSetAside(10)->empty());
  EXPECT_EQ(store_.Stats()->set_aside, 0u);
}

TEST_P(StoreContract, SameDeliveryByManyThreadsIsStoredOnce) {
  constexpr int kThreads = 8;
  constexpr int kIds = 20;
  std::atomic<int> stored = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kIds; ++i) {
        if (*store_.PutDelivery(SampleDelivery(std::to_string(i))) == Store::Put::kStored) ++stored;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, kIds);
  EXPECT_EQ(store_.ReadInbox("github", 0, 1000)->size(), static_cast<std::size_t>(kIds));
  EXPECT_EQ(store_.Stats()->inbox, static_cast<std::uint64_t>(kIds));
}

// The error that this test excludes: a number that was taken first may reach the disk last.
TEST_P(StoreContract, ReaderThatFollowsTheInboxMissesNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(
            store_.PutDelivery(SampleDelivery(std::to_string(t) + "-" + std::to_string(i))).ok());
      }
      --running;
    });
  }
  std::size_t seen = 0;
  std::uint64_t after = 0;
  while (true) {
    const bool last = running == 0;
    const auto page = store_.ReadInbox("github", after, 7);
    for (const InboxEntry& entry : *page) {
      EXPECT_GT(entry.seq, after);
      after = entry.seq;
      ++seen;
    }
    if (last && page->empty()) break;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, static_cast<std::size_t>(kThreads * kEach));
}

// The error that this test excludes: a lower number of another forge was still being written.
TEST_P(StoreContract, AcknowledgedDeliveryCanBeReadAtOnce) {
  constexpr int kThreads = 6;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string forge = "forge" + std::to_string(t);
      for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_TRUE(store_.PutDelivery(SampleDelivery(std::to_string(i), forge)).ok());
        EXPECT_EQ(store_.ReadInbox(forge, 0, 100)->size(), i + 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// ---- Tickets

TEST_P(StoreContract, UnknownTicketIsVersionZero) {
  const auto ticket = store_.LoadTicket(SampleTicket(1));
  EXPECT_EQ(ticket->record.version, 0u);
  EXPECT_EQ(ticket->record.key, SampleTicket(1));
  EXPECT_TRUE(ticket->facts.empty());
}

TEST_P(StoreContract, DecisionIsReadBackWhole) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.record.tracked = true;
  write.record.open = false;
  write.record.customers = {"acme", "globex"};
  write.record.priorities = {"P1", "P2"};
  write.record.worst = ClockState::kAtRisk;
  write.record.next_due = At(3600);
  ClaimRecord claim;
  claim.customer = "acme";
  claim.plan = "gold";
  claim.priority = "P1";
  claim.settled = ClockState::kMissed;
  claim.promises = {{Metric::kUpdate, PromiseKind::kTarget, true, absl::InfiniteFuture(), At(9)}};
  write.record.claims = {claim, ClaimRecord()};
  write.record.endings = {{"acme", Metric::kUpdate, Ending::kExcused, 20000, 3, 2}};
  write.record.questions = 2;
  write.record.outside_questions = 1;
  Question owner;
  owner.kind = Question::Kind::kOwner;
  owner.actor = {"7", "dave", true};
  write.record.asks.everybody = {owner, {Question::Kind::kReference, {}, {}, "#12"}};
  write.record.asks.hidden = {{Question::Kind::kMembership, {"8", "erin", false}, "acme"}};
  write.record.asks.ask_everybody = write.record.asks.ask_hidden = write.record.asks.held = true;
  write.record.asks.turn = FaceTurn::kBacklog;
  write.record.asks.joined = {"comment/1"};
  write.record.decided_at = At(3);
  write.record.wake_at = At(60) + absl::Nanoseconds(1);
  write.record.clock_states = {{"acme first_response", "running"}, {"acme update", ""}};
  write.record.terms_id = "terms-1";
  write.facts = {SampleFact("comment/1"), SampleFact("comment/2")};
  ASSERT_TRUE(store_.Commit(write).ok());

  const auto ticket = store_.LoadTicket(SampleTicket(1));
  TicketRecord expected = write.record;
  expected.version = 1;
  EXPECT_EQ(ticket->record, expected);
  FactSet facts;
  for (const Fact& fact : write.facts) facts.Add(fact);
  EXPECT_EQ(ticket->facts, facts);
}

TEST_P(StoreContract, FactsBelongToTheirTicketAlone) {
  DecisionWrite one = SampleWrite(SampleTicket(1), 0);
  one.facts = {SampleFact("comment/1")};
  DecisionWrite other = SampleWrite(SampleTicket(2), 0);
  other.facts = {SampleFact("comment/2")};
  ASSERT_TRUE(store_.CommitAll({one, other}).ok());
  EXPECT_EQ(store_.LoadTicket(SampleTicket(1))->facts.size(), 1u);
  EXPECT_NE(store_.LoadTicket(SampleTicket(2))->facts.Find(SampleFact("comment/2").id), nullptr);
}

TEST_P(StoreContract, DecisionOnAnOldVersionIsAborted) {
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(1), 0)).ok());
  DecisionWrite stale = SampleWrite(SampleTicket(1), 0);
  stale.facts = {SampleFact("comment/1")};
  stale.notices = {SampleNotice("n")};
  EXPECT_TRUE(absl::IsAborted(store_.Commit(stale)));
  EXPECT_TRUE(absl::IsAborted(store_.Commit(SampleWrite(SampleTicket(1), 7))));
  EXPECT_TRUE(store_.LoadTicket(SampleTicket(1))->facts.empty());
  EXPECT_TRUE(store_.ReadNotices(10)->empty());
  EXPECT_EQ(Version(SampleTicket(1)), 1u);
}

TEST_P(StoreContract, DecisionByAnOlderRecordOfAnotherTicketIsAborted) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.relies_on = {{SampleTicket(2), 0}};
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(2), 0)).ok());
  EXPECT_TRUE(absl::IsAborted(store_.Commit(write)));
  EXPECT_EQ(Version(SampleTicket(1)), 0u);
  write.relies_on = {{SampleTicket(2), 1}, {SampleTicket(3), 0}};
  EXPECT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(Version(SampleTicket(2)), 1u) << "it was read alone";
}

TEST_P(StoreContract, TicketsOfWhichAForgeIsToBeAskedAreFoundUntilTheyAreNot) {
  for (int i = 1; i <= 5; ++i) {
    DecisionWrite write = SampleWrite(SampleTicket(i), 0);
    write.record.asks.ask_everybody = i != 3;
    write.record.asks.ask_hidden = i == 4;
    write.record.asks.hidden = {Question()};
    ASSERT_TRUE(store_.Commit(write).ok());
  }
  const auto numbers = [&](const std::optional<TicketKey>& after, std::size_t limit) {
    std::vector<std::int64_t> found;
    const auto asks = store_.FindAsks(SampleTicket(1).forge, after, limit);
    EXPECT_TRUE(asks.ok()) << asks.status();
    for (const TicketRecord& record : *asks) found.push_back(record.key.number);
    return found;
  };
  EXPECT_EQ(numbers(std::nullopt, 10), (std::vector<std::int64_t>{1, 2, 4, 5}));
  EXPECT_EQ(numbers(SampleTicket(2), 1), (std::vector<std::int64_t>{4}));
  DecisionWrite answered = SampleWrite(SampleTicket(4), 1);
  answered.record.asks = {};
  ASSERT_TRUE(store_.Commit(answered).ok());
  EXPECT_EQ(numbers(SampleTicket(2), 10), (std::vector<std::int64_t>{5}));
  EXPECT_TRUE(store_.FindAsks("another", std::nullopt, 10)->empty());
}

TEST_P(StoreContract, SeveralTicketsInOneWriteAreAllOrNone) {
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(2), 0)).ok());
  DecisionWrite good = SampleWrite(SampleTicket(1), 0);
  good.facts = {SampleFact("comment/1")};
  EXPECT_TRUE(absl::IsAborted(store_.CommitAll({good, SampleWrite(SampleTicket(2), 0)})));
  EXPECT_EQ(Version(SampleTicket(1)), 0u);
  EXPECT_TRUE(store_.CommitAll({good, SampleWrite(SampleTicket(2), 1)}).ok());
  EXPECT_EQ(Version(SampleTicket(1)), 1u);
  EXPECT_EQ(Version(SampleTicket(2)), 2u);
}

TEST_P(StoreContract, OfConcurrentDecisionsExactlyOneWinsAVersion) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 10;
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        DecisionWrite write = SampleWrite(SampleTicket(1), static_cast<std::uint64_t>(round));
        write.facts = {SampleFact("comment/" + std::to_string(round * kThreads + t))};
        write.ledger.facts = {write.facts[0].id};
        const absl::Status status = store_.Commit(write);
        if (status.ok()) ++won;
        EXPECT_TRUE(status.ok() || absl::IsAborted(status)) << status;
        // A round ends for all threads when its version is reached.
        while (Version(SampleTicket(1)) <= static_cast<std::uint64_t>(round)) {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, kRounds);
  EXPECT_EQ(store_.LoadTicket(SampleTicket(1))->facts.size(), static_cast<std::size_t>(kRounds));
  EXPECT_EQ(store_.ReadLedgerHead()->length, static_cast<std::uint64_t>(kRounds));
  EXPECT_TRUE(store_.VerifyLedger().ok());
}

TEST_P(StoreContract, DecisionFinishesItsDelivery) {
  const std::uint64_t seq = PutOne("a");
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.inbox_done = seq;
  write.inbox_done_forge = "github";
  ProjectRecord project;
  project.key = {"github", "1296269"};
  project.path = "acme/opendb";
  write.project = project;
  write.pins = {{Login{"github", "Alice"}, "1"}};
  EXPECT_EQ(store_.LoadPins()->size(), 0u);
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ReadInbox("github", 0, 10)->empty());
  EXPECT_EQ(store_.Stats()->inbox, 0u);
  EXPECT_EQ(**store_.FindProject(project.key), project);
  EXPECT_EQ(*store_.LoadPins()->Find({"github", "alice"}), "1");
}

// ---- Wake-ups and lists

TEST_P(StoreContract, TicketHasOneWakeUp) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  EXPECT_EQ(*store_.NextWakeup(), absl::InfiniteFuture());
  write.record.wake_at = At(50);
  ASSERT_TRUE(store_.Commit(write).ok());
  write.record.version = 1;
  write.record.wake_at = At(30);
  ASSERT_TRUE(store_.Commit(write).ok());
  DecisionWrite other = SampleWrite(SampleTicket(2), 0);
  other.record.wake_at = At(20);
  ASSERT_TRUE(store_.Commit(other).ok());

  EXPECT_EQ(*store_.NextWakeup(), At(20));
  EXPECT_TRUE(store_.DueWakeups(At(19), 10)->empty());
  EXPECT_EQ(*store_.DueWakeups(At(30), 10),
            (std::vector<std::pair<absl::Time, TicketKey>>{{At(20), SampleTicket(2)},
                                                           {At(30), SampleTicket(1)}}));
  EXPECT_EQ(store_.DueWakeups(At(99), 1)->size(), 1u);

  write.record.version = 2;
  write.record.wake_at = absl::InfiniteFuture();
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.DueWakeups(absl::InfiniteFuture(), 10)->size(), 1u);
}

TEST_P(StoreContract, TicketsAreListedInKeyOrderInPages) {
  for (const auto& [project, number, open] : std::vector<std::tuple<std::string, int, bool>>{
           {"7", 2, true}, {"7", 10, false}, {"7", 1, true}, {"70", 1, true}}) {
    DecisionWrite write = SampleWrite(SampleTicket(number, project), 0);
    write.record.open = open;
    ASSERT_TRUE(store_.Commit(write).ok());
  }
  const auto numbers = [&](const std::string& project, std::optional<TicketKey> after,
                           std::size_t limit, bool open_only) {
    std::vector<std::int64_t> found;
    const auto page = store_.ListTickets("github", project, after, limit, open_only);
    for (const TicketRecord& record : *page) found.push_back(record.key.number);
    return found;
  };
  EXPECT_EQ(numbers("7", std::nullopt, 10, false), (std::vector<std::int64_t>{1, 2, 10}));
  EXPECT_EQ(numbers("7", SampleTicket(1, "7"), 1, false), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(numbers("7", SampleTicket(2, "7"), 10, true), (std::vector<std::int64_t>{}));
  EXPECT_EQ(numbers("", std::nullopt, 10, true), (std::vector<std::int64_t>{1, 2, 1}));
  EXPECT_TRUE(store_.ListTickets("gitlab", "", std::nullopt, 10, false)->empty());
  EXPECT_EQ(*store_.ListTicketKeys("github", "7", std::nullopt, 2),
            (std::vector<TicketKey>{SampleTicket(1, "7"), SampleTicket(2, "7")}));
  EXPECT_EQ(*store_.ListTicketKeys("github", "", SampleTicket(2, "7"), 9),
            (std::vector<TicketKey>{SampleTicket(10, "7"), SampleTicket(1, "70")}));

  DecisionWrite closed = SampleWrite(SampleTicket(1, "7"), 1);
  closed.record.open = false;
  ASSERT_TRUE(store_.Commit(closed).ok());
  EXPECT_EQ(numbers("7", std::nullopt, 10, true), (std::vector<std::int64_t>{2}));
}

TEST_P(StoreContract, RemembersHowFarJudgingAgainHasCome) {
  EXPECT_EQ(*store_.LoadReevaluation(), Reevaluation());
  Reevaluation under_way;
  under_way.cause = "terms 2";
  under_way.judged = 50;
  under_way.sweeps = {{"github", "", SampleTicket(17)}, {"gitlab", "8", std::nullopt}};
  ASSERT_TRUE(store_.SaveReevaluation(under_way).ok());
  EXPECT_EQ(*store_.LoadReevaluation(), under_way);
  under_way.sweeps.clear();
  ASSERT_TRUE(store_.SaveReevaluation(under_way).ok());
  EXPECT_EQ(*store_.LoadReevaluation(), under_way);
}

TEST_P(StoreContract, SaysThatItCanBeWritten) {
  const StoreStats before = *store_.Stats();
  EXPECT_TRUE(store_.CheckWritable().ok());
  EXPECT_TRUE(store_.CheckWritable().ok());
  EXPECT_EQ(store_.Stats()->inbox, before.inbox);
}

// ---- Terms, projects, actors

TEST_P(StoreContract, TermsAreAppendedWhenTheyChange) {
  StoredTerms first{"a", At(0), {{"policy.yaml", "version: 1\n"}, {"empty.yaml", ""}}};
  ASSERT_TRUE(store_.AppendTerms(first).ok());
  ASSERT_TRUE(store_.AppendTerms({"a", At(5), {}}).ok());
  const TermsSource source{std::string(40, 'c'), "Carol <c@x.test>", "Shorter hours", At(9)};
  ASSERT_TRUE(store_.AppendTerms({"b", At(10), {}, source}).ok());
  ASSERT_TRUE(store_.AppendTerms({"a", At(7), {}}).ok());
  const auto terms = store_.LoadTerms();
  ASSERT_EQ(terms->size(), 3u);
  EXPECT_EQ((*terms)[0].id, "a");
  EXPECT_EQ((*terms)[0].effective, At(0));
  EXPECT_EQ((*terms)[0].files, first.files);
  EXPECT_EQ((*terms)[0].source, TermsSource());
  EXPECT_EQ((*terms)[1].id, "b");
  EXPECT_EQ((*terms)[1].source, source);
  EXPECT_EQ((*terms)[2].id, "a");
  EXPECT_EQ((*terms)[2].effective, At(10));
}

TEST_P(StoreContract, ProjectIsFoundByKeyAndByItsPresentPath) {
  ProjectRecord project;
  project.key = {"github", "7"};
  project.path = "Acme/OpenDB";
  project.url = "https://github.com/Acme/OpenDB";
  project.is_private = project.members_only = true;
  project.installation_id = "42";
  project.first_seen = At(1);
  ASSERT_TRUE(store_.SaveProject(project).ok());
  EXPECT_EQ(**store_.FindProject(project.key), project);
  EXPECT_EQ(**store_.FindProjectByPath({"github", "acme/opendb"}), project);
  EXPECT_FALSE(store_.FindProject({"github", "8"})->has_value());
  EXPECT_FALSE(store_.FindProjectByPath({"gitlab", "acme/opendb"})->has_value());

  ProjectRecord renamed = project;
  renamed.path = "acme/db";
  renamed.installation_id.clear();
  renamed.first_seen = At(99);
  ASSERT_TRUE(store_.SaveProject(renamed).ok());
  EXPECT_EQ((*store_.FindProjectByPath({"github", "acme/opendb"}))->path, "acme/db")
      << "the old name says where to look";
  const auto now = store_.FindProjectByPath({"github", "ACME/db"});
  EXPECT_EQ((*now)->first_seen, At(1));
  EXPECT_EQ((*now)->installation_id, "42");

  // Another project takes over a path. A later rename of the first project does not change that.
  ProjectRecord other;
  other.key = {"github", "8"};
  other.path = "acme/db";
  ASSERT_TRUE(store_.SaveProject(other).ok());
  renamed.path = "acme/old";
  ASSERT_TRUE(store_.SaveProject(renamed).ok());
  EXPECT_EQ((*store_.FindProjectByPath({"github", "acme/db"}))->key.id, "8");
  EXPECT_EQ(store_.ListProjects()->size(), 2u);
}

TEST_P(StoreContract, LoginIsPinnedToItsFirstId) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.pins = {{Login{"github", "Dave"}, "1"}, {Login{"github", "dave"}, "2"}};
  ASSERT_TRUE(store_.Commit(write).ok());
  write.record.version = 1;
  write.pins = {{Login{"github", "dave"}, "2"}, {Login{"gitlab", "dave"}, "2"}};
  ASSERT_TRUE(store_.Commit(write).ok());
  const Pins pins = *store_.LoadPins();
  EXPECT_EQ(pins.size(), 2u);
  EXPECT_EQ(*pins.Find({"github", "dave"}), "1");
  EXPECT_EQ(*pins.Find({"gitlab", "dave"}), "2");
}

TEST_P(StoreContract, ForgeThatHoldsTicketsKeepsItsNameAndKind) {
  ASSERT_TRUE(store_.RegisterForges({{"github", "github"}, {"other", "gitlab"}}).ok());
  ASSERT_TRUE(store_.RegisterForges({{"github", "gitlab"}}).ok());
  ASSERT_TRUE(store_.RegisterForges({{"github", "github"}}).ok());
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(1), 0)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(store_.RegisterForges({{"gh", "github"}})));
  EXPECT_TRUE(absl::IsFailedPrecondition(store_.RegisterForges({{"github", "gitlab"}})));
  EXPECT_TRUE(store_.RegisterForges({{"github", "github"}, {"new", "gitlab"}}).ok());
}

}  // namespace retainer
