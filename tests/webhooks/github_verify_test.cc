#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/webhooks/deliveries.h"

namespace retainer::webhooks {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Headers SignedHeaders(std::string_view body, std::string_view secret = kSecret,
                      std::string_view event = "issues") {
  return {{"X-GitHub-Event", std::string(event)},
          {"X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
          {"Content-Type", "application/json"},
          {"X-Hub-Signature-256", absl::StrCat("sha256=", Hmac(secret, body))}};
}

std::unique_ptr<WebhookReceiver> With(std::vector<WebhookSecret> secrets) {
  ForgeConfig config = GitHubConfig();
  config.webhook_secrets = std::move(secrets);
  auto receiver = MakeReceiver(config);
  EXPECT_TRUE(receiver.ok()) << receiver.status();
  return *std::move(receiver);
}

TEST(GitHubVerifyTest, HoldsThePublishedVector) {
  // From GitHub's page on validating deliveries.
  const auto receiver = With({{"It's a Secret to Everybody", {}}});
  Headers headers = {{"X-GitHub-Event", "issues"},
                     {"X-Hub-Signature-256",
                      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};
  // Genuine, but not JSON: the signature is checked first.
  EXPECT_EQ(receiver->Verify(headers, "Hello, World!", Received()).outcome,
            VerifyOutcome::kMalformed);
  EXPECT_EQ(receiver->Verify(headers, "Hello, World?", Received()).outcome,
            VerifyOutcome::kRefused);
}

TEST(GitHubVerifyTest, PassesASignedDelivery) {
  const std::string body = Sample("github/issues.opened");
  const Verified verified = GitHub()->Verify(SignedHeaders(body), body, Received());
  EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuine) << verified.reason;
  EXPECT_TRUE(verified.needed);
  EXPECT_EQ(verified.delivery.forge, "github");
  EXPECT_EQ(verified.delivery.id, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
  EXPECT_EQ(verified.delivery.event_type, "issues");
  EXPECT_EQ(verified.delivery.body, body);
  EXPECT_EQ(verified.delivery.received, Received());
}

TEST(GitHubVerifyTest, TakesHeaderNamesAndHexInAnyCase) {
  const std::string body = "{}";
  std::string hex = Hmac(kSecret, body);
  for (char& c : hex) c = static_cast<char>(std::toupper(c));
  const Headers headers = {{"x-github-event", "star"},
                           {"x-hub-signature-256", absl::StrCat("sha256=", hex)}};
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).outcome, VerifyOutcome::kGenuine);
}

TEST(GitHubVerifyTest, RefusesWhatIsNotSigned) {
  const std::string body = Sample("github/issues.opened");
  for (const std::string& signature :
       {std::string(), std::string("sha256="), std::string("sha256"), Hmac(kSecret, body),
        absl::StrCat("sha1=", Hmac(kSecret, body)), absl::StrCat("sha256=", Hmac("other", body)),
        absl::StrCat("sha256=", Hmac(kSecret, body), "00"),
        absl::StrCat("sha256=", std::string(64, 'g')), absl::StrCat("sha256=", Hmac("", body))}) {
    Headers headers = SignedHeaders(body);
    headers["X-Hub-Signature-256"] = signature;
    const Verified verified = GitHub()->Verify(headers, body, Received());
    EXPECT_EQ(verified.outcome, VerifyOutcome::kRefused) << signature;
    EXPECT_THAT(verified.reason, Not(HasSubstr(kSecret)));
  }
  Headers only_sha1 = SignedHeaders(body);
  only_sha1.erase("X-Hub-Signature-256");
  only_sha1["X-Hub-Signature"] = "sha1=0123";
  EXPECT_EQ(GitHub()->Verify(only_sha1, body, Received()).outcome, VerifyOutcome::kRefused);
}

TEST(GitHubVerifyTest, RefusesAChangedByteAnywhere) {
  const std::string body = Sample("github/label.edited");
  const Headers headers = SignedHeaders(body, kSecret, "label");
  const auto receiver = GitHub();
  ASSERT_EQ(receiver->Verify(headers, body, Received()).outcome, VerifyOutcome::kGenuine);
  for (std::size_t i = 0; i < body.size(); i += 7) {
    std::string changed = body;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(receiver->Verify(headers, changed, Received()).outcome, VerifyOutcome::kRefused);
  }
}

TEST(GitHubVerifyTest, TriesEverySecretWhileRotating) {
  const std::string body = "{}";
  const auto receiver = With({{"new", {}}, {"old", {}}});
  for (const char* secret : {"new", "old"}) {
    EXPECT_EQ(receiver->Verify(SignedHeaders(body, secret), body, Received()).outcome,
              VerifyOutcome::kGenuine);
  }
  EXPECT_EQ(receiver->Verify(SignedHeaders(body, "older"), body, Received()).outcome,
            VerifyOutcome::kRefused);
}

TEST(GitHubVerifyTest, ReadsFormsAndSignsTheirRawBytes) {
  const std::string form = "payload=%7B%22action%22%3A+%22opened%22%2c%22t%22%3A%22%C3%A9%22%7D";
  Headers headers = SignedHeaders(form);
  headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8";
  const Verified verified = GitHub()->Verify(headers, form, Received());
  ASSERT_EQ(verified.outcome, VerifyOutcome::kGenuine) << verified.reason;
  EXPECT_EQ(verified.delivery.body, "{\"action\": \"opened\",\"t\":\"\xC3\xA9\"}");
  for (const char* wrong : {"", "playload=%7B%7D", "payload=%7B%7", "payload=%7B%zz",
                            "payload=%7B%7D&payload=%7B%7D", "payload=", "payload=text"}) {
    headers["X-Hub-Signature-256"] = absl::StrCat("sha256=", Hmac(kSecret, wrong));
    EXPECT_EQ(GitHub()->Verify(headers, wrong, Received()).outcome, VerifyOutcome::kMalformed)
        << wrong;
  }
}

// The content type is not signed: JSON that holds a form must not become one.
//
// Report (here): signed bytes are read as another media type than the signed one.
TEST(GitHubVerifyTest, AJsonBodyThatHoldsAFormIsNotReadAsOne) {
  const std::string body =
      R"({"action":"opened","issue":{"body":"x&payload=%7B%22forged%22%3A1%7D&y"}})";
  Headers headers = SignedHeaders(body);
  headers["Content-Type"] = "application/x-www-form-urlencoded";
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).outcome, VerifyOutcome::kMalformed);
  for (const char* wrong :
       {"a=b&payload=%7B%7D", "payload=%7B%7D&a=b", "&payload=%7B%7D", "payload=%7B%7D&"}) {
    headers["X-Hub-Signature-256"] = absl::StrCat("sha256=", Hmac(kSecret, wrong));
    EXPECT_EQ(GitHub()->Verify(headers, wrong, Received()).outcome, VerifyOutcome::kMalformed)
        << wrong;
  }
}

