#include "src/api/oidc.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_issuer.h"

namespace retainer::api {
namespace {

constexpr std::int64_t kNow = 1'772'000'000;

class OidcTest : public testing::Test {
 protected:
  OidcTest() {
    issuer_.AddEcKey("ec-1");
    Publish();
  }

  void Publish() {
    web_[issuer_.url() + "/.well-known/openid-configuration"] = issuer_.Configuration();
    web_[issuer_.url() + "/keys"] = issuer_.Keys();
  }

  // The claims of a GitHub job; `more` replaces claims of the same name.
  static std::string Claims(std::map<std::string, std::string> more = {}) {
    std::map<std::string, std::string> claims = {
        {"iss", "\"https://ci.example\""},
        {"aud", "\"retainer\""},
        {"sub", "\"repo:acme/opendb:ref:refs/heads/main\""},
        {"repository_id", "\"1296269\""},
        {"iat", absl::StrCat(kNow)},
        {"nbf", absl::StrCat(kNow)},
        {"exp", absl::StrCat(kNow + 300)}};
    for (auto& [name, value] : more) claims[name] = value;
    std::string json;
    for (const auto& [name, value] : claims) {
      if (value.empty()) continue;
      absl::StrAppend(&json, json.empty() ? "{" : ",", "\"", name, "\":", value);
    }
    return json + "}";
  }

  absl::Status Refusal(const std::string& token) {
    auto access = verifier_.Verify(token);
    return access.status();
  }
  void Refuses(const std::string& token, const std::string& why) {
    const absl::Status status = Refusal(token);
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
    EXPECT_NE(std::string(status.message()).find(why), std::string::npos) << status;
  }

  TestIssuer issuer_{"https://ci.example"};
  std::map<std::string, std::string> web_;
  std::atomic<int> fetches_ = 0;
  FakeClock clock_{absl::FromUnixSeconds(kNow)};
  std::vector<OidcConfig> entries_ = {
      {"https://ci.example", "retainer", {1296269}, {}, {{"github", "acme/opendb"}}, "read"},
      {"https://ci.example", "retainer", {}, {77}, {{"gitlab", "acme/*"}}, "write"}};
  OidcVerifier verifier_{entries_, clock_,
                         [this](const std::string& url) -> absl::StatusOr<std::string> {
                           ++fetches_;
                           const auto it = web_.find(url);
                           if (it == web_.end()) return absl::UnavailableError("no answer");
                           return it->second;
                         }};
};

TEST_F(OidcTest, OpensWhatTheEntryOfItsRepositorySays) {
  auto access = verifier_.Verify(issuer_.Sign(Claims()));
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->id, "oidc:repository_id 1296269");
  EXPECT_EQ(access->scope, "read");
  EXPECT_EQ(access->projects, (std::vector<ProjectRef>{{"github", "acme/opendb"}}));
}

TEST_F(OidcTest, TakesGitLabsProjectIdAndEllipticKeysAndListsOfAudiences) {
  auto access = verifier_.Verify(issuer_.Sign(
      Claims({{"repository_id", ""}, {"project_id", "\"77\""}, {"aud", "[\"x\",\"retainer\"]"}}),
      "ec-1", "ES256"));
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->scope, "write");
  EXPECT_EQ(access->projects, (std::vector<ProjectRef>{{"gitlab", "acme/*"}}));
}

// Found by a fuzzer: the library that reads tokens aborts on these.
TEST_F(OidcTest, PartsThatNothingEncodesToAreRefused) {
  const std::string token = issuer_.Sign(Claims());
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  for (const std::string& odd : {std::string("A"), std::string("AAAAA"), std::string("A=="),
                                 std::string("A A"), std::string("AA+/")}) {
    Refuses(odd + token.substr(first), "not a signed token");
    Refuses(token.substr(0, first + 1) + odd + token.substr(last), "not a signed token");
    Refuses(token.substr(0, last + 1) + odd, "not a signed token");
  }
  web_[issuer_.url() + "/keys"] =
      R"({"keys":[{"kty":"RSA","kid":"rsa-1","n":"AAAAA","e":"AQAB"}]})";
  EXPECT_FALSE(verifier_.Verify(token).ok());
}

