// What a customer's contact sees, and nobody else.
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

const Actor kBert{"44", "bert", false};  // a contact of beta
constexpr char kTicket[] = "/my/ticket?customer=acme&ref=github:acme/opendb%231";

// acme, and perhaps beta, which is private.
Policy TwoCustomers(bool with_beta, bool acme_public = true) {
  Policy policy = MakePolicy(acme_public);
  policy.plans["gold"].promises["P2"].targets[Metric::kResolution] = {0, absl::Hours(90), "90h"};
  if (with_beta) {
    Customer beta = policy.customers[0];
    beta.id = "beta";
    beta.alias = "c-b";
    beta.name = "Beta Works";
    beta.contacts.logins = {{"github", "bert"}};
    beta.is_public = false;
    policy.customers.push_back(beta);
  }
  return policy;
}

class MyPagesTest : public Visited {
 protected:
  MyPagesTest() {
    forge.SetUser("alice", kAlice.id);
    forge.SetUser("dave", kDave.id);
    forge.SetUser("bert", kBert.id);
  }
  void SetUp() override {
    Govern(TwoCustomers(true));
    dave = std::make_unique<Browser>(*pages);
    SignIn(*dave, "/my", kDave);
  }
  PageAnswer Act(Browser& browser, const std::string& fields,
                 const std::string& customer = "acme") {
    return Send(browser, "/my", "/my/ticket",
                absl::StrCat(fields, "&customer=", customer, "&ref=github:acme/opendb%231"));
  }
  Standing Now() {
    return desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, 1})->standing;
  }

  std::unique_ptr<Browser> dave;
};

TEST_F(MyPagesTest, ShowsWhatWasPromisedAndWhatStandsWhereForTheWholeCompany) {
  const Actor dora{"66", "dora", false};
  ASSERT_TRUE(desk->ChangeCustomer("acme",
                                   [&](const CustomerBook& book) {
                                     return book.invitations.empty()
                                                ? MakeInvited("acme", "i9", "h9", 5, absl::Hours(9),
                                                              "carol", clock.Now())
                                                : MakeJoined(book, "acme", "h9", {"github", dora},
                                                             std::nullopt, clock.Now());
                                   })
                  .ok());
  ASSERT_TRUE(
      desk->ChangeCustomer(
              "acme",
              [&](const CustomerBook& book) {
                return MakeJoined(book, "acme", "h9", {"github", dora}, std::nullopt, clock.Now());
              })
          .ok());
  clock.Advance(absl::Minutes(1));
  Issue(1, kDave);
  Issue(2, dora);
  Issue(3, kBert);
  Issue(4, kErin);
  const std::string body = dave->Get("/my").body;
  EXPECT_TRUE(StrContains(body, "opendb#1<")) << body;
  EXPECT_TRUE(StrContains(body, "opendb#2<")) << "a colleague's";
  EXPECT_FALSE(StrContains(body, "opendb#3<"));
  EXPECT_FALSE(StrContains(body, "opendb#4<"));
  EXPECT_FALSE(StrContains(body, "Beta"));
  EXPECT_TRUE(StrContains(body, "first reply by today 13:01")) << body;
  EXPECT_TRUE(StrContains(body, "first reply within 4h")) << body;
  EXPECT_TRUE(StrContains(body, "github:dora")) << "a contact";
  EXPECT_TRUE(StrContains(body, "Plan <strong>gold</strong>")) << body;
  const PageAnswer file = dave->Get("/my/tickets.csv?customer=acme");
  EXPECT_TRUE(StrContains(file.body, "github:acme/opendb#2,It breaks,P2,received,running,"))
      << file.body;
  EXPECT_EQ(dave->Get("/my/tickets.csv?customer=beta").status, 404);
  EXPECT_EQ(dave->Get("/my?customer=beta").status, 404);
}

