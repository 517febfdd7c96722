#include "src/forge/etag_cache.h"

#include <gtest/gtest.h>

namespace retainer::forge {
namespace {

HttpResponse Tagged(const std::string& body) { return {200, {{"ETag", "\"t\""}}, body}; }

TEST(EtagCacheTest, KeepsTaggedAnswersOnly) {
  EtagCache cache(10, 1000);
  cache.Store("a", Tagged("x"));
  cache.Store("b", {200, {}, "x"});
  cache.Store("c", {404, {{"ETag", "\"t\""}}, "x"});
  EXPECT_TRUE(cache.Find("a"));
  EXPECT_FALSE(cache.Find("b"));
  EXPECT_FALSE(cache.Find("c"));
}

TEST(EtagCacheTest, ForgetsTheLeastRecentlyUsed) {
  EtagCache cache(2, 1000);
  cache.Store("a", Tagged("x"));
  cache.Store("b", Tagged("x"));
  EXPECT_TRUE(cache.Find("a"));
  cache.Store("c", Tagged("x"));
  EXPECT_TRUE(cache.Find("a"));
  EXPECT_FALSE(cache.Find("b"));
}

TEST(EtagCacheTest, StaysWithinItsBytes) {
  EtagCache cache(100, 300);
  for (int i = 0; i < 20; ++i) cache.Store(std::to_string(i), Tagged(std::string(90, 'x')));
  EXPECT_LE(cache.bytes(), 300u);
  EXPECT_TRUE(cache.Find("19"));
  cache.Store("19", Tagged(std::string(1000, 'x')));
  EXPECT_FALSE(cache.Find("19"));  // neither the old answer, nor the new one, which is too large
  EXPECT_LE(cache.bytes(), 300u);
}

}  // namespace
}  // namespace retainer::forge
