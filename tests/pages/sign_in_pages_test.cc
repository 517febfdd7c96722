// Signing in: who gets a session, and what a browser must bring along.
#include <gtest/gtest.h>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

constexpr char kSessionName[] = "__Host-retainer";
constexpr char kSignInName[] = "__Host-retainer-sign-in";

class SignInPagesTest : public Visited {};

TEST_F(SignInPagesTest, LeadsToTheForgeAndBackToThePage) {
  Browser browser(*pages);
  const PageAnswer away = browser.Get("/signin/github?next=/joined");
  EXPECT_EQ(away.status, 303);
  const std::string url = Browser::Header(away, "Location");
  EXPECT_TRUE(absl::StrContains(url, "redirect_uri=https://desk.example/signed-in/github")) << url;
  EXPECT_GE(FakeSignIn::Part(url, "state").size(), 43u);
  EXPECT_EQ(FakeSignIn::Part(url, "challenge").size(), 43u);
  EXPECT_EQ(browser.cookies.count(kSignInName), 1u);

  const PageAnswer back = browser.Get("/signed-in/github?" + github.Agree(url, kAlice));
  EXPECT_EQ(back.status, 303);
  EXPECT_EQ(Browser::Header(back, "Location"), "/joined");
  EXPECT_EQ(browser.cookies.count(kSessionName), 1u);
  EXPECT_EQ(browser.cookies.count(kSignInName), 0u);
  EXPECT_EQ(browser.Get("/joined").status, 200);
}

TEST_F(SignInPagesTest, TheStoreHasOnlyAHashOfTheCookie) {
  Browser browser(*pages);
  SignIn(browser, "/joined", kAlice);
  const std::string cookie = browser.cookies[kSessionName];
  EXPECT_GE(cookie.size(), 43u);
  EXPECT_FALSE(store.FindSession(cookie)->has_value());
  const auto session = *store.FindSession(base::Sha256Hex(cookie));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->account.actor.id, kAlice.id);
  EXPECT_EQ(session->expires, clock.Now() + absl::Hours(12));
}

TEST_F(SignInPagesTest, ASessionEndsAfterTwelveHours) {
  Browser browser(*pages);
  SignIn(browser, "/joined", kAlice);
  clock.Advance(absl::Hours(12) - absl::Seconds(1));
  EXPECT_EQ(browser.Get("/joined").status, 200);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(browser.Get("/joined").status, 403);
}

TEST_F(SignInPagesTest, ABrowserThatDidNotBeginCannotEnd) {
  Browser began(*pages);
  Browser other(*pages);
  const std::string url = Browser::Header(began.Get("/signin/github"), "Location");
  const std::string query = github.Agree(url, kAlice);
  EXPECT_EQ(other.Get("/signed-in/github?" + query).status, 400);
  EXPECT_EQ(other.cookies.count(kSessionName), 0u);
  EXPECT_EQ(github.finished(), 0) << "the forge is not asked";
  // Its own attempt does not help it either: the state is another one.
  other.Get("/signin/github");
  EXPECT_EQ(other.Get("/signed-in/github?" + query).status, 400);
  EXPECT_EQ(github.finished(), 0);
  EXPECT_EQ(began.Get("/signed-in/github?" + query).status, 303);
}

TEST_F(SignInPagesTest, AnAttemptWorksOnceAndForTenMinutes) {
  Browser browser(*pages);
  std::string url = Browser::Header(browser.Get("/signin/github"), "Location");
  std::string query = github.Agree(url, kAlice);
  const auto cookies = browser.cookies;
  EXPECT_EQ(browser.Get("/signed-in/github?" + query).status, 303);
  EXPECT_EQ(browser.Get("/signed-in/github?" + query).status, 400);
  browser.cookies = cookies;  // a browser that keeps what we deleted
  EXPECT_EQ(browser.Get("/signed-in/github?" + query).status, 403) << "the forge refuses the code";

  url = Browser::Header(browser.Get("/signin/github"), "Location");
  query = github.Agree(url, kAlice);
  clock.Advance(absl::Minutes(10));
  EXPECT_EQ(browser.Get("/signed-in/github?" + query).status, 400);
}

