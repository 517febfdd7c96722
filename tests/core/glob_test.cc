#include "src/core/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "retainer/policy.h"

namespace retainer::core {
namespace {

TEST(GlobTest, OneStarIsOneLevelTwoAreAll) {
  EXPECT_TRUE(GlobMatches("acme/opendb", "ACME/OpenDB"));
  EXPECT_FALSE(GlobMatches("acme/opendb", "acme/opendb2"));
  EXPECT_TRUE(GlobMatches("acme/*", "acme/opendb"));
  EXPECT_TRUE(GlobMatches("acme/*", "acme/"));
  EXPECT_FALSE(GlobMatches("acme/*", "acme/sub/tool"));
  EXPECT_FALSE(GlobMatches("acme/*", "acme"));
  EXPECT_TRUE(GlobMatches("acme/**", "acme/sub/tool"));
  EXPECT_TRUE(GlobMatches("**", "acme/sub/tool"));
  EXPECT_TRUE(GlobMatches("**", ""));
  EXPECT_TRUE(GlobMatches("acme/**/tool-*", "acme/a/b/tool-x"));
  EXPECT_FALSE(GlobMatches("acme/**/tool-*", "acme/a/b/tool-x/y"));
  EXPECT_TRUE(GlobMatches("acme/*-db*", "acme/my-old-dbx"));
  EXPECT_TRUE(GlobMatches("***b", "a/b"));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_TRUE(GlobMatches("", ""));
}

// A reference implementation without a limit of steps.
bool Slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] != '*') {
    return !text.empty() && pattern[0] == text[0] && Slowly(pattern.substr(1), text.substr(1));
  }
  const bool deep = pattern.size() > 1 && pattern[1] == '*';
  const std::string_view rest = pattern.substr(deep ? 2 : 1);
  for (std::size_t i = 0;; ++i) {
    if (Slowly(rest, text.substr(i))) return true;
    if (i == text.size() || (!deep && text[i] == '/')) return false;
  }
}

TEST(GlobTest, AgreesWithThePlainDefinition) {
  unsigned state = 7;
  const auto random = [&state](std::string_view alphabet, std::size_t most) {
    std::string text;
    state = state * 1664525u + 1013904223u;
    for (std::size_t n = (state >> 8) % (most + 1); n > 0; --n) {
      state = state * 1664525u + 1013904223u;
      text += alphabet[(state >> 8) % alphabet.size()];
    }
    return text;
  };
  int matches = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string pattern = random("ab/**", 7);
    const std::string text = random("ab/", 7);
    ASSERT_EQ(GlobMatches(pattern, text), Slowly(pattern, text)) << pattern << " on " << text;
    matches += GlobMatches(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);
}

// Report (here): a pattern with many stars blocks a thread for seconds.
TEST(GlobTest, ManyStarsCostNoMoreThanLengthTimesLength) {
  const std::string text = "acme/" + std::string(2000, 'a');
  for (const std::string pattern :
       {"acme/*a*a*b", "acme/*a*a*a*a*a*a*a*a*a*a*b", "**a**a**a**a**b", "**a*a**a*a**a*a**b"}) {
    std::size_t steps = 0;
    EXPECT_FALSE(GlobMatches(pattern, text, &steps)) << pattern;
    EXPECT_LE(steps, pattern.size() * text.size()) << pattern;
  }
  EXPECT_FALSE(MatchesProject({"github", "acme/*a*a*a*a*a*a*a*a*b"}, {"github", text}));
}

}  // namespace
}  // namespace retainer::core