TEST(GitHubVerifyTest, ReadsAFormOf200KilobytesThatIsAllEscaped) {
  std::string form = "payload=%7B%22a%22%3A%22";
  while (form.size() < 200'000) form += "%C3%A9";
  form += "%22%7D";
  Headers headers = SignedHeaders(form);
  headers["Content-Type"] = "application/x-www-form-urlencoded";
  EXPECT_EQ(GitHub()->Verify(headers, form, Received()).outcome, VerifyOutcome::kGenuine);
}

TEST(GitHubVerifyTest, SaysWhenADeliveryHasNoIdAndWhichOneARefusedOneClaims) {
  const std::string body = "{}";
  Headers headers = SignedHeaders(body);
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).lacks, "");
  headers["X-Hub-Signature-256"] = absl::StrCat("sha256=", Hmac("wrong", body));
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).claimed_id,
            "72d3162e-cc78-11e3-81ab-4c9367dc0958");
  headers = SignedHeaders(body);
  headers.erase("X-GitHub-Delivery");
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).lacks, "no X-GitHub-Delivery");
}

// A captured body is sent under another header, which nobody signed.
//
// Report (here): a request that is not a delivery is stored, and set aside each time it comes.
TEST(GitHubVerifyTest, ABodyMustFitItsHeaderBeJsonInUtf8AndHoldNoKeyTwice) {
  const auto check = [](std::string_view event, std::string body) {
    return GitHub()->CheckBody({"github", "d", std::string(event), std::move(body), Received()});
  };
  const std::string issue = Sample("github/issues.opened");
  EXPECT_TRUE(check("issues", issue).ok());
  for (const char* other : {"issue_comment", "pull_request", "pull_request_review", "label", "push",
                            "repository", "installation", "sponsorship"}) {
    EXPECT_EQ(check(other, issue).code(), absl::StatusCode::kInvalidArgument) << other;
  }
  // A byte that is no UTF-8.
  EXPECT_FALSE(check("issues", "{\"action\":\"opened\",\"t\":\"\xff\"}").ok());
  EXPECT_FALSE(check("issues", R"({"issue":{},"issue":{}})").ok());
  // A body that lacks fields is not answered with 4xx; it is stored and set aside.
  EXPECT_TRUE(check("issues", R"({"issue":{"title":"no number"}})").ok());
}

