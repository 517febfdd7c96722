#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/memory_engine.h"
#include "src/store/table_store.h"
#include "tests/contract/store_samples.h"

namespace retainer::store {
namespace {

TEST(Upgrade, TicketsOfSchemaOneAreFiledAnew) {
  auto engine = std::make_unique<MemoryEngine>();
  constexpr int kTickets = 2500;
  Batch old;
  old.Put(Table::kMeta, "schema", "1");
  for (int i = 1; i <= kTickets; ++i) {
    TicketRecord record = SampleWrite(SampleTicket(i), 0).record;
    record.version = 1;
    record.tracked = true;
    record.terms_id = "terms-1";
    if (i == 1) {
      record.customers = {"acme"};
      record.priorities = {"P1"};
      record.worst = ClockState::kRunning;
      record.next_due = At(9);
    }
    if (i == 2) {
      Fact opened = SampleFact("a");
      opened.kind = FactKind::kOpened;
      opened.at = At(3);
      old.Put(Table::kFacts, KeyWriter().Ticket(record.key).Take() + opened.id,
              EncodeRecord(StoredFact{opened}));
    }
    old.Put(Table::kTickets, KeyWriter().Ticket(record.key).Take(), EncodeRecord(record));
    old.Put(Table::kIndexes,
            KeyWriter().U8(1).Text("open").Instant(At(0)).Ticket(record.key).Take(), "");
  }
  ASSERT_TRUE(engine->Write(old).ok());
  Engine& tables = *engine;
  TableStore store(std::move(engine));
  ASSERT_TRUE(store.Open().ok());

  TicketQuery query;
  query.customer = "acme";
  query.priorities = {"P1"};
  const auto found = store.FindTickets(query);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].key.number, 1);
  query = {};
  query.limit = 10000;
  EXPECT_EQ(store.FindTickets(query)->size(), static_cast<std::size_t>(kTickets));
  query.order = TicketOrder::kOpened;
  EXPECT_EQ(store.FindTickets(query)->size(), static_cast<std::size_t>(kTickets))
      << "once each, by the time that its facts give";
  // Records of schema 1 do not have what claims owe, so nothing can be said yet.
  OwedQuery owed;
  owed.project = {"github", "1296269"};
  owed.at = At(0);
  EXPECT_TRUE(store.FindOwed(owed, "terms-1")->stale);

  const auto view = tables.Read();
  EXPECT_EQ(**view->Get(Table::kMeta, "schema"), absl::StrCat(kSchemaVersion));
  int left = 0;
  ASSERT_TRUE(view->Walk(Table::kIndexes, "", KeyWriter().U8(6).Take(),
                         [&](std::string_view, std::string_view) { return ++left > 0; })
                  .ok());
  EXPECT_EQ(left, 0);
}

TEST(Upgrade, TicketsOfSchemaThreeAreListedInEveryOrderAndCounted) {
  auto engine = std::make_unique<MemoryEngine>();
  constexpr int kTickets = 1200;
  Batch old;
  old.Put(Table::kMeta, "schema", "3");
  for (int i = 1; i <= kTickets; ++i) {
    TicketRecord record = SampleWrite(SampleTicket(i), 0).record;
    record.version = 7;
    record.tracked = true;
    record.open = i % 2 == 0;
    const std::string row = KeyWriter().Ticket(record.key).Take();
    old.Put(Table::kTickets, row, EncodeRecord(record));
    Fact opened = SampleFact("a");
    opened.kind = FactKind::kOpened;
    opened.at = At(kTickets - i);
    Fact later = SampleFact("b");
    later.kind = FactKind::kComment;
    later.at = At(kTickets + i);
    Fact answer = SampleFact("c");
    answer.kind = FactKind::kPermission;
    answer.at = At(99999);
    for (const Fact& fact : {opened, later, answer}) {
      old.Put(Table::kFacts, row + fact.id, EncodeRecord(StoredFact{fact}));
    }
  }
  // The state after a crash in the middle of the upgrade.
  old.AddTo(KeyWriter().U8(17).Text("").Text("").U8(0).Take(), 300);
  ASSERT_TRUE(engine->Write(old).ok());
  TableStore store(std::move(engine));
  ASSERT_TRUE(store.Open().ok());
  for (const TicketOrder order :
       {TicketOrder::kOpened, TicketOrder::kUpdated, TicketOrder::kPriority}) {
    const auto found = store.FindTickets({.order = order, .limit = 10000});
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), static_cast<std::size_t>(kTickets));
    if (order == TicketOrder::kPriority) continue;
    EXPECT_EQ((*found)[0].key.number, order == TicketOrder::kOpened ? kTickets : 1);
    EXPECT_EQ((*found)[0].version, 7u) << "a decision under way would be lost";
  }
  const auto ticket = store.LoadRecords({SampleTicket(3)});
  EXPECT_EQ((*ticket)[0].opened_at, At(kTickets - 3));
  EXPECT_EQ((*ticket)[0].updated_at, At(kTickets + 3)) << "an answer of the forge is no happening";
  const auto counts = store.CountOpenByState();
  ASSERT_EQ(counts->size(), 1u);
  EXPECT_EQ((*counts)[0].count, static_cast<std::uint64_t>(kTickets / 2));
}

