// Figures of a span of days: what counts when, in which row.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "retainer/figures.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;

// Stories begin on Monday, 2026-03-02.
FigureScope Month() {
  FigureScope scope;
  scope.from = Utc("2026-03-01 00:00:00");
  scope.until = Utc("2026-04-01 00:00:00");
  scope.as_of = scope.until;
  scope.most_listed = 10;
  return scope;
}

FiguredTicket Ticket(int number = 12) {
  return {{"github", "acme/opendb", TicketKind::kIssue, number}, "Crash", "https://x.example/12"};
}

Standing At(Story& story, absl::Time as_of) {
  return Evaluate(story.context(), FactsUntil(story.facts(), as_of), story.terms(), story.pins(),
                  as_of);
}

Figures Only(Story& story, const FigureScope& scope) {
  FigureSums sums(scope, story.terms().back());
  sums.Add(Ticket(), At(story, scope.as_of));
  EXPECT_EQ(sums.rows().size(), 1u);
  return sums.rows().begin()->second;
}

Story Answered(absl::Duration after, const std::string& customer = "dave") {
  Story story;
  story.GoTo("2026-03-03 10:00:00").Opens(customer, "Down\n\n/support priority P1").Wait(after);
  story.Says("alice", "The index is broken. Rebuild it, please.");
  return story;
}

TEST(FiguresTest, AnAnswerInTimeIsKeptAndALateOneIsMissed) {
  Story kept = Answered(Minutes(30));
  const Figures in_time = Only(kept, Month());
  EXPECT_EQ(in_time.commitments.at(Metric::kFirstResponse).tally.met, 1);
  EXPECT_EQ(in_time.commitments.at(Metric::kFirstResponse).took,
            std::vector<absl::Duration>{Minutes(30)});

  Story late = Answered(Hours(3));
  const Figures missed = Only(late, Month());
  const FigureTally tally = missed.commitments.at(Metric::kFirstResponse).tally;
  EXPECT_EQ(tally.missed, 1);
  EXPECT_EQ(tally.missed_open, 0);
  EXPECT_EQ(tally.kept(), 0.0);
  EXPECT_EQ(missed.missed_at[24 + 11], 1) << "first response was due on Tuesday at 11:00";
}

TEST(FiguresTest, LateIsLateFromItsDueInstantOn) {
  Story story;
  story.GoTo("2026-03-03 10:00:00").Opens("dave", "Down\n\n/support priority P1");
  FigureScope scope = Month();
  scope.as_of = Utc("2026-03-03 10:59:00");
  EXPECT_FALSE(Only(story, scope).commitments.contains(Metric::kFirstResponse));
  scope.as_of = Utc("2026-03-03 11:00:00");
  const FigureTally tally = Only(story, scope).commitments.at(Metric::kFirstResponse).tally;
  EXPECT_EQ(tally.missed, 1);
  EXPECT_EQ(tally.missed_open, 1);
}

TEST(FiguresTest, AMissCountsOnceWhereItFellDue) {
  Story story = Answered(Hours(24 * 40));  // answered in April
  FigureScope april = Month();
  april.from = Utc("2026-04-01 00:00:00");
  april.until = april.as_of = Utc("2026-05-01 00:00:00");
  EXPECT_EQ(Only(story, Month()).commitments.at(Metric::kFirstResponse).tally.missed, 1);
  const Figures later = Only(story, april);
  EXPECT_EQ(later.commitments.at(Metric::kFirstResponse).tally, FigureTally());
  EXPECT_EQ(later.commitments.at(Metric::kFirstResponse).took.size(), 1u)
      << "its time counts where it ended";
}

TEST(FiguresTest, TheSameSpanGivesTheSameWhateverHappensLater) {
  Story story = Answered(Minutes(30));
  const Figures before = Only(story, Month());
  story.GoTo("2026-04-05 10:00:00").Says("dave", "It is back.").Closes("alice");
  EXPECT_EQ(Only(story, Month()), before);
}

