#include "src/pages/visitor.h"

#include <gtest/gtest.h>

#include "src/pages/write_access.h"
#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

const Account kErinsAccount{"github", kErin};

Rights Of(const Account& account, const Pins& pins = {},
          const std::vector<Login>& admins = {{"github", "Carol"}}) {
  const Policy policy = MakePolicy();
  return RightsOf(account, admins, &policy, pins, At(0));
}

TEST(Rights, ComeFromTheConfigurationThePolicyAndFromJoining) {
  Pins pins;
  pins.Add({"github", "alice"}, kAlice.id);
  pins.Add({"github", "carol"}, "55");
  pins.Add({"github", "dave"}, kDave.id);
  EXPECT_FALSE(Of(kErinsAccount, pins).any());
  EXPECT_TRUE(Of({"github", kAlice}, pins).responder);
  EXPECT_FALSE(Of({"github", kAlice}, pins).admin);
  EXPECT_TRUE(Of({"github", {"55", "carol", false}}, pins).admin);
  EXPECT_EQ(Of({"github", kDave}, pins).customers, std::vector<std::string>{"acme"});
  pins.Join("github", kErin.id, {"acme", At(-5)});
  pins.Join("github", kErin.id, {"gone", At(-5)});
  EXPECT_EQ(Of(kErinsAccount, pins).customers, std::vector<std::string>{"acme"});
}

TEST(Rights, ALoginAloneGivesNothing) {
  EXPECT_FALSE(Of({"github", kAlice}).any());
  EXPECT_FALSE(Of({"github", {"55", "carol", false}}).any());
}

TEST(Rights, EndWithTheRemoval) {
  Pins pins;
  pins.Join("github", kErin.id, {"acme", At(-5), At(0)});
  EXPECT_FALSE(Of(kErinsAccount, pins).any());
}

TEST(Rights, AreThoseOfTheForgeOfTheAccount) {
  EXPECT_FALSE(Of({"gitlab", kAlice}).any());
  EXPECT_FALSE(Of({"gitlab", {"55", "carol", false}}).any());
}

TEST(Rights, AnotherAccountUnderAPinnedLoginHasNone) {
  Pins pins;
  pins.Add({"github", "alice"}, "9999");
  pins.Add({"github", "carol"}, "9998");
  EXPECT_FALSE(Of({"github", kAlice}, pins).any());
  EXPECT_FALSE(Of({"github", {"55", "carol", false}}, pins).any());
  EXPECT_TRUE(Of({"github", {"9999", "renamed", false}}, pins).responder);
}

TEST(Rights, AMachineHasNone) {
  Pins pins;
  pins.Add({"github", "alice"}, "11");
  EXPECT_FALSE(Of({"github", {"11", "alice", true}}, pins).any());
}

class RightsTest : public Visited {
 protected:
  int StatusFor(const Actor& actor, const std::string& page) {
    Browser browser(*pages);
    SignIn(browser, page, actor);
    return browser.Get(page).status;
  }
};

TEST_F(RightsTest, WhoTakesOverALoginGetsNothingOfIt) {
  EXPECT_EQ(StatusFor(kAlice, "/desk"), 200);
  EXPECT_EQ(StatusFor({"99", "alice", false}, "/desk"), 403);
  EXPECT_EQ(StatusFor({"11", "alice-renamed", false}, "/desk"), 200) << "it is the account";
  EXPECT_EQ(StatusFor({"55", "carol", false}, "/desk/system"), 200);
  EXPECT_EQ(StatusFor({"56", "Carol", false}, "/desk/system"), 403) << "an admin's login too";
}

TEST_F(RightsTest, ARightThatNarrowsEndsWhatItOpened) {
  Browser browser(*pages);
  SignIn(browser, "/desk", kAlice);
  EXPECT_EQ(browser.Get("/desk").status, 200);
  Policy policy = MakePolicy();
  policy.teams["core"].members = {{"github", "bob"}};
  desk->SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy()), MakeTerms("v2", At(0), policy)});
  EXPECT_EQ(browser.Get("/desk").status, 403);
  EXPECT_EQ(browser.Post("/desk/ticket", "act=waiting").status, 403);
  EXPECT_FALSE(store.FindSession(base::Sha256Hex(browser.cookies["__Host-retainer"]))->has_value())
      << "the session ended";
}

TEST_F(RightsTest, WhoMayWriteIsAResponderOfThoseProjectsForAnHour) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  ProjectRecord other{{"github", "78"}, "acme/secret", "", true, "5", At(0)};
  ASSERT_TRUE(store.SaveProject(other).ok());
  Open("https://desk.example", std::make_shared<WriteAccess>(store, clock, Forges()));
  Browser browser(*pages);
  EXPECT_EQ(SignIn(browser, "/desk", kErin).status, 403) << "may not write";
  clock.Advance(WriteAccess::kAnswerLasts);
  forge.SetPermission(kErin.id, "write");
  EXPECT_EQ(SignIn(browser, "/desk", kErin).status, 303);
  const PageAnswer page = browser.Get("/desk");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(absl::StrContains(page.body, "It breaks")) << page.body;
  EXPECT_EQ(browser.Get("/desk/ticket?ref=github:acme/opendb%231").status, 200);
  EXPECT_EQ(browser.Get("/desk/customers").status, 403) << "only the team";
  EXPECT_EQ(browser.Get("/desk/system").status, 403);
  EXPECT_EQ(browser.Get("/desk?customer=acme").status, 400) << "learns of no customer";
  forge.SetPermission(kErin.id, "read");
  EXPECT_EQ(browser.Get("/desk").status, 200) << "the answer counts for an hour";
  clock.Advance(WriteAccess::kAnswerLasts);
  EXPECT_EQ(browser.Get("/desk").status, 403);
}

