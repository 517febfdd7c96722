#include "src/store/pins_cache.h"

#include <gtest/gtest.h>

namespace retainer::store {
namespace {

Pins Of(const std::string& name) {
  Pins pins;
  pins.Add({"github", name}, "1");
  return pins;
}

TEST(PinsCache, KeepsWhatWasReadUntilPinsAreWritten) {
  PinsCache cache;
  const PinsCache::Kept before = cache.Get();
  EXPECT_FALSE(before.pins);
  cache.Keep(Of("alice"), before.change);
  cache.Written(/*failed=*/false, /*with_pins=*/false);
  ASSERT_TRUE(cache.Get().pins);
  EXPECT_NE(cache.Get().pins->Find({"github", "alice"}), nullptr);
  cache.Written(/*failed=*/false, /*with_pins=*/true);
  EXPECT_FALSE(cache.Get().pins);
}

TEST(PinsCache, WhatWasReadBeforeAWriteIsNotKeptAfterIt) {
  PinsCache cache;
  const PinsCache::Kept before = cache.Get();
  cache.Written(/*failed=*/false, /*with_pins=*/true);
  cache.Keep(Of("alice"), before.change);
  EXPECT_FALSE(cache.Get().pins);
}

TEST(PinsCache, KeepsNothingWhileAFailedWriteMayTurnOutToBeThere) {
  PinsCache cache;
  cache.Keep(Of("alice"), cache.Get().change);
  cache.Written(/*failed=*/true, /*with_pins=*/false);
  EXPECT_FALSE(cache.Get().pins);
  cache.Keep(Of("alice"), cache.Get().change);
  EXPECT_FALSE(cache.Get().pins);
  cache.Written(/*failed=*/false, /*with_pins=*/false);
  cache.Keep(Of("alice"), cache.Get().change);
  EXPECT_TRUE(cache.Get().pins);
}

}  // namespace
}  // namespace retainer::store
