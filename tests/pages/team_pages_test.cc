// Customers and the system, for the project's team.
#include <gtest/gtest.h>

#include <set>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

class TeamPagesTest : public Visited {
 protected:
  void SetUp() override {
    forge.SetUser("dave", kDave.id);
    alice = std::make_unique<Browser>(*pages);
    SignIn(*alice, "/desk", kAlice);
  }
  std::unique_ptr<Browser> alice;
};

TEST_F(TeamPagesTest, ManyCustomersArePagedAndFound) {
  Policy policy = MakePolicy();
  for (int i = 0; i < 120; ++i) {
    Customer customer = policy.customers[0];
    customer.id = absl::StrCat("many", 1000 + i);
    customer.alias = absl::StrCat("c-m", i);
    customer.name = absl::StrCat("Many ", 1000 + i);
    customer.contacts = {};
    policy.customers.push_back(customer);
  }
  Govern(policy);
  std::set<std::string> seen;
  for (const char* page :
       {"/desk/customers", "/desk/customers?from=50", "/desk/customers?from=100"}) {
    const std::string body = alice->Get(page).body;
    for (int i = 0; i < 120; ++i) {
      const std::string name = absl::StrCat("Many ", 1000 + i, "<");
      if (!StrContains(body, name)) continue;
      EXPECT_TRUE(seen.insert(name).second) << name << page;
    }
  }
  EXPECT_EQ(seen.size(), 120u);
  EXPECT_FALSE(StrContains(alice->Get("/desk/customers?from=200").body, "Many"));
  const std::string found = alice->Get("/desk/customers?q=MANY&from=50").body;
  EXPECT_TRUE(StrContains(found, "Many 1050<")) << found;
  EXPECT_FALSE(StrContains(found, "Many 1049<"));
  EXPECT_TRUE(StrContains(found, "from=100&amp;q=MANY")) << found;
  policy.customers[1].name = "Another name";
  const TermsHistory history = {MakeTerms("v2", At(-60 * 24), policy)};
  terms.Set(history);
  desk->SetTerms(history);
  EXPECT_TRUE(StrContains(alice->Get("/desk/customers?q=another").body, "Another name"));
}

TEST_F(TeamPagesTest, ACustomerHasItsPlansContactsLinksAndFigures) {
  Policy policy = MakePolicy(/*is_public=*/false);
  policy.customers[0].entitlements[0].term =
      Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 12, 31)};
  policy.customers[0].crm["salesforce"] = "001x";
  policy.plans["gold"].allowance.priorities["P1"].open = 2;
  Govern(policy);
  Issue(1, kDave);
  clock.Advance(absl::Minutes(1));
  Say(1, kAlice, "What do you see in the log?");
  const std::string list = alice->Get("/desk/customers").body;
  EXPECT_TRUE(StrContains(list, "ACME Corp")) << list;
  EXPECT_TRUE(StrContains(list, "until 2026-12-31")) << list;
  const auto term = [&](int from_year, int until_year, int grace) {
    Policy other = policy;
    other.customers[0].entitlements[0].term =
        Term{absl::CivilDay(from_year, 1, 1), absl::CivilDay(until_year, 2, 25)};
    other.customers[0].entitlements[0].grace_days = grace;
    Govern(other);
    return alice->Get("/desk/customers").body;
  };
  EXPECT_TRUE(StrContains(term(2027, 2028, 0), "begins 2027-01-01"));
  EXPECT_TRUE(StrContains(term(2025, 2026, 0), "ended 2026-02-25<"));
  EXPECT_TRUE(StrContains(term(2025, 2026, 14), "ended 2026-02-25, in grace until 2026-03-11"));
  Govern(policy);
  EXPECT_TRUE(StrContains(list, ">private<")) << list;
  EXPECT_TRUE(StrContains(alice->Get("/desk/customers?q=c-7F3").body, "ACME Corp"));
  EXPECT_FALSE(StrContains(alice->Get("/desk/customers?q=none").body, "ACME Corp"));
  const std::string body = alice->Get("/desk/customers/acme").body;
  for (const char* part : {"1 January 2026 to 31 December 2026", "salesforce 001x", "github:dave",
                           "P1 tickets: 2 open at a time", "100.0 %", "1 open tickets"}) {
    EXPECT_TRUE(StrContains(body, part)) << part << body;
  }
  EXPECT_EQ(alice->Get("/desk/customers/none").status, 404);
  EXPECT_EQ(alice->Get("/desk/customers/c-7f3").status, 404) << "an alias is no address";
}

