#include "src/policy/encoding.h"

#include <gtest/gtest.h>

namespace retainer::policy {
namespace {

using std::string_view_literals::operator""sv;

TEST(EncodingTest, AByteOrderMarkIsNoText) {
  EXPECT_EQ(WithoutByteOrderMark("\xef\xbb\xbf\x61"), "a");
  EXPECT_EQ(WithoutByteOrderMark("a"), "a");
  EXPECT_TRUE(LooksLikeUtf16("\xff\xfe\x61\x00"sv));
  EXPECT_TRUE(LooksLikeUtf16("\xfe\xff\x00\x61"sv));
  EXPECT_TRUE(LooksLikeUtf16("a\0b\0"sv));
  EXPECT_FALSE(LooksLikeUtf16("ab"));
  EXPECT_FALSE(LooksLikeUtf16(""));
}

}  // namespace
}  // namespace retainer::policy
