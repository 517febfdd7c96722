// The desk: what it shows, in which order, to whom.
#include <gtest/gtest.h>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

class DeskPagesTest : public Visited {
 protected:
  DeskPagesTest() : alice(nullptr) {
    forge.SetUser("alice", kAlice.id);
    forge.SetUser("dave", kDave.id);
  }
  Browser& Alice() {
    if (alice == nullptr) {
      alice = std::make_unique<Browser>(*pages);
      SignIn(*alice, "/desk", kAlice);
    }
    return *alice;
  }
  // The part of the page between two headings.
  static std::string Part(const std::string& body, const std::string& list) {
    const std::size_t from = body.find("<h2 id=\"" + list + "\"");
    if (from == std::string::npos) return "";
    return body.substr(from, body.find("</section>", from) - from);
  }

  std::unique_ptr<Browser> alice;
};

TEST_F(DeskPagesTest, SaysWhatToAnswerFirstWhyUntilWhenAndWithWhom) {
  Issue(1, kDave);  // due at +4h
  Issue(2, kErin);  // of the community
  clock.Advance(absl::Minutes(10));
  Say(1, kAlice, "What do you see in the log?");
  Issue(3, kDave);
  std::string body = Alice().Get("/desk").body;
  EXPECT_TRUE(StrContains(Part(body, "today"), "github:acme/opendb#3")) << body;
  EXPECT_TRUE(StrContains(Part(body, "today"), "in 4h 00m")) << body;
  EXPECT_TRUE(StrContains(Part(body, "today"), "first reply")) << body;
  EXPECT_TRUE(StrContains(Part(body, "today"), "ACME Corp (gold)")) << body;
  EXPECT_FALSE(StrContains(body, "acme/opendb#1")) << "it was answered, and nothing else is due";
  EXPECT_TRUE(StrContains(Part(body, "community"), "github:acme/opendb#2")) << body;
  EXPECT_TRUE(StrContains(Part(body, "community"), "waits 10m")) << body;
  clock.Advance(absl::Hours(4) + absl::Minutes(5));
  body = Alice().Get("/desk").body;
  EXPECT_TRUE(StrContains(Part(body, "late"), "5m late")) << body;
  EXPECT_EQ(Part(body, "today"), "") << "each ticket stands once";
  EXPECT_EQ(Part(body, "asked"), "");
}

TEST_F(DeskPagesTest, TheTurnsAreListsOfTheirOwn) {
  Policy policy = MakePolicy();
  policy.plans["gold"].promises["P2"].targets.clear();
  policy.plans["gold"].promises["P2"].targets[Metric::kResolution] = {0, absl::Hours(90), "90h"};
  Govern(policy);
  Issue(1, kDave);
  std::string body = Alice().Get("/desk").body;
  EXPECT_TRUE(StrContains(Part(body, "asked"), "acme/opendb#1")) << body;
  Say(1, kAlice, "What do you see in the log?");
  const PageAnswer waits =
      Send(Alice(), "/desk", "/desk/ticket", "act=waiting&ref=github:acme/opendb%231");
  EXPECT_EQ(waits.status, 303) << waits.body;
  body = Alice().Get("/desk").body;
  EXPECT_EQ(Part(body, "asked"), "");
  EXPECT_TRUE(StrContains(Part(body, "waiting"), "acme/opendb#1")) << body;
  EXPECT_TRUE(StrContains(Part(body, "waiting"), "alice")) << body;
}

TEST_F(DeskPagesTest, FiltersNarrowEveryListAndStandInItsAddress) {
  Policy policy = MakePolicy();
  Customer beta = policy.customers[0];
  beta.id = "beta";
  beta.alias = "c-b";
  beta.name = "Beta";
  beta.contacts.logins = {{"github", "bert"}};
  beta.is_public = false;
  policy.customers.push_back(beta);
  policy.teams["lead"] = {"lead", {{"github", "lea"}}, {"area: storage"}, {}};
  Govern(policy);
  const Actor bert{"44", "bert", false};
  forge.SetUser("bert", bert.id);
  Issue(1, kDave);
  Issue(2, bert);
  const auto body = [&](const std::string& query) { return Alice().Get("/desk" + query).body; };
  EXPECT_TRUE(StrContains(body(""), "opendb#1"));
  EXPECT_TRUE(StrContains(body(""), "opendb#2"));
  EXPECT_TRUE(StrContains(body(""), ">private<")) << "the team is told what must not be said";
  EXPECT_FALSE(StrContains(body("?customer=beta"), "opendb#1"));
  EXPECT_TRUE(StrContains(body("?customer=c-b"), "opendb#2"));
  EXPECT_FALSE(StrContains(body("?priority=P1"), "opendb#1"));
  EXPECT_TRUE(StrContains(body("?team=lead"), "opendb#1")) << "nobody's ticket is everybody's";
  EXPECT_TRUE(StrContains(body("?project=github:acme/opendb"), "opendb#1"));
  EXPECT_TRUE(StrContains(body("?list=today&customer=beta"), "opendb#2"));
  Say(1, kAlice, "What do you see in the log?");
  Say(1, kDave, "This is what I see, what now?");
  EXPECT_EQ(Alice().Get("/desk?team=lead&list=asked").body.find("opendb#1"), std::string::npos)
      << "alice of the other team answers it";
  for (const char* wrong : {"?customer=none", "?team=none", "?priority=none", "?project=github:x/y",
                            "?project=none", "?list=none"}) {
    const int status = Alice().Get(std::string("/desk") + wrong).status;
    EXPECT_TRUE(status == 400 || status == 404) << wrong << " " << status;
  }
}

