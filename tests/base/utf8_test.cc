#include "src/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace retainer::base {
namespace {

using std::string_view_literals::operator""sv;

TEST(Utf8Test, IsToldFromWhatIsNot) {
  for (const std::string_view good :
       {""sv, "a\0b"sv, "\u00e9"sv, "\u20ac"sv, "\U0001f600"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const std::string_view bad :
       {"\xe9"sv, "\xc3"sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xe0\x80\xaf"sv, "\xf0\x80\x80\xaf"sv,
        "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "\x80"sv, "\xf8\x88\x80\x80\x80"sv, "\xe2\x82"sv,
        "\xe2\x28\xa1"sv, "a\xff"sv}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(Utf8Test, CodePointsAreReadAndWritten) {
  for (const std::uint32_t code :
       {0u, 0x41u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
    std::string text;
    AppendCodePoint(code, &text);
    const CodePoint first = FirstCodePoint(text + "x");
    EXPECT_EQ(first.value, code);
    EXPECT_EQ(first.length, text.size());
    EXPECT_TRUE(IsUtf8(text));
  }
  EXPECT_EQ(FirstCodePoint("").length, 0u);
  EXPECT_EQ(FirstCodePoint("\xe2\x82").length, 0u);
}

TEST(Utf8Test, CodePointsAreCounted) {
  EXPECT_EQ(CountCodePoints(""), 0u);
  EXPECT_EQ(CountCodePoints("a\u00e9\u20ac\U0001f600"), 4u);
}

TEST(Utf8Test, ACutEndsBetweenCharacters) {
  const std::string_view text = "a\u20ac\U0001f600";  // 1, 3 and 4 bytes
  EXPECT_EQ(CutToBytes(text, 0), "");
  EXPECT_EQ(CutToBytes(text, 1), "a");
  EXPECT_EQ(CutToBytes(text, 3), "a");
  EXPECT_EQ(CutToBytes(text, 4), "a\u20ac");
  EXPECT_EQ(CutToBytes(text, 7), "a\u20ac");
  EXPECT_EQ(CutToBytes(text, 8), text);
  EXPECT_EQ(CutToBytes(text, 100), text);
}

}  // namespace
}  // namespace retainer::base
