#include "src/sinks/transport.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "retainer/forge.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer::sinks {
namespace {

Endpoint Here(std::string url) {
  Endpoint endpoint;
  endpoint.url = std::move(url);
  endpoint.may_be_private = true;
  endpoint.may_be_clear = true;
  return endpoint;
}

Endpoint Public(std::string url) {
  Endpoint endpoint;
  endpoint.url = std::move(url);
  return endpoint;
}

TEST(TransportTest, PostsAndTakesEvery2xxForAYes) {
  HttpReceiver receiver;
  const Transport transport;
  for (int status : {200, 201, 202, 204}) {
    receiver.Answer(status);
    EXPECT_TRUE(transport.Post(Here(receiver.url("/a?b=c")), {"X-One: 1"}, "{\"a\":1}").ok());
  }
  ASSERT_EQ(receiver.received().size(), 4u);
  const Received got = receiver.received()[0];
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/a?b=c");
  EXPECT_EQ(got.body, "{\"a\":1}");
  EXPECT_EQ(got.headers.at("x-one"), "1");
}

// ---- Where it may go

class ForbiddenTest : public testing::TestWithParam<const char*> {};

TEST_P(ForbiddenTest, IsNeverConnectedTo) {
  // A server on this port would answer, but no connection gets that far.
  HttpReceiver receiver;
  const std::string host = GetParam();
  const Transport transport({absl::Seconds(2), absl::Seconds(3)});
  const std::string url = absl::StrCat("https://", host, ":", receiver.port(), "/secret-path");
  for (const absl::Status& status :
       {transport.Post(Public(url), {}, "x"), transport.Connect(Public(url))}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "address, to which nothing is sent")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "secret-path")) << status;
  }
  EXPECT_TRUE(receiver.received().empty());
}

INSTANTIATE_TEST_SUITE_P(All, ForbiddenTest,
                         testing::Values("127.0.0.1", "[::1]", "10.1.2.3", "172.16.0.1",
                                         "192.168.0.1", "169.254.169.254", "[fd00::1]", "[fe80::1]",
                                         "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "2130706433",
                                         "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "[::]",
                                         "localhost", "user@127.0.0.1"));

TEST(TransportTest, WhatIsNotEncryptedStaysOnThisMachineAndWantsToBeAllowed) {
  HttpReceiver receiver;
  const Transport transport({absl::Seconds(2), absl::Seconds(3)});
  EXPECT_TRUE(absl::IsInvalidArgument(transport.Post(Public(receiver.url()), {}, "x")));
  // Loopback is allowed, but this address is elsewhere.
  const absl::Status elsewhere = transport.Post(Here("http://10.1.2.3/"), {}, "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(elsewhere)) << elsewhere;
  const absl::Status outside = transport.Post(Here("http://140.82.112.3/"), {}, "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(outside)) << outside;
  // Private addresses are not loopback addresses.
  Endpoint half = Here(receiver.url());
  half.may_be_private = false;
  EXPECT_TRUE(absl::IsFailedPrecondition(transport.Post(half, {}, "x")));
  EXPECT_TRUE(receiver.received().empty());
}

TEST(TransportTest, AnUnusableAddressCannotBeAllowed) {
  const Transport transport({absl::Seconds(2), absl::Seconds(3)});
  Endpoint endpoint = Public("https://0.0.0.0:9/");
  endpoint.may_be_private = true;
  const absl::Status status = transport.Post(endpoint, {}, "x");
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "allow_private")) << status;
}

TEST(TransportTest, ProxiesOfTheEnvironmentAreNotUsed) {
  HttpReceiver proxy;
  HttpReceiver receiver;
  const std::string address = absl::StrCat("http://127.0.0.1:", proxy.port());
  setenv("http_proxy", address.c_str(), 1);
  setenv("ALL_PROXY", address.c_str(), 1);
  EXPECT_TRUE(Transport().Post(Here(receiver.url()), {}, "x").ok());
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  EXPECT_TRUE(proxy.received().empty());
  EXPECT_EQ(receiver.received().size(), 1u);
}

TEST(TransportTest, OtherSchemesAreNone) {
  const Transport transport;
  for (const char* url :
       {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "", "x", "https://"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(transport.Post(Here(url), {}, "x"))) << url;
  }
}