TEST(FiguresTest, TicketsAreCountedByOpeningClosingAndAge) {
  Story story = Answered(Minutes(30));
  story.GoTo("2026-03-10 10:00:00").Closes("alice");
  story.GoTo("2026-03-12 10:00:00").Reopens("dave");
  FigureScope scope = Month();
  scope.as_of = Utc("2026-03-20 00:00:00");
  const Figures figures = Only(story, scope);
  EXPECT_EQ(figures.opened_issues, 1);
  EXPECT_EQ(figures.opened_changes, 0);
  EXPECT_EQ(figures.opened_by_priority.at("P1"), 1);
  EXPECT_EQ(figures.closed, 1);
  EXPECT_EQ(figures.reopened, 1);
  EXPECT_EQ(figures.backlog, (std::array<std::int64_t, 4>{0, 1, 0, 0})) << "17 days old";
  scope.as_of = Utc("2026-03-11 00:00:00");
  EXPECT_EQ(Only(story, scope).open(), 0) << "it was closed then";
}

TEST(FiguresTest, TheLongestSilenceIsSinceTheLastWordOfAResponder) {
  Story story = Answered(Minutes(30));
  story.Wait(Hours(5)).Says("dave", "Still down.");
  FigureScope scope = Month();
  scope.as_of = Utc("2026-03-04 10:00:00");
  const Figures figures = Only(story, scope);
  EXPECT_EQ(figures.silent, Ticket().ref);
  EXPECT_EQ(figures.silent_since, Utc("2026-03-03 10:30:00"));
  story.Wait(Minutes(5)).Says("alice", "Which version is it?\n\n/support waiting");
  scope.as_of = Utc("2026-03-05 10:00:00");
  EXPECT_EQ(Only(story, scope).silent, std::nullopt) << "it waits for the customer";
}

TEST(FiguresTest, RowsFollowTheCut) {
  Story story = Answered(Minutes(30));
  const auto rows = [&](FigureCut cut) {
    FigureScope scope = Month();
    scope.as_of = Utc("2026-03-16 12:00:00");
    scope.cut = cut;
    FigureSums sums(scope, Story().terms().back());
    sums.Add(Ticket(), At(story, scope.as_of));
    std::vector<std::string> names;
    for (const auto& [name, row] : sums.rows()) names.push_back(name);
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(rows(FigureCut::kNone), Names{"all"});
  EXPECT_EQ(rows(FigureCut::kPlan), Names{"gold"});
  EXPECT_EQ(rows(FigureCut::kCustomer), Names{"acme"});
  EXPECT_EQ(rows(FigureCut::kPriority), Names{"P1"});
  EXPECT_EQ(rows(FigureCut::kProject), Names{"github:acme/opendb"});
  EXPECT_EQ(rows(FigureCut::kTeam), Names{"core"}) << "the team of who answered";
  EXPECT_EQ(rows(FigureCut::kWeek), (Names{"2026-W09", "2026-W10", "2026-W11", "2026-W12"}))
      << "also the weeks in which nothing happened";
}

TEST(FiguresTest, ACustomersFiguresAreOfItsClaimsAlone) {
  FigureScope scope = Month();
  scope.customer = "acme";
  FigureSums sums(scope, Story().terms().back());
  Story dave = Answered(Minutes(30));
  Story bert = Answered(Hours(3), "bert");
  Story stranger = Answered(Hours(3), "eve");
  sums.Add(Ticket(1), At(dave, scope.as_of));
  sums.Add(Ticket(2), At(bert, scope.as_of));
  sums.Add(Ticket(3), At(stranger, scope.as_of));
  const Figures& all = sums.rows().at("all");
  EXPECT_EQ(all.opened(), 1);
  EXPECT_EQ(all.commitments.at(Metric::kFirstResponse).tally.met, 1);
  EXPECT_EQ(all.commitments.at(Metric::kFirstResponse).tally.missed, 0);
}

TEST(FiguresTest, TrialsAndTargetsAreCountedApart) {
  Policy trial = StoryPolicy();
  for (Customer& customer : trial.customers) customer.entitlements[0].trial = true;
  Story tried(trial);
  tried.GoTo("2026-03-03 10:00:00").Opens("dave", "Down\n\n/support priority P1").Wait(Hours(9));
  const Figures on_trial = Only(tried, Month());
  EXPECT_TRUE(on_trial.commitments.empty());
  EXPECT_EQ(on_trial.trials.at(Metric::kFirstResponse).tally.missed, 1);
  EXPECT_TRUE(on_trial.misses.empty());

  Policy aimed = StoryPolicy();
  aimed.plans["gold"].kind = PromiseKind::kTarget;
  Story aims(aimed);
  aims.GoTo("2026-03-03 10:00:00").Opens("dave", "Down\n\n/support priority P1").Wait(Hours(9));
  EXPECT_EQ(Only(aims, Month()).targets.at(Metric::kFirstResponse).tally.missed, 1);
  EXPECT_TRUE(Only(aims, Month()).commitments.empty());
}

TEST(FiguresTest, MissesAndSlowestAreListedTheWorstFirst) {
  FigureScope scope = Month();
  scope.most_listed = 2;
  FigureSums sums(scope, Story().terms().back());
  int number = 0;
  for (const int hours : {2, 5, 3}) {
    Story story = Answered(Hours(hours));
    story.Closes("alice");
    sums.Add(Ticket(++number), At(story, scope.as_of));
  }
  const Figures& all = sums.rows().at("all");
  ASSERT_EQ(all.misses.size(), 2u);
  EXPECT_EQ(all.misses[0].ticket.number, 2);
  EXPECT_GE(OverdueOf(all.misses[0], scope.as_of), OverdueOf(all.misses[1], scope.as_of));
  ASSERT_EQ(all.slowest.size(), 2u);
  EXPECT_EQ(all.slowest[0].ticket.number, 2);
}

TEST(FiguresTest, TheOrderOfTicketsDoesNotMatter) {
  std::vector<Standing> standings;
  for (const int minutes : {10, 30, 90, 90, 200, 400, 2000}) {
    Story story = Answered(Minutes(minutes), minutes % 4 == 0 ? "bert" : "dave");
    standings.push_back(At(story, Month().as_of));
  }
  const auto sum = [&](const std::vector<int>& order) {
    FigureScope scope = Month();
    scope.most_listed = 3;
    scope.cut = FigureCut::kCustomer;
    FigureSums sums(scope, Story().terms().back());
    for (const int i : order) sums.Add(Ticket(i), standings[static_cast<std::size_t>(i)]);
    std::map<std::string, Figures> rows = sums.rows();
    for (auto& [name, row] : rows) {
      for (auto& [metric, figures] : row.commitments) {
        std::sort(figures.took.begin(), figures.took.end());
      }
    }
    return rows;
  };
  std::vector<int> order = {0, 1, 2, 3, 4, 5, 6};
  const auto first = sum(order);
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    std::shuffle(order.begin(), order.end(), random);
    EXPECT_EQ(sum(order), first);
  }
}

