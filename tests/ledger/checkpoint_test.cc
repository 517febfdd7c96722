#include "src/ledger/checkpoint.h"

#include <gtest/gtest.h>

namespace retainer::ledger {
namespace {

// Keys of RFC 8032, section 7.1, tests 1 and 2.
constexpr char kPrivate[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kPublic[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";
constexpr char kOtherPrivate[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";

const Checkpoint kSample = {"desk.example.com", 1234, base::Sha256({"root"})};

TEST(CheckpointTest, IsReadWithThePublicKeyAndWithThePrivateOne) {
  const auto text = SignCheckpoint(kSample, kPrivate);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->rfind("desk.example.com\n1234\nSBNJ", 0), 0u) << *text;
  EXPECT_EQ(*ReadCheckpoint(*text, kPublic), kSample);
  EXPECT_EQ(*ReadCheckpoint(*text, kPrivate), kSample);
}

TEST(CheckpointTest, AnyChangedCharacterIsRefused) {
  const std::string text = *SignCheckpoint(kSample, kPrivate);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(ReadCheckpoint(changed, kPublic).ok()) << changed;
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ReadCheckpoint(text.substr(0, size), kPublic).ok()) << size;
  }
}

TEST(CheckpointTest, AnotherKeysSignatureIsDataLoss) {
  EXPECT_TRUE(
      absl::IsDataLoss(ReadCheckpoint(*SignCheckpoint(kSample, kOtherPrivate), kPublic).status()));
}

TEST(CheckpointTest, OthersMayHaveSignedToo) {
  std::string text = *SignCheckpoint(kSample, kPrivate);
  text.insert(text.find("\xE2\x80\x94"), "\xE2\x80\x94 witness.example.com AAAA\n");
  EXPECT_EQ(*ReadCheckpoint(text, kPublic), kSample);
}

TEST(CheckpointTest, OneSpellingOfANumberIsSigned) {
  std::string text = *SignCheckpoint(kSample, kPrivate);
  text.replace(text.find("1234"), 4, "01234");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadCheckpoint(text, kPublic).status()));
}

TEST(CheckpointTest, WrongKeysAndOriginsAreRefusedWithTheMend) {
  const auto status = SignCheckpoint(kSample, kPublic).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find("openssl genpkey"), std::string::npos) << status;
  EXPECT_TRUE(absl::IsInvalidArgument(ReadCheckpoint("a\n", "no key").status()));
  for (const char* origin : {"", "two words", "a+b", "a\nb"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckOrigin(origin))) << origin;
  }
}

}  // namespace
}  // namespace retainer::ledger