TEST_F(SignInPagesTest, AForgedCookieIsRefused) {
  Browser browser(*pages);
  const std::string url = Browser::Header(browser.Get("/signin/github"), "Location");
  const std::string query = github.Agree(url, kAlice);
  std::string& cookie = browser.cookies[kSignInName];
  for (const std::string& forged :
       {std::string(), std::string("."), cookie.substr(1), cookie + "A", "A" + cookie}) {
    Browser with(*pages);
    with.cookies[kSignInName] = forged;
    EXPECT_EQ(with.Get("/signed-in/github?" + query).status, 400) << forged;
  }
}

TEST_F(SignInPagesTest, WhoHasNoRightGetsNoSession) {
  Browser browser(*pages);
  const PageAnswer answer = SignIn(browser, "/joined", kErin);
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(absl::StrContains(answer.body, "github:erin"));
  EXPECT_EQ(browser.cookies.count(kSessionName), 0u);
  EXPECT_EQ(SignIn(browser, "/join/" + Invite(), kErin).status, 303) << "may join";
  EXPECT_EQ(SignIn(browser, "/join/no-such-link", kErin).status, 403);
}

TEST_F(SignInPagesTest, LeadsNowhereElse) {
  for (const char* next : {"//evil.example", "https://evil.example", "/%5Cevil.example", ""}) {
    Browser browser(*pages);
    const std::string url =
        Browser::Header(browser.Get(absl::StrCat("/signin/github?next=", next)), "Location");
    const PageAnswer back = browser.Get("/signed-in/github?" + github.Agree(url, kAlice));
    EXPECT_EQ(Browser::Header(back, "Location"), "/desk") << next;
  }
}

TEST_F(SignInPagesTest, WhoRefusesAtTheForgeIsNotSignedIn) {
  Browser browser(*pages);
  const std::string url = Browser::Header(browser.Get("/signin/github"), "Location");
  const PageAnswer answer =
      browser.Get("/signed-in/github?error=access_denied&state=" + FakeSignIn::Part(url, "state"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(browser.cookies.count(kSessionName), 0u);
  EXPECT_EQ(github.finished(), 0);
}

TEST_F(SignInPagesTest, AForgeThatDoesNotAnswerIsNotTheBrowsersFault) {
  Browser browser(*pages);
  github.trouble = absl::UnavailableError("https://forge.example cannot be read: top-secret");
  const PageAnswer answer = SignIn(browser, "/joined", kAlice);
  EXPECT_EQ(answer.status, 503);
  EXPECT_FALSE(absl::StrContains(answer.body, "top-secret"));
  EXPECT_FALSE(answer.guessed);
}

TEST_F(SignInPagesTest, SigningOutNeedsTheFormOfTheSession) {
  Browser browser(*pages);
  SignIn(browser, "/joined", kAlice);
  const std::string csrf = Browser::Field(browser.Get("/joined"), "csrf");
  ASSERT_FALSE(csrf.empty());
  EXPECT_EQ(browser.Post("/signout", "").status, 403);
  EXPECT_EQ(browser.Post("/signout", "csrf=" + csrf + "x").status, 403);
  Browser other(*pages);
  SignIn(other, "/joined", kDave);
  EXPECT_EQ(other.Post("/signout", "csrf=" + csrf).status, 403) << "of another session";
  EXPECT_EQ(browser.Post("/signout", "csrf=" + csrf).status, 200);
  EXPECT_EQ(browser.cookies.count(kSessionName), 0u);
  EXPECT_EQ(other.Get("/joined").status, 200);
}

TEST_F(SignInPagesTest, OnLoopbackTheCookiesHavePlainNames) {
  Open("http://127.0.0.1:8080");
  Browser browser(*pages);
  EXPECT_EQ(SignIn(browser, "/joined", kAlice).status, 303);
  EXPECT_EQ(browser.cookies.count("retainer"), 1u);
}

TEST_F(SignInPagesTest, AnUnknownForgeIsNotThere) {
  Browser browser(*pages);
  EXPECT_EQ(browser.Get("/signin/gitlab").status, 404);
  EXPECT_EQ(browser.Get("/signed-in/gitlab?code=1&state=2").status, 404);
}

}  // namespace
}  // namespace retainer::pages
