#include "src/sinks/sinks.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/sinks/messages.h"
#include "src/sinks/signature.h"
#include "tests/fakes/fake_clock.h"
#include "tests/sinks/fake_receivers.h"
#include "tests/sinks/samples.h"

namespace retainer::sinks {
namespace {

constexpr char kSecret[] = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
constexpr char kKey[] = "0123456789abcdefghijklmnopqrstuv";

class SinksTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<OutgoingSink>> Make(const SinkConfig& config) {
    return MakeSink("ops", config, clock, transport);
  }
  SinkConfig Config(const std::string& kind, const std::string& url) {
    SinkConfig config;
    config.kind = kind;
    config.url = url;
    config.allow_private = {"127.0.0.1"};
    if (kind == "webhook") config.secret = kSecret;
    if (kind == "email") {
      config.from = "retainer@acme.example";
      config.to = {"ops@acme.example"};
    }
    return config;
  }
  FakeClock clock{absl::FromUnixSeconds(1772451100)};
  std::shared_ptr<Transport> transport = std::make_shared<Transport>();
};

TEST_F(SinksTest, ChatPostsItsBody) {
  HttpReceiver receiver;
  const auto sink = Make(Config("slack", receiver.url("/services/T/B/x")));
  ASSERT_TRUE(sink.ok()) << sink.status();
  ASSERT_TRUE((*sink)->Tell(SampleNotice()).ok());
  ASSERT_EQ(receiver.received().size(), 1u);
  const Received got = receiver.received()[0];
  EXPECT_EQ(got.target, "/services/T/B/x");
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_EQ(got.body, ChatBody(SampleNotice(), SampleTicket()));
}

TEST_F(SinksTest, WebhookSignsEachTryAndKeepsTheId) {
  HttpReceiver receiver;
  const auto sink = Make(Config("webhook", receiver.url()));
  ASSERT_TRUE(sink.ok()) << sink.status();
  receiver.Answer(500);
  EXPECT_TRUE(absl::IsUnavailable((*sink)->Tell(SampleNotice())));
  clock.Advance(absl::Hours(2));
  receiver.Answer(204);
  EXPECT_TRUE((*sink)->Tell(SampleNotice()).ok());
  ASSERT_EQ(receiver.received().size(), 2u);
  const Received first = receiver.received()[0];
  const Received second = receiver.received()[1];
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(first.headers.at("webhook-id"), second.headers.at("webhook-id"));
  EXPECT_EQ(first.headers.at("webhook-timestamp"), "1772451100");
  EXPECT_EQ(second.headers.at("webhook-timestamp"), "1772458300");
  for (const Received& got : {first, second}) {
    const std::string text = absl::StrCat(got.headers.at("webhook-id"), ".",
                                          got.headers.at("webhook-timestamp"), ".", got.body);
    unsigned char digest[32];
    unsigned int size = sizeof(digest);
    HMAC(EVP_sha256(), kKey, sizeof(kKey) - 1, reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), digest, &size);
    EXPECT_EQ(got.headers.at("webhook-signature"),
              absl::StrCat("v1,", absl::Base64Escape(absl::string_view(
                                      reinterpret_cast<const char*>(digest), size))));
  }
}

TEST_F(SinksTest, WhileSecretsChangeThereIsASignatureByEach) {
  HttpReceiver receiver;
  SinkConfig config = Config("webhook", receiver.url());
  ASSERT_TRUE((*Make(config))->Tell(SampleNotice()).ok());
  config.more_secrets = {"whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="};
  ASSERT_TRUE((*Make(config))->Tell(SampleNotice()).ok());
  std::swap(config.secret, config.more_secrets[0]);
  config.more_secrets.clear();
  ASSERT_TRUE((*Make(config))->Tell(SampleNotice()).ok());
  ASSERT_EQ(receiver.received().size(), 3u);
  const auto signature = [&](int i) {
    return receiver.received()[i].headers.at("webhook-signature");
  };
  EXPECT_EQ(signature(1), signature(0) + " " + signature(2));
  config.more_secrets = {"whsec_hidden!"};
  EXPECT_TRUE(absl::IsInvalidArgument(Make(config).status()));
}

TEST_F(SinksTest, HearsTheKindsThatItsConfigurationNames) {
  SinkConfig config = Config("slack", "https://hooks.example/x");
  const NoticeKind all[] = {NoticeKind::kWarning,         NoticeKind::kBreach,
                            NoticeKind::kEscalation,      NoticeKind::kHandOver,
                            NoticeKind::kBreachWithdrawn, NoticeKind::kClosed};
  for (const NoticeKind kind : all) EXPECT_TRUE((*Make(config))->Wants(kind));
  config.kinds = {NoticeKind::kBreach, NoticeKind::kClosed};
  const auto sink = Make(config);
  EXPECT_TRUE((*sink)->Wants(NoticeKind::kBreach));
  EXPECT_TRUE((*sink)->Wants(NoticeKind::kBreachWithdrawn)) << "whoever heard of it hears the rest";
  EXPECT_TRUE((*sink)->Wants(NoticeKind::kClosed));
  EXPECT_FALSE((*sink)->Wants(NoticeKind::kWarning));
  EXPECT_FALSE((*sink)->Wants(NoticeKind::kHandOver));
}

