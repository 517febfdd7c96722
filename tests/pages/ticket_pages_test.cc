// A ticket's page, and what is done on it.
#include <gtest/gtest.h>

#include "src/pages/write_access.h"
#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

constexpr char kTicket[] = "/desk/ticket?ref=github:acme/opendb%231";
constexpr char kRef[] = "&ref=github:acme/opendb%231";

class TicketPagesTest : public Visited {
 protected:
  TicketPagesTest() {
    forge.SetUser("alice", kAlice.id);
    forge.SetUser("dave", kDave.id);
  }
  void SetUp() override {
    alice = std::make_unique<Browser>(*pages);
    SignIn(*alice, "/desk", kAlice);
  }
  PageAnswer Act(Browser& browser, const std::string& fields) {
    return Send(browser, "/desk", "/desk/ticket", fields + kRef);
  }
  Standing Now(std::int64_t number = 1) {
    return desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, number})->standing;
  }

  std::unique_ptr<Browser> alice;
};

TEST_F(TicketPagesTest, ShowsPromisesWhatHappenedAndWhy) {
  Issue(1, kDave);
  clock.Advance(absl::Minutes(20));
  Say(1, kAlice, "What do you see in the log?");
  const std::string body = alice->Get(kTicket).body;
  EXPECT_TRUE(StrContains(body, "It breaks")) << body;
  EXPECT_TRUE(StrContains(body, "took 20m of 4h")) << body;
  EXPECT_TRUE(StrContains(body, "<svg class=\"chart\"")) << body;
  EXPECT_TRUE(StrContains(body, "<rect class=\"kept\"")) << body;
  EXPECT_TRUE(StrContains(body, "answered")) << body;
  EXPECT_TRUE(StrContains(body, "claim of acme since")) << "the explanation" << body;
  EXPECT_TRUE(StrContains(body, "with alice")) << body;
  EXPECT_TRUE(StrContains(body, "href=\"https://forge/acme/opendb/issues/1\"")) << body;
  EXPECT_EQ(alice->Get("/desk/ticket?ref=github:acme/opendb%2399").status, 404);
  EXPECT_EQ(alice->Get("/desk/ticket?ref=nonsense").status, 404);
  EXPECT_EQ(alice->Get("/desk/ticket").status, 404);
}

TEST_F(TicketPagesTest, ShowsWhatWasSolvedBeforeToThoseWhoAnswer) {
  for (int number = 1; number <= 12; ++number) {
    Deliver(
        absl::StrCat("d", ++deliveries),
        MakeEvent(number, kDave,
                  {MakeOpened({Provenance::kWebhook, clock.Now()}, kDave, Moment::At(clock.Now()),
                              absl::StrCat("```\nERROR: segment moon", number % 12, " lost quorum",
                                           number % 12, "\n```"))}));
    Work();
    Say(number, kAlice, "Add a replica, please.");
    if (number == 12) continue;
    Deliver(absl::StrCat("d", ++deliveries),
            MakeEvent(number, kDave,
                      {MakeClosed({Provenance::kWebhook, clock.Now()}, "completed", kAlice,
                                  Moment::At(clock.Now()))}));
    Work();
  }
  Deliver("like",
          MakeEvent(20, kDave,
                    {MakeOpened({Provenance::kWebhook, clock.Now()}, kDave, Moment::At(clock.Now()),
                                "<script>alert(1)</script>\n```\nERROR: segment moon3 lost "
                                "quorum3 \" OR NEAR( * \n```")}));
  Work();
  const std::string like = "/desk/ticket?ref=github:acme/opendb%2320";
  EXPECT_FALSE(StrContains(alice->Get(like).body, "Solved before")) << "nothing is indexed yet";
  ASSERT_TRUE(similar.CatchUp().ok());
  const std::string body = alice->Get(like).body;
  EXPECT_TRUE(StrContains(body, "Solved before")) << body;
  EXPECT_TRUE(StrContains(body, "github:acme/opendb#3, answered")) << body;
  EXPECT_FALSE(StrContains(body, "github:acme/opendb#4,")) << body;
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  const PageAnswer mine = dave.Get("/my/ticket?customer=acme&ref=github:acme/opendb%2320");
  EXPECT_EQ(mine.status, 200);
  EXPECT_FALSE(StrContains(mine.body, "Solved before"));
  EXPECT_EQ(dave.Get(like).status, 403);
}

