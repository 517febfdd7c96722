#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "src/policy/config_parser.h"

namespace retainer::policy {
namespace {

ConfigResult Parse(const std::string& sink) {
  ConfigSources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "CHAT") return "https://hooks.example.com/top-secret";
    if (name == "SECRET") return "top-secret";
    if (name == "HOOK") return "a-secret-that-is-long-enough-to-be-one";
    return std::nullopt;
  };
  sources.read_file = [](const std::string&) { return absl::NotFoundError("no such file"); };
  return ParseConfig("retainer.yaml",
                     absl::StrCat("store: rocksdb:./data\npolicy: ./policy\n"
                                  "forges: [{name: gitlab, kind: gitlab, webhook_secrets: "
                                  "[env:HOOK], token: env:SECRET}]\nsinks:\n  ops: ",
                                  sink, "\n"),
                     "/etc/desk", sources);
}

SinkConfig Good(const std::string& sink) {
  const ConfigResult result = Parse(sink);
  EXPECT_TRUE(result.config) << FormatProblems(result.problems);
  return result.config ? result.config->sinks.at("ops") : SinkConfig();
}

TEST(ConfigSinksTest, Chat) {
  const SinkConfig sink = Good("{kind: slack, url: env:CHAT, private: true}");
  EXPECT_EQ(sink.kind, "slack");
  EXPECT_EQ(sink.url, "https://hooks.example.com/top-secret");
  EXPECT_TRUE(sink.is_private);
  EXPECT_TRUE(sink.allow_private.empty());
}

TEST(ConfigSinksTest, Webhook) {
  const SinkConfig sink = Good(
      "{kind: webhook, url: \"https://crm.Internal:8443/x\", secret: env:SECRET, "
      "allow_private: [CRM.internal]}");
  EXPECT_EQ(sink.secret, "top-secret");
  EXPECT_FALSE(sink.is_private);
  EXPECT_EQ(sink.allow_private, std::vector<std::string>{"CRM.internal"});
}

TEST(ConfigSinksTest, SeveralSecretsWhileRotating) {
  const SinkConfig sink =
      Good("{kind: webhook, url: \"https://crm.example\", secrets: [env:HOOK, env:SECRET]}");
  EXPECT_EQ(sink.secret, "a-secret-that-is-long-enough-to-be-one");
  EXPECT_EQ(sink.more_secrets, std::vector<std::string>{"top-secret"});
}

TEST(ConfigSinksTest, KindsOfNotices) {
  EXPECT_TRUE(Good("{kind: slack, url: env:CHAT}").kinds.empty());
  EXPECT_EQ(
      Good("{kind: slack, url: env:CHAT, notices: [breach, hand-over, closed]}").kinds,
      (std::vector<NoticeKind>{NoticeKind::kBreach, NoticeKind::kHandOver, NoticeKind::kClosed}));
}

TEST(ConfigSinksTest, Email) {
  const SinkConfig sink = Good(
      "{kind: email, url: \"smtp://mail.example.com:587\", user: retainer, password: env:SECRET, "
      "from: retainer@example.com, to: [ops@example.com, lead@example.com]}");
  EXPECT_EQ(sink.url, "smtp://mail.example.com:587");
  EXPECT_EQ(sink.user, "retainer");
  EXPECT_EQ(sink.secret, "top-secret");
  EXPECT_EQ(sink.from, "retainer@example.com");
  EXPECT_EQ(sink.to.size(), 2u);
  EXPECT_EQ(Good("{kind: email, url: \"smtp://[::1]:25\", from: a@b.c, to: [d@e.f], "
                 "allow_private: [\"::1\"]}")
                .url,
            "smtp://[::1]:25");
}

struct Wrong {
  const char* name;
  const char* sink;
  const char* what;
};

class WrongSinkTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSinkTest, IsRefusedOnceWithoutShowingASecret) {
  const ConfigResult result = Parse(GetParam().sink);
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.problems.size(), 1u) << FormatProblems(result.problems);
  const std::string text = FormatProblems(result.problems);
  EXPECT_NE(text.find(GetParam().what), text.npos) << text;
  EXPECT_EQ(text.find("top-secret"), text.npos) << text;
  EXPECT_FALSE(result.problems[0].mend.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongSinkTest,
    testing::Values(
        Wrong{"Kind", "{kind: pigeon, url: \"https://x.example\"}", "no known kind"},
        Wrong{"NoKind", "{url: \"https://x.example\"}", "no known kind"},
        Wrong{"NoMap", "slack", "must be a map"}, Wrong{"NoUrl", "{kind: slack}", "without url"},
        Wrong{"OpenUrl", "{kind: slack, url: \"https://x.example/top-secret\"}", "itself"},
        Wrong{"OtherKindsKey", "{kind: slack, url: env:CHAT, secret: env:SECRET}", "unknown key"},
        Wrong{"Plain", "{kind: webhook, url: \"http://x.example\", secret: env:SECRET}",
              "not encrypted"},
        Wrong{"NoSecret", "{kind: webhook, url: \"https://x.example\"}", "without secret"},
        Wrong{"OpenSecret", "{kind: webhook, url: \"https://x.example\", secret: top-secret}",
              "itself"},
        Wrong{"Loopback", "{kind: webhook, url: \"http://127.0.0.1:9\", secret: env:SECRET}",
              "not allowed to be there"},
        Wrong{"OtherHost", "{kind: slack, url: env:CHAT, allow_private: [localhost]}",
              "does not name the host"},
        Wrong{"MailUrl", "{kind: email, url: \"https://x.example\", from: a@b.c, to: [d@e.f]}",
              "not a mail server"},
        Wrong{"MailLogin",
              "{kind: email, url: \"smtp://u:top-secret@x.example\", from: a@b.c, to: [d@e.f]}",
              "not a mail server"},
        Wrong{"NoFrom", "{kind: email, url: \"smtp://x.example\", to: [d@e.f]}", "without from"},
        Wrong{"NoTo", "{kind: email, url: \"smtp://x.example\", from: a@b.c}",
              "without recipients"},
        Wrong{"HalfLogin",
              "{kind: email, url: \"smtp://x.example\", from: a@b.c, to: [d@e.f], user: u}",
              "go together"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace retainer::policy