TEST_F(MyPagesTest, ATicketShowsItsPromisesAndWhy) {
  Issue(1, kDave);
  clock.Advance(absl::Minutes(30));
  Say(1, kAlice, "What do you see in the log?");
  const std::string body = dave->Get(kTicket).body;
  EXPECT_TRUE(StrContains(body, "took 30m of 4h")) << body;
  EXPECT_TRUE(StrContains(body, "<svg class=\"chart\"")) << body;
  EXPECT_TRUE(StrContains(body, "claim of acme since")) << body;
  EXPECT_TRUE(StrContains(body, "answered")) << body;
  EXPECT_TRUE(StrContains(body, "It has the effect of the command")) << "a public customer";
  Govern(TwoCustomers(true, /*acme_public=*/false));
  EXPECT_TRUE(StrContains(dave->Get(kTicket).body, "Only the project’s team sees it"));
}

TEST_F(MyPagesTest, ThePriorityAndAnEscalationAreTheirs) {
  Issue(1, kDave);
  EXPECT_EQ(Act(*dave, "act=priority&priority=P1").status, 303);
  EXPECT_EQ(Now().claims[0].priority, "P1");
  EXPECT_EQ(Now().claims[0].priority_reason, "priority P1 by github:dave, a customer");
  EXPECT_EQ(Act(*dave, "act=escalate&reason=it+burns").status, 303);
  EXPECT_TRUE(Now().claims[0].escalated_by_hand);
  EXPECT_TRUE(StrContains(dave->Get(kTicket).body, "it burns")) << "their own act";
}

TEST_F(MyPagesTest, WhatThePlanDoesNotServeIsRefusedWithTheReason) {
  Policy policy = TwoCustomers(true);
  policy.plans["gold"].promises.erase("P1");
  Govern(policy);
  Issue(1, kDave);
  EXPECT_FALSE(StrContains(dave->Get(kTicket).body, "value=\"P1\""));
  const PageAnswer refused = Act(*dave, "act=priority&priority=P1");
  EXPECT_EQ(refused.status, 409);
  EXPECT_TRUE(StrContains(refused.body, "the plan of this ticket has no P1; use P2"))
      << refused.body;
}

TEST_F(MyPagesTest, ContactsDoNotDoWhatOnlyTheTeamMay) {
  Issue(1, kDave);
  for (const char* act : {"act=waiting", "act=workaround", "act=claim", "act=release",
                          "act=grant&reason=x", "act=excuse&metric=first_response&reason=x"}) {
    EXPECT_EQ(Act(*dave, act).status, 403) << act;
  }
  Browser bert(*pages);
  SignIn(bert, "/my", kBert);
  EXPECT_EQ(Act(bert, "act=priority&priority=P1", "beta").status, 404) << "not beta's ticket";
  EXPECT_EQ(Act(bert, "act=priority&priority=P1", "acme").status, 404) << "not his customer";
  EXPECT_EQ(bert.Get(kTicket).status, 404);
  EXPECT_EQ(Now().claims[0].priority, "P2");
}

TEST_F(MyPagesTest, ARemovalEndsWhatTheContactSaw) {
  Policy policy = TwoCustomers(true);
  Issue(1, kDave);
  EXPECT_EQ(dave->Get(kTicket).status, 200);
  policy.customers[0].contacts.logins.clear();
  Govern(policy);
  for (const char* page : {"/my", kTicket, "/my/tickets.csv?customer=acme"}) {
    EXPECT_EQ(dave->Get(page).status, 403) << page;
  }
}

TEST_F(MyPagesTest, ATicketThatIsTheirsNoMoreIsNotThere) {
  Issue(1, kDave);
  EXPECT_EQ(dave->Get(kTicket).status, 200);
  clock.Advance(absl::Minutes(1));
  ASSERT_TRUE(
      desk->Operate(Key(1), pipeline::MakeOperatorFact(Command{CommandName::kRelease, "acme"},
                                                       "root: ", clock.Now()))
          .ok());
  EXPECT_EQ(dave->Get(kTicket).status, 404);
  EXPECT_EQ(Act(*dave, "act=escalate").status, 404);
  EXPECT_FALSE(StrContains(dave->Get("/my").body, "opendb#1<"));
}

