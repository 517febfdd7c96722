#include "src/cli/look_through.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "src/store/memory_store.h"
#include "tests/contract/store_samples.h"

namespace retainer::cli {
namespace {

// More rows than one step of the scrubber reads.
class LookThroughTest : public testing::Test {
 protected:
  LookThroughTest() {
    std::vector<Delivery> deliveries;
    for (int i = 0; i < 6000; ++i) {
      deliveries.push_back(SampleDelivery(absl::StrCat("delivery-", i)));
    }
    EXPECT_TRUE(store_.PutDeliveries(deliveries).ok());
  }

  store::MemoryStore store_;
};

TEST_F(LookThroughTest, InfinitePatienceReadsEverything) {
  const auto look = LookThroughStore(store_, absl::InfiniteDuration());
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_TRUE(look->whole);
}

TEST_F(LookThroughTest, WithoutPatienceOneStepIsRead) {
  const auto look = LookThroughStore(store_, absl::ZeroDuration());
  ASSERT_TRUE(look.ok()) << look.status();
  EXPECT_FALSE(look->whole);
}

}  // namespace
}  // namespace retainer::cli
