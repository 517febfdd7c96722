// Weeks in which more happened than usual.
#include "retainer/stands_out.h"

#include <gtest/gtest.h>

#include "story.h"

namespace retainer::core {
namespace {

// Monday of week `number` of a series that begins on 2026-03-02.
absl::Time Week(int number) { return Utc("2026-03-02 12:00:00") + absl::Hours(7 * 24 * number); }

FigureScope Until(int week) {
  FigureScope scope;
  scope.from = Utc("2026-03-01 00:00:00");
  scope.until = scope.as_of = Week(week);
  return scope;
}

// A community ticket of that week.
void Open(WeekWatch& watch, int week, int number) {
  Standing standing;
  standing.opened = true;
  standing.opened_at = Week(week);
  watch.Add({{"github", "acme/opendb", TicketKind::kIssue, number}, "", ""}, standing);
}

// Opens so many tickets in each week.
std::vector<StandsOut> Find(const std::vector<int>& counts) {
  WeekWatch watch(Until(static_cast<int>(counts.size())));
  int number = 0;
  for (std::size_t week = 0; week < counts.size(); ++week) {
    for (int i = 0; i < counts[week]; ++i) Open(watch, static_cast<int>(week), ++number);
  }
  return watch.Find();
}

TEST(StandsOutTest, AWeekFarAboveTheMedianIsNamedWithItsTickets) {
  const auto found = Find({2, 3, 2, 1, 2, 9});
  ASSERT_EQ(found.size(), 2u) << "in all, and in its project";
  EXPECT_EQ(found[0].what, "opened");
  EXPECT_EQ(found[0].where, "all");
  EXPECT_EQ(found[0].week, "2026-W15");
  EXPECT_EQ(found[0].median, 2);
  EXPECT_EQ(found[0].deviations, 7);
  EXPECT_EQ(found[0].tickets.size(), 9u);
  EXPECT_EQ(found[1].where, "project github:acme/opendb");
}

TEST(StandsOutTest, FewTicketsNeverDo) {
  EXPECT_TRUE(Find({0, 1, 0, 0, 0, 4}).empty());
  EXPECT_FALSE(Find({0, 1, 0, 0, 0, 5}).empty());
}

TEST(StandsOutTest, ANoisyPastIsMeasuredByItsOwnDeviation) {
  EXPECT_TRUE(Find({5, 9, 4, 10, 6, 9, 12}).empty());
  EXPECT_TRUE(Find({20, 20, 20, 20, 20, 23}).empty()) << "three more than always";
}

TEST(StandsOutTest, FourWeeksMustBeKnownAndTheRunningWeekDoesNotCount) {
  EXPECT_TRUE(Find({1, 1, 1, 20}).empty());
  EXPECT_FALSE(Find({1, 1, 1, 1, 20}).empty());
  WeekWatch running(Until(5));  // the scope ends within week 5
  for (int i = 0; i < 5; ++i) Open(running, i, i);
  for (int i = 10; i < 30; ++i) Open(running, 5, i);
  EXPECT_TRUE(running.Find().empty());
}

TEST(StandsOutTest, MissesAreOfCommitmentsByCustomerAndPriority) {
  WeekWatch watch(Until(6));
  for (int week = 0; week < 5; ++week) Open(watch, week, 1000 + week);
  for (int i = 0; i < 6; ++i) {
    Story story;
    story.GoTo("2026-04-07 10:00:00").Opens("dave", "Down\n\n/support priority P1");
    watch.Add({{"github", "acme/opendb", TicketKind::kIssue, i}, "", ""},
              Evaluate(story.context(), story.facts(), story.terms(), story.pins(), Week(6)));
  }
  std::set<std::string> names;
  for (const StandsOut& one : watch.Find()) names.insert(one.what + " " + one.where);
  EXPECT_TRUE(names.contains("missed customer acme"));
  EXPECT_TRUE(names.contains("missed priority P1"));
  EXPECT_TRUE(names.contains("opened customer acme"));
  EXPECT_FALSE(names.contains("reopened all"));
}

TEST(StandsOutTest, ATicketCountsOnceAWeek) {
  WeekWatch watch(Until(6));
  for (int week = 0; week < 5; ++week) Open(watch, week, 1000 + week);
  for (int i = 0; i < 20; ++i) Open(watch, 5, 7);
  EXPECT_TRUE(watch.Find().empty());
}

}  // namespace
}  // namespace retainer::core