TEST_F(RightsTest, AForgeThatDoesNotAnswerGivesNobodyARight) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  Open("https://desk.example", std::make_shared<WriteAccess>(store, clock, Forges()));
  forge.SetPermission(kErin.id, "write");
  forge.fault = [](const std::string& call) {
    return call == "permission" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Browser browser(*pages);
  EXPECT_EQ(SignIn(browser, "/desk", kErin).status, 403);
  forge.fault = nullptr;
  EXPECT_EQ(SignIn(browser, "/desk", kErin).status, 403) << "it is asked again after a minute";
  clock.Advance(WriteAccess::kFailureLasts);
  EXPECT_EQ(SignIn(browser, "/desk", kErin).status, 303);
  EXPECT_EQ(browser.Get("/desk").status, 200);
  clock.Advance(WriteAccess::kAnswerLasts);
  int asked = 0;
  forge.fault = [&](const std::string& call) {
    asked += call == "permission";
    return call == "permission" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  EXPECT_EQ(browser.Get("/desk").status, 403);
  EXPECT_EQ(browser.Get("/desk").status, 403);
  EXPECT_EQ(asked, 1) << "not at every request";
  forge.fault = nullptr;
  clock.Advance(WriteAccess::kFailureLasts);
  EXPECT_EQ(browser.Get("/desk").status, 200) << "the session did not end";
}

TEST_F(RightsTest, AContactActsForTheDeskOnlyIfATeamNamesThem) {
  Policy policy = MakePolicy();
  policy.customers[0].contacts.organizations = {{"github", "acme-inc"}};
  policy.customers[0].contacts.emails = {"@acme.example"};
  Govern(policy);
  Issue(1, kDave);
  Open("https://desk.example", std::make_shared<WriteAccess>(store, clock, Forges()));
  for (const Actor& actor : {kDave, kErin, Actor{"34", "fay", false}, Actor{"35", "gus", false}}) {
    forge.SetPermission(actor.id, "write");
  }
  forge.SetMember(kErin.id, "acme-inc");
  forge.SetEmail("34", "fay@acme.example");
  EXPECT_EQ(StatusFor(kDave, "/desk"), 403) << "named";
  EXPECT_EQ(StatusFor(kErin, "/desk"), 403) << "a member of the customer's organisation";
  EXPECT_EQ(StatusFor({"34", "fay", false}, "/desk"), 403) << "an address of the customer";
  EXPECT_EQ(StatusFor({"35", "gus", false}, "/desk"), 200);
}

TEST_F(RightsTest, AStyleSheetAsksNobodyWhoIsThere) {
  Browser browser(*pages);
  SignIn(browser, "/desk", kAlice);
  const std::string page = browser.Get("/desk").body;
  const std::size_t at = page.find("/assets/");
  const std::string style = page.substr(at, page.find('"', at) - at);
  desk->SetTerms({});
  EXPECT_EQ(browser.Get(style).status, 200);
  EXPECT_TRUE(store.FindSession(base::Sha256Hex(browser.cookies["__Host-retainer"]))->has_value());
}

TEST_F(RightsTest, AnAdminLinkOpensTheDeskOnce) {
  const auto make = [&](const std::string& token) {
    ASSERT_TRUE(store
                    .SaveAdminLink({base::Sha256Hex(token), "root", clock.Now(),
                                    clock.Now() + absl::Minutes(10)})
                    .ok());
  };
  make("one");
  Browser browser(*pages);
  EXPECT_EQ(browser.Get("/admin/one", "HEAD").status, 404);
  EXPECT_EQ(browser.Get("/admin/two").status, 404);
  const PageAnswer followed = browser.Get("/admin/one");
  EXPECT_EQ(followed.status, 303);
  EXPECT_EQ(Browser::Header(followed, "Location"), "/desk");
  EXPECT_EQ(browser.Get("/desk/system").status, 200);
  EXPECT_TRUE(absl::StrContains(browser.Get("/desk").body, "an admin by the link of root"));
  Browser other(*pages);
  const PageAnswer again = other.Get("/admin/one");
  EXPECT_EQ(again.status, 404);
  EXPECT_TRUE(again.guessed);
  EXPECT_EQ(again.body, other.Get("/admin/guessed").body);
  make("three");
  clock.Advance(absl::Minutes(10));
  EXPECT_EQ(other.Get("/admin/three").status, 404);
  EXPECT_EQ(browser.Get("/my").status, 403) << "an admin is nobody's contact";
  const std::string invitation = "/join/" + Invite();
  EXPECT_TRUE(absl::StrContains(browser.Get(invitation).body, "Sign in with github"));
  Send(browser, "/desk", invitation, "");
  EXPECT_TRUE(ReadCustomerFacts(store.LoadCustomer("acme")->facts).contacts.empty())
      << "a link has no account that could join";
}

}  // namespace
}  // namespace retainer::pages
