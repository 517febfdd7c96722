#include "src/cli/ledger_operations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "src/cli/operations.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/ledger.h"
#include "src/store/memory_engine.h"
#include "src/store/memory_store.h"
#include "tests/contract/store_samples.h"
#include "tests/e2e/process.h"
#include "tests/fakes/places.h"

namespace retainer::cli {
namespace {

using Json = nlohmann::ordered_json;

class LedgerOperationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Each making of a link is a record.
    for (int i = 0; i < 600; ++i) {
      const absl::Time now = absl::FromUnixSeconds(1'800'000'000 + i);
      ASSERT_TRUE(store_->SaveAdminLink({absl::StrCat("h", i), "erin", now, now}).ok());
    }
  }
  const std::unique_ptr<store::DiskStore> store_ = std::make_unique<store::MemoryStore>();
};

TEST_F(LedgerOperationsTest, WhatReadsTheWholeLedgerEndsWhenNobodyWaits) {
  int looks = 0;
  const Gone gone = [&] { return ++looks == 2; };
  const Json all = {{"size", 600u}};
  EXPECT_TRUE(absl::IsCancelled(LedgerRoot(*store_, all, gone).status()));
  EXPECT_EQ(looks, 2);
  looks = 1;
  EXPECT_TRUE(absl::IsCancelled(VerifyLedger(*store_, gone).status()));
  looks = 1;
  EXPECT_TRUE(absl::IsCancelled(ProveRecords(*store_, {{"record", 600u}}, gone).status()));
  looks = 1;
  EXPECT_TRUE(
      absl::IsCancelled(ProveConsistency(*store_, {{"from", 3u}, {"to", 600u}}, gone).status()));
  EXPECT_TRUE(VerifyLedger(*store_, IsNeverGone).ok());
  EXPECT_TRUE(LedgerRoot(*store_, all, IsNeverGone).ok());
}

// What check.py says of the whole ledger, taken for signed: empty if it is right.
std::string CheckedExport(store::DiskStore& store) {
  const auto listed = ListLedger(store, {{"from", 1u}});
  EXPECT_TRUE(listed.ok()) << listed.status();
  std::string lines;
  for (const auto& line : listed->data.at("records")) absl::StrAppend(&lines, line.dump(), "\n");
  const std::string script =
      absl::StrCat("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '", SourceDir(),
                   "/deploy/ledger'); import check\n"
                   "check.verified = lambda text, key: ('x', 0, check.tree_root([]))\n"
                   "check.check_export('/dev/stdin', '/dev/null', None)\n");
  const Finished finished = Execute({"/usr/bin/python3", "-c", script}, {}, lines);
  return finished.exit_code == 0 ? "" : finished.err;
}

TEST(ErasedExportTest, ARecordBeforeAnErasedOneThatIsChangedWithItsDigestIsFoundWithoutOurCode) {
  auto owned = std::make_unique<store::MemoryEngine>();
  store::MemoryEngine& engine = *owned;
  store::TableStore store(std::move(owned));
  ASSERT_TRUE(store.Open().ok());
  store::LedgerWriter writer(engine);
  for (const char* who : {"583231", "900417", "583231"}) {
    store::LedgerEntry entry;
    entry.ticket = SampleTicket(1);
    entry.at = At(1);
    entry.facts = {{absl::StrCat("action:pinned:90 ", who), std::string(32, 'd')}};
    entry.changes = {"acme first_response: running -> met"};
    ASSERT_TRUE(writer.Write(store::Batch(), {entry}).ok());
  }
  store::Person person;
  person.forge = "github";
  person.ids = {"900417"};
  ASSERT_TRUE(store.BeginForget(person, "root", At(100)).ok());
  while (!store.ForgetSome()->done) {
  }
  EXPECT_EQ(CheckedExport(store), "");

  const std::string key = store::KeyWriter().U64(1).Take();
  auto record =
      *store::DecodeRecord<store::LedgerRecord>(**engine.Read()->Get(store::Table::kLedger, key));
  auto entry = *store::DecodeRecord<store::LedgerEntry>(record.content);
  entry.changes = {"acme first_response: running -> missed"};
  record.content = store::EncodeRecord(entry);
  record.digest = store::Sha256(record.content);
  store::Batch batch;
  batch.Put(store::Table::kLedger, key, store::EncodeRecord(record));
  ASSERT_TRUE(engine.Write(batch).ok());
  EXPECT_NE(CheckedExport(store).find("names 2 as erased"), std::string::npos)
      << CheckedExport(store);
}

TEST(LongOperationsTest, AreThoseThatReadEverything) {
  EXPECT_TRUE(Operations::IsLong(R"({"op":"ledger verify"})"));
  EXPECT_TRUE(Operations::IsLong(R"({"op":"state"})"));
  EXPECT_FALSE(Operations::IsLong(R"({"op":"status"})"));
  EXPECT_FALSE(Operations::IsLong(R"({"op":3})"));
  EXPECT_FALSE(Operations::IsLong("nonsense"));
}

}  // namespace
}  // namespace retainer::cli
