#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/webhooks/deliveries.h"

namespace retainer::webhooks {
namespace {

using ::testing::HasSubstr;

// A key in GitLab's form, and its bytes.
constexpr char kSigningToken[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string KeyBytes(std::string_view token = kSigningToken) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(std::string(token.substr(6)), &bytes));
  return bytes;
}

std::string Signature(std::string_view key, std::string_view id, std::int64_t seconds,
                      std::string_view body) {
  const std::string hex =
      Hmac(key, absl::StrCat(std::string(id), ".", seconds, ".", std::string(body)));
  return absl::StrCat("v1,", absl::Base64Escape(absl::HexStringToBytes(hex)));
}

ForgeConfig Signing() {
  ForgeConfig config = GitLabConfig();
  config.webhook_secrets.clear();
  config.signing_tokens = {{kSigningToken, {}}};
  return config;
}

ForgeConfig Migrating() {
  ForgeConfig config = GitLabConfig();
  config.signing_tokens = {{kSigningToken, {}}};
  return config;
}

Verified Verify(const ForgeConfig& config, const Headers& headers, std::string_view body,
                absl::Time now = Received()) {
  auto receiver = MakeReceiver(config);
  EXPECT_TRUE(receiver.ok()) << receiver.status();
  return (*receiver)->Verify(headers, body, now);
}

Headers Plain() { return {{"X-Gitlab-Event", "Issue Hook"}, {"Content-Type", "application/json"}}; }

Headers WithToken(std::string_view token = kSecret) {
  Headers headers = Plain();
  headers["X-Gitlab-Token"] = token;
  return headers;
}

Headers SignedHeaders(std::string_view body, absl::Time sent = Received()) {
  Headers headers = Plain();
  const std::int64_t seconds = absl::ToUnixSeconds(sent);
  headers["webhook-id"] = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f";
  headers["webhook-timestamp"] = absl::StrCat(seconds);
  headers["webhook-signature"] = Signature(KeyBytes(), headers["webhook-id"], seconds, body);
  return headers;
}

TEST(GitLabVerifyTest, HoldsThePublishedVector) {
  // From the Standard Webhooks specification's test vectors.
  const std::string body = R"({"test": 2432232314})";
  Headers headers = Plain();
  headers["webhook-id"] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  headers["webhook-timestamp"] = "1614265330";
  headers["webhook-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  EXPECT_EQ(Verify(Signing(), headers, body, absl::FromUnixSeconds(1614265330)).outcome,
            VerifyOutcome::kGenuine);
}

TEST(GitLabVerifyTest, PassesATokenWhereOnlyTokensAreConfigured) {
  const Verified verified = Verify(GitLabConfig(), WithToken(), "{}");
  EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuine);
  EXPECT_TRUE(verified.needed);
}

TEST(GitLabVerifyTest, RefusesOtherTokensOfAnyLength) {
  for (const std::string& token :
       {std::string(), std::string("sample secre"), std::string("sample secret."),
        std::string("SAMPLE SECRET"), std::string(100000, 's')}) {
    EXPECT_EQ(Verify(GitLabConfig(), WithToken(token), "{}").outcome, VerifyOutcome::kRefused);
  }
  EXPECT_EQ(Verify(GitLabConfig(), Plain(), "{}").outcome, VerifyOutcome::kRefused);
}

TEST(GitLabVerifyTest, PassesASignedDelivery) {
  const std::string body = Sample("gitlab/issue_hook.open");
  for (const ForgeConfig& config : {Signing(), Migrating()}) {
    EXPECT_EQ(Verify(config, SignedHeaders(body), body).outcome, VerifyOutcome::kGenuine);
  }
}

TEST(GitLabVerifyTest, UnsignedIsRefusedWhereOnlySigningTokensAre) {
  EXPECT_EQ(Verify(Signing(), WithToken(), "{}").outcome, VerifyOutcome::kRefused);
  EXPECT_EQ(Verify(Signing(), WithToken(kSigningToken), "{}").outcome, VerifyOutcome::kRefused);
}

