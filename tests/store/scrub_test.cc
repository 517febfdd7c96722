// Damage is found before somebody needs the record, and is named.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/rocksdb_engine.h"
#include "src/store/rocksdb_store.h"
#include "tests/contract/store_samples.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::store {
namespace {

class ScrubTest : public testing::Test {
 protected:
  std::unique_ptr<Store> Open() {
    auto store = OpenRocksDbStore(data_, {});
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  void Fill(int tickets) {
    const auto store = Open();
    for (int i = 1; i <= tickets; ++i) {
      DecisionWrite write = SampleWrite(SampleTicket(i), 0);
      write.facts = {SampleFact(absl::StrCat("comment/", i))};
      ASSERT_TRUE(store->Commit(write).ok());
      ASSERT_TRUE(store->PutDelivery(SampleDelivery(absl::StrCat("d", i))).ok());
    }
    // The next opening writes the content of the log to files.
  }

  // All steps to the end.
  static std::vector<std::string> Damage(Store& store, std::size_t rows = 7) {
    std::vector<std::string> all;
    std::string from;
    int steps = 0;
    do {
      const auto step = store.Scrub(from, rows);
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok()) return all;
      all.insert(all.end(), step->damaged.begin(), step->damaged.end());
      from = step->next;
      EXPECT_LT(++steps, 10'000) << "it does not end";
    } while (!from.empty() && steps < 10'000);
    return all;
  }

  const TemporaryFolder folder_;
  const std::string data_ = folder_.path() + "/data";
};

TEST_F(ScrubTest, NothingIsFoundWhereNothingIsWrong) {
  Fill(40);
  const auto store = Open();
  EXPECT_EQ(Damage(*store), std::vector<std::string>());
  EXPECT_EQ(Damage(*store, 1), std::vector<std::string>());
}

TEST_F(ScrubTest, AnEmptyStoreIsLookedThrough) {
  EXPECT_EQ(Damage(*Open()), std::vector<std::string>());
}

TEST_F(ScrubTest, OneFlippedBitInAnyFileIsFoundAndTheFileNamed) {
  Fill(40);
  auto engine = *RocksDbEngine::Open(data_, {});
  const std::vector<std::string> files = engine->Files();
  EXPECT_GT(files.size(), 5u);
  for (const std::string& file : files) {
    const std::string path = absl::StrCat(data_, "/", file);
    EXPECT_TRUE(engine->VerifyFile(file).ok()) << engine->VerifyFile(file);
    std::fstream bytes(path, std::ios::binary | std::ios::in | std::ios::out);
    for (const std::streamoff at : {0, 20}) {
      bytes.seekg(at);
      const char byte = static_cast<char>(bytes.get());
      bytes.seekp(at).put(static_cast<char>(byte ^ 4)).flush();
      const absl::Status status = engine->VerifyFile(file);
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), file)) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), "restore a backup")) << status;
      bytes.seekp(at).put(byte).flush();
    }
  }
}

TEST_F(ScrubTest, DamageInTheFileOfTheTicketsIsSaidOfTheirTable) {
  Fill(40);
  // Closed in between, so that nothing is left in memory.
  std::vector<std::string> files = (*RocksDbEngine::Open(data_, {}))->Files();
  for (const std::string& file : files) {
    std::fstream bytes(absl::StrCat(data_, "/", file),
                       std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekp(20).put('\x5a');
  }
  const auto store = OpenRocksDbStore(data_, {});
  // The data that opening reads is damaged too.
  EXPECT_FALSE(store.ok() && Damage(**store).empty());
}

TEST_F(ScrubTest, ARecordThatIsNoneIsNamed) {
  Fill(3);
  {
    auto engine = *RocksDbEngine::Open(data_, {});
    Batch batch;
    batch.Put(Table::kTickets, KeyWriter().Ticket(SampleTicket(2)).Take(), "\1garbage");
    batch.Put(Table::kBodies, KeyWriter().U64(1).Take(), "no frame");
    batch.Put(Table::kAdminLinks, "hash", "\1garbage");
    ASSERT_TRUE(engine->Write(batch).ok());
  }
  const std::vector<std::string> found = Damage(*Open());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_TRUE(absl::StrContains(found[0], "table bodies")) << found[0];
  EXPECT_TRUE(absl::StrContains(found[1], "table tickets")) << found[1];
  EXPECT_TRUE(absl::StrContains(found[2], "table admin_links")) << found[2];
}

TEST_F(ScrubTest, APositionThatIsNoneIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(Open()->Scrub("x", 10).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Open()->Scrub("t\xff", 10).status()));
}

}  // namespace
}  // namespace retainer::store
