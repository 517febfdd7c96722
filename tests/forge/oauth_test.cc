// Signing in at the sandbox: the real client and the forge's side of it.
#include <gtest/gtest.h>
#include <httplib.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/forge/sign_in_clients.h"
#include "src/sandbox/sandbox.h"
#include "tests/fakes/fake_clock.h"

namespace retainer::forge {
namespace {

using sandbox::Sandbox;
using sandbox::SandboxClient;
using sandbox::SandboxOptions;

constexpr char kBack[] = "https://desk.example/signed-in/f";
constexpr char kVerifier[] = "0123456789012345678901234567890123456789012";

class OAuthTest : public ::testing::TestWithParam<ForgeKind> {
 protected:
  OAuthTest() : clock_(absl::FromUnixSeconds(1'772'000'000)), sandbox_(SandboxOptions{clock_}) {
    EXPECT_TRUE(sandbox_.Start().ok());
    erin_ = sandbox_.AddUser(GetParam(), {.login = "erin"});
    client_ = sandbox_.RegisterClient(GetParam());
    sandbox_.AddCallback(GetParam(), kBack);
    config_.name = "f";
    config_.kind = GetParam();
    config_.api_url =
        GetParam() == ForgeKind::kGitHub ? sandbox_.github_api_url() : sandbox_.gitlab_api_url();
    config_.sign_in = SignInConfig{client_.id, client_.secret};
  }

  std::unique_ptr<SignIn> Make() const { return *MakeSignIn(config_); }
  // What a person does in a browser; returns where the forge sends it.
  std::string Agree(const std::string& login, const std::string& back = kBack) {
    const std::string challenge =
        absl::WebSafeBase64Escape(base::ToBytes(base::Sha256({kVerifier})));
    const std::string url = Make()->AuthorizeUrl("the-state", challenge, back);
    const std::size_t path = url.find('/', url.find("://") + 3);
    httplib::Client browser(url.substr(0, path));
    const auto page = browser.Get(url.substr(path));
    if (!page || page->status != 200) return page ? absl::StrCat(page->status) : "";
    httplib::Params form;
    std::size_t at = 0;
    const std::string& body = page->body;
    const std::string field = "<input type=\"hidden\" name=\"";
    while ((at = body.find(field, at)) != std::string::npos) {
      at += field.size();
      const std::size_t end = body.find('"', at);
      const std::size_t value = body.find("value=\"", end) + 7;
      form.emplace(body.substr(at, end - at), body.substr(value, body.find('"', value) - value));
    }
    form.emplace("login", login);
    const std::size_t action = body.find("action=\"") + 8;
    const auto done = browser.Post(body.substr(action, body.find('"', action) - action), form);
    return done ? done->get_header_value("Location") : "";
  }
  static std::string CodeOf(const std::string& location) {
    const std::size_t at = location.find("code=") + 5;
    return location.substr(at, location.find('&', at) - at);
  }

  FakeClock clock_;
  Sandbox sandbox_;
  std::int64_t erin_ = 0;
  SandboxClient client_;
  ForgeConfig config_;
};

TEST_P(OAuthTest, ConfirmsTheAccountAndKeepsNoToken) {
  const std::string location = Agree("erin");
  EXPECT_TRUE(absl::StartsWith(location, absl::StrCat(kBack, "?code="))) << location;
  EXPECT_TRUE(absl::StrContains(location, "state=the-state")) << location;
  const auto account = Make()->Finish(CodeOf(location), kVerifier, kBack);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(*account, (Account{"f", {absl::StrCat(erin_), "erin", false}}));
  EXPECT_EQ(sandbox_.live_sign_in_tokens(), 0u);
}

TEST_P(OAuthTest, ACodeWorksOnceForTheVerifierAndTheAddress) {
  std::string code = CodeOf(Agree("erin"));
  EXPECT_TRUE(Make()->Finish(code, kVerifier, kBack).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Make()->Finish(code, kVerifier, kBack).status()));
  code = CodeOf(Agree("erin"));
  EXPECT_TRUE(
      absl::IsPermissionDenied(Make()->Finish(code, std::string(kVerifier) + "x", kBack).status()));
  code = CodeOf(Agree("erin"));
  EXPECT_FALSE(Make()->Finish(code, kVerifier, "https://other.example/").ok());
  code = CodeOf(Agree("erin"));
  clock_.Advance(absl::Minutes(11));
  EXPECT_TRUE(absl::IsPermissionDenied(Make()->Finish(code, kVerifier, kBack).status()));
  EXPECT_EQ(sandbox_.live_sign_in_tokens(), 0u);
}

TEST_P(OAuthTest, RefusesWhatIsNotRegistered) {
  EXPECT_EQ(Agree("erin", "https://evil.example/"), "400");
  const std::string code = CodeOf(Agree("erin"));
  config_.sign_in->client_secret = "wrong";
  EXPECT_TRUE(absl::IsFailedPrecondition(Make()->Finish(code, kVerifier, kBack).status()));
  config_.sign_in->client_id = "unknown";
  EXPECT_EQ(Agree("erin"), "404");
}

TEST_P(OAuthTest, WhoCancelsIsNotConfirmed) {
  EXPECT_TRUE(absl::StrContains(Agree(""), "error=access_denied"));
}

INSTANTIATE_TEST_SUITE_P(Forges, OAuthTest,
                         ::testing::Values(ForgeKind::kGitHub, ForgeKind::kGitLab));

}  // namespace
}  // namespace retainer::forge
