#include "src/store/store_schema.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "src/store/rocksdb_engine.h"
#include "src/store/rocksdb_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() {
    auto store = *OpenRocksDbStore(data_);
    EXPECT_TRUE(store->PutDelivery(SampleDelivery("a")).ok());
  }
  // A later schema with one step, which counts its runs.
  Schema Later() {
    return {kSchemaVersion + 1, {{kSchemaVersion + 1, [this](Engine& engine) {
                                    ++runs_;
                                    if (!step_.ok()) return step_;
                                    Batch batch;
                                    batch.Put(Table::kMeta, "new", "value");
                                    return engine.Write(batch);
                                  }}}};
  }
  absl::Status Bring() {
    auto engine = *RocksDbEngine::Open(data_, {});
    return BringTo(Later(), *engine, data_, nullptr);
  }

  TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  const std::string copy_ = data_ + "/" + CheckpointBefore(kSchemaVersion);
  absl::Status step_;
  int runs_ = 0;
};

TEST_F(SchemaTest, AnOlderStoreIsCopiedThenUpgradedOnce) {
  ASSERT_TRUE(Bring().ok());
  ASSERT_TRUE(Bring().ok());
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(*SchemaOf(data_), kSchemaVersion + 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenRocksDbStore(data_).status()));
  // The version before opens the copy, with everything in it.
  auto before = OpenRocksDbStore(copy_);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ((*before)->ReadInbox("github", 0, 10)->size(), 1u);
}

TEST_F(SchemaTest, AnUpgradeThatFailsBeginsAgainAndKeepsTheFirstCopy) {
  step_ = absl::UnavailableError("no");
  EXPECT_FALSE(Bring().ok());
  EXPECT_EQ(*SchemaOf(data_), kSchemaVersion);
  const auto made = std::filesystem::last_write_time(copy_ + "/CURRENT");
  step_ = absl::OkStatus();
  EXPECT_TRUE(Bring().ok());
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(std::filesystem::last_write_time(copy_ + "/CURRENT"), made);
}

TEST_F(SchemaTest, ThePresentSchemaNeedsNoCopy) {
  ASSERT_TRUE(OpenRocksDbStore(data_).ok());
  EXPECT_FALSE(std::filesystem::exists(copy_));
}

// Right after its opening a store merges files and deletes them.
TEST_F(SchemaTest, IsReadWhileTheStoreIsInUse) {
  for (int round = 0; round < 20; ++round) {
    auto store = *OpenRocksDbStore(data_);
    const auto schema = SchemaOf(data_);
    ASSERT_TRUE(schema.ok()) << schema.status();
    EXPECT_EQ(*schema, kSchemaVersion);
    EXPECT_TRUE(store->PutDelivery(SampleDelivery(std::to_string(round))).ok());
  }
}

TEST_F(SchemaTest, ACheckpointHasWhatWasWrittenBeforeAndNothingAfter) {
  auto store = *OpenRocksDbStore(data_);
  ASSERT_TRUE(store->PutDelivery(SampleDelivery("b")).ok());
  ASSERT_TRUE(store->Checkpoint(data_ + "/copy").ok());
  ASSERT_TRUE(store->PutDelivery(SampleDelivery("c")).ok());
  auto copy = OpenRocksDbStore(data_ + "/copy");
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->ReadInbox("github", 0, 10)->size(), 2u);
}

TEST_F(SchemaTest, ARestoredStoreAsksForEveryCoveredProjectAgain) {
  auto store = *OpenRocksDbStore(data_);
  EXPECT_EQ(*store->LoadRestored(), std::nullopt);
  ResyncRecord done{.project = {"github", "1"}, .cause = "adopted", .finished = At(1)};
  ResyncRecord outage{.project = {"github", "2"}, .cause = "outage", .since = At(2)};
  ResyncRecord adopting{.project = {"github", "3"}, .cause = "adopted"};
  ResyncRecord gone{.project = {"github", "4"}, .finished = At(1), .covered = false};
  for (const ResyncRecord& record : {done, outage, adopting, gone}) {
    ASSERT_TRUE(store->SaveResync(record).ok());
  }
  const Restored restored{At(10), At(20)};
  Session session;
  session.hash = "h";
  session.created = At(0);
  session.expires = At(900);
  ASSERT_TRUE(store->SaveSession(session).ok());
  ASSERT_TRUE(store->SaveAdminLink({"l", "carol", At(0), At(900)}).ok());
  ASSERT_TRUE(store->SaveRestored(restored, At(9)).ok());
  EXPECT_FALSE((*store->FindSession("h")).has_value()) << "it may have ended since";
  EXPECT_FALSE((*store->TakeAdminLink("l", At(10))).has_value()) << "it may have been used since";
  EXPECT_EQ(*store->LoadRestored(), restored);
  const auto resyncs = *store->ListResyncs();
  ASSERT_EQ(resyncs.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(resyncs[i].cause, kRestoredCause);
    EXPECT_EQ(resyncs[i].began, At(20));
    EXPECT_FALSE(resyncs[i].finished);
  }
  EXPECT_EQ(resyncs[0].since, At(9));
  EXPECT_EQ(resyncs[1].since, At(2)) << "it was not done yet";
  EXPECT_EQ(resyncs[2].since, std::nullopt) << "all open tickets";
  EXPECT_EQ(resyncs[3], gone);
}

}  // namespace
}  // namespace retainer::store