TEST(TransportTest, RedirectsAreNotFollowed) {
  HttpReceiver other;
  HttpReceiver receiver;
  for (int status : {301, 302, 303, 307, 308}) {
    receiver.Answer(status, {{"Location", other.url("/?token=hidden")}});
    const absl::Status refused = Transport().Post(Here(receiver.url()), {}, "x");
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_FALSE(absl::StrContains(refused.message(), "hidden")) << refused;
  }
  EXPECT_TRUE(other.received().empty());
}

// ---- What it makes of answers

TEST(TransportTest, TellsTryAgainFromNeverAgain) {
  HttpReceiver receiver;
  const auto post = [&](int status, std::map<std::string, std::string> headers = {}) {
    receiver.Answer(status, std::move(headers), "an answer that nobody should read");
    return Transport().Post(Here(receiver.url("/T0/hidden")), {"X-Key: hidden"}, "hidden");
  };
  for (int status : {400, 401, 404, 408, 500, 502, 503}) {
    EXPECT_TRUE(absl::IsUnavailable(post(status))) << status;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(post(410)));
  const absl::Status limited = post(429, {{"Retry-After", "120"}});
  EXPECT_TRUE(absl::IsResourceExhausted(limited)) << limited;
  EXPECT_EQ(RetryAfter(limited), absl::Seconds(120));
  EXPECT_EQ(RetryAfter(post(503, {{"Retry-After", "7"}})), absl::Seconds(7));
  EXPECT_EQ(RetryAfter(post(429, {{"Retry-After", "99999999"}})), absl::Hours(24));
  EXPECT_EQ(RetryAfter(post(503)), std::nullopt);
  for (int status : {302, 410, 429, 500}) {
    const absl::Status refused = post(status);
    EXPECT_FALSE(absl::StrContains(refused.message(), "hidden")) << refused;
    EXPECT_FALSE(absl::StrContains(refused.message(), "nobody should read")) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), absl::StrCat(status))) << refused;
  }
}

TEST(TransportTest, ALongAnswerIsNotReadToItsEnd) {
  HttpReceiver receiver;
  receiver.Answer(200, {}, std::string(1 << 20, 'x'));
  EXPECT_TRUE(Transport().Post(Here(receiver.url()), {}, "x").ok());
  receiver.Answer(500, {}, std::string(1 << 20, 'x'));
  EXPECT_TRUE(absl::IsUnavailable(Transport().Post(Here(receiver.url()), {}, "x")));
}