TEST(GitHubVerifyTest, ReadsAFormAsLargeAsTheCap) {
  std::string form = "payload=%7B%22a%22%3A%22";
  form.append((std::size_t{25} << 20) - form.size() - 6, 'x');
  form += "%22%7D";
  Headers headers = SignedHeaders(form);
  headers["Content-Type"] = "application/x-www-form-urlencoded";
  const Verified verified = GitHub()->Verify(headers, form, Received());
  ASSERT_EQ(verified.outcome, VerifyOutcome::kGenuine) << verified.reason;
  EXPECT_THAT(verified.delivery.body, StartsWith("{\"a\":\"xxx"));
}

TEST(GitHubVerifyTest, TellsMalformedFromUnsupported) {
  const std::string body = "{}";
  Headers headers = SignedHeaders(body);
  headers["Content-Type"] = "text/xml";
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).outcome, VerifyOutcome::kUnsupportedType);
  headers = SignedHeaders(body);
  headers.erase("X-GitHub-Event");
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).outcome, VerifyOutcome::kMalformed);
  for (const char* wrong : {"", "[]", "{", "{\"a\":[}", "not json", "{} {}", "{\"a"}) {
    EXPECT_EQ(GitHub()->Verify(SignedHeaders(wrong), wrong, Received()).outcome,
              VerifyOutcome::kMalformed)
        << wrong;
  }
}

TEST(GitHubVerifyTest, HashesTypeAndBodyWhereThereIsNoUsableId) {
  const std::string body = "{}";
  Headers headers = SignedHeaders(body);
  headers.erase("X-GitHub-Delivery");
  const std::string id = GitHub()->Verify(headers, body, Received()).delivery.id;
  EXPECT_THAT(id, StartsWith("sha256:"));
  EXPECT_EQ(GitHub()->Verify(headers, body, Received() + absl::Hours(1)).delivery.id, id);
  headers["X-GitHub-Event"] = "label";
  EXPECT_NE(GitHub()->Verify(headers, body, Received()).delivery.id, id);
  headers = SignedHeaders(body);
  headers["X-GitHub-Delivery"] = std::string(5000, 'x');
  EXPECT_THAT(GitHub()->Verify(headers, body, Received()).delivery.id, StartsWith("sha256:"));
}