TEST(GitLabVerifyTest, UnsignedPassesOnItsTokenDuringAMigration) {
  const Verified verified = Verify(Migrating(), WithToken(), "{}");
  EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuineByToken);
  EXPECT_FALSE(verified.reason.empty());
}

TEST(GitLabVerifyTest, AWrongSignatureDoesNotFallBackToTheToken) {
  Headers headers = SignedHeaders("{}");
  headers["X-Gitlab-Token"] = kSecret;
  EXPECT_EQ(Verify(Migrating(), headers, "{ }").outcome, VerifyOutcome::kRefused);
  for (const char* signature : {"", "v1,", "v1", "v2,AAAA", "v1,AAAA"}) {
    headers["webhook-signature"] = signature;
    EXPECT_EQ(Verify(Migrating(), headers, "{}").outcome, VerifyOutcome::kRefused) << signature;
  }
  // Nor when there is nothing to verify it with.
  const Verified unchecked = Verify(GitLabConfig(), headers, "{}");
  EXPECT_EQ(unchecked.outcome, VerifyOutcome::kRefused);
  EXPECT_THAT(unchecked.reason, HasSubstr("signing_tokens"));
}

TEST(GitLabVerifyTest, OneOfSeveralSignaturesIsEnoughAndOtherVersionsCountForNothing) {
  const std::string body = "{}";
  Headers headers = SignedHeaders(body);
  const std::string right = headers["webhook-signature"];
  const std::string wrong = Signature("another key", headers["webhook-id"], 1, body);
  headers["webhook-signature"] = absl::StrCat("v1a,AAAA ", wrong, " ", right, " v2,BBBB");
  EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kGenuine);
  headers["webhook-signature"] = absl::StrCat("v2,", right.substr(3), " ", wrong);
  EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kRefused);
}

TEST(GitLabVerifyTest, SignsIdAndTimeToo) {
  const std::string body = "{}";
  Headers headers = SignedHeaders(body);
  headers["webhook-id"] = "another";
  EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kRefused);
  headers = SignedHeaders(body);
  headers["webhook-timestamp"] = absl::StrCat(absl::ToUnixSeconds(Received()) + 1);
  EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kRefused);
  for (const char* missing : {"webhook-id", "webhook-timestamp"}) {
    headers = SignedHeaders(body);
    headers.erase(missing);
    EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kRefused) << missing;
  }
  headers = SignedHeaders(body);
  headers["webhook-timestamp"] = "soon";
  EXPECT_EQ(Verify(Signing(), headers, body).outcome, VerifyOutcome::kRefused);
}

TEST(GitLabVerifyTest, ToleratesFiveMinutesEitherWay) {
  const std::string body = "{}";
  for (int seconds : {-301, -300, 0, 300, 301}) {
    const Headers headers = SignedHeaders(body, Received() + absl::Seconds(seconds));
    EXPECT_EQ(Verify(Signing(), headers, body).outcome,
              std::abs(seconds) <= 300 ? VerifyOutcome::kGenuine : VerifyOutcome::kRefused)
        << seconds;
  }
}

TEST(GitLabVerifyTest, IsIdentifiedByItsKeyElseByAHash) {
  const std::string body = "{}";
  Headers headers = WithToken();
  const std::string hash = Verify(GitLabConfig(), headers, body).delivery.id;
  EXPECT_THAT(hash, testing::StartsWith("sha256:"));
  headers["X-Gitlab-Event-UUID"] = "shared by recursive hooks";
  EXPECT_EQ(Verify(GitLabConfig(), headers, body).delivery.id, hash);
  headers["webhook-id"] = "id-1";
  EXPECT_EQ(Verify(GitLabConfig(), headers, body).delivery.id, "id-1");
  headers["Idempotency-Key"] = "key-1";
  EXPECT_EQ(Verify(GitLabConfig(), headers, body).delivery.id, "key-1");
  // Only the signed id cannot be forged.
  headers = SignedHeaders(body);
  headers["Idempotency-Key"] = "made up";
  EXPECT_EQ(Verify(Signing(), headers, body).delivery.id, "f5e5f430-f57b-4e6e-9fac-d9128cd7232f");
}

