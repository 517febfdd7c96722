// Figures and reports in the browser: for whom, and what they lead to.
#include <gtest/gtest.h>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

class FigurePagesTest : public Visited {
 protected:
  // Acme (dave) missed a promise, globex (gina) did not.
  void SetUp() override {
    Policy policy = MakePolicy(/*is_public=*/false);
    Customer globex = policy.customers[0];
    globex.id = "globex";
    globex.alias = "c-111";
    globex.name = "Globex <b>Inc</b>";
    globex.contacts.logins = {{"github", "gina"}};
    policy.customers.push_back(globex);
    Govern(policy);
    forge.SetUser("dave", kDave.id);
    forge.SetUser("gina", kGina.id);
    Issue(1, kDave);
    Issue(2, kGina);
    clock.Advance(absl::Minutes(1));
    Say(2, kAlice, "Which version is it? The log says nothing.");
    clock.Advance(absl::Hours(5));
  }

  const Actor kGina{"44", "gina", false};
  const std::string days = "from=2026-03-01&until=2026-03-31";
};

TEST_F(FigurePagesTest, TheTeamSeesRowsThatLeadToTheirTickets) {
  Browser alice(*pages);
  SignIn(alice, "/desk/figures", kAlice);
  const std::string body = alice.Get("/desk/figures?by=customer&" + days).body;
  for (const char* part :
       {"<a href=\"/desk/customers/acme\">ACME Corp</a>", "Globex &lt;b&gt;Inc&lt;/b&gt;", "50.0 %",
        "Missed, the longest overdue", "/desk/ticket?ref=github%3Aacme/opendb%231", "Mon 13:00 (1)",
        "/desk/figures.csv?by=customer&amp;from=2026-03-01"}) {
    EXPECT_TRUE(StrContains(body, part)) << part << "\n" << body;
  }
  EXPECT_TRUE(StrContains(alice.Get("/desk/figures").body, "2026-W10")) << "weeks by default";
  const PageAnswer file = alice.Get("/desk/figures.csv?by=customer&" + days);
  EXPECT_EQ(file.type, "text/csv; charset=utf-8");
  EXPECT_TRUE(StrContains(file.body, "acme,commitment,first_response,0,1,1,")) << file.body;
  EXPECT_EQ(alice.Get("/desk/figures?by=colour").status, 400);
  EXPECT_EQ(alice.Get("/desk/figures?from=now").status, 400);
  EXPECT_EQ(alice.Get("/desk/figures?customer=nope").status, 400);
}

TEST_F(FigurePagesTest, AContactGetsTheReportOfItsOwnCustomerAlone) {
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  const PageAnswer own = dave.Get("/my/report?" + days);
  EXPECT_EQ(own.status, 200) << own.body;
  EXPECT_TRUE(StrContains(own.body, "Support report: ACME Corp")) << own.body;
  EXPECT_FALSE(StrContains(own.body, "Globex")) << own.body;
  EXPECT_FALSE(StrContains(own.body, "Ledger")) << "its length would tell of others";
  EXPECT_TRUE(StrContains(Browser::Header(own, "Content-Disposition"), "attachment"));
  EXPECT_EQ(dave.Get("/my/report?customer=globex&" + days).status, 404);
  EXPECT_EQ(dave.Get("/my/report?customer=nope&" + days).status, 404);
  EXPECT_EQ(dave.Get("/desk/report?customer=acme&" + days).status, 403);
  EXPECT_EQ(dave.Get("/desk/figures").status, 403);
}

TEST_F(FigurePagesTest, AContactRatesAClosedTicket) {
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  const std::string page = "/my/ticket?ref=github%3Aacme%2Fopendb%231&customer=acme";
  EXPECT_FALSE(StrContains(dave.Get(page).body, "How was it?")) << "it is open";
  const int minute = static_cast<int>(absl::ToInt64Minutes(clock.Now() - At(0)));
  Deliver("closing", MakeEvent(1, kAlice,
                               {MakeClosed({Provenance::kWebhook, clock.Now()}, "completed", kAlice,
                                           Moment::At(At(minute)))}));
  Work();
  clock.Advance(absl::Minutes(5));
  EXPECT_TRUE(StrContains(dave.Get(page).body, "How was it?"));
  const std::string form = "ref=github%3Aacme%2Fopendb%231&customer=acme&act=rate&";
  EXPECT_EQ(Send(dave, page, "/my/ticket", form + "mark=2&reason=too+late").status, 303);
  EXPECT_TRUE(StrContains(dave.Get(page).body, "You said 2 of 5.")) << dave.Get(page).body;
  EXPECT_EQ(Send(dave, page, "/my/ticket", form + "mark=9").status, 409);
  Browser alice(*pages);
  SignIn(alice, "/desk/figures", kAlice);
  EXPECT_TRUE(StrContains(alice.Get("/desk/figures?by=customer&" + days).body, "2.0 (n = 1)"));
}

TEST_F(FigurePagesTest, TheTeamGetsReportsInEveryFormatAndAStrangerNone) {
  Browser alice(*pages);
  SignIn(alice, "/desk/figures", kAlice);
  for (const auto& [format, type] :
       std::map<std::string, std::string>{{"html", "text/html; charset=utf-8"},
                                          {"md", "text/markdown; charset=utf-8"},
                                          {"csv", "text/csv; charset=utf-8"},
                                          {"json", "application/json"}}) {
    const PageAnswer report = alice.Get("/desk/report?customer=acme&" + days + "&format=" + format);
    EXPECT_EQ(report.status, 200) << format;
    EXPECT_EQ(report.type, type);
    EXPECT_TRUE(StrContains(Browser::Header(report, "Content-Security-Policy"), "sandbox"));
  }
  EXPECT_EQ(alice.Get("/desk/report?format=pdf").status, 400);
  Browser erin(*pages);
  EXPECT_EQ(erin.Get("/desk/figures").status, 403);
  EXPECT_EQ(erin.Get("/my/report?customer=acme").status, 403);
}

}  // namespace
}  // namespace retainer::pages
