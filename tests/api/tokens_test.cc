// A refused client learns nothing about the configuration; the log has the reason.
#include "src/api/tokens.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/api/served.h"
#include "tests/fakes/test_issuer.h"

namespace retainer::api {
namespace {

class TokensTest : public Served {
 protected:
  TokensTest()
      : verifier_(
            {{"https://ci.example", "retainer", {1296269}, {}, {{"github", "acme/*"}}, "read"}},
            clock, [this](const std::string& url) -> absl::StatusOr<std::string> {
              return url == issuer_.url() + "/keys" ? issuer_.Keys() : issuer_.Configuration();
            }) {
    const auto claims = [&](const char* issuer, const char* audience, const char* repository,
                            int seconds) {
      return absl::StrCat(R"({"iss":")", issuer, R"(","aud":")", audience, R"(","repository_id":")",
                          repository, R"(","exp":)", absl::ToUnixSeconds(clock.Now()) + seconds,
                          "}");
    };
    for (const std::string& one : {claims("https://evil.example", "retainer", "1296269", 300),
                                   claims("https://ci.example", "other", "1296269", 300),
                                   claims("https://ci.example", "retainer", "4", 300),
                                   claims("https://ci.example", "retainer", "1296269", -300)}) {
      tokens_.push_back(issuer_.Sign(one));
    }
    tokens_.push_back(forger_.Sign(claims("https://ci.example", "retainer", "1296269", 300)));
    tokens_.push_back("a.b.c");
  }

  TestIssuer issuer_{"https://ci.example"};
  TestIssuer forger_{"https://ci.example"};
  OidcVerifier verifier_;
  std::vector<std::string> tokens_;
};

TEST_F(TokensTest, AJobsTokenThatDoesNotCountIsAnsweredInOneWay) {
  std::set<std::string> said;
  std::set<std::string> why;
  for (OidcVerifier* verifier : {&verifier_, static_cast<OidcVerifier*>(nullptr)}) {
    for (const std::string& token : tokens_) {
      std::string reason;
      const auto caller = Authenticate(store, verifier, "Bearer " + token, clock.Now(), &reason);
      EXPECT_TRUE(absl::IsUnauthenticated(caller.status())) << caller.status();
      said.insert(std::string(caller.status().message()));
      why.insert(reason);
    }
  }
  EXPECT_EQ(said.size(), 1u) << *said.begin() << *said.rbegin();
  EXPECT_EQ(why.size(), 7u) << "each its own, for the log";
}

TEST_F(TokensTest, ATokenIsForItsProjectWhateverThatIsCalledNow) {
  Serve();
  SaveToken("here", "github:acme/opendb", "");
  SaveToken("there", "github:acme/other", "");
  Open(1, gina);
  ProjectRecord project = **store.FindProject({"github", "77"});
  project.path = "acme/base";
  project.told_at = clock.Now() + absl::Minutes(1);
  ASSERT_TRUE(store.SaveProject(project).ok());
  for (const std::string name : {"acme/opendb", "acme/base"}) {
    for (const std::string& path :
         {"/api/v1/gate?project=github:" + name, "/api/v1/tickets?project=github:" + name,
          "/badge.svg?project=github:" + name, "/api/v1/ticket?ref=github:" + name + "%231"}) {
      EXPECT_EQ(Get(path, "here")->status, 200) << path;
      EXPECT_EQ(Get(path, "there")->status, 403) << path;
    }
  }
  EXPECT_EQ(GetJson("/api/v1/gate", "here")["project"], "github:acme/base");
}

TEST_F(TokensTest, WhyATokenWasRefusedStandsInTheLogAlone) {
  options.oidc = &verifier_;
  Serve();
  const auto result = Get(gate, tokens_[2]);
  EXPECT_EQ(result->status, 401);
  EXPECT_EQ(result->body.find("repository is not configured"), std::string::npos) << result->body;
  bool logged = false;
  for (const std::string& line : log.lines()) {
    logged = logged || line.find("repository is not configured") != line.npos;
  }
  EXPECT_TRUE(logged);
}

// A gauge is computed from the store when it is scraped, also at the first scrape.
TEST_F(TokensTest, FiguresAreTrueFromTheFirstScrapeOn) {
  Serve();
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  ASSERT_TRUE(store.PutDelivery({"elsewhere", "d1", "issues", "{}", clock.Now(), false}).ok());
  httplib::Client operators("127.0.0.1", ports.metrics_listen);
  ASSERT_EQ(operators.Get("/metrics")->status, 200);
  EXPECT_EQ(metrics.Value("retainer_inbox_entries"), 1);
}

}  // namespace
}  // namespace retainer::api