TEST_F(TicketPagesTest, WhatIsDoneIsAFactInTheLedger) {
  Issue(1, kDave);
  const std::uint64_t length = store.ReadLedgerHead()->length;
  const PageAnswer done = Act(*alice, "act=priority&priority=P1");
  EXPECT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(Browser::Header(done, "Location"), "/desk/ticket?ref=github%3Aacme/opendb%231&done=1");
  EXPECT_EQ(Now().claims[0].priority, "P1");
  EXPECT_EQ(Now().claims[0].priority_reason, "priority P1 by github:alice, a responder");
  EXPECT_GT(store.ReadLedgerHead()->length, length);
  bool found = false;
  for (const auto& [id, fact] : Load(1).facts) {
    if (fact.kind != FactKind::kOperator) continue;
    found = true;
    EXPECT_EQ(fact.provenance, Provenance::kPage);
    EXPECT_EQ(fact.value, "github:alice: ");
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(StrContains(alice->Get(kTicket).body, "(on a page)"));
}

TEST_F(TicketPagesTest, WhyACommandWasRefusedIsShownToItsAuthorAlone) {
  Policy policy = MakePolicy(/*is_public=*/false);
  policy.teams["core"].members.push_back({"github", "bob"});
  policy.customers[0].hours = {{"q1", 120, absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31),
                                15, 0, OverHours::kRefuse}};
  Govern(policy);
  const Actor kBob = {"44", "bob", false};
  forge.SetUser("bob", kBob.id);
  Browser bob(*pages);
  SignIn(bob, "/desk", kBob);
  Issue(1, kDave);
  Say(1, kAlice, "/support log 45m read the dump");
  const std::string reason = "the customer is private and others read this";
  const std::string hers = alice->Get(kTicket).body;
  EXPECT_TRUE(StrContains(hers, "was refused: " + reason)) << hers;
  EXPECT_FALSE(StrContains(bob.Get(kTicket).body, "was refused: " + reason));
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  EXPECT_FALSE(
      StrContains(dave.Get("/my/ticket?customer=acme&ref=github:acme/opendb%231").body, reason));
  const auto known = desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, 1});
  EXPECT_TRUE(StrContains(known->explanation, reason)) << known->explanation;
  clock.Advance(absl::Hours(25));
  EXPECT_FALSE(StrContains(alice->Get(kTicket).body, "was refused: " + reason)) << "for a day";
}

TEST_F(TicketPagesTest, EveryActDoesWhatItsCommandDoes) {
  Policy policy = MakePolicy();
  Customer beta = policy.customers[0];
  beta.id = "beta";
  beta.alias = "c-b";
  beta.name = "Beta";
  beta.contacts.logins = {{"github", "bert"}};
  policy.customers.push_back(beta);
  policy.plans["gold"].promises["P2"].targets[Metric::kWorkaround] = {0, absl::Hours(8), "8h"};
  Govern(policy);
  Issue(1, kDave);
  EXPECT_EQ(Act(*alice, "act=waiting").status, 303);
  EXPECT_TRUE(Now().waiting.now);
  EXPECT_TRUE(StrContains(alice->Get(kTicket).body, "We wait for the customer since"));
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=resume").status, 303);
  EXPECT_FALSE(Now().waiting.now);
  EXPECT_EQ(Act(*alice, "act=workaround").status, 303);
  EXPECT_EQ(Now().claims[0].clocks[1].state, ClockState::kMet);
  EXPECT_EQ(Act(*alice, "act=claim&customer=beta&reason=they+called").status, 303);
  EXPECT_EQ(Now().claims.size(), 2u);
  EXPECT_TRUE(StrContains(alice->Get(kTicket).body, "they called"));
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=release&customer=beta").status, 303);
  EXPECT_TRUE(Now().claims[1].released);
}