TEST(GitHubVerifyTest, NeedGoesByEventTypeAlone) {
  const std::string body = Sample("github/issues.opened");
  for (const char* event : {"issues", "issue_comment", "repository", "installation", "push",
                            "marketplace_purchase", "sponsorship"}) {
    EXPECT_TRUE(GitHub()->Verify(SignedHeaders(body, kSecret, event), body, Received()).needed);
  }
  for (const char* event : {"star", "workflow_run", "ping", "Issues", "fork", "release"}) {
    const Verified verified =
        GitHub()->Verify(SignedHeaders(body, kSecret, event), body, Received());
    EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuine);
    EXPECT_FALSE(verified.needed) << event;
  }
}

TEST(GitHubVerifyTest, ABoundSecretSpeaksForItsProjectsOnly) {
  const std::string body = Sample("github/issues.opened");  // acme/opendb
  const auto outcome = [&](std::vector<WebhookSecret> secrets, std::string_view secret) {
    return With(std::move(secrets))->Verify(SignedHeaders(body, secret), body, Received()).outcome;
  };
  const WebhookSecret acme{"a", {{"github", "other/*"}, {"github", "acme/*"}}};
  const WebhookSecret clients{"c", {{"github", "clients/**"}}};
  EXPECT_EQ(outcome({acme, clients}, "a"), VerifyOutcome::kGenuine);
  EXPECT_EQ(outcome({acme, clients}, "c"), VerifyOutcome::kRefused);
  // A pattern counts only for the secret that it belongs to.
  EXPECT_EQ(outcome({{"c", {{"github", "clients/*"}}}, {"all", {}}}, "c"), VerifyOutcome::kRefused);
  // The same text with two bindings: either of them is enough.
  EXPECT_EQ(outcome({{"x", {{"github", "clients/*"}}}, {"x", {{"github", "acme/opendb"}}}}, "x"),
            VerifyOutcome::kGenuine);
}

TEST(GitHubVerifyTest, ARefusalTellsWhichProjectAnEarlierNameMayBeOf) {
  const auto verify = [&](const char* sample, const char* pattern) {
    const std::string body = Sample(sample);
    return With({{kSecret, {{"github", pattern}}}})->Verify(SignedHeaders(body), body, Received());
  };
  const Verified renamed = verify("github/issues.opened", "acme/olddb");
  EXPECT_EQ(renamed.outcome, VerifyOutcome::kRefused);
  ASSERT_TRUE(renamed.other_name);
  EXPECT_EQ(renamed.other_name->secrets_for, (std::vector<ProjectRef>{{"github", "acme/olddb"}}));
  EXPECT_EQ(renamed.other_name->project_id, "1296269");
  EXPECT_EQ(renamed.other_name->path, "acme/opendb");
  EXPECT_TRUE(renamed.delivery.bound);
  EXPECT_FALSE(renamed.delivery.body.empty());
  EXPECT_FALSE(verify("github/issues.opened", "clients/*").other_name) << "a pattern of many names";
  EXPECT_FALSE(verify("github/issues.transferred", "acme/olddb").other_name) << "two projects";
}

TEST(GitHubVerifyTest, ADeliveryRemembersWhetherOnlyBoundSecretsVouchForIt) {
  const std::string body = Sample("github/issues.opened");
  const auto bound = [&](std::vector<WebhookSecret> secrets) {
    const Verified verified =
        With(std::move(secrets))->Verify(SignedHeaders(body), body, Received());
    EXPECT_EQ(verified.outcome, VerifyOutcome::kGenuine);
    return verified.delivery.bound;
  };
  const WebhookSecret acme{kSecret, {{"github", "acme/*"}}};
  EXPECT_TRUE(bound({acme}));
  EXPECT_TRUE(bound({acme, {"another", {}}}));
  EXPECT_FALSE(bound({{kSecret, {}}}));
  EXPECT_FALSE(bound({acme, {kSecret, {}}}));
}

