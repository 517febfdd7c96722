#include "retainer/fact_builders.h"

#include <gtest/gtest.h>

namespace retainer::core {
namespace {

const Actor kAlice{"1", "alice", false};
const Actor kDave{"2", "dave", false};
const absl::Time kAt = absl::FromUnixSeconds(1'772'529'000);
const absl::Time kLater = kAt + absl::Minutes(30);

Learnt By(Provenance provenance, absl::Time received = kLater) { return {provenance, received}; }

TEST(FactBuildersTest, AWebhookAndABackfillOfOneThingAreOneFact) {
  const auto build = [](Provenance provenance, absl::Duration fraction) {
    const Learnt learnt = By(provenance);
    const Moment at = Moment::At(kAt + fraction);
    return std::vector<Fact>{
        MakeOpened(learnt, kDave, at, "It hangs."),
        MakeComment(learnt, NoteId("9"), kAlice, at, "We look into it."),
        MakeReview(learnt, "5", kAlice, at, ""),
        MakeCommentEdited(learnt, NoteId("9"), kAlice, kAlice, at, "We looked.", std::nullopt, kAt),
        MakeTextEdited(learnt, kDave, kDave, at, "It hangs!", std::nullopt, kAt),
        MakeLabelAdded(learnt, "bug", kAlice, at),
        MakeLabelRemoved(learnt, "bug", kAlice, at),
        MakeLabels(learnt, {"bug"}, at),
        MakeAssigned(learnt, kAlice, kAlice, at),
        MakeUnassigned(learnt, kAlice, kAlice, at),
        MakeClosed(learnt, "completed", kAlice, at),
        MakeReopened(learnt, kDave, at),
        MakeMoved(learnt, "", kAlice, at),
        MakeVisibility(learnt, true, kDave, at),
        MakeAction(learnt, "milestoned", kAlice, at)};
  };
  FactSet set;
  const std::vector<Fact> told = build(Provenance::kWebhook, absl::ZeroDuration());
  // An API that writes milliseconds.
  for (const Fact& fact : build(Provenance::kBackfill, absl::Milliseconds(417))) set.Add(fact);
  for (const Fact& fact : told) set.Add(fact);
  EXPECT_EQ(set.size(), told.size());
  for (const auto& [id, fact] : set) {
    EXPECT_EQ(fact.provenance, Provenance::kWebhook) << id;
    EXPECT_EQ(fact.at, kAt) << id;
  }
}

TEST(FactBuildersTest, WhatHappensTwiceIsTwoFacts) {
  const Learnt learnt = By(Provenance::kWebhook);
  const Moment first = Moment::At(kAt);
  const Moment second = Moment::At(kAt + absl::Seconds(1));
  EXPECT_NE(MakeLabelAdded(learnt, "bug", kAlice, first).id,
            MakeLabelAdded(learnt, "bug", kAlice, second).id);
  EXPECT_NE(MakeClosed(learnt, "", kAlice, first).id, MakeClosed(learnt, "", kAlice, second).id);
  EXPECT_NE(MakeCommentEdited(learnt, NoteId("9"), kAlice, kAlice, first, "", {}, {}).id,
            MakeCommentEdited(learnt, NoteId("9"), kAlice, kAlice, second, "", {}, {}).id);
  EXPECT_NE(MakeAction(learnt, "locked", kAlice, first).id,
            MakeAction(learnt, "locked", kDave, first).id);
  EXPECT_NE(MakeLabelAdded(learnt, "bug", kAlice, Moment::Unstated("a")).id,
            MakeLabelAdded(learnt, "bug", kAlice, Moment::Unstated("b")).id);
  EXPECT_NE(MakeVisibility(learnt, true, kAlice, first).id,
            MakeVisibility(learnt, false, kAlice, first).id);
}

TEST(FactBuildersTest, WhatIsUnstatedTakesItsFirstReceipt) {
  const Fact first =
      MakeDeleted(By(Provenance::kWebhook, kAt), kAlice, Moment::Unstated("anything"));
  const Fact again = MakeDeleted(By(Provenance::kWebhook, kLater), kAlice, Moment::Unstated());
  EXPECT_EQ(first.id, again.id);
  EXPECT_TRUE(first.at_receipt);
  for (const auto& [one, two] : {std::pair(first, again), std::pair(again, first)}) {
    FactSet set;
    set.Add(one);
    set.Add(two);
    EXPECT_EQ(set.Find(first.id)->at, kAt);
  }
}

TEST(FactBuildersTest, ATimeFarAheadIsTakenAtReceiptUnderTheStatedId) {
  const auto comment = [](absl::Time stated) {
    return MakeLabelAdded(By(Provenance::kWebhook, kAt), "bug", kAlice, Moment::At(stated));
  };
  const Fact near = comment(kAt + kMaxAhead);
  EXPECT_FALSE(near.at_receipt);
  EXPECT_EQ(near.at, kAt + kMaxAhead);
  const Fact far = comment(kAt + kMaxAhead + absl::Seconds(1));
  EXPECT_TRUE(far.at_receipt);
  EXPECT_EQ(far.at, kAt);
  EXPECT_NE(far.id, near.id);
  // The same delivery again when the clocks agree: the stated time wins over the time of receipt.
  const Fact redelivered = MakeLabelAdded(By(Provenance::kWebhook, kAt + absl::Hours(1)), "bug",
                                          kAlice, Moment::At(kAt + kMaxAhead + absl::Seconds(1)));
  EXPECT_EQ(redelivered.id, far.id);
  FactSet set;
  set.Add(far);
  set.Add(redelivered);
  EXPECT_FALSE(set.Find(far.id)->at_receipt);
}

TEST(FactBuildersTest, OfTwoSetsOfLabelsInOneSecondTheLargerIsKept) {
  const Learnt learnt = By(Provenance::kWebhook);
  const Fact fewer = MakeLabels(learnt, {"bug"}, Moment::At(kAt));
  const Fact more = MakeLabels(learnt, {"sql", "bug", "bug"}, Moment::At(kAt));
  EXPECT_EQ(more.labels, (std::vector<std::string>{"bug", "sql"}));
  for (const auto& [one, two] : {std::pair(fewer, more), std::pair(more, fewer)}) {
    FactSet set;
    set.Add(one);
    set.Add(two);
    ASSERT_EQ(set.size(), 1u);
    EXPECT_EQ(*set.Find(more.id), more);
  }
}

TEST(FactBuildersTest, AReviewIsWhatItSaysWhateverItsVerdict) {
  const Learnt learnt = By(Provenance::kWebhook);
  const auto substance = [&](std::string_view text) {
    return MakeReview(learnt, "5", kAlice, Moment::At(kAt), text).text.substance;
  };
  EXPECT_FALSE(substance(""));
  EXPECT_TRUE(substance("Please add a test."));
}

TEST(FactBuildersTest, AClosingKeepsOnlyReasonsThatWeKnow) {
  const Learnt learnt = By(Provenance::kWebhook);
  EXPECT_EQ(MakeClosed(learnt, "NOT_PLANNED", kAlice, Moment::At(kAt)).value, "not_planned");
  EXPECT_EQ(MakeClosed(learnt, "<b>", kAlice, Moment::At(kAt)).value, "");
}

}  // namespace
}  // namespace retainer::core
