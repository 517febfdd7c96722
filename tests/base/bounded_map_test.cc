#include "src/base/bounded_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace retainer::base {
namespace {

std::vector<std::string> Keys(const BoundedMap<std::string, int>& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.key);
  return keys;
}

TEST(BoundedMapTest, WhatWasUsedLongestAgoGoesFirst) {
  BoundedMap<std::string, int> map(3);
  map.Put("a", 1);
  map.Put("b", 2);
  map.Put("c", 3);
  ASSERT_NE(map.Find("a"), nullptr);
  map.Put("d", 4);
  EXPECT_EQ(Keys(map), (std::vector<std::string>{"d", "a", "c"}));
  EXPECT_EQ(map.Find("b"), nullptr);
  EXPECT_EQ(*map.Find("c"), 3);
}

TEST(BoundedMapTest, AValueIsReplacedAsAUse) {
  BoundedMap<std::string, int> map(2, 10);
  map.Put("a", 1, 4);
  map.Put("b", 2, 4);
  map.Put("a", 5, 1);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.weight(), 5u);
  EXPECT_EQ(*map.Find("a"), 5);
  map.Put("c", 3);
  EXPECT_EQ(Keys(map), (std::vector<std::string>{"c", "a"}));
}

TEST(BoundedMapTest, IsAsHeavyAsItMayBe) {
  BoundedMap<std::string, int> map(100, 10);
  map.Put("a", 1, 6);
  map.Put("b", 2, 4);
  EXPECT_EQ(map.size(), 2u);
  map.Put("c", 3, 5);
  EXPECT_EQ(Keys(map), (std::vector<std::string>{"c", "b"}));
  EXPECT_EQ(map.weight(), 9u);
  // Too heavy by itself: the old value does not stay in its place.
  map.Put("c", 4, 11);
  EXPECT_EQ(Keys(map), (std::vector<std::string>{"b"}));
  map.Erase("b");
  map.Erase("b");
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.weight(), 0u);
}

}  // namespace
}  // namespace retainer::base
