// Which writes are synced, and what a power cut leaves of those that are not.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "src/store/rocksdb_store.h"
#include "src/store/table_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/power_cut_engine.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

// The n-th decision on a ticket, which ends a delivery.
DecisionWrite Decision(std::uint64_t version, std::uint64_t seq) {
  DecisionWrite write = SampleWrite(SampleTicket(1), version);
  write.facts = {SampleFact("comment/" + std::to_string(version))};
  write.ledger.facts = {write.facts[0].id};
  write.record.wake_at = At(static_cast<int>(version));
  write.face = SampleFace("face " + std::to_string(version));
  write.inbox_done = seq;
  return write;
}

std::set<std::string> Inbox(Store& store) {
  std::set<std::string> ids;
  const auto entries = store.ReadInbox("github", 0, 1000);
  for (const InboxEntry& entry : *entries) ids.insert(entry.delivery.id);
  return ids;
}

// Five deliveries were decided one after another: the first `decided` of them are complete.
void ExpectDecided(Store& store, std::size_t decided) {
  const auto ticket = store.LoadTicket(SampleTicket(1));
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_EQ(ticket->record.version, decided);
  EXPECT_EQ(ticket->facts.size(), decided);
  EXPECT_EQ(Inbox(store).size(), 5 - decided);
  EXPECT_EQ(store.Stats()->inbox, 5 - decided);
  EXPECT_EQ(store.ReadLedgerHead()->length, decided);
  EXPECT_TRUE(store.VerifyLedger().ok()) << store.VerifyLedger();
  EXPECT_EQ(store.DueWakeups(At(1000), 10)->size(), decided > 0 ? 1u : 0u);
}

void PutFive(Store& store) {
  for (const std::string id : {"a", "b", "c", "d", "e"}) {
    ASSERT_EQ(*store.PutDelivery(SampleDelivery(id)), Store::Put::kStored);
  }
}

void DecideFive(Store& store) {
  const auto entries = store.ReadInbox("github", 0, 10);
  ASSERT_EQ(entries->size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(store.Commit(Decision(i, (*entries)[i].seq)).ok());
  }
}

class Durability : public testing::Test {
 protected:
  Durability() { Start(); }
  void Start() {
    auto engine = std::make_unique<PowerCutEngine>(disk_);
    engine_ = engine.get();
    store_ = std::make_unique<TableStore>(std::move(engine));
    EXPECT_TRUE(store_->Open().ok());
  }
  std::uint64_t Put(const std::string& id) {
    EXPECT_TRUE(store_->PutDelivery(SampleDelivery(id)).ok());
    return store_->ReadInbox("github", 0, 100)->back().seq;
  }
  static ProjectRecord Project() {
    return {{"github", "1296269"}, "acme/opendb", "", false, "", At(0)};
  }

  std::shared_ptr<PowerCutDisk> disk_ = std::make_shared<PowerCutDisk>();
  PowerCutEngine* engine_ = nullptr;
  std::unique_ptr<TableStore> store_;
};

TEST_F(Durability, WhatEndsAnEntryOrIsDecidedIsNotSyncedAndTheRestIs) {
  const std::map<std::string, std::function<absl::Status()>> later = {
      {"Commit", [&] { return store_->Commit(Decision(0, Put("commit"))); }},
      {"FinishDelivery",
       [&] { return store_->FinishDelivery("github", Put("finish"), std::nullopt); }},
      {"SetAside", [&] { return store_->SetAside("github", Put("aside"), "why", At(1)); }},
      {"Hold", [&] { return store_->Hold("github", Put("hold"), Project()); }}};
  for (const auto& [name, write] : later) {
    ASSERT_TRUE(write().ok()) << name;
    EXPECT_EQ(disk_->unsynced(), 1u) << name;
    ASSERT_TRUE(store_->MakeDurable().ok());
    EXPECT_EQ(disk_->unsynced(), 0u) << name;
  }

  ASSERT_TRUE(store_->Commit(Decision(1, 0)).ok());
  const std::map<std::string, std::function<absl::Status()>> now = {
      {"PutDelivery", [&] { return store_->PutDelivery(SampleDelivery("z")).status(); }},
      {"SaveShown", [&] { return store_->SaveShown(SampleTicket(1), ShownFace{}, {}); }},
      {"SaveProject",
       [&] {
         ProjectRecord other = Project();
         other.key.id = "2";
         return store_->SaveProject(other);
       }},
      {"AppendTerms",
       [&] {
         return store_->AppendTerms({"t", At(0), {{"policy.yaml", "x"}}});
       }},
      {"SaveToken",
       [&] {
         return store_->SaveToken({"id", "hash", "read", "", "", At(0)});
       }},
      {"MarkAlive", [&] { return store_->MarkAlive(At(5)); }},
      {"Requeue",
       [&] { return store_->Requeue("github", store_->ListSetAside(1)->at(0).entry.seq); }}};
  for (const auto& [name, write] : now) {
    ASSERT_TRUE(store_->SetAside("github", Put("before " + name), "why", At(1)).ok());
    ASSERT_GT(disk_->unsynced(), 0u);
    ASSERT_TRUE(write().ok()) << name;
    EXPECT_EQ(disk_->unsynced(), 0u) << name;
  }
}

TEST_F(Durability, MakingDurableCostsNothingWhereEverythingIs) {
  Put("a");
  ASSERT_TRUE(store_->MakeDurable().ok());
  EXPECT_EQ(disk_->syncs(), 0);
}

