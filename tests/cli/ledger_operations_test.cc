#include "src/cli/ledger_operations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "src/cli/operations.h"
#include "src/store/memory_store.h"

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

TEST(LongOperationsTest, AreThoseThatReadEverything) {
  EXPECT_TRUE(Operations::IsLong(R"({"op":"ledger verify"})"));
  EXPECT_TRUE(Operations::IsLong(R"({"op":"state"})"));
  EXPECT_FALSE(Operations::IsLong(R"({"op":"status"})"));
  EXPECT_FALSE(Operations::IsLong(R"({"op":3})"));
  EXPECT_FALSE(Operations::IsLong("nonsense"));
}

}  // namespace
}  // namespace retainer::cli
