// Signing in at GitHub and GitLab: what is asked, what is believed, and what becomes of the token.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "src/base/digest.h"
#include "src/forge/sign_in_clients.h"
#include "src/sandbox/sandbox.h"
#include "tests/forge/fake_transport.h"

namespace retainer::forge {
namespace {

constexpr char kSecret[] = "top-secret-of-the-client";
constexpr char kBack[] = "https://desk.example/signed-in/f";

class SignInClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<SignIn> Make(ForgeKind kind, const std::string& api_url) {
    ForgeConfig config;
    config.name = "f";
    config.kind = kind;
    config.api_url = api_url;
    config.sign_in = SignInConfig{"client", kSecret};
    auto made = MakeSignInOver(config, std::make_unique<FakeTransport>(web),
                               std::make_unique<FakeTransport>(api));
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  std::unique_ptr<SignIn> GitHub() { return Make(ForgeKind::kGitHub, "https://api.github.com"); }
  std::unique_ptr<SignIn> GitLab() {
    return Make(ForgeKind::kGitLab, "https://git.example/lab/api/v4");
  }

  Script web;
  Script api;
};

TEST(WebUrl, FollowsFromTheAddressOfTheApi) {
  EXPECT_EQ(WebUrl(ForgeKind::kGitHub, "https://api.github.com"), "https://github.com");
  EXPECT_EQ(WebUrl(ForgeKind::kGitHub, "https://api.acme.ghe.com"), "https://acme.ghe.com");
  EXPECT_EQ(WebUrl(ForgeKind::kGitHub, "https://git.example/api/v3"), "https://git.example");
  EXPECT_EQ(WebUrl(ForgeKind::kGitLab, "https://gitlab.com/api/v4"), "https://gitlab.com");
  EXPECT_EQ(WebUrl(ForgeKind::kGitLab, "https://git.example/lab/api/v4"),
            "https://git.example/lab");
  EXPECT_EQ(WebUrl(ForgeKind::kGitLab, "https://git.example"), "");
  EXPECT_EQ(WebUrl(ForgeKind::kGitHub, "http://127.0.0.1:1/other"), "");
}

TEST_F(SignInClientTest, TheBrowserGoesToTheForgesOwnPage) {
  EXPECT_EQ(GitHub()->AuthorizeUrl("s&t", "c", kBack),
            "https://github.com/login/oauth/authorize?client_id=client&redirect_uri="
            "https%3A%2F%2Fdesk.example%2Fsigned-in%2Ff&state=s%26t&code_challenge=c"
            "&code_challenge_method=S256");
  EXPECT_EQ(GitLab()->AuthorizeUrl("s", "c", kBack),
            "https://git.example/lab/oauth/authorize?client_id=client&redirect_uri="
            "https%3A%2F%2Fdesk.example%2Fsigned-in%2Ff&state=s&code_challenge=c"
            "&code_challenge_method=S256&response_type=code&scope=read_user");
}

TEST_F(SignInClientTest, GitHubsAccountIsReadAndTheTokenRevoked) {
  web.On("POST /login/oauth/access_token", 200,
         R"({"access_token":"ghu_x","token_type":"bearer","scope":""})");
  api.On("GET /user", 200, R"({"id":33,"login":"erin","type":"User"})");
  api.On("DELETE /applications/client/token", 204);
  const auto account = GitHub()->Finish("code", "verifier", kBack);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(*account, (Account{"f", {"33", "erin", false}}));
  const auto sent = nlohmann::json::parse(web.history()[0].request.body);
  EXPECT_EQ(sent["code"], "code");
  EXPECT_EQ(sent["code_verifier"], "verifier");
  EXPECT_EQ(sent["redirect_uri"], kBack);
  ASSERT_EQ(api.history().size(), 2u);
  EXPECT_EQ(api.history()[0].request.headers.at("Authorization"), "Bearer ghu_x");
  EXPECT_EQ(nlohmann::json::parse(api.history()[1].request.body)["access_token"], "ghu_x");
}

TEST_F(SignInClientTest, GitLabsAccountIsReadAndTheTokenRevoked) {
  web.On("POST /lab/oauth/token", 200, R"({"access_token":"t","token_type":"Bearer"})");
  web.On("POST /lab/oauth/revoke", 200, "{}");
  api.On("GET /lab/api/v4/user", 200, R"({"id":44,"username":"frank"})");
  const auto account = GitLab()->Finish("code", "verifier", kBack);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(*account, (Account{"f", {"44", "frank", false}}));
  EXPECT_EQ(web.history().back().request.target, "/lab/oauth/revoke");
}

TEST_F(SignInClientTest, TheTokenIsRevokedAlsoWhenTheAccountCannotBeRead) {
  web.On("POST /login/oauth/access_token", 200, R"({"access_token":"ghu_x"})");
  api.On("GET /user", 500, "broken");
  api.On("DELETE /applications/client/token", 204);
  EXPECT_TRUE(absl::IsUnavailable(GitHub()->Finish("c", "v", kBack).status()));
  EXPECT_EQ(api.history().back().request.method, "DELETE");
}

TEST_F(SignInClientTest, EachRefusalIsToldApartWithoutASecret) {
  const auto error = [&](const std::string& body, int status = 200) {
    web.Forget("POST /login/oauth/access_token");
    web.On("POST /login/oauth/access_token", status, body);
    const absl::Status refused = GitHub()->Finish("the-code", "the-verifier", kBack).status();
    for (const char* secret : {kSecret, "the-code", "the-verifier", "leaked"}) {
      EXPECT_FALSE(absl::StrContains(refused.message(), secret)) << refused;
    }
    return refused.code();
  };
  using absl::StatusCode;
  EXPECT_EQ(error(R"({"error":"bad_verification_code"})"), StatusCode::kPermissionDenied);
  EXPECT_EQ(error(R"({"error":"invalid_grant"})", 400), StatusCode::kPermissionDenied);
  EXPECT_EQ(error(R"({"error":"incorrect_client_credentials"})"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(error(R"({"error":"redirect_uri_mismatch"})"), StatusCode::kFailedPrecondition);
  EXPECT_EQ(error("<html>leaked</html>", 502), StatusCode::kUnavailable);
  EXPECT_EQ(error("[]"), StatusCode::kUnavailable);
  EXPECT_EQ(error("{}"), StatusCode::kUnavailable);
  EXPECT_EQ(error(R"({"access_token":7})"), StatusCode::kUnavailable);
}

TEST_F(SignInClientTest, AnAccountWithoutAnIdIsNone) {
  web.On("POST /login/oauth/access_token", 200, R"({"access_token":"ghu_x"})");
  for (const char* body : {"{}", R"({"login":"erin"})", R"({"id":33})", "no"}) {
    api.Forget("GET /user");
    api.On("GET /user", 200, body);
    EXPECT_TRUE(absl::IsUnavailable(GitHub()->Finish("c", "v", kBack).status())) << body;
  }
}

}  // namespace
}  // namespace retainer::forge
