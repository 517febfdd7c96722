// Joining: what the page says, who may join, and which links do not work.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

class JoinPagesTest : public Visited {
 protected:
  // Signs in and confirms.
  PageAnswer Join(const std::string& token, const Actor& actor) {
    Browser browser(*pages);
    if (SignIn(browser, "/join/" + token, actor).status != 303) return {403, "", "", {}};
    const PageAnswer page = browser.Get("/join/" + token);
    return browser.Post("/join/" + token, "csrf=" + Browser::Field(page, "csrf"));
  }
};

TEST_F(JoinPagesTest, ALinkSaysForWhomItIsAndASignedInPersonJoins) {
  const std::string token = Invite();
  Browser browser(*pages);
  PageAnswer page = browser.Get("/join/" + token);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(absl::StrContains(page.body, "Become a contact of ACME Corp")) << page.body;
  EXPECT_TRUE(absl::StrContains(page.body, "status comment")) << "a public customer";
  EXPECT_TRUE(absl::StrContains(page.body, "href=\"/signin/github?next=/join/" + token + "\""));
  EXPECT_FALSE(absl::StrContains(page.body, "<form method=\"post\" action=\"/join"));

  EXPECT_EQ(Browser::Header(SignIn(browser, "/join/" + token, kErin), "Location"),
            "/join/" + token);
  page = browser.Get("/join/" + token);
  EXPECT_TRUE(absl::StrContains(page.body, "Become a contact as github:erin")) << page.body;
  EXPECT_TRUE(JoinedBy(kErin).empty()) << "nothing happens before the form is sent";

  const PageAnswer done = browser.Post("/join/" + token, "csrf=" + Browser::Field(page, "csrf"));
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(Browser::Header(done, "Location"), "/joined");
  ASSERT_EQ(JoinedBy(kErin).size(), 1u);
  EXPECT_EQ(JoinedBy(kErin)[0].customer, "acme");
  EXPECT_EQ(JoinedBy(kErin)[0].since, clock.Now());
  page = browser.Get("/joined");
  EXPECT_TRUE(absl::StrContains(page.body, "ACME Corp")) << page.body;
}

TEST_F(JoinPagesTest, OfAPrivateCustomerNobodyElseLearns) {
  desk->SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy(/*is_public=*/false))});
  Browser browser(*pages);
  const PageAnswer page = browser.Get("/join/" + Invite());
  EXPECT_TRUE(absl::StrContains(page.body, "Nobody else learns it")) << page.body;
  EXPECT_FALSE(absl::StrContains(page.body, "status comment"));
}

TEST_F(JoinPagesTest, AFormWithoutTheSessionsTokenChangesNothing) {
  const std::string token = Invite();
  Browser browser(*pages);
  EXPECT_EQ(browser.Post("/join/" + token, "").status, 403) << "not signed in";
  SignIn(browser, "/join/" + token, kErin);
  EXPECT_EQ(browser.Post("/join/" + token, "").status, 403);
  EXPECT_EQ(browser.Post("/join/" + token, "csrf=guess").status, 403);
  EXPECT_TRUE(JoinedBy(kErin).empty());
}

TEST_F(JoinPagesTest, LookingUsesNothingUp) {
  const std::string token = Invite();
  Browser browser(*pages);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(browser.Get("/join/" + token).status, 200);
    EXPECT_EQ(browser.Get("/join/" + token, "HEAD").status, 200);
  }
  EXPECT_EQ(ReadCustomerFacts(store.LoadCustomer("acme")->facts).invitations[0].used, 0u);
  EXPECT_EQ(Join(token, kErin).status, 303);
}

TEST_F(JoinPagesTest, LinksThatDoNotWorkAnswerAlike) {
  const std::string used = Invite(1);
  EXPECT_EQ(Join(used, kErin).status, 303);
  const std::string revoked = Invite(1);
  ASSERT_TRUE(desk->ChangeCustomer("acme",
                                   [&](const CustomerBook&) -> absl::StatusOr<CustomerFact> {
                                     return MakeInvitationRevoked("acme", "i2", "carol",
                                                                  clock.Now());
                                   })
                  .ok());
  const std::string gone = Invite(1, absl::Hours(48), "gone");
  const std::string expired = Invite(1, absl::Minutes(1));
  clock.Advance(absl::Minutes(1));
  Browser browser(*pages);
  const PageAnswer guessed = browser.Get("/join/guessed");
  EXPECT_EQ(guessed.status, 404);
  EXPECT_TRUE(guessed.guessed) << "it counts towards the limit";
  // Also for somebody who is signed in, and for the one who has used it.
  Browser erin(*pages);
  SignIn(erin, "/joined", kErin);
  for (const std::string& token : {used, revoked, expired, gone}) {
    for (Browser* who : {&browser, &erin}) {
      const PageAnswer answer = who->Get("/join/" + token);
      EXPECT_EQ(answer.status, 404) << token;
      EXPECT_EQ(answer.body, guessed.body) << token;
      EXPECT_EQ(answer.headers, guessed.headers) << token;
      EXPECT_TRUE(answer.guessed);
    }
    const std::string csrf = Browser::Field(erin.Get("/joined"), "csrf");
    const PageAnswer posted = erin.Post("/join/" + token, "csrf=" + csrf);
    EXPECT_EQ(posted.status, 404) << token;
    EXPECT_EQ(posted.body, guessed.body) << token;
  }
}

