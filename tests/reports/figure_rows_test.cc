// Figures of a store: which tickets count, for whom, and how they are written.
#include "src/reports/figure_rows.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "tests/reports/reported.h"

namespace retainer::reports {
namespace {

class FigureRows : public Reported {
 protected:
  FigureTable Ask(FigureQuestion question) {
    question.span = March();
    auto table = SumFigures(Sources(), question);
    EXPECT_TRUE(table.ok()) << table.status();
    return *std::move(table);
  }
};

TEST_F(FigureRows, RowsAreOfAllTicketsByTheCut) {
  Ticket(1, kDave, 0, 60);
  Ticket(2, kDave, 10, 600);
  Ticket(3, kGina, 20, 30);
  Ticket(4, kErin, 30, -1);
  clock.Set(At(24 * 60));
  const nlohmann::json json = FiguresJson(Ask({.cut = FigureCut::kCustomer}));
  EXPECT_EQ(json["by"], "customer");
  EXPECT_EQ(json["from"], "2026-03-01");
  EXPECT_EQ(json["until"], "2026-03-31");
  EXPECT_EQ(json["rows"].size(), 3u) << json.dump(2);
  EXPECT_EQ(json["rows"]["acme"]["promises"]["met"], 1);
  EXPECT_EQ(json["rows"]["acme"]["promises"]["missed"], 1);
  EXPECT_EQ(json["rows"]["acme"]["promises"]["kept"], 0.5);
  EXPECT_EQ(json["rows"]["globex"]["promises"]["kept"], 1.0) << json.dump(2);
  EXPECT_EQ(json["rows"]["globex"]["metrics"]["first_response"]["median_seconds"], 600);
  EXPECT_EQ(json["rows"]["(community)"]["opened"]["all"], 1);
  EXPECT_TRUE(json["rows"]["(community)"]["promises"]["kept"].is_null());
}

TEST_F(FigureRows, AQuestionForOneProjectOrCustomerCountsThoseAlone) {
  Ticket(1, kDave, 0, 60);
  Ticket(2, kGina, 20, 30);
  const auto of_globex = Ask({.customer = "globex"});
  EXPECT_EQ(of_globex.sums.rows().at("all").opened(), 1);
  const auto elsewhere = Ask({.project = ProjectKey{"github", "78"}});
  EXPECT_EQ(elsewhere.sums.rows().at("all").opened(), 0);
  EXPECT_EQ(Ask({.project = ProjectKey{"github", "77"}}).sums.rows().at("all").opened(), 2);
}

TEST_F(FigureRows, ClosedTicketsOfLongAgoAreLeftOutAndOpenOnesAreNot) {
  Ticket(1, kDave, 0, -1);
  clock.Set(At(60 * 24 * 60));
  FigureQuestion later;
  later.span = {absl::CivilDay(2026, 4, 1), absl::CivilDay(2026, 4, 30)};
  auto table = SumFigures(Sources(), later);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->sums.rows().at("all").open(), 1);
  EXPECT_EQ(table->sums.rows().at("all").opened(), 0);
  EXPECT_EQ(table->sums.rows().at("all").promises().missed, 0) << "it was missed in March";
}

// Two worlds that differ in one private customer give outsiders the same bytes.
TEST_F(FigureRows, OutsidersSeeNothingOfAPrivateCustomer) {
  std::vector<std::string> seen;
  for (const bool with_acme : {true, false}) {
    for (const FigureCut cut : {FigureCut::kNone, FigureCut::kCustomer, FigureCut::kPlan,
                                FigureCut::kPriority, FigureCut::kWeek, FigureCut::kTeam}) {
      SetPolicy(TwoCustomers(with_acme));
      if (seen.empty()) {
        Ticket(1, kDave, 0, 600);
        Ticket(2, kGina, 20, 30);
        clock.Set(At(24 * 60));
      }
      const FigureTable table = Ask({.cut = cut, .audience = Audience::kOutsiders});
      seen.push_back(FiguresJson(table).dump() + FiguresCsv(table) + FiguresText(table));
    }
  }
  ASSERT_EQ(seen.size(), 12u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(seen[i], seen[i + 6]);
    EXPECT_FALSE(absl::StrContains(seen[i], "acme\""));
  }
}

TEST_F(FigureRows, TheyAreWrittenAsTextAndCsv) {
  Ticket(1, kDave, 0, 60);
  Ticket(2, kDave, 10, 600);
  const FigureTable table = Ask({.cut = FigureCut::kPriority});
  EXPECT_TRUE(absl::StrContains(FiguresCsv(table),
                                "P2,commitment,first_response,1,1,0,0.5000,0,0,0,2,3600,35400\r\n"))
      << FiguresCsv(table);
  const std::string text = FiguresText(table);
  EXPECT_TRUE(absl::StrContains(text, "50.0 %")) << text;
  EXPECT_TRUE(absl::StrContains(text, "1h, 9h 50m")) << text;
}

TEST(ShareTextTest, OnlyAllIsAHundred) {
  EXPECT_EQ(ShareText(1.0), "100.0 %");
  EXPECT_EQ(ShareText(0.9999), "99.9 %");
  EXPECT_EQ(ShareText(0.0), "0.0 %");
  EXPECT_EQ(ShareText(std::nullopt), "-");
}

}  // namespace
}  // namespace retainer::reports