TEST_F(SinksTest, MailGoesToItsPeople) {
  SmtpReceiver smtp({.offers_login = true});
  SinkConfig config = Config("email", absl::StrCat("smtp://127.0.0.1:", smtp.port()));
  config.user = "retainer";
  config.secret = "password";
  const auto sink = Make(config);
  ASSERT_TRUE(sink.ok()) << sink.status();
  EXPECT_TRUE((*sink)->Check().ok());
  EXPECT_TRUE(smtp.mails().empty());
  const absl::Status told = (*sink)->Tell(SampleNotice());
  ASSERT_TRUE(told.ok()) << told;
  ASSERT_EQ(smtp.mails().size(), 1u);
  const Mail mail = smtp.mails()[0];
  EXPECT_EQ(mail.hello, "acme.example");
  EXPECT_EQ(mail.to, std::vector<std::string>{"<ops@acme.example>"});
  EXPECT_EQ(mail.login, std::string("\0retainer\0password", 18));
  EXPECT_EQ(mail.message,
            MailMessage(SampleNotice(), SampleTicket(), config.from, config.to, clock.Now()));
}

TEST_F(SinksTest, CheckingTellsNothing) {
  HttpReceiver receiver;
  for (const char* kind : {"slack", "webhook"}) {
    const auto sink = Make(Config(kind, receiver.url()));
    ASSERT_TRUE(sink.ok());
    EXPECT_TRUE((*sink)->Check().ok());
  }
  EXPECT_TRUE(receiver.received().empty());
}

TEST_F(SinksTest, OnlyAHostThatIsNamedMayBePrivate) {
  HttpReceiver receiver;
  const std::string https = absl::StrCat("https://127.0.0.1:", receiver.port());
  for (const auto& [url, named] : std::vector<std::pair<std::string, std::string>>{
           {https, "localhost"}, {https, "127.0.0.2"}, {https, ""}}) {
    SinkConfig config = Config("slack", url);
    config.allow_private = {named};
    const auto sink = Make(config);
    ASSERT_TRUE(sink.ok());
    EXPECT_TRUE(absl::IsFailedPrecondition((*sink)->Tell(SampleNotice()))) << named;
    const absl::Status checked = (*sink)->Check();
    EXPECT_TRUE(absl::IsFailedPrecondition(checked)) << named;
    EXPECT_TRUE(absl::StrContains(checked.message(), "allow_private: [\"127.0.0.1\"]")) << checked;
  }
  EXPECT_TRUE(receiver.received().empty());
}

TEST_F(SinksTest, TakesPrivateOnesWhereItIsMarkedSo) {
  SinkConfig config = Config("slack", "https://hooks.example/x");
  EXPECT_FALSE((*Make(config))->takes_private());
  config.is_private = true;
  EXPECT_TRUE((*Make(config))->takes_private());
  EXPECT_EQ((*Make(config))->name(), "ops");
}

TEST_F(SinksTest, WhatCannotWorkIsRefusedWithoutSayingSecrets) {
  std::vector<SinkConfig> wrong = {Config("pigeon", "https://hidden.example/hidden"),
                                   Config("slack", "hidden"), Config("slack", "")};
  for (const char* secret : {"", "hidden", "whsec_hidden!", "whsec_aGlkZGVu"}) {
    wrong.push_back(Config("webhook", "https://x.example/hidden"));
    wrong.back().secret = secret;
  }
  wrong.push_back(Config("email", "smtp://x.example"));
  wrong.back().from = "hidden\r\n@x";
  wrong.push_back(Config("email", "smtp://x.example"));
  wrong.back().to = {};
  wrong.push_back(Config("email", "smtp://x.example"));
  wrong.back().to = {"a@b.c", "hidden\n"};
  for (const SinkConfig& config : wrong) {
    const auto sink = Make(config);
    EXPECT_TRUE(absl::IsInvalidArgument(sink.status())) << config.kind;
    EXPECT_TRUE(absl::StartsWith(sink.status().message(), "sink ops: ")) << sink.status();
    EXPECT_FALSE(absl::StrContains(sink.status().message(), "hidden")) << sink.status();
  }
}

// Another implementation verifies it in tests/sinks/npm/check.sh.
TEST(SignedMessageTest, IsWrittenForOthersToRead) {
  const char* folder = std::getenv("RETAINER_SIGNED");
  HttpReceiver receiver;
  SystemClock clock;
  SinkConfig config;
  config.kind = "webhook";
  config.url = receiver.url();
  config.secret = kSecret;
  config.allow_private = {"127.0.0.1"};
  const auto sink = MakeSink("crm", config, clock, std::make_shared<Transport>());
  ASSERT_TRUE(sink.ok()) << sink.status();
  Notice odd = SampleNotice();
  odd.id += "2";
  odd.text = "Größe, \"quoted\" \\ \u65e5\u672c \xff";
  for (const Notice& notice : {SampleNotice(), odd}) ASSERT_TRUE((*sink)->Tell(notice).ok());
  ASSERT_EQ(receiver.received().size(), 2u);
  int number = 0;
  for (const Received& got : receiver.received()) {
    EXPECT_TRUE(nlohmann::json::accept(got.body)) << got.body;
    if (folder == nullptr) continue;
    std::ofstream(std::filesystem::path(folder) / absl::StrCat(++number, ".json"))
        << nlohmann::json{{"secret", kSecret}, {"headers", got.headers}, {"body", got.body}};
  }
}

}  // namespace
}  // namespace retainer::sinks