// Links are found by their digests, so the time says nothing of how near a guess is.
TEST_F(JoinPagesTest, AGuessThatIsNearlyRightTakesAsLongAsAnyOther) {
  std::string near = Invite(1);
  near.back() = near.back() == '0' ? '1' : '0';
  const std::string far(near.size(), 'z');
  Browser browser(*pages);
  ASSERT_EQ(browser.Get("/join/" + near).status, 404);
  std::vector<std::int64_t> took[2];
  for (int i = 0; i < 400; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const PageAnswer answer = browser.Get("/join/" + (i % 2 == 0 ? near : far));
    const auto end = std::chrono::steady_clock::now();
    EXPECT_EQ(answer.status, 404);
    took[i % 2].push_back((end - begin).count());
  }
  for (auto& times : took) std::sort(times.begin(), times.end());
  const auto median = [&](int which) { return static_cast<double>(took[which][100]); };
  EXPECT_LT(median(0), 2 * median(1));
  EXPECT_LT(median(1), 2 * median(0));
}

TEST_F(JoinPagesTest, ALinkIsForAsManyAsItSays) {
  const std::string token = Invite(2);
  EXPECT_EQ(Join(token, kErin).status, 303);
  EXPECT_EQ(Join(token, kAlice).status, 303);
  Browser dave(*pages);
  SignIn(dave, "/joined", kDave);
  EXPECT_EQ(dave.Get("/join/" + token).status, 404);
}

TEST_F(JoinPagesTest, ThereAreAsManyContactsAsThePlanAllows) {
  Policy policy = MakePolicy();
  policy.plans["gold"].most_contacts = 2;  // dave, whom the policy names, and one more
  desk->SetTerms({MakeTerms("v1", At(-60 * 24), policy)});
  const std::string token = Invite(5);
  EXPECT_EQ(Join(token, kErin).status, 303);
  const PageAnswer full = Join(token, kAlice);
  EXPECT_EQ(full.status, 409);
  EXPECT_TRUE(absl::StrContains(full.body, "as many contacts as its plan allows")) << full.body;
  EXPECT_TRUE(JoinedBy(kAlice).empty());
  const CustomerBook book = ReadCustomerFacts(store.LoadCustomer("acme")->facts);
  EXPECT_EQ(book.invitations[0].used, 1u);
}

TEST_F(JoinPagesTest, AContactHasNothingToDo) {
  const std::string token = Invite(2);
  EXPECT_EQ(Join(token, kErin).status, 303);
  Browser browser(*pages);
  SignIn(browser, "/join/" + token, kErin);
  const PageAnswer page = browser.Get("/join/" + token);
  EXPECT_TRUE(absl::StrContains(page.body, "is a contact of ACME Corp already")) << page.body;
  EXPECT_EQ(Join(token, kErin).status, 303) << "a form that was open in another tab";
  EXPECT_EQ(ReadCustomerFacts(store.LoadCustomer("acme")->facts).invitations[0].used, 1u);
}

TEST_F(JoinPagesTest, ARemovalEndsTheSessions) {
  Browser browser(*pages);
  const std::string token = Invite();
  SignIn(browser, "/join/" + token, kErin);
  browser.Post("/join/" + token, "csrf=" + Browser::Field(browser.Get("/join/" + token), "csrf"));
  EXPECT_EQ(browser.Get("/joined").status, 200);
  ASSERT_TRUE(desk->ChangeCustomer("acme",
                                   [&](const CustomerBook& book) -> absl::StatusOr<CustomerFact> {
                                     return MakeRemoved("acme", book.contacts[0], "carol",
                                                        clock.Now());
                                   })
                  .ok());
  EXPECT_EQ(browser.Get("/joined").status, 403);
}

TEST_F(JoinPagesTest, EveryPageIsProtected) {
  Browser browser(*pages);
  for (const std::string& path : {"/join/" + Invite(), std::string("/join/x"),
                                  std::string("/joined"), std::string("/signin/github")}) {
    const PageAnswer answer = browser.Get(path);
    EXPECT_EQ(Browser::Header(answer, "Content-Security-Policy"),
              "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
              "form-action 'self'; frame-ancestors 'none'")
        << path;
    EXPECT_EQ(Browser::Header(answer, "Referrer-Policy"), "no-referrer") << path;
    EXPECT_EQ(Browser::Header(answer, "Cache-Control"), "no-store") << path;
    EXPECT_FALSE(answer.compressible) << path;
  }
}

TEST_F(JoinPagesTest, TheStyleSheetIsKeptUnderItsContent) {
  Browser browser(*pages);
  const PageAnswer page = browser.Get("/join/x");
  const std::size_t at = page.body.find("/assets/");
  ASSERT_NE(at, std::string::npos);
  const std::string path = page.body.substr(at, page.body.find('"', at) - at);
  const PageAnswer style = browser.Get(path);
  EXPECT_EQ(style.status, 200);
  EXPECT_EQ(style.type, "text/css; charset=utf-8");
  EXPECT_TRUE(absl::StrContains(Browser::Header(style, "Cache-Control"), "immutable"));
  EXPECT_EQ(browser.Get("/assets/style-0000000000000000.css").status, 404);
}

TEST_F(JoinPagesTest, WhatOthersWroteIsText) {
  Policy policy = MakePolicy();
  policy.customers[0].name = "<script>alert('x')</script>\"";
  desk->SetTerms({MakeTerms("v2", At(-60 * 24), policy)});
  Browser browser(*pages);
  const std::string token = Invite();
  SignIn(browser, "/join/" + token, {"77", "<b>eve", false});
  const PageAnswer page = browser.Get("/join/" + token);
  EXPECT_FALSE(absl::StrContains(page.body, "<script"));
  EXPECT_FALSE(absl::StrContains(page.body, "<b>"));
  EXPECT_TRUE(absl::StrContains(page.body, "&lt;script&gt;")) << page.body;
}

}  // namespace
}  // namespace retainer::pages