TEST(GitLabVerifyTest, TellsMalformedFromUnsupported) {
  Headers headers = WithToken();
  headers["Content-Type"] = "application/x-www-form-urlencoded";
  EXPECT_EQ(Verify(GitLabConfig(), headers, "payload=%7B%7D").outcome,
            VerifyOutcome::kUnsupportedType);
  headers = WithToken();
  headers.erase("X-Gitlab-Event");
  EXPECT_EQ(Verify(GitLabConfig(), headers, "{}").outcome, VerifyOutcome::kMalformed);
  EXPECT_EQ(Verify(GitLabConfig(), WithToken(), "[1]").outcome, VerifyOutcome::kMalformed);
}

TEST(GitLabVerifyTest, ABodyMustFitItsHeader) {
  auto receiver = MakeReceiver(GitLabConfig());
  ASSERT_TRUE(receiver.ok());
  const auto check = [&](std::string event, std::string body) {
    return (*receiver)->CheckBody({"gitlab", "d", std::move(event), std::move(body), Received()});
  };
  const std::string issue = Sample("gitlab/issue_hook.open");
  EXPECT_TRUE(check("Issue Hook", issue).ok());
  EXPECT_TRUE(check("Confidential Issue Hook", issue).ok());
  for (const char* other : {"Note Hook", "Merge Request Hook", "Push Hook"}) {
    EXPECT_EQ(check(other, issue).code(), absl::StatusCode::kInvalidArgument) << other;
  }
}

TEST(GitLabVerifyTest, ARefusalTellsWhichProjectAnEarlierNameMayBeOf) {
  const std::string body = Sample("gitlab/issue_hook.open");
  ForgeConfig config = GitLabConfig();
  config.webhook_secrets = {{kSecret, {{"gitlab", "acme/olddb"}}}};
  const Verified renamed = Verify(config, WithToken(), body);
  EXPECT_EQ(renamed.outcome, VerifyOutcome::kRefused);
  ASSERT_TRUE(renamed.other_name);
  EXPECT_EQ(renamed.other_name->path, "acme/opendb");
  EXPECT_FALSE(renamed.other_name->project_id.empty());
  config.webhook_secrets = {{kSecret, {{"gitlab", "clients/**"}}}};
  EXPECT_FALSE(Verify(config, WithToken(), body).other_name);
}

TEST(GitLabVerifyTest, ABoundSecretSpeaksForItsProjectsOnly) {
  const std::string body = Sample("gitlab/issue_hook.open");  // acme/opendb
  ForgeConfig config = GitLabConfig();
  config.webhook_secrets = {{kSecret, {{"gitlab", "clients/**"}}}};
  EXPECT_EQ(Verify(config, WithToken(), body).outcome, VerifyOutcome::kRefused);
  config.webhook_secrets = {{kSecret, {{"gitlab", "acme/**"}}}};
  EXPECT_EQ(Verify(config, WithToken(), body).outcome, VerifyOutcome::kGenuine);
  EXPECT_EQ(Verify(config, WithToken(), "{}").outcome, VerifyOutcome::kRefused);
  config = Signing();
  config.signing_tokens[0].projects = {{"gitlab", "clients/**"}};
  EXPECT_EQ(Verify(config, SignedHeaders(body), body).outcome, VerifyOutcome::kRefused);
}

TEST(GitLabVerifyTest, NeedGoesByEventTypeAlone) {
  for (const char* event : {"Pipeline Hook", "Job Hook", "Wiki Page Hook", "System Hook",
                            "Emoji Hook", "Tag Push Hook", "Release Hook"}) {
    Headers headers = WithToken();
    headers["X-Gitlab-Event"] = event;
    const Verified verified = Verify(GitLabConfig(), headers, "{}");
    EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuine);
    EXPECT_FALSE(verified.needed) << event;
  }
}

}  // namespace
}  // namespace retainer::webhooks