TEST_F(OidcTest, RefusesWhatDoesNotFit) {
  Refuses("a.b.c", "not a signed token");
  Refuses(std::string(9000, 'a') + ".b.c", "too long");
  Refuses(issuer_.Sign(Claims({{"iss", "\"https://evil.example\""}})), "issuer");
  Refuses(issuer_.Sign(Claims({{"aud", "\"other\""}})), "audience");
  Refuses(issuer_.Sign(Claims({{"aud", ""}})), "audience");
  Refuses(issuer_.Sign(Claims({{"repository_id", "\"4\""}})), "repository");
  Refuses(issuer_.Sign(Claims({{"repository_id", ""}})), "repository");
  // An id counts only as what the entry says: a project's number is not a repository's.
  Refuses(issuer_.Sign(Claims({{"repository_id", "\"77\""}})), "repository");
  Refuses(issuer_.Sign(Claims({{"exp", absl::StrCat(kNow - 61)}})), "expired");
  Refuses(issuer_.Sign(Claims({{"exp", ""}})), "expired");
  Refuses(issuer_.Sign(Claims({{"exp", "\"tomorrow\""}})), "expired");
  Refuses(issuer_.Sign(Claims({{"nbf", absl::StrCat(kNow + 120)}})), "not in force");
  Refuses(issuer_.Sign("[1]"), "issuer");
  EXPECT_EQ(fetches_, 2) << "once, whatever they claim";
}

TEST_F(OidcTest, RefusesForgedSignatures) {
  TestIssuer forger("https://ci.example");
  Refuses(forger.Sign(Claims()), "signature");
  // A genuine signature with other claims.
  const std::string genuine = issuer_.Sign(Claims());
  const std::vector<std::string> parts = absl::StrSplit(genuine, '.');
  std::string raised;
  absl::WebSafeBase64Escape(Claims({{"exp", absl::StrCat(kNow + 900)}}), &raised);
  Refuses(absl::StrCat(parts[0], ".", raised, ".", parts[2]), "signature");
  // An RSA signature with the name of an elliptic key, and the reverse.
  Refuses(issuer_.Sign(Claims(), "rsa-1", "RS256", "ec-1"), "algorithm");
  Refuses(issuer_.Sign(Claims(), "ec-1", "ES256", "rsa-1"), "algorithm");
}

// RFC 7515, 4.1.11: a reader that does not understand a critical extension must refuse the token.
TEST_F(OidcTest, RefusesWhatItsHeaderCallsCritical) {
  EXPECT_TRUE(verifier_.Verify(issuer_.Sign(Claims())).ok());
  for (const char* crit : {R"(["exp"])", R"(["b64"])", "[]"}) {
    Refuses(issuer_.Sign(Claims(), "rsa-1", "RS256", "", crit), "crit");
  }
  // No library would sign these.
  for (const char* crit : {R"("exp")", "null"}) {
    std::string header, body;
    absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":"RS256","kid":"rsa-1","crit":)", crit, "}"),
                              &header);
    absl::WebSafeBase64Escape(Claims(), &body);
    Refuses(absl::StrCat(header, ".", body, ".c2ln"), "crit");
  }
}

TEST_F(OidcTest, PinsTheAlgorithms) {
  std::string header, body;
  absl::WebSafeBase64Escape(R"({"alg":"none","kid":"rsa-1"})", &header);
  absl::WebSafeBase64Escape(Claims(), &body);
  EXPECT_TRUE(absl::IsUnauthenticated(Refusal(absl::StrCat(header, ".", body, "."))));
  Refuses(issuer_.Sign(Claims(), "rsa-1", "RS384"), "RS256 or ES256");
  Refuses(issuer_.Sign(Claims(), "rsa-1", "PS256"), "RS256 or ES256");
}

TEST_F(OidcTest, PassesOverShortKeys) {
  issuer_.AddRsaKey("short", 1024);
  Publish();
  Refuses(issuer_.Sign(Claims(), "short"), "no such key");
}

TEST_F(OidcTest, KeepsKeysForAnHourAndFollowsARotation) {
  ASSERT_TRUE(verifier_.Verify(issuer_.Sign(Claims())).ok());
  ASSERT_TRUE(verifier_.Verify(issuer_.Sign(Claims())).ok());
  EXPECT_EQ(fetches_, 2);  // its description and its keys, once
  issuer_.AddRsaKey("rsa-2");
  issuer_.RemoveKey("rsa-1");
  Publish();
  // Unknown keys are fetched at most once a minute, however many tokens name them.
  Refuses(issuer_.Sign(Claims(), "rsa-2"), "no such key");
  EXPECT_EQ(fetches_, 2);
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(verifier_.Verify(issuer_.Sign(Claims(), "rsa-2")).ok());
  EXPECT_EQ(fetches_, 4);
}