TEST_F(TicketPagesTest, WhatACommandWouldBeRefusedIsRefusedWithTheReason) {
  Issue(1, kErin);
  PageAnswer refused = Act(*alice, "act=priority&priority=P1");
  EXPECT_EQ(refused.status, 409);
  EXPECT_TRUE(StrContains(refused.body, "no customer claims this ticket")) << refused.body;
  refused = Act(*alice, "act=release&customer=acme");
  EXPECT_TRUE(StrContains(refused.body, "there is no such claim here")) << refused.body;
  EXPECT_EQ(Act(*alice, "act=priority&priority=P9").status, 409);
  EXPECT_EQ(Act(*alice, "act=claim&customer=none").status, 409);
  EXPECT_EQ(Act(*alice, "act=grant&customer=acme").status, 409) << "without a reason";
  EXPECT_EQ(Act(*alice, "act=nonsense").status, 409);
  EXPECT_EQ(Act(*alice, "").status, 409);
}

TEST_F(TicketPagesTest, OnlyWhatChangesSomethingIsKept) {
  Issue(1, kDave);
  const std::size_t facts = Load(1).facts.size();
  EXPECT_EQ(Act(*alice, "act=release&customer=acme&reason=x").status, 303);
  EXPECT_EQ(Load(1).facts.size(), facts + 1);
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=release&customer=acme").status, 409);
  EXPECT_EQ(Act(*alice, "act=priority&priority=P1").status, 409);
  EXPECT_EQ(Load(1).facts.size(), facts + 1) << "what is refused leaves nothing";
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=claim&customer=acme").status, 303);
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=waiting").status, 303);
  const std::size_t more = Load(1).facts.size();
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Act(*alice, "act=waiting").status, 303) << "it is so already";
  EXPECT_EQ(Load(1).facts.size(), more);
  int done = 0;
  for (int i = 0; i < 40; ++i) {
    clock.Advance(absl::Seconds(1));
    done += Act(*alice, absl::StrCat("act=priority&priority=P", 1 + i % 2)).status == 303;
  }
  EXPECT_LE(done, 30);
  EXPECT_GE(done, 20);
  clock.Advance(absl::Hours(25));
  SignIn(*alice, "/desk", kAlice);
  EXPECT_EQ(Act(*alice, "act=resume").status, 303);
}

TEST_F(TicketPagesTest, NobodyMakesATicketTheirOwnCompanys) {
  Policy policy = MakePolicy();
  policy.teams["core"].members.push_back({"github", "dave"});
  policy.plans["gold"].allowance.tickets.open = 1;
  Govern(policy);
  Issue(1, kErin);
  Browser dave(*pages);
  SignIn(dave, "/desk", kDave);
  EXPECT_EQ(Act(dave, "act=claim&customer=acme&reason=x").status, 409);
  Issue(2, kDave);
  clock.Advance(absl::Minutes(1));
  Issue(3, kDave);
  EXPECT_EQ(Send(dave, "/desk", "/desk/ticket",
                 "act=grant&customer=acme&reason=x&ref=github:acme/opendb%233")
                .status,
            409);
  EXPECT_TRUE(Now(1).claims.empty());
  EXPECT_TRUE(Now(3).claims.empty());
}

TEST_F(TicketPagesTest, WhoIsInNoTeamLearnsOfNoOtherCustomer) {
  Issue(1, kErin);
  Open("https://desk.example", std::make_shared<WriteAccess>(store, clock, Forges()));
  const Actor gus{"35", "gus", false};
  forge.SetPermission(gus.id, "write");
  Browser browser(*pages);
  SignIn(browser, "/desk", gus);
  const PageAnswer known = Act(browser, "act=claim&customer=acme");
  const PageAnswer none = Act(browser, "act=claim&customer=none");
  EXPECT_EQ(known.status, 409);
  EXPECT_EQ(known.body, none.body);
}