TEST_F(TeamPagesTest, LinksAreMadeAndWithdrawnAndContactsRemoved) {
  const std::string page = "/desk/customers/acme";
  PageAnswer made = Send(*alice, page, page, "act=invite&uses=2");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::size_t at = made.body.find("https://desk.example/join/");
  ASSERT_NE(at, std::string::npos) << made.body;
  const std::string link = made.body.substr(at, made.body.find('<', at) - at);
  EXPECT_FALSE(StrContains(alice->Get(page).body, "/join/")) << "shown once";
  Browser erin(*pages);
  const std::string path = link.substr(std::string("https://desk.example").size());
  SignIn(erin, path, kErin);
  EXPECT_EQ(Send(erin, path, path, "").status, 303);
  ASSERT_EQ(JoinedBy(kErin).size(), 1u);

  const CustomerBook book = ReadCustomerFacts(store.LoadCustomer("acme")->facts);
  EXPECT_EQ(book.invitations[0].by, "github:alice");
  EXPECT_EQ(Send(*alice, page, page, absl::StrCat("act=revoke&invitation=", book.invitations[0].id))
                .status,
            303);
  EXPECT_EQ(Browser(*pages).Get(path).status, 404);
  EXPECT_EQ(erin.Get("/my").status, 200);
  EXPECT_EQ(Send(*alice, page, page, "act=remove&forge=github&account=33").status, 303);
  EXPECT_EQ(erin.Get("/my").status, 403);
  EXPECT_EQ(Send(*alice, page, page, "act=remove&forge=github&account=33").status, 409);
  for (const char* wrong : {"act=revoke&invitation=none", "act=none", "act=invite&uses=0",
                            "act=invite&uses=x", "act=invite&uses=1001"}) {
    EXPECT_EQ(Send(*alice, page, page, wrong).status, 409) << wrong;
  }
}

TEST_F(TeamPagesTest, TheSystemSaysWhatWasMissedAndHowManyNotificationsWeCaused) {
  std::string body = alice->Get("/desk/system").body;
  EXPECT_TRUE(StrContains(body, "<h2>Missed deliveries</h2>\n<p>None.</p>")) << body;
  Gap gap;
  gap.forge = "github";
  gap.from = gap.to = gap.found = clock.Now();
  gap.sent_again = 3;
  gap.read = 4;
  gap.lost = 1;
  ASSERT_TRUE(store.SaveGap(gap).ok());
  const auto add = [&](std::int64_t ticket, NoiseKind kind, std::uint64_t count) {
    ASSERT_TRUE(
        store.AddNoise({"github", "77", TicketKind::kIssue, ticket}, kind, count, clock.Now())
            .ok());
  };
  add(1, NoiseKind::kStatus, 1);
  add(2, NoiseKind::kStatus, 1);
  add(2, NoiseKind::kMention, kNoiseBudget);
  body = alice->Get("/desk/system").body;
  EXPECT_TRUE(StrContains(body, "7 (4 from the forge&#39;s log)") ||
              StrContains(body, "7 (4 from the forge's log)"))
      << body;
  EXPECT_TRUE(StrContains(body, "12 on 2 tickets, the median ticket 11")) << body;
  EXPECT_TRUE(StrContains(body, "10 comments that mention somebody;")) << body;
  EXPECT_TRUE(StrContains(body, "over the budget:</span> 11")) << body;
  EXPECT_TRUE(StrContains(body, "1 status, 10 mention")) << body;
}

TEST_F(TeamPagesTest, TheSystemSaysWhatWaitsAndWhatWasGivenUp) {
  EXPECT_TRUE(StrContains(alice->Get("/desk/system").body, "Nothing."));
  Deliver("bad", MakeEvent(1, kDave, {}));
  ASSERT_TRUE(store
                  .SetAside("github", store.ReadInbox("github", 0, 1)->front().seq,
                            "<b>unreadable</b>", clock.Now())
                  .ok());
  desk->SetPolicyTrouble("policy.yaml:3: no such plan");
  std::string body = alice->Get("/desk/system").body;
  EXPECT_TRUE(StrContains(body, "&lt;b&gt;unreadable")) << body;
  EXPECT_TRUE(StrContains(body, "policy.yaml:3: no such plan")) << body;
  EXPECT_TRUE(StrContains(body, "records, head")) << body;
  const std::string seq = absl::StrCat(store.ListSetAside(1)->front().entry.seq);
  const std::string retry = absl::StrCat("kind=delivery&forge=github&id=", seq);
  EXPECT_EQ(Send(*alice, "/desk/system", "/desk/system", retry).status, 303);
  EXPECT_TRUE(store.ListSetAside(1)->empty());
  EXPECT_EQ(Send(*alice, "/desk/system", "/desk/system", retry).status, 409);
  EXPECT_EQ(Send(*alice, "/desk/system", "/desk/system", "kind=none&id=1").status, 409);
}

}  // namespace
}  // namespace retainer::pages