TEST_F(Durability, TheLedgersHeadIsOnDiskBeforeItIsTold) {
  ASSERT_TRUE(store_->Commit(Decision(0, Put("a"))).ok());
  ASSERT_EQ(disk_->unsynced(), 1u);
  EXPECT_EQ(store_->ReadLedgerHead()->length, 1u);
  EXPECT_EQ(disk_->unsynced(), 0u);
}

TEST_F(Durability, PowerCutTakesDecisionsFromTheEndAndTheirDeliveriesWaitAgain) {
  PutFive(*store_);
  DecideFive(*store_);
  ASSERT_EQ(disk_->unsynced(), 5u);
  const PowerCutDisk before = *disk_;
  for (std::size_t kept = 0; kept <= 5; ++kept) {
    SCOPED_TRACE(kept);
    disk_ = std::make_shared<PowerCutDisk>(before);
    disk_->Cut(kept);
    Start();
    ExpectDecided(*store_, kept);
  }
}

// A failed sync may lose earlier writes while the program continues.
TEST_F(Durability, LossInPlaceIsForgottenWithoutARestart) {
  PutFive(*store_);
  DecideFive(*store_);
  // The remembered front of the inbox is after all of them.
  EXPECT_TRUE(Inbox(*store_).empty());
  const std::uint64_t version = store_->ProjectVersion({"github", "1296269"});
  engine_->Lose();
  ExpectDecided(*store_, 0);
  EXPECT_NE(store_->ProjectVersion({"github", "1296269"}), version);
  DecideFive(*store_);
  ExpectDecided(*store_, 5);
}

// How much of each file was synced.
class SyncWatch final : public rocksdb::FileSystemWrapper {
 public:
  SyncWatch() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "sync watch"; }

  // At present. A file that is not in the map was never synced.
  std::map<std::string, std::uint64_t> synced() const {
    const std::lock_guard lock(mutex_);
    return synced_;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<File>(std::move(*result), name, *this);
    return status;
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, const std::string& name, SyncWatch& owner)
        : FSWritableFileOwnerWrapper(std::move(file)),
          name_(std::filesystem::path(name).filename()),
          owner_(owner) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      written_ += data.size();
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      Synced();
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      Synced();
      return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

   private:
    void Synced() {
      const std::lock_guard lock(owner_.mutex_);
      owner_.synced_[name_] = written_;
    }
    const std::string name_;
    SyncWatch& owner_;
    std::uint64_t written_ = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> synced_;
};

class DurabilityOnDisk : public testing::Test {
 protected:
  DurabilityOnDisk() {
    RocksDbOptions options;
    options.env = env_.get();
    store_ = *OpenRocksDbStore(Data(), options);
  }
  std::string Data() const { return folder_.path() + "/data"; }
  // Bytes of write-ahead logs that are not synced.
  std::uint64_t Unsynced() const {
    std::uint64_t bytes = 0;
    for (const auto& [name, size] : Logs()) bytes += size.second - size.first;
    return bytes;
  }
  // File name -> synced bytes, written bytes.
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> Logs() const {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> logs;
    const auto synced = files_->synced();
    for (const auto& entry : std::filesystem::directory_iterator(Data())) {
      const std::string name = entry.path().filename();
      if (!name.ends_with(".log")) continue;
      const auto found = synced.find(name);
      logs[name] = {found == synced.end() ? 0 : found->second, entry.file_size()};
    }
    return logs;
  }

  TemporaryFolder folder_;
  const std::shared_ptr<SyncWatch> files_ = std::make_shared<SyncWatch>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::unique_ptr<Store> store_;
};

TEST_F(DurabilityOnDisk, PowerCutLeavesWholeDecisionsFromTheFirstOn) {
  PutFive(*store_);
  EXPECT_EQ(Unsynced(), 0u);
  DecideFive(*store_);
  const auto logs = Logs();
  ASSERT_EQ(logs.size(), 1u);
  const auto [name, size] = *logs.begin();
  ASSERT_GT(size.second, size.first) << "decisions are not synced one by one";
  std::set<std::uint64_t> versions;
  constexpr int kCuts = 23;
  for (int cut = 0; cut <= kCuts; ++cut) {
    SCOPED_TRACE(cut);
    const TemporaryFolder after;
    std::filesystem::copy(Data(), after.path() + "/data");
    std::filesystem::resize_file(after.path() + "/data/" + name,
                                 size.first + (size.second - size.first) * cut / kCuts);
    auto store = OpenRocksDbStore(after.path() + "/data");
    ASSERT_TRUE(store.ok()) << store.status();
    const std::uint64_t version = (*store)->LoadTicket(SampleTicket(1))->record.version;
    ExpectDecided(**store, version);
    versions.insert(version);
  }
  EXPECT_EQ(versions, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(DurabilityOnDisk, MakingDurableSyncsOnceAndOnlyWhereSomethingIsNot) {
  PutFive(*store_);
  DecideFive(*store_);
  EXPECT_GT(Unsynced(), 0u);
  ASSERT_TRUE(store_->MakeDurable().ok());
  EXPECT_EQ(Unsynced(), 0u);
  DecisionWrite one = Decision(5, 0);
  ASSERT_TRUE(store_->Commit(one).ok());
  EXPECT_GT(Unsynced(), 0u);
  // Any durable write also syncs it.
  ASSERT_TRUE(store_->PutDelivery(SampleDelivery("f")).ok());
  EXPECT_EQ(Unsynced(), 0u);
}

}  // namespace
}  // namespace retainer::store
