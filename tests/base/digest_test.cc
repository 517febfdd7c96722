#include "src/base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace retainer::base {
namespace {

// FIPS 180-2, B.1 and B.2; the empty text.
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(DigestTest, Sha256IsTheStandards) {
  EXPECT_EQ(Sha256Hex("abc"), kAbc);
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256({"a", "", "bc"})), kAbc) << "parts are one text";
  EXPECT_EQ(ToBytes(Sha256({"abc"})).size(), 32u);
}

TEST(DigestTest, HmacIsTheStandards) {
  // RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
  EXPECT_EQ(ToHex(HmacSha256(std::string(20, '\x0b'), {"Hi There"})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacSha256("Jefe", {"what do ya want ", "for nothing?"})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'),
                             {"Test Using Larger Than Block-Size Key - Hash Key First"})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DigestTest, HexAndBase64SpellOneDigest) {
  const Digest digest = Sha256({"abc"});
  EXPECT_EQ(DigestFromHex(kAbc), digest);
  std::string upper = kAbc;
  upper[0] = 'B';
  EXPECT_EQ(DigestFromHex(upper), digest);
  EXPECT_EQ(DigestFromBase64("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), digest);
}

TEST(DigestTest, WhatSpellsNoDigestIsNone) {
  const std::string hex = kAbc;
  for (const std::string& bad : {std::string(), hex.substr(1), hex.substr(2), hex + "00",
                                 "g" + hex.substr(1), " " + hex.substr(1), hex + " "}) {
    EXPECT_EQ(DigestFromHex(bad), std::nullopt) << bad;
  }
  for (const char* bad : {"", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
                          "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\n",
                          "?ngWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "YWJj"}) {
    EXPECT_EQ(DigestFromBase64(bad), std::nullopt) << bad;
  }
}

TEST(DigestTest, EqualTextsAreEqual) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secret", "Secret"));
  EXPECT_FALSE(EqualInConstantTime("secret", "secre"));
  EXPECT_TRUE(EqualInConstantTime(Sha256({"a"}), Sha256({"a"})));
  EXPECT_FALSE(EqualInConstantTime(Sha256({"a"}), Sha256({"b"})));
}

TEST(DigestTest, RandomBytesDiffer) {
  const auto one = RandomBytes(32);
  const auto two = RandomBytes(32);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->size(), 32u);
  EXPECT_NE(*one, *two);
  const auto hex = RandomHex(6);
  ASSERT_TRUE(hex.ok());
  EXPECT_EQ(hex->size(), 12u);
  EXPECT_EQ(hex->find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace retainer::base
