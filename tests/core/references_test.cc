// The ticket that a text refers to: tickets that the forge does not have, duplicates and moves.
#include <gtest/gtest.h>

#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
constexpr auto kFirst = Metric::kFirstResponse;
constexpr auto kResolution = Metric::kResolution;
constexpr char kNine[] = "github/77/issue/9";

Story OnGitLab() {
  Story story;
  story.context().forge_kind = ForgeKind::kGitLab;
  return story;
}

std::string DuplicateAt(absl::Time at) {
  return std::string(kDuplicateOf) + std::to_string(absl::ToUnixSeconds(at));
}

std::vector<std::string> Asked(const Standing& standing) {
  std::vector<std::string> asked;
  for (const Question& question : standing.questions) {
    if (question.kind == Question::Kind::kReference) asked.push_back(question.reference);
  }
  return asked;
}

TEST(GoneTicket, ThatWasNeverSeenOpenIsNotAskedFor) {
  for (Story story : {Story().Deletes("alice"), Story().Moves("alice", "github/88/issue/3")}) {
    EXPECT_TRUE(story.See().gone);
    EXPECT_TRUE(story.See().questions.empty());
    // Its opening may arrive late: then its claim follows the ticket.
    story.Wait(-Hours(1)).Opens("dave").Wait(Hours(2));
    EXPECT_TRUE(story.See().gone);
    ASSERT_EQ(story.See().claims.size(), 1u);
  }
}

TEST(AbsentTicket, IsGoneByTheForgesWordUntilSomethingTellsOfIt) {
  Story story;
  story.Operates(CommandName::kClaim, "acme").Wait(Minutes(1));
  ASSERT_EQ(story.See().questions.size(), 1u);
  story.Finds("", "");
  EXPECT_TRUE(story.See().questions.empty());
  EXPECT_TRUE(story.See().gone);
  EXPECT_FALSE(story.See().open);
  // Something happens there: the forge is asked again.
  Story later = story;
  later.Wait(Minutes(5)).Labels("alice", "bug");
  EXPECT_FALSE(later.See().gone);
  EXPECT_EQ(later.See().questions.size(), 1u);
  // Late news of what happened before does not ask again.
  Story before = story;
  before.Wait(-Minutes(30)).Labels("alice", "bug").Wait(Hours(1));
  EXPECT_TRUE(before.See().questions.empty());
  // The opening itself: the ticket existed.
  story.Wait(-Hours(1)).Opens("eve").Permission("eve", "read").Wait(Hours(2));
  EXPECT_FALSE(story.See().gone);
  EXPECT_TRUE(story.See().open);
  EXPECT_EQ(story.See().claims.size(), 1u);
}

TEST(DuplicateCommand, KeepsTheClaimUntilTheForgeConfirmsTheTicket) {
  Story story;
  story.Opens("dave").Wait(Minutes(20)).Says("alice", "/support duplicate #9");
  EXPECT_EQ(Asked(story.See()), std::vector<std::string>{"#9"});
  EXPECT_FALSE(story.See().claims[0].released);
  EXPECT_EQ(story.See().successor, "");
  story.Wait(Minutes(5)).Finds("#9", kNine);
  EXPECT_TRUE(story.See().questions.empty());
  EXPECT_TRUE(story.See().claims[0].released);
  EXPECT_EQ(story.See().moved_at, story.now() - Minutes(5));
}

TEST(DuplicateCommand, OfATicketThatIsNotThereIsRefusedAndKeepsTheClaim) {
  Story story;
  story.Opens("dave").Wait(Minutes(20)).Says("alice", "/support duplicate #9");
  story.Wait(Minutes(5)).Finds("#9", "");
  EXPECT_TRUE(story.See().questions.empty());
  EXPECT_FALSE(story.See().claims[0].released);
  EXPECT_EQ(story.See().successor, "");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].what, "duplicate #9");
  EXPECT_EQ(story.See().refusals[0].reason, "there is no such ticket");
  // The ticket may exist when it is named again.
  story.Wait(Hours(1)).Says("alice", "/support duplicate #9");
  EXPECT_EQ(Asked(story.See()), std::vector<std::string>{"#9"});
}

TEST(Departures, ThatLateNewsSendsElsewhereAreTakenBack) {
  Story story;
  story.Opens("dave").Wait(Minutes(20)).Moves("alice", "github/88/issue/3");
  const auto decide = [&] {
    return Decide(story.context(), {}, story.list(), story.terms(), {}, {}, story.now());
  };
  const Fact sent = decide().departures[0].arrival;
  story.Finds("left for github/88/issue/3", "github/88/issue/3");
  EXPECT_EQ(decide().departures.size(), 1u);
  EXPECT_EQ(decide().departures[0].arrival.value, sent.value);
  // It was marked as a duplicate before.
  story.Wait(-Minutes(5)).Says("alice", "/support duplicate #9").Wait(Hours(1)).Finds("#9", kNine);
  const Decision decision = decide();
  ASSERT_EQ(decision.departures.size(), 2u);
  EXPECT_EQ(decision.departures[0].successor, "github/88/issue/3");
  EXPECT_EQ(decision.departures[0].arrival.value, "");
  EXPECT_EQ(decision.departures[1].successor, kNine);
  Story other;
  other.context().key = {"github", "88", TicketKind::kIssue, 3};
  other.Opens("eve").Permission("eve", "read").Add(decision.departures[0].arrival).Add(sent);
  EXPECT_TRUE(other.See().claims.empty());
}

