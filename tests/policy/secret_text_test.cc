#include "src/policy/secret_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace retainer::policy {
namespace {

using std::string_view_literals::operator""sv;

// Report (here): a secret from a file with a byte-order mark verifies no delivery, and nobody is
// told.
TEST(SecretTextTest, MarksAndLineEndsAroundItAreNoPart) {
  for (const std::string_view text :
       {"s3cret"sv, "\xef\xbb\xbfs3cret"sv, "s3cret\n"sv, "s3cret\r\n"sv, " s3cret \n\n"sv,
        "\xef\xbb\xbf s3cret\r\n"sv}) {
    const ReferredValue read = ReadReferredValue(text);
    EXPECT_EQ(read.value, "s3cret");
    EXPECT_EQ(read.wrong, "");
  }
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\r\nMII\r\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(ReadReferredValue(key + "\r\n").value, key);
}

TEST(SecretTextTest, WhatCanOnlyBeASlipIsRefusedAndNeverShown) {
  for (const std::string_view text :
       {""sv, "  \r\n"sv, "\xef\xbb\xbf"sv, "\xff\xfes\0e\0c\0"sv, "\xfe\xff\0s\0e\0c"sv,
        "s\0e\0c\0"sv, "sec\0"sv, "sec\0ret"sv, "sec\nret"sv, "sec\tret"sv, "\u200bsecret"sv,
        "secret\u00a0"sv, "sec\u200dret"sv, "\xef\xbb\xbf\ufeffsecret"sv,
        "s\xe9"
        "cret"sv}) {
    const ReferredValue read = ReadReferredValue(text);
    EXPECT_EQ(read.value, "");
    EXPECT_NE(read.wrong, "") << text;
    EXPECT_EQ(read.wrong.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace retainer::policy