TEST(GitHubVerifyTest, ABoundSecretMovesNothingToOtherProjects) {
  const auto receiver = With({{kSecret, {{"github", "acme/opendb"}}}});
  const std::string body = Sample("github/issues.transferred");  // to acme/opendb-replica
  EXPECT_EQ(receiver->Verify(SignedHeaders(body), body, Received()).outcome,
            VerifyOutcome::kRefused);
}

TEST(GitHubVerifyTest, ABoundSecretSaysNothingWithoutAProjectButPing) {
  const auto receiver = With({{kSecret, {{"github", "acme/*"}}}});
  const auto outcome = [&](const char* name) {
    const std::string body = Sample(name);
    return receiver->Verify(SignedHeaders(body, kSecret, SampleEvent(name)), body, Received())
        .outcome;
  };
  EXPECT_EQ(outcome("github/ping"), VerifyOutcome::kGenuine);
  const std::string nowhere = R"({"action":"created","installation":{"id":1}})";
  EXPECT_EQ(receiver->Verify(SignedHeaders(nowhere, kSecret, "installation"), nowhere, Received())
                .outcome,
            VerifyOutcome::kRefused);
  EXPECT_EQ(outcome("github/installation.created"), VerifyOutcome::kGenuine);
  // A variation of a project's name is not that name.
  const std::string odd = R"({"action":"opened","repository":{"full_name":"acme/../x y"}})";
  EXPECT_EQ(receiver->Verify(SignedHeaders(odd), odd, Received()).outcome, VerifyOutcome::kRefused);
  // Neither is a name that leads elsewhere in a URL.
  for (const char* path : {"acme/..", "acme/.", "acme/../x"}) {
    const std::string body =
        absl::StrCat(R"({"action":"opened","repository":{"full_name":")", path, "\"}}");
    const auto deep = With({{kSecret, {{"github", "acme/**"}}}});
    EXPECT_EQ(deep->Verify(SignedHeaders(body), body, Received()).outcome, VerifyOutcome::kRefused)
        << path;
  }
}

TEST(GitHubVerifyTest, ServesWhatGiteaSignsLikeGitHub) {
  const std::string body = "{\"action\":\"opened\"}";
  Headers headers = SignedHeaders(body);
  headers["X-Gitea-Signature"] = Hmac("another", body);
  headers["X-Gitea-Event"] = "issues";
  EXPECT_EQ(GitHub()->Verify(headers, body, Received()).outcome, VerifyOutcome::kGenuine);
}

TEST(MakeReceiverTest, RefusesAForgeWithoutAProperSecret) {
  const auto refused = [](const ForgeConfig& config) {
    const auto receiver = MakeReceiver(config);
    EXPECT_EQ(receiver.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(receiver.status().message());
  };
  for (ForgeConfig config : {GitHubConfig(), GitLabConfig()}) {
    config.webhook_secrets.clear();
    EXPECT_THAT(refused(config), HasSubstr("has no secret"));
    config.webhook_secrets = {{"", {}}};
    EXPECT_THAT(refused(config), HasSubstr("is empty"));
    config.webhook_secrets = {{"s3", {{"elsewhere", "a/*"}}}};
    EXPECT_THAT(refused(config), HasSubstr("elsewhere:a/*"));
  }
  ForgeConfig config = GitHubConfig();
  config.signing_tokens = {{"whsec_c2VjcmV0", {}}};
  EXPECT_THAT(refused(config), HasSubstr("signing_tokens"));
  for (const char* token : {"c2VjcmV0", "whsec_", "whsec_not!base64", "whsec_A"}) {
    config = GitLabConfig();
    config.signing_tokens = {{token, {}}};
    EXPECT_THAT(refused(config), HasSubstr("whsec_"));
    EXPECT_THAT(refused(config), Not(HasSubstr("not!base64")));
  }
}

}  // namespace
}  // namespace retainer::webhooks