TEST(TransportTest, SilenceEnds) {
  SilentReceiver silent;
  const Transport transport({absl::Milliseconds(200), absl::Milliseconds(300)});
  const absl::Time begin = absl::Now();
  EXPECT_TRUE(absl::IsUnavailable(
      transport.Post(Here(absl::StrCat("http://127.0.0.1:", silent.port(), "/")), {}, "x")));
  EXPECT_TRUE(absl::IsUnavailable(
      transport.Connect(Here(absl::StrCat("https://127.0.0.1:", silent.port(), "/")))));
  EXPECT_TRUE(absl::IsUnavailable(transport.Send(
      Here(absl::StrCat("smtp://127.0.0.1:", silent.port(), "/")), {"a@b.c", {"d@e.f"}, "x"})));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST(TransportTest, ConnectingSaysNothing) {
  HttpReceiver receiver;
  EXPECT_TRUE(Transport().Connect(Here(receiver.url())).ok());
  EXPECT_TRUE(receiver.received().empty());
  SmtpReceiver smtp({.offers_login = true, .to_login = "535 no"});
  Endpoint endpoint = Here(absl::StrCat("smtp://127.0.0.1:", smtp.port(), "/x.example"));
  EXPECT_TRUE(Transport().Connect(endpoint).ok());
  endpoint.user = "retainer";
  endpoint.password = "hidden";
  const absl::Status refused = Transport().Connect(endpoint);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_FALSE(absl::StrContains(refused.message(), "hidden")) << refused;
  EXPECT_TRUE(smtp.mails().empty());
}

// ---- Mail

const Letter kLetter = {"retainer@acme.example",
                        {"ops@acme.example", "lead@acme.example"},
                        "Subject: x\r\n\r\nline\r\n.dot\r\n"};

TEST(TransportTest, AMailGoesToEveryOneAsItIs) {
  SmtpReceiver smtp({.offers_login = true});
  Endpoint endpoint = Here(absl::StrCat("smtp://127.0.0.1:", smtp.port(), "/acme.example"));
  endpoint.user = "retainer";
  endpoint.password = "pass word";
  const absl::Status sent = Transport().Send(endpoint, kLetter);
  ASSERT_TRUE(sent.ok()) << sent;
  ASSERT_EQ(smtp.mails().size(), 1u);
  const Mail mail = smtp.mails()[0];
  EXPECT_EQ(mail.hello, "acme.example");
  EXPECT_EQ(mail.login, std::string("\0retainer\0pass word", 19));
  EXPECT_EQ(mail.from, "<retainer@acme.example>");
  EXPECT_EQ(mail.to, std::vector<std::string>({"<ops@acme.example>", "<lead@acme.example>"}));
  EXPECT_EQ(mail.message, kLetter.message);
}

TEST(TransportTest, WithoutEncryptionNoMailLeavesThisMachine) {
  SmtpReceiver smtp({.offers_login = true});
  Endpoint endpoint = Here(absl::StrCat("smtp://127.0.0.1:", smtp.port(), "/x.example"));
  endpoint.may_be_clear = false;
  endpoint.user = "retainer";
  endpoint.password = "hidden";
  const absl::Status refused = Transport().Send(endpoint, kLetter);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "STARTTLS")) << refused;
  EXPECT_TRUE(smtp.mails().empty());
  for (const std::string& command : smtp.commands()) {
    EXPECT_FALSE(absl::StartsWith(command, "AUTH")) << command;
    EXPECT_FALSE(absl::StartsWith(command, "MAIL")) << command;
  }
}

TEST(TransportTest, MailIsEncryptedAndTheServersNameIsVerified) {
  SmtpReceiver smtp({.offers_starttls = true, .offers_login = true});
  TemporaryFolder folder;
  const std::string authorities = folder.path() + "/ca.pem";
  std::ofstream(authorities) << smtp.authority();
  Endpoint endpoint;
  endpoint.url = absl::StrCat("smtp://localhost:", smtp.port(), "/x.example");
  endpoint.may_be_private = true;
  endpoint.user = "retainer";
  endpoint.password = "hidden";
  EXPECT_TRUE(absl::IsUnavailable(Transport().Send(endpoint, kLetter))) << "nobody vouches for it";
  const Transport transport({}, authorities);
  const absl::Status sent = transport.Send(endpoint, kLetter);
  EXPECT_TRUE(sent.ok()) << sent;
  EXPECT_TRUE(transport.Connect(endpoint).ok());
  endpoint.url = absl::StrCat("smtp://127.0.0.1:", smtp.port(), "/x.example");
  EXPECT_TRUE(absl::IsUnavailable(transport.Send(endpoint, kLetter))) << "another name";
  ASSERT_EQ(smtp.mails().size(), 1u);
  EXPECT_TRUE(smtp.mails()[0].is_encrypted);
}

TEST(TransportTest, MailServersSayNoForNowAndForGood) {
  const auto send = [](SmtpBehaviour behaviour) {
    SmtpReceiver smtp(std::move(behaviour));
    return Transport().Send(Here(absl::StrCat("smtp://127.0.0.1:", smtp.port(), "/x.example")),
                            kLetter);
  };
  EXPECT_TRUE(absl::IsUnavailable(send({.to_recipient = "451 later"})));
  EXPECT_TRUE(absl::IsFailedPrecondition(send({.to_recipient = "550 nobody"})));
  EXPECT_TRUE(absl::IsUnavailable(send({.to_message = "452 later"})));
  const absl::Status refused = send({.to_message = "554 no hidden thing"});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_FALSE(absl::StrContains(refused.message(), "hidden")) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "554")) << refused;
}

TEST(TransportTest, HostOfAUrl) {
  EXPECT_EQ(HostOf("https://Hooks.Example.com:8443/x"), "hooks.example.com");
  EXPECT_EQ(HostOf("smtp://[::1]:25"), "::1");
  EXPECT_EQ(HostOf("no url"), "");
}

}  // namespace
}  // namespace retainer::sinks