TEST(ForgesDuplicate, ResolvesNothing) {
  Story story;
  story.Opens("dave").Wait(Minutes(20)).Says("alice", "A known one.").Wait(Minutes(5));
  story.Closes("alice", "duplicate");
  EXPECT_TRUE(story.See().questions.empty()) << "GitHub does not say of what";
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kCancelled);
  EXPECT_EQ(story.Last("acme", kResolution).note, "closed as a duplicate");
  story.Wait(Hours(1)).Reopens("dave");
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kRunning);
  EXPECT_EQ(story.Last("acme", kResolution).elapsed, Minutes(25));
}

TEST(ForgesDuplicate, TakesTheClaimsAlongWhereTheForgeNamesTheTicket) {
  Story story = OnGitLab();
  story.Opens("dave").Wait(Minutes(20)).Closes("alice", "duplicate");
  const std::string asked = DuplicateAt(story.now());
  EXPECT_EQ(Asked(story.See()), std::vector<std::string>{asked});
  story.Wait(Minutes(3));
  Story silent = story;
  silent.Finds(asked, "");
  EXPECT_TRUE(silent.See().questions.empty());
  EXPECT_FALSE(silent.See().claims[0].released);
  EXPECT_EQ(silent.State("acme", kResolution), ClockState::kCancelled);

  story.Finds(asked, kNine);
  const Standing standing = story.See();
  EXPECT_TRUE(standing.questions.empty());
  EXPECT_EQ(standing.successor, kNine);
  EXPECT_TRUE(standing.claims[0].released);
  Story successor;
  successor.context().key.number = 9;
  successor.Wait(-Hours(1)).Opens("eve").Permission("eve", "read").Wait(Hours(1) + Minutes(20));
  const Decision decision =
      Decide(story.context(), {}, story.list(), story.terms(), {}, {}, story.now());
  ASSERT_EQ(decision.departures.size(), 1u);
  successor.Add(decision.departures[0].arrival).Wait(Minutes(10));
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kRunning);
  EXPECT_EQ(successor.Last("acme", kResolution).elapsed, Minutes(30));
}

TEST(ForgesDuplicate, ByTheCustomerMovesNothing) {
  Story story = OnGitLab();
  story.Opens("dave").Wait(Minutes(20)).Closes("dave", "duplicate");
  EXPECT_TRUE(story.See().questions.empty());
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kCancelled);
}

TEST(ForgesDuplicate, OfAnotherProjectIsNotTheTicketItself) {
  Story story = OnGitLab();
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "On it.").Wait(Minutes(15));
  story.Closes("alice", "duplicate").Finds(DuplicateAt(story.now()), "github/88/issue/3");
  const Decision decision =
      Decide(story.context(), {}, story.list(), story.terms(), {}, {}, story.now());
  ASSERT_EQ(decision.departures.size(), 1u);
  Story successor;
  successor.context().key = {"github", "88", TicketKind::kIssue, 3};
  successor.Wait(-Hours(1)).Opens("dave").Wait(Hours(1) + Minutes(20));
  successor.Add(decision.departures[0].arrival);
  // An answer on the duplicate does not answer the question here.
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kRunning);
}

TEST(ATimeAheadOfReceipt, IsFlaggedWhateverIsSaidToHappenThen) {
  Story story;
  story.Opens("dave").Wait(Minutes(1));
  const Learnt now{Provenance::kWebhook, story.now()};
  story.Add(
      MakeCommentDeleted(now, "comment/1", story.Who("eve"), story.Who("eve"), Moment::Unstated()));
  story.Add(MakeLabelAdded(now, "bug", story.Who("alice"), Moment::Unstated("a1")));
  EXPECT_TRUE(story.See().flags.empty());
  story.Add(MakeLabelAdded(now, "bug", story.Who("alice"), Moment::At(story.now() + Hours(1))));
  ASSERT_EQ(story.See().flags.size(), 1u);
  story.Add(MakeClosed(now, "", story.Who("alice"), Moment::At(story.now() + Hours(1))));
  EXPECT_EQ(story.See().flags.size(), 2u);
}

TEST(Departures, ATransferIsToldWhereThereIsNoClaimToo) {
  Story story;
  story.Opens("eve").Wait(Minutes(5)).Moves("alice", "github/88/issue/3");
  const Decision decision =
      Decide(story.context(), {}, story.list(), story.terms(), {}, {}, story.now());
  ASSERT_EQ(decision.departures.size(), 1u);
  EXPECT_EQ(decision.departures[0].successor, "github/88/issue/3");
  EXPECT_EQ(decision.departures[0].arrival.value, "");
}

TEST(GitLabsMove, ResolvesNothingThoughItCloses) {
  Story story = OnGitLab();
  story.Opens("dave").Wait(Minutes(20)).Closes("alice", "").Moves("alice", "");
  EXPECT_EQ(Asked(story.See()), std::vector<std::string>{std::string(kMovedTo)});
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kCancelled);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  story.Wait(Minutes(3));
  Story silent = story;
  silent.Finds(kMovedTo, "");
  EXPECT_TRUE(silent.See().questions.empty());
  EXPECT_EQ(silent.State("acme", kResolution), ClockState::kCancelled);
  EXPECT_EQ(silent.Last("acme", kResolution).note, "moved away");

  story.Finds(kMovedTo, "github/88/issue/3");
  EXPECT_EQ(story.See().successor_key, "github/88/issue/3");
  EXPECT_FALSE(story.See().carried.empty());
  EXPECT_EQ(story.Last("acme", kResolution).elapsed, Minutes(20));
}

}  // namespace
}  // namespace retainer::core