TEST_F(MyPagesTest, ATicketOverTheAllowanceIsShownAsSuch) {
  Policy policy = TwoCustomers(true);
  policy.plans["gold"].allowance.tickets.open = 1;
  Govern(policy);
  Issue(1, kDave);
  clock.Advance(absl::Minutes(1));
  Issue(2, kDave);
  const std::string body = dave->Get("/my").body;
  EXPECT_TRUE(StrContains(body, "Over your plan’s allowance")) << body;
  EXPECT_TRUE(StrContains(body, "All tickets together: 1 open at a time")) << body;
}

// ---- Two worlds that differ in one private customer

class OtherWorld : public MyPagesTest {
 public:
  OtherWorld(bool with_beta, bool acme_public) : with_beta_(with_beta), acme_public_(acme_public) {}
  void TestBody() override {}

  // The same happens in both: beta's contact opens a ticket and speaks on acme's.
  std::map<std::string, std::string> Pages() {
    Govern(TwoCustomers(with_beta_, acme_public_));
    Issue(1, kDave);
    Issue(2, kBert);
    clock.Advance(absl::Minutes(3));
    Say(1, kBert, "I have the same problem, what now?");
    if (with_beta_) {
      const Fact claim =
          pipeline::MakeOperatorFact(Command{CommandName::kClaim, "beta"}, "root: ", clock.Now());
      EXPECT_TRUE(desk->Operate(Key(1), claim).ok());
      Browser bert(*pages);
      SignIn(bert, "/my", kBert);
      EXPECT_EQ(Act(bert, "act=priority&priority=P1", "beta").status, 303);
      EXPECT_EQ(Act(bert, "act=escalate", "beta").status, 303);
    }
    clock.Advance(absl::Minutes(4));
    Say(1, kAlice, "What do you see in the log?\n\n/support waiting");
    clock.Advance(absl::Minutes(5));
    // This ends the waiting for beta alone.
    Say(1, kBert, "I see nothing there, what now?");
    clock.Advance(absl::Minutes(5));
    std::map<std::string, std::string> seen;
    Browser stranger(*pages);
    Browser contact(*pages);
    SignIn(contact, "/my", kDave);
    for (const char* page :
         {"/", "/my", "/my?customer=acme", "/my?customer=beta", kTicket,
          "/my/ticket?customer=beta&ref=github:acme/opendb%231",
          "/my/ticket?customer=acme&ref=github:acme/opendb%232", "/my/tickets.csv?customer=acme",
          "/my/tickets.csv?customer=beta", "/desk", "/desk?customer=beta", "/desk/customers/beta",
          "/desk/ticket?ref=github:acme/opendb%232", "/desk/system"}) {
      seen[absl::StrCat("stranger ", page)] = Plain(stranger.Get(page));
      seen[absl::StrCat("contact ", page)] = Plain(contact.Get(page));
    }
    return seen;
  }

 private:
  // Without what is drawn by lot for each session.
  static std::string Plain(const PageAnswer& answer) {
    const std::string csrf = Browser::Field(answer, "csrf");
    std::string text = absl::StrCat(answer.status, "\n", answer.body);
    for (const auto& [name, value] : answer.headers) {
      if (name != "Set-Cookie") absl::StrAppend(&text, "\n", name, ": ", value);
    }
    return csrf.empty() ? text : absl::StrReplaceAll(text, {{csrf, "TOKEN"}});
  }
  const bool with_beta_;
  const bool acme_public_;
};

TEST(PagesPrivacy, AWorldWithAPrivateCustomerLooksAsOneWithout) {
  for (const bool acme_public : {true, false}) {
    const std::map<std::string, std::string> with = OtherWorld(true, acme_public).Pages();
    const std::map<std::string, std::string> without = OtherWorld(false, acme_public).Pages();
    ASSERT_EQ(with.size(), without.size());
    for (const auto& [page, body] : with) EXPECT_EQ(body, without.at(page)) << page;
  }
}

}  // namespace
}  // namespace retainer::pages