TEST_F(OidcTest, AKeyThatItsIssuerWithdrewCountsNoMoreAfterAnHour) {
  const std::string late = issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 10'000)}}));
  ASSERT_TRUE(verifier_.Verify(late).ok());
  issuer_.AddRsaKey("rsa-2");
  issuer_.RemoveKey("rsa-1");
  Publish();
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  Refuses(late, "no such key");
}

TEST_F(OidcTest, GoesOnWithKnownKeysForADayWhileTheIssuerIsAway) {
  const std::string late = issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 200'000)}}));
  ASSERT_TRUE(verifier_.Verify(late).ok());
  web_.clear();
  clock_.Advance(absl::Hours(23));
  EXPECT_TRUE(verifier_.Verify(late).ok());
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(absl::IsUnavailable(Refusal(late)));
}

// OpenID Connect Discovery, 4: a trailing slash is part of an issuer's name, but not of the address
// of its description.
TEST_F(OidcTest, ASlashAtTheEndIsTheIssuersOwnToWrite) {
  const std::string about = issuer_.url() + "/.well-known/openid-configuration";
  const auto configured_as = [&](const std::string& issuer) {
    std::vector<OidcConfig> entries = entries_;
    for (OidcConfig& entry : entries) entry.issuer = issuer;
    return std::make_unique<OidcVerifier>(
        entries, clock_, [this](const std::string& url) -> absl::StatusOr<std::string> {
          const auto it = web_.find(url);
          if (it == web_.end()) return absl::UnavailableError("no answer");
          return it->second;
        });
  };
  for (const std::string written : {"https://ci.example", "https://ci.example/"}) {
    web_[about] = R"({"issuer":"https://ci.example/","jwks_uri":"https://ci.example/keys"})";
    const auto slash = configured_as(written);
    EXPECT_TRUE(slash->Verify(issuer_.Sign(Claims({{"iss", "\"https://ci.example/\""}}))).ok())
        << written;
    EXPECT_TRUE(absl::IsUnauthenticated(slash->Verify(issuer_.Sign(Claims())).status()))
        << "it calls itself otherwise";
    web_[about] = R"({"issuer":"https://ci.example","jwks_uri":"https://ci.example/keys"})";
    const auto plain = configured_as(written);
    EXPECT_TRUE(plain->Verify(issuer_.Sign(Claims())).ok()) << written;
    EXPECT_TRUE(absl::IsUnauthenticated(
        plain->Verify(issuer_.Sign(Claims({{"iss", "\"https://ci.example/\""}}))).status()));
    EXPECT_TRUE(absl::IsUnauthenticated(
        plain->Verify(issuer_.Sign(Claims({{"iss", "\"https://ci.example/x\""}}))).status()));
  }
}

TEST_F(OidcTest, AnIssuerThatDoesNotAnswerOrIsAnotherIsUnavailable) {
  const std::string token = issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 10'000)}}));
  web_[issuer_.url() + "/.well-known/openid-configuration"] =
      R"({"issuer":"https://other.example","jwks_uri":"https://ci.example/keys"})";
  EXPECT_TRUE(absl::IsUnavailable(Refusal(token)));
  clock_.Advance(absl::Minutes(1));
  for (const std::string keys :
       {"", "[]", "{}", R"({"keys":7})", R"({"keys":[]})",
        R"({"keys":[1,{"kty":"RSA"},{"kty":"oct","k":"AAAA","kid":"x"}]})"}) {
    Publish();
    web_[issuer_.url() + "/keys"] = keys;
    EXPECT_TRUE(absl::IsUnavailable(Refusal(token))) << keys;
    clock_.Advance(absl::Minutes(1));
  }
}

TEST_F(OidcTest, ServesManyThreads) {
  const std::string token = issuer_.Sign(Claims());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) good += verifier_.Verify(token).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
  EXPECT_EQ(fetches_, 2);
}

// An issuer whose answer hangs until it is let go.
class HangingIssuerTest : public OidcTest {
 protected:
  ~HangingIssuerTest() override { LetGo(); }

  void LetGo() {
    std::lock_guard lock(mutex_);
    hangs_ = false;
    change_.notify_all();
  }
  void Hang() {
    std::lock_guard lock(mutex_);
    hangs_ = true;
  }
  void AwaitFetch() {
    std::unique_lock lock(mutex_);
    change_.wait(lock, [this] { return hanging_ > 0; });
  }