TEST(Upgrade, WhatIsOwedAndTheListsOfAProjectsPrioritiesAreMadeForSchemaFive) {
  auto engine = std::make_unique<MemoryEngine>();
  constexpr int kTickets = 1100;
  std::vector<DecisionWrite> writes;
  for (int i = 1; i <= kTickets; ++i) {
    writes.push_back(SampleClaimed(SampleTicket(i), 0, {SampleClaim("acme", "P1", At(i), At(i))}));
  }
  MemoryEngine& tables = *engine;
  TableStore store(std::move(engine));
  ASSERT_TRUE(store.Open().ok());
  ASSERT_TRUE(store.CommitAll(writes).ok());
  // The format of schema 5.
  Batch old;
  old.Put(Table::kMeta, "schema", "5");
  {
    const auto view = tables.Read();
    ASSERT_TRUE(view->Walk(Table::kIndexes, "", "",
                           [&](std::string_view key, std::string_view value) {
                             const auto dimension = static_cast<std::uint8_t>(key[0]);
                             const auto ordered = static_cast<std::uint8_t>(key[2]);
                             if (dimension == 17 || (dimension == 16 && ordered == 17)) {
                               old.Delete(Table::kIndexes, std::string(key));
                             } else if (!value.empty()) {
                               old.Put(Table::kIndexes, std::string(key), "");
                             }
                             return true;
                           })
                    .ok());
  }
  ASSERT_GT(old.operations().size(), 7u * kTickets);
  ASSERT_TRUE(tables.Write(old).ok());
  TicketQuery query;
  query.project = ProjectKey{"github", "1296269"};
  query.priorities = {"P1"};
  query.limit = 10000;
  ASSERT_EQ(store.FindTickets(query)->size(), 0u) << "as an older version left it";

  ASSERT_TRUE(store.Open().ok());
  for (const TicketOrder order :
       {TicketOrder::kDue, TicketOrder::kOpened, TicketOrder::kUpdated, TicketOrder::kPriority}) {
    query.order = order;
    EXPECT_EQ(store.FindTickets(query)->size(), static_cast<std::size_t>(kTickets));
  }
  OwedQuery owed;
  owed.project = {"github", "1296269"};
  owed.at = At(3);
  const auto found = store.FindOwed(owed, "terms-1");
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->claims.size(), 3u);
  ClaimRecord claim = writes[2].record.claims[0];
  claim.settled.reset();
  EXPECT_EQ(found->claims[2].claim, claim);
  owed.customer = "acme";
  EXPECT_EQ(store.FindOwed(owed, "terms-1")->claims.size(), 3u);
}

TEST(Upgrade, DirtyFacesOfSchemaTwoAreFoundInTheirForgesQueue) {
  auto engine = std::make_unique<MemoryEngine>();
  Batch old;
  old.Put(Table::kMeta, "schema", "2");
  constexpr int kFaces = 1500;
  for (int i = 1; i <= kFaces; ++i) {
    FaceRecord face;
    face.face = SampleFace("x");
    face.generation = 1;
    face.state = FaceState::kDirty;
    face.since = At(5);
    face.not_before = i == 2 ? At(60) : absl::UnixEpoch();
    face.rank = i % 2;
    const TicketKey ticket = SampleTicket(i);
    old.Put(Table::kFaces, KeyWriter().Ticket(ticket).Take(), EncodeRecord(face));
    old.Put(Table::kDirty, KeyWriter().U8(face.rank).Instant(face.since).Ticket(ticket).Take(),
            KeyWriter().Instant(face.not_before).Take());
  }
  ASSERT_TRUE(engine->Write(old).ok());
  TableStore store(std::move(engine));
  ASSERT_TRUE(store.Open().ok());
  const auto dirty = store.ReadDirtyFaces("github", At(6), 10000);
  ASSERT_TRUE(dirty.ok()) << dirty.status();
  EXPECT_EQ(dirty->size(), static_cast<std::size_t>(kFaces) - 1) << "one was put off";
  EXPECT_EQ(store.ReadDirtyFaces("github", At(60), 10000)->size(),
            static_cast<std::size_t>(kFaces));
  EXPECT_EQ(store.Stats()->oldest_dirty, At(5));
  ASSERT_TRUE(store.FinishFace(SampleTicket(1), 1, ShownFace()).ok());
  EXPECT_EQ(store.ReadDirtyFaces("github", At(60), 10000)->size(),
            static_cast<std::size_t>(kFaces) - 1);
}

}  // namespace
}  // namespace retainer::store