TEST_F(DeskPagesTest, NoListLoadsMoreThanAPage) {
  for (int i = 1; i <= 61; ++i) Issue(i, kErin);
  const std::string first = Alice().Get("/desk").body;
  EXPECT_TRUE(StrContains(first, "<strong>10+</strong>")) << first;
  const std::string body = Alice().Get("/desk?list=community").body;
  EXPECT_TRUE(StrContains(body, "opendb#50<"));
  EXPECT_FALSE(StrContains(body, "opendb#51<"));
  const std::size_t at = body.find("/desk?list=community&amp;after=");
  ASSERT_NE(at, std::string::npos) << body;
  std::string next = body.substr(at, body.find('"', at) - at);
  next.replace(next.find("&amp;"), 5, "&");
  const std::string rest = Alice().Get(next).body;
  EXPECT_FALSE(StrContains(rest, "opendb#50<"));
  EXPECT_TRUE(StrContains(rest, "opendb#51<"));
  EXPECT_TRUE(StrContains(rest, "opendb#61<"));
  EXPECT_FALSE(StrContains(rest, "Next page"));
}

TEST_F(DeskPagesTest, WhatIsSeenCanBeTakenAway) {
  Issue(1, kDave);
  const PageAnswer file = Alice().Get("/desk/tickets.csv?list=today");
  EXPECT_EQ(file.type, "text/csv; charset=utf-8");
  EXPECT_EQ(file.body,
            "list,ticket,title,priority,customer,promise,due,state,with\r\n"
            "today,github:acme/opendb#1,It breaks,P2,ACME Corp (gold),first reply,"
            "2026-03-02T13:00:00Z,running,\r\n");
}

TEST_F(DeskPagesTest, NobodyElseSeesAnyOfIt) {
  Issue(1, kDave);
  Browser stranger(*pages);
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  for (const char* page : {"/desk", "/desk/tickets.csv", "/desk/ticket?ref=github:acme/opendb%231",
                           "/desk/ticket?ref=github:acme/none%231", "/desk/customers",
                           "/desk/customers/acme", "/desk/customers/none", "/desk/system"}) {
    const PageAnswer asked = stranger.Get(page);
    EXPECT_EQ(asked.status, 403) << page;
    EXPECT_FALSE(StrContains(asked.body, "It breaks")) << page;
    EXPECT_FALSE(StrContains(asked.body, "ACME")) << page;
    EXPECT_TRUE(StrContains(asked.body, "Sign in with github")) << page;
    const PageAnswer contact = dave.Get(page);
    EXPECT_EQ(contact.status, 403) << page;
    EXPECT_FALSE(StrContains(contact.body, "It breaks")) << page;
  }
}

TEST_F(DeskPagesTest, WhatStrangersWroteIsText) {
  Policy policy = MakePolicy();
  policy.customers[0].name = "<script>alert(1)</script>";
  Govern(policy);
  Event event = MakeEvent(1, {"22", "dave", false}, {Opened(kDave, 0)});
  event.ticket->title = "\"><img src=x onerror=alert(1)>";
  event.ticket->url = "javascript:alert(1)";
  Deliver("d1", event);
  Work();
  for (const char* page : {"/desk", "/desk/ticket?ref=github:acme/opendb%231", "/desk/customers",
                           "/desk/customers/acme"}) {
    const std::string body = Alice().Get(page).body;
    EXPECT_FALSE(StrContains(body, "<img")) << page;
    EXPECT_FALSE(StrContains(body, "<script")) << page;
    EXPECT_FALSE(StrContains(body, "javascript:")) << page;
  }
  EXPECT_TRUE(StrContains(Alice().Get("/desk").body, "&lt;img"));
}

TEST_F(DeskPagesTest, TheNavigationShowsWhatOneMaySee) {
  const std::string body = Alice().Get("/desk/customers").body;
  EXPECT_TRUE(StrContains(body, "<a href=\"/desk/customers\" aria-current=\"page\">")) << body;
  EXPECT_FALSE(StrContains(body, "href=\"/my\""));
  Browser dave(*pages);
  EXPECT_EQ(Browser::Header(SignIn(dave, "", kDave), "Location"), "/my");
  EXPECT_FALSE(StrContains(dave.Get("/my").body, "href=\"/desk\""));
}

}  // namespace
}  // namespace retainer::pages
