// Measuring the search.
#include "src/similar/evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "retainer/fact_builders.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::similar {
namespace {

Evaluation Measure(const std::vector<Judged>& tickets, const std::string& path = "") {
  Measurement measurement(path);
  // Two at a time: an original may come after its duplicate.
  for (std::size_t from = 0; from < tickets.size(); from += 2) {
    const auto begin = tickets.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = begin + std::min<std::ptrdiff_t>(2, tickets.end() - begin);
    EXPECT_TRUE(measurement.Add({begin, end}).ok());
  }
  for (const Judged& ticket : tickets) {
    if (ticket.same_as.empty()) continue;
    EXPECT_TRUE(measurement.SearchFor(ticket).ok());
  }
  return measurement.Result();
}

TEST(EvaluationTest, TheThresholdShowsTheRightHitsAndNotTheWrongOnes) {
  EXPECT_EQ(BestThreshold({{3.0, true}, {2.0, true}, {1.0, false}, {0.5, false}}), 2.0);
  EXPECT_EQ(BestThreshold({{3.0, false}, {2.0, true}, {2.0, true}, {2.0, true}}), 2.0);
  EXPECT_EQ(BestThreshold({{1.0, false}}), 0.0);
  EXPECT_EQ(BestThreshold({}), 0.0);
}

TEST(EvaluationTest, TheOriginalIsWhatTheForgeOrACommandSays) {
  const TicketKey ticket{"github", "77", TicketKind::kIssue, 5};
  const Actor alice{"11", "alice", false};
  const Learnt learnt;
  FactSet facts;
  facts.Add(MakeOpened(learnt, alice, Moment::At(absl::UnixEpoch()), "It breaks"));
  EXPECT_FALSE(OriginalOf(ticket, facts));
  facts.Add(MakeComment(learnt, "comment/1", alice, Moment::At(absl::FromUnixSeconds(9)),
                        "/support duplicate 3"));
  EXPECT_EQ(OriginalOf(ticket, facts), "github/77/issue/3");
  Fact answer;
  answer.kind = FactKind::kReference;
  answer.subject = "duplicate 12";
  answer.value = "github/77/issue/4";
  answer.at = absl::FromUnixSeconds(12);
  answer.id = "reference";
  facts.Add(answer);
  EXPECT_EQ(OriginalOf(ticket, facts), "github/77/issue/4");
}

// Each trouble has its own words; a duplicate says it in other words, with the same error.
TEST(EvaluationTest, AnErrorFindsWhatATitleDoesNot) {
  std::vector<Judged> tickets;
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    Judged original;
    original.entry.ticket = "original" + n;
    original.entry.whole = {"Trouble with the service", "error: shard lost" + n + "q quorum",
                            "We saw it on Monday."};
    Judged duplicate;
    duplicate.entry.ticket = "duplicate" + n;
    duplicate.entry.whole = {"It does not work", "error: shard lost" + n + "q", "Nothing goes."};
    duplicate.same_as = "original" + n;
    tickets.push_back(original);
    tickets.push_back(duplicate);
  }
  const std::optional<Evaluation> evaluation = Measure(tickets);
  EXPECT_EQ(evaluation->tickets, 80u);
  EXPECT_EQ(evaluation->duplicates, 40u);
  EXPECT_EQ(evaluation->search.precision_at_1, 1.0);
  EXPECT_EQ(evaluation->search.recall_at_5, 1.0);
  EXPECT_LT(evaluation->title_only.recall_at_10, 0.2);
  EXPECT_NEAR(evaluation->random.recall_at_10, 10.0 / 79, 1e-9);
  ASSERT_TRUE(evaluation->threshold);
  EXPECT_GT(*evaluation->threshold, 0);
}

TEST(EvaluationTest, OnDiskItFindsTheSameAndLeavesNothingBehind) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite.eval";
  std::ofstream(path) << "left by a measurement that was interrupted";
  std::vector<Judged> tickets(2);
  tickets[0].entry.ticket = "a";
  tickets[0].entry.whole.title = "quota";
  tickets[0].same_as = "b";
  tickets[1].entry.ticket = "b";
  tickets[1].entry.whole.title = "quota";
  EXPECT_EQ(Measure(tickets, path).search.precision_at_1, 1.0);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(EvaluationTest, FewDuplicatesChangeNoThreshold) {
  std::vector<Judged> tickets(2);
  tickets[0].entry.ticket = "a";
  tickets[0].entry.whole.title = "quota";
  tickets[1].entry.ticket = "b";
  tickets[1].entry.whole.title = "quota";
  tickets[1].same_as = "a";
  const Evaluation evaluation = Measure(tickets);
  EXPECT_EQ(evaluation.duplicates, 1u);
  EXPECT_FALSE(evaluation.threshold);
  EXPECT_EQ(Measure({}).duplicates, 0u);
}

}  // namespace
}  // namespace retainer::similar