  std::mutex mutex_;
  std::condition_variable change_;
  bool hangs_ = false;
  int hanging_ = 0;
  OidcVerifier hanging_verifier_{entries_, clock_,
                                 [this](const std::string& url) -> absl::StatusOr<std::string> {
                                   std::unique_lock lock(mutex_);
                                   ++hanging_;
                                   change_.notify_all();
                                   change_.wait(lock, [this] { return !hangs_; });
                                   --hanging_;
                                   return web_.at(url);
                                 }};
};

TEST_F(HangingIssuerTest, WhoseKeyIsKnownDoesNotWait) {
  const std::string late = issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 10'000)}}));
  ASSERT_TRUE(hanging_verifier_.Verify(late).ok());
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  Hang();
  auto first = std::async(std::launch::async, [&] { return hanging_verifier_.Verify(late).ok(); });
  AwaitFetch();
  auto second = std::async(std::launch::async, [&] { return hanging_verifier_.Verify(late).ok(); });
  EXPECT_EQ(second.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  LetGo();
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(first.get());
}

TEST_F(HangingIssuerTest, AFewWaitForItAndTheRestAreToldAtOnce) {
  const std::string token = issuer_.Sign(Claims());
  Hang();
  std::atomic<int> good = 0;
  std::mutex mutex;
  std::condition_variable told;
  int unavailable = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 1 + 16 + 4; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = hanging_verifier_.Verify(token).status();
      good += status.ok() ? 1 : 0;
      std::lock_guard lock(mutex);
      unavailable += absl::IsUnavailable(status) ? 1 : 0;
      told.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(told.wait_for(lock, std::chrono::seconds(10), [&] { return unavailable == 4; }));
  }
  LetGo();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 17);
}

// A forger learns nothing about the configuration: for all forged tokens the answer is the same,
// and so is the work before it.
TEST_F(OidcTest, WhatIsAskedForAnUnprovenTokenDoesNotHangOnWhatItClaims) {
  TestIssuer forger("https://ci.example");
  const std::vector<std::map<std::string, std::string>> claims = {
      {},  // everything as configured
      {{"iss", "\"https://evil.example\""}},
      {{"aud", "\"other\""}},
      {{"repository_id", "\"4\""}},
      {{"exp", absl::StrCat(kNow - 61)}},
      {{"nbf", absl::StrCat(kNow + 9'000)}}};
  forger.AddRsaKey("unheard-of");
  forger.AddEcKey("ec-1");
  for (const auto& [key, algorithm] : {std::pair("unheard-of", "RS256"),
                                       std::pair("rsa-1", "RS256"), std::pair("ec-1", "ES256")}) {
    for (const auto& claim : claims) {
      std::map<std::string, std::string> all = claim;
      all.emplace("exp", absl::StrCat(kNow + 9'000));
      const std::string token = forger.Sign(Claims(all), key, algorithm);
      for (const bool away : {true, false}) {
        // The first token after a minute causes a fetch, the next one does not.
        clock_.Advance(absl::Minutes(1));
        if (away) {
          web_.clear();
        } else {
          Publish();
        }
        const int before = fetches_;
        const absl::StatusCode code =
            away ? absl::StatusCode::kUnavailable : absl::StatusCode::kUnauthenticated;
        EXPECT_EQ(Refusal(token).code(), code) << key << " " << all.begin()->second;
        EXPECT_EQ(fetches_ - before, away ? 1 : 2);
        EXPECT_EQ(Refusal(token).code(), code);
        EXPECT_EQ(fetches_ - before, away ? 1 : 2);
      }
    }
  }
}

TEST_F(OidcTest, AProvenTokenHasNothingFetched) {
  const std::string token = issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 9'000)}}));
  ASSERT_TRUE(verifier_.Verify(token).ok());
  const int before = fetches_;
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(absl::Minutes(2));
    EXPECT_TRUE(verifier_.Verify(token).ok());
    // Neither does a signed token that is not valid here.
    Refuses(issuer_.Sign(Claims({{"exp", absl::StrCat(kNow + 9'000)}, {"aud", "\"x\""}})),
            "audience");
  }
  EXPECT_EQ(fetches_, before);
}

TEST_F(OidcTest, NoRefusalQuotesTheToken) {
  const std::string token = issuer_.Sign(Claims({{"aud", "\"secret-audience\""}}));
  EXPECT_EQ(std::string(Refusal(token).message()).find("secret-audience"), std::string::npos);
}

}  // namespace
}  // namespace retainer::api