TEST(FiguresTest, QuantilesAreByNearestRank) {
  EXPECT_EQ(Quantile({}, 0.5), std::nullopt);
  EXPECT_EQ(Quantile({Minutes(3)}, 0.9), Minutes(3));
  EXPECT_EQ(Quantile({Minutes(4), Minutes(1), Minutes(3), Minutes(2)}, 0.5), Minutes(2));
  std::vector<absl::Duration> ten;
  for (int i = 10; i >= 1; --i) ten.push_back(Minutes(i));
  EXPECT_EQ(Quantile(ten, 0.9), Minutes(9));
}

TEST(FiguresTest, WeeksAreThoseOfIso8601) {
  const auto name = [](std::string_view at) { return WeekName(Utc(at), absl::UTCTimeZone()); };
  EXPECT_EQ(name("2026-01-01 00:00:00"), "2026-W01");
  EXPECT_EQ(name("2025-12-29 00:00:00"), "2026-W01");
  EXPECT_EQ(name("2025-12-28 23:59:59"), "2025-W52");
  EXPECT_EQ(name("2027-01-01 12:00:00"), "2026-W53");
}

TEST(FiguresTest, TheDesksZoneIsThatOfItsCalendars) {
  Policy policy = StoryPolicy();
  EXPECT_EQ(DeskZoneName(policy), "Europe/Paris") << "a calendar that is always open has no say";
  policy.calendars["late"] = policy.calendars["office"];
  policy.calendars["late"].time_zone = "America/New_York";
  EXPECT_EQ(DeskZoneName(policy), "UTC");
}

}  // namespace
}  // namespace retainer::core
