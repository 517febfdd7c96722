// What concerns only a store on disk: it is reopened, locked, damaged.
#include "src/store/rocksdb_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/ledger.h"
#include "src/store/rocksdb_engine.h"
#include "src/store/seal.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

class RocksDbStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<DiskStore>> Open() { return OpenRocksDbStore(data_); }

  TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/deep/data";
};

TEST_F(RocksDbStoreTest, FolderIsForItsOwnerOnly) {
  ASSERT_TRUE(Open().ok());
  struct stat status {};
  ASSERT_EQ(stat(data_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(RocksDbStoreTest, AFolderThatOthersCouldReadIsClosedToThem) {
  std::filesystem::create_directories(data_);
  ASSERT_EQ(chmod(data_.c_str(), 0755), 0);
  ASSERT_TRUE(Open().ok());
  struct stat status {};
  ASSERT_EQ(stat(data_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

// The end of the only write-ahead log. `zeros` bytes before its last `spared` become zeros.
void ZeroEndOfLog(const std::string& folder, std::uintmax_t zeros, std::uintmax_t spared) {
  // A power cut comes before the store is closed.
  RemoveSeal(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() - spared - zeros));
    file << std::string(zeros, '\0');
  }
}

Delivery LargeDelivery(const std::string& id) {
  Delivery delivery = SampleDelivery(id);
  std::mt19937 random(1);
  for (int i = 0; i < 4000; ++i) delivery.body += static_cast<char>('a' + random() % 26);
  return delivery;
}

// XFS and ext4 without a journal for data can leave this after a power cut.
TEST_F(RocksDbStoreTest, ALastWriteWhoseEndIsZerosAfterAPowerCutIsDropped) {
  {
    auto store = *Open();
    ASSERT_TRUE(store->PutDelivery(LargeDelivery("a")).ok());
    ASSERT_TRUE(store->PutDelivery(LargeDelivery("b")).ok());
  }
  ZeroEndOfLog(data_, 1500, 0);
  auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  const auto inbox = (*store)->ReadInbox("github", 0, 10);
  ASSERT_EQ(inbox->size(), 1u);
  EXPECT_EQ(inbox->at(0).delivery.id, "a");
  EXPECT_EQ(*(*store)->PutDelivery(LargeDelivery("b")), Store::Put::kStored);
}

TEST_F(RocksDbStoreTest, DamageBeforeTheEndOfTheLogIsSaidAndLeftAsItIs) {
  {
    auto store = *Open();
    ASSERT_TRUE(store->PutDelivery(LargeDelivery("a")).ok());
    ASSERT_TRUE(store->PutDelivery(LargeDelivery("b")).ok());
  }
  // In the record of "a"; and zeros at the end.
  ZeroEndOfLog(data_, 600, 4500);
  ZeroEndOfLog(data_, 1500, 0);
  std::uintmax_t before = 0;
  std::uintmax_t after = 0;
  const auto sizes = [&](std::uintmax_t* sum) {
    for (const auto& entry : std::filesystem::directory_iterator(data_)) {
      if (entry.path().extension() == ".log") *sum += entry.file_size();
    }
  };
  sizes(&before);
  EXPECT_TRUE(absl::IsDataLoss(Open().status())) << Open().status();
  sizes(&after);
  EXPECT_EQ(after, before);
}

TEST_F(RocksDbStoreTest, EverythingIsThereAfterReopening) {
  std::uint64_t seq = 0;
  std::string digest;
  {
    auto store = *Open();
    ASSERT_TRUE(store->PutDelivery(SampleDelivery("a")).ok());
    ASSERT_TRUE(store->PutDelivery(SampleDelivery("b")).ok());
    DecisionWrite write = SampleWrite(SampleTicket(1), 0);
    write.facts = {SampleFact("comment/1")};
    write.record.wake_at = At(60);
    write.face = SampleFace("x");
    write.notices = {SampleNotice("n")};
    write.ledger.facts = {write.facts[0].id};
    write.inbox_done = store->ReadInbox("github", 0, 1)->at(0).seq;
    ASSERT_TRUE(store->Commit(write).ok());
    seq = store->ReadInbox("github", 0, 1)->at(0).seq;
    digest = store->ReadLedgerHead()->digest;
  }
  auto store = *Open();
  EXPECT_EQ(*store->PutDelivery(SampleDelivery("a")), Store::Put::kKnown);
  EXPECT_EQ(store->ReadInbox("github", 0, 10)->at(0).seq, seq);
  EXPECT_EQ(store->LoadTicket(SampleTicket(1))->facts.size(), 1u);
  EXPECT_EQ(*store->NextWakeup(), At(60));
  EXPECT_EQ(store->ReadDirtyFaces("github", At(99), 10)->size(), 1u);
  EXPECT_EQ(store->ReadNotices(10)->size(), 1u);
  EXPECT_EQ(store->ReadLedgerHead()->digest, digest);
  EXPECT_TRUE(store->VerifyLedger().ok());
  EXPECT_EQ(store->Stats()->inbox, 1u);
  EXPECT_EQ(store->Stats()->dirty_faces, 1u);
  // Numbers continue to rise.
  ASSERT_TRUE(store->PutDelivery(SampleDelivery("c")).ok());
  EXPECT_GT(store->ReadInbox("github", seq, 10)->at(0).seq, seq);
}

TEST_F(RocksDbStoreTest, SecondOpeningIsRefusedWithTheMend) {
  auto store = *Open();
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("another process"), status.message().npos) << status;
  EXPECT_NE(status.message().find("stop that process"), status.message().npos) << status;
  EXPECT_TRUE(store->PutDelivery(SampleDelivery("a")).ok());
}

TEST_F(RocksDbStoreTest, NewerSchemaIsRefusedWithTheMend) {
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    Batch batch;
    batch.Put(Table::kMeta, "schema", absl::StrCat(kSchemaVersion + 1));
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_NE(status.message().find("newer version of retainer"), status.message().npos) << status;
}

TEST_F(RocksDbStoreTest, FileInTheFoldersPlaceIsRefused) {
  std::filesystem::create_directories(folder_.path() + "/deep");
  FILE* file = fopen(data_.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fclose(file);
  EXPECT_TRUE(absl::IsFailedPrecondition(Open().status())) << Open().status();
}

TEST_F(RocksDbStoreTest, UnreadableRecordIsNamed) {
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    Batch batch;
    batch.Put(Table::kTickets, KeyWriter().Ticket(SampleTicket(1)).Take(), "\1garbage");
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  auto store = *Open();
  const absl::Status status = store->LoadTicket(SampleTicket(1)).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_NE(status.message().find("tickets"), status.message().npos) << status;
  EXPECT_NE(status.message().find("1296269"), status.message().npos) << status;
}

TEST_F(RocksDbStoreTest, UnreadableDeliveryIsSetAsideAndBlocksNothing) {
  std::uint64_t bad = 0;
  {
    auto store = *Open();
    ASSERT_TRUE(store->PutDelivery(SampleDelivery("bad")).ok());
    ASSERT_TRUE(store->PutDelivery(SampleDelivery("good")).ok());
    bad = store->ReadInbox("github", 0, 1)->at(0).seq;
  }
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    Batch batch;
    batch.Put(Table::kBodies, KeyWriter().U64(bad).Take(), "no frame");
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  auto store = *Open();
  const auto entries = store->ReadInbox("github", 0, 10);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].delivery.id, "good");
  ASSERT_EQ(store->ListSetAside(10)->size(), 1u);
  EXPECT_EQ(store->ListSetAside(10)->at(0).entry.delivery.id, "bad");
}

TEST_F(RocksDbStoreTest, ChangedLedgerIsFoundOut) {
  const auto commit = [](Store& store, std::uint64_t version) {
    DecisionWrite write = SampleWrite(SampleTicket(1), version);
    write.ledger.changes = {"acme first_response: running -> met"};
    ASSERT_TRUE(store.Commit(write).ok());
  };
  {
    auto store = *Open();
    for (std::uint64_t i = 0; i < 3; ++i) commit(*store, i);
  }
  LedgerRecord record;
  const std::string key = KeyWriter().U64(2).Take();
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    record = *DecodeRecord<LedgerRecord>(**engine->Read()->Get(Table::kLedger, key));
    record.content.back() ^= 1;
    Batch batch;
    batch.Put(Table::kLedger, key, EncodeRecord(record));
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  {
    const absl::Status status = (*Open())->VerifyLedger();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_NE(status.message().find("record 2"), status.message().npos) << status;
  }
  // A matching digest hides the change but moves the break to the next record.
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    const auto first = *DecodeRecord<LedgerRecord>(
        **engine->Read()->Get(Table::kLedger, KeyWriter().U64(1).Take()));
    record.digest = Sha256(first.digest + record.content);
    Batch batch;
    batch.Put(Table::kLedger, key, EncodeRecord(record));
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  {
    const absl::Status status = (*Open())->VerifyLedger();
    EXPECT_NE(status.message().find("record 3"), status.message().npos) << status;
  }
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    Batch batch;
    batch.Delete(Table::kLedger, KeyWriter().U64(3).Take());
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  EXPECT_TRUE(absl::IsDataLoss((*Open())->VerifyLedger()));
}

TEST_F(RocksDbStoreTest, LedgerHoldsNoPersonsName) {
  {
    auto store = *Open();
    DecisionWrite write = SampleWrite(SampleTicket(1), 0);
    Fact fact;
    fact.kind = FactKind::kPermission;
    fact.subject = "@wilhelmina";
    fact.id = MakeFactId(fact.kind, fact.subject, "1");
    write.facts = {fact};
    write.ledger.facts = {fact.id, MakeFactId(FactKind::kAssigned, "wilhelmina", "2")};
    ASSERT_TRUE(store->Commit(write).ok());
  }
  auto engine = *RocksDbEngine::Open(data_, {});
  const std::string record = **engine->Read()->Get(Table::kLedger, KeyWriter().U64(1).Take());
  EXPECT_EQ(record.find("wilhelmina"), record.npos);
  EXPECT_NE(record.find("permission:~"), record.npos);
}

}  // namespace
}  // namespace retainer::store
