// A disk that fills up, turns read-only or breaks: nothing is acknowledged that is not stored,
// reading still works, and the store recovers with the disk, without a restart.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "rocksdb/env.h"
#include "src/store/rocksdb_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/store/faulty_file_system.h"

namespace retainer::store {
namespace {

class RocksDbFaultTest : public testing::TestWithParam<std::tuple<Fault, FaultPoint>> {
 protected:
  RocksDbFaultTest() { Open(); }

  void Open() {
    store_.reset();
    RocksDbOptions options;
    options.env = env_.get();
    auto store = OpenRocksDbStore(folder_.path() + "/data", options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  static bool AsPromised(const absl::Status& status) {
    switch (std::get<Fault>(GetParam())) {
      case Fault::kFull:
        return absl::IsResourceExhausted(status);
      case Fault::kReadOnly:
        return absl::IsFailedPrecondition(status);
      case Fault::kBroken:
        return absl::IsUnavailable(status);
      case Fault::kNone:
        break;
    }
    return false;
  }

  DecisionWrite NextDecision() {
    const std::uint64_t version = store_->LoadTicket(SampleTicket(1))->record.version;
    DecisionWrite write = SampleWrite(SampleTicket(1), version);
    write.facts = {SampleFact("comment/" + std::to_string(version))};
    write.ledger.facts = {write.facts[0].id};
    write.record.wake_at = At(static_cast<int>(version));
    return write;
  }

  std::set<std::string> Inbox() {
    std::set<std::string> ids;
    const auto entries = store_->ReadInbox("github", 0, 1000);
    for (const InboxEntry& entry : *entries) ids.insert(entry.delivery.id);
    return ids;
  }

  TemporaryFolder folder_;
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::unique_ptr<Store> store_;
};

TEST_P(RocksDbFaultTest, NothingIsAcknowledgedAndItHealsWithTheDisk) {
  const auto [fault, point] = GetParam();
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("before")).ok());
  ASSERT_TRUE(store_->Commit(NextDecision()).ok());

  files_->Set(fault, point);
  for (int round = 0; round < 3; ++round) {
    const absl::Status put = store_->PutDelivery(SampleDelivery("during")).status();
    EXPECT_TRUE(AsPromised(put)) << put;
    const absl::Status commit = store_->Commit(NextDecision());
    EXPECT_TRUE(AsPromised(commit)) << commit;
    EXPECT_TRUE(Inbox().contains("before"));
    EXPECT_EQ(store_->LoadTicket(SampleTicket(1))->record.version, 1u);
  }

  files_->Set(Fault::kNone);
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("during")).ok());
  ASSERT_TRUE(store_->Commit(NextDecision()).ok());
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("after")).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Inbox(), (std::set<std::string>{"before", "during", "after"}));
    const auto ticket = store_->LoadTicket(SampleTicket(1));
    // A decision whose sync failed may be on disk anyway, complete.
    EXPECT_GE(ticket->record.version, 2u);
    EXPECT_EQ(ticket->facts.size(), ticket->record.version);
    EXPECT_EQ(store_->ReadLedgerHead()->length, ticket->record.version);
    EXPECT_TRUE(store_->VerifyLedger().ok()) << store_->VerifyLedger();
    EXPECT_EQ(store_->DueWakeups(At(1000), 10)->size(), 1u);
    EXPECT_EQ(store_->Stats()->inbox, 3u);
    Open();
  }
}

// A delivery whose sync failed is on disk anyway. The forge sends it again and is told that it is
// known, so it must be readable.
TEST_P(RocksDbFaultTest, DeliveryThatTurnsOutToBeThereIsRead) {
  const auto [fault, point] = GetParam();
  files_->Set(fault, point);
  EXPECT_FALSE(store_->PutDelivery(SampleDelivery("a")).ok());
  files_->Set(Fault::kNone);
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("a")).ok());
  EXPECT_EQ(Inbox(), (std::set<std::string>{"a"}));
  EXPECT_EQ(store_->Stats()->inbox, 1u);
}

INSTANTIATE_TEST_SUITE_P(Faults, RocksDbFaultTest,
                         testing::Values(std::make_tuple(Fault::kFull, FaultPoint::kWrite),
                                         std::make_tuple(Fault::kFull, FaultPoint::kSync),
                                         std::make_tuple(Fault::kReadOnly, FaultPoint::kWrite),
                                         std::make_tuple(Fault::kBroken, FaultPoint::kWrite),
                                         std::make_tuple(Fault::kBroken, FaultPoint::kSync)));

class RocksDbFullDiskTest : public testing::Test {
 protected:
  absl::Status Open() {
    store_.reset();
    RocksDbOptions options;
    options.env = env_.get();
    auto store = OpenRocksDbStore(data_, options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }

  const TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::unique_ptr<Store> store_;
};

TEST_F(RocksDbFullDiskTest, WithoutAStoreOpeningSaysSo) {
  files_->Set(Fault::kFull);
  const absl::Status status = Open();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST_F(RocksDbFullDiskTest, AStoreThatIsThereIsReadAndWrittenOnceThereIsRoom) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("before")).ok());
  ASSERT_TRUE(store_->RegisterForges({{"github", "github"}}).ok());
  ASSERT_TRUE(store_->AppendTerms({"terms", At(0), {}}).ok());

  files_->Set(Fault::kFull);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(store_->ReadInbox("github", 0, 10)->size(), 1u);
  EXPECT_EQ(store_->LoadTerms()->size(), 1u);
  // A start succeeds if it has nothing to write.
  EXPECT_TRUE(store_->RegisterForges({{"github", "github"}}).ok());
  EXPECT_TRUE(store_->AppendTerms({"terms", At(0), {}}).ok());
  for (int i = 0; i < 3; ++i) {
    const absl::Status put = store_->PutDelivery(SampleDelivery("during")).status();
    EXPECT_TRUE(absl::IsResourceExhausted(put)) << put;
    EXPECT_EQ(store_->ReadInbox("github", 0, 10)->size(), 1u);
  }

  files_->Set(Fault::kNone);
  EXPECT_TRUE(store_->PutDelivery(SampleDelivery("after")).ok());
  EXPECT_EQ(store_->ReadInbox("github", 0, 10)->size(), 2u);
}

TEST_F(RocksDbFullDiskTest, WithTooLittleRoomToOpenAgainReadingGoesOn) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("before")).ok());
  files_->Set(Fault::kFull);
  ASSERT_FALSE(store_->PutDelivery(SampleDelivery("during")).ok());

  // Some bytes are free, but fewer than reopening needs.
  files_->Set(Fault::kNone);
  files_->SetRoom(100 << 10);
  for (int i = 0; i < 3; ++i) {
    const absl::Status put = store_->PutDelivery(SampleDelivery("during")).status();
    EXPECT_TRUE(absl::IsResourceExhausted(put)) << put;
    EXPECT_EQ(store_->ReadInbox("github", 0, 10)->size(), 1u);
  }
  files_->SetRoom(std::nullopt);
  EXPECT_TRUE(store_->PutDelivery(SampleDelivery("after")).ok());
}

// Debian's RocksDB aborts where it cannot append to a log file of its own.
TEST_F(RocksDbFullDiskTest, TheDatabaseKeepsNoLogFileThere) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("a")).ok());
  for (const auto& file : std::filesystem::directory_iterator(data_)) {
    EXPECT_FALSE(file.path().filename().string().starts_with("LOG")) << file.path();
  }
}

}  // namespace
}  // namespace retainer::store
