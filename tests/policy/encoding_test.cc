#include "src/policy/encoding.h"

#include <gtest/gtest.h>

namespace retainer {
namespace {

using std::string_view_literals::operator""sv;

TEST(EncodingTest, Utf8IsToldFromWhatIsNot) {
  for (const std::string_view good : {""sv, "a\0b"sv, "\u00e9"sv, "\u20ac"sv, "\U0001f600"sv}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\xe9"sv, "\xc3"sv, "\xc0\xaf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "\x80"sv,
        "\xf8\x88\x80\x80\x80"sv, "\xe2\x82"sv, "\xe2\x28\xa1"sv}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

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
}  // namespace retainer
