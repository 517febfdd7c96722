// Reports: what they name, in which order, in each format.
#include "src/reports/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "src/reports/weekly_bars.h"
#include "tests/reports/reported.h"

namespace retainer::reports {
namespace {

constexpr ReportFormat kFormats[] = {ReportFormat::kHtml, ReportFormat::kMarkdown,
                                     ReportFormat::kCsv, ReportFormat::kJson};

class ReportTest : public Reported {
 protected:
  Report Make(const std::string& customer, Audience audience = Audience::kTeam) {
    ReportQuestion question;
    question.span = March();
    question.customer = customer;
    question.audience = audience;
    question.proven = audience == Audience::kTeam;
    auto report = MakeReport(Sources(), question);
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }
};

TEST_F(ReportTest, MissesComeFirstAndAreExplained) {
  Ticket(1, kDave, 0, 300);
  Ticket(2, kDave, 10, 600);
  Ticket(3, kDave, 20, 60);
  const Report report = Make("acme");
  EXPECT_EQ(report.title, "ACME Corp");
  ASSERT_EQ(report.misses.size(), 2u);
  EXPECT_EQ(report.misses[0].promise.ticket.number, 2) << "the longest overdue";
  EXPECT_EQ(report.misses[0].why,
            "Promised within 4h of open time. It started on 2026-03-02 09:10 UTC and was due on "
            "2026-03-02 13:10 UTC. It was done on 2026-03-02 19:00 UTC, after 9h 50m of open time: "
            "5h 50m too late.");
  ASSERT_EQ(report.slowest.size(), 3u);
  EXPECT_EQ(report.slowest[2].promise.ticket.number, 3);
  const std::string markdown = WriteReport(report, ReportFormat::kMarkdown);
  EXPECT_LT(markdown.find("## Missed"), markdown.find("## Kept"));
  EXPECT_TRUE(absl::StrContains(markdown, "Promises kept: 1 of 3 (33.3 %)")) << markdown;
}

TEST_F(ReportTest, ACustomersReportHoldsNothingOfAnother) {
  Ticket(1, kDave, 0, 600, "Secret of acme");
  Ticket(2, kGina, 20, 600, "Crash of globex");
  Ticket(3, kErin, 20, -1, "Question of anybody");
  const Report report = Make("acme");
  for (const ReportFormat format : kFormats) {
    const std::string text = WriteReport(report, format);
    EXPECT_TRUE(absl::StrContains(text, "Secret of acme")) << text;
    EXPECT_FALSE(absl::StrContains(text, "globex")) << text;
    EXPECT_FALSE(absl::StrContains(text, "anybody")) << text;
    EXPECT_FALSE(absl::StrContains(text, "opendb#2")) << text;
  }
}

TEST_F(ReportTest, OutsidersReadNothingOfAPrivateCustomer) {
  Ticket(1, kDave, 0, 600, "Secret of acme");
  Ticket(2, kGina, 20, 600);
  clock.Set(At(24 * 60));
  std::vector<std::string> with;
  std::vector<std::string> without;
  for (const ReportFormat format : kFormats) {
    with.push_back(WriteReport(Make("", Audience::kOutsiders), format));
  }
  SetPolicy(TwoCustomers(/*with_acme=*/false));
  for (const ReportFormat format : kFormats) {
    without.push_back(WriteReport(Make("", Audience::kOutsiders), format));
  }
  EXPECT_EQ(with, without);
}

TEST_F(ReportTest, TheSameSpanGivesTheSameBytesWhateverComesLater) {
  Ticket(1, kDave, 0, 600);
  clock.Set(At(40 * 24 * 60));  // April
  std::vector<std::string> before;
  for (const ReportFormat format : kFormats) before.push_back(WriteReport(Make("acme"), format));
  Ticket(2, kDave, 41 * 24 * 60, -1);
  clock.Set(At(50 * 24 * 60));
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(WriteReport(Make("acme"), kFormats[i]), before[i]);
  }
}

TEST_F(ReportTest, ItNamesWhatIsOpenTheContactsTheTermsAndTheLedger) {
  Policy policy = TwoCustomers();
  policy.customers[0].entitlements = {
      {.plan = "gold",
       .term = Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 3, 15)},
       .trial = false},
      {.plan = "gold", .term = Term{absl::CivilDay(2026, 3, 16), absl::CivilDay(2026, 12, 31)}}};
  SetPolicy(policy);
  Ticket(1, kDave, 0, -1);
  clock.Set(At(60));
  const Report report = Make("acme");
  ASSERT_EQ(report.open.size(), 1u);
  EXPECT_EQ(report.open[0].due, At(240));
  EXPECT_EQ(report.open[0].state, "running");
  EXPECT_EQ(report.contacts, std::vector<std::string>{"github:dave, named in the policy"});
  EXPECT_EQ(report.terms, (std::vector<std::string>{"2026-03-15: plan gold ends",
                                                    "2026-03-16: plan gold begins"}));
  EXPECT_EQ(report.ledger, store.ReadLedgerHead()->digest);
  EXPECT_FALSE(report.ledger.empty());
  const nlohmann::json json = nlohmann::json::parse(WriteReport(report, ReportFormat::kJson));
  EXPECT_EQ(json["open"][0]["ticket"], "github:acme/opendb#1");
  EXPECT_EQ(json["ledger"], report.ledger);
}

TEST_F(ReportTest, WordsOfPeopleCannotBecomeActive) {
  Ticket(1, kDave, 0, 600, "<script>alert(1)</script> @everyone [x](http://evil) =1+1");
  const Report report = Make("acme");
  EXPECT_FALSE(absl::StrContains(WriteReport(report, ReportFormat::kHtml), "<script>"));
  const std::string markdown = WriteReport(report, ReportFormat::kMarkdown);
  EXPECT_TRUE(absl::StrContains(markdown, "`<script>alert(1)</script> @everyone [x](http://evil)"))
      << markdown;
}

TEST_F(ReportTest, AnUnknownCustomerIsNamed) {
  ReportQuestion question;
  question.span = March();
  question.customer = "nope";
  const auto report = MakeReport(Sources(), question);
  EXPECT_TRUE(absl::IsNotFound(report.status())) << report.status();
  EXPECT_EQ(report.status().message(), "the policy in force names no customer \"nope\"");
}

TEST_F(ReportTest, TheChartSaysItsNumbersInWords) {
  Ticket(1, kDave, 0, 600);
  Ticket(2, kDave, 0, 60);
  const std::string svg = WeeklyBars(Make("acme").weeks);
  EXPECT_TRUE(absl::StrContains(svg, "2026-W10: 1 kept, 1 missed")) << svg;
  EXPECT_TRUE(absl::StrContains(svg, "<rect class=\"missed\"")) << svg;
  EXPECT_EQ(WeeklyBars({}), "");
}

}  // namespace
}  // namespace retainer::reports