TEST_F(TicketPagesTest, WorkIsLoggedForTheCustomerAndItSeesIt) {
  Policy policy = MakePolicy(/*is_public=*/false);
  HoursBlock block;
  block.id = "q1";
  block.from = absl::CivilDay(2026, 1, 1);
  block.until = absl::CivilDay(2026, 6, 30);
  block.amount = 20 * 60;
  block.unit = 15;
  policy.customers[0].hours = {block};
  Govern(policy);
  Issue(1, kDave);
  const std::string work = "act=log&customer=acme&reason=looked+at+the+dump&time=";
  EXPECT_EQ(Act(*alice, work + "40m&entry=e1").status, 303);
  EXPECT_EQ(Act(*alice, work + "40m&entry=e1").status, 303) << "sent twice, logged once";
  EXPECT_EQ(Act(*alice, work + "9h").status, 409) << "needs the mark";
  EXPECT_EQ(Act(*alice, work + "none").status, 409);
  EXPECT_EQ(Act(*alice, "act=log&customer=none&reason=x&time=5m").status, 409);
  EXPECT_EQ(Act(*alice, "act=log&customer=acme&time=5m").status, 409) << "without words";
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  for (const std::string& body : {dave.Get("/my").body, alice->Get("/desk/customers/acme").body}) {
    EXPECT_TRUE(StrContains(body, "looked at the dump")) << body;
    EXPECT_TRUE(StrContains(body, "<span class=\"state\">19h 15m</span> of 20h")) << body;
    EXPECT_TRUE(StrContains(body, "github:alice")) << body;
  }
}

TEST_F(TicketPagesTest, OnlyAnAdminExcuses) {
  Issue(1, kDave);
  clock.Advance(absl::Hours(5));
  const std::string excuse = "act=excuse&metric=first_response&customer=acme&reason=the+forge";
  EXPECT_EQ(Act(*alice, excuse).status, 403);
  EXPECT_FALSE(StrContains(alice->Get(kTicket).body, "value=\"excuse\""));
  Browser carol(*pages);
  SignIn(carol, "/desk", {"55", "carol", false});
  EXPECT_TRUE(StrContains(carol.Get(kTicket).body, "value=\"excuse\""));
  EXPECT_EQ(Act(carol, "act=excuse&metric=first_response&customer=acme").status, 409);
  EXPECT_EQ(Act(carol, excuse).status, 303);
  EXPECT_EQ(Now().claims[0].clocks[0].state, ClockState::kExcused);
}

TEST_F(TicketPagesTest, AContactOfTheTicketsCustomerDoesNotAnswerIt) {
  Policy policy = MakePolicy();
  policy.teams["core"].members.push_back({"github", "dave"});
  Govern(policy);
  Issue(1, kDave);
  Browser dave(*pages);
  SignIn(dave, "/desk", kDave);
  EXPECT_EQ(Act(dave, "act=waiting").status, 409);
  EXPECT_FALSE(Now().waiting.now);
}

TEST_F(TicketPagesTest, AFormWithoutTheSessionsTokenChangesNothing) {
  Issue(1, kDave);
  EXPECT_EQ(alice->Post("/desk/ticket", std::string("act=waiting") + kRef).status, 403);
  EXPECT_EQ(alice->Post("/desk/ticket", std::string("csrf=x&act=waiting") + kRef).status, 403);
  Browser stranger(*pages);
  EXPECT_EQ(stranger.Post("/desk/ticket", std::string("act=waiting") + kRef).status, 403);
  EXPECT_FALSE(Now().waiting.now);
}

TEST_F(TicketPagesTest, ATicketOverTheAllowanceIsGrantedWithAReason) {
  Policy policy = MakePolicy();
  policy.plans["gold"].allowance.tickets.open = 1;
  Govern(policy);
  Issue(2, kDave);
  clock.Advance(absl::Minutes(1));
  Issue(1, kDave);
  EXPECT_TRUE(StrContains(alice->Get(kTicket).body, "Over the allowance of ACME Corp"));
  EXPECT_EQ(Act(*alice, "act=grant&customer=acme&reason=their+release").status, 303);
  ASSERT_EQ(Now().claims.size(), 1u);
}

}  // namespace
}  // namespace retainer::pages
