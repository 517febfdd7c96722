// What customers hold: several plans one after another, grace, trials, and requests that have their
// own promises.
#include <gtest/gtest.h>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Hours;

constexpr Metric kFirst = Metric::kFirstResponse;

Term Days(int from_month, int from_day, int until_month, int until_day) {
  return {absl::CivilDay(2026, from_month, from_day), absl::CivilDay(2026, until_month, until_day)};
}

// Gold until the end of June, with silver (twice the time) from July on.
Policy TwoPlans() {
  Policy policy = StoryPolicy();
  Plan silver = policy.plans.at("gold");
  silver.name = "silver";
  silver.promises.at("P3").targets[kFirst] = OpenTarget(Hours(16));
  policy.plans["silver"] = silver;
  policy.customers[0].entitlements = {{.plan = "gold", .term = Days(1, 1, 6, 30)},
                                      {.plan = "silver", .term = Days(7, 1, 12, 31)}};
  return policy;
}

TEST(Entitlements, ATicketKeepsThePlanOfItsOpening) {
  Story june(TwoPlans());
  june.GoTo("2026-06-30 12:00:00").Opens("dave");
  EXPECT_EQ(june.See().claims.at(0).plan, "gold");
  june.GoTo("2026-07-02 12:00:00");
  EXPECT_EQ(june.See().claims.at(0).plan, "gold");
  EXPECT_EQ(june.Last("acme", kFirst).promise->target, Hours(8));

  Story july(TwoPlans());
  july.GoTo("2026-07-01 00:00:00").Opens("dave");
  EXPECT_EQ(july.See().claims.at(0).plan, "silver");
  EXPECT_EQ(july.Last("acme", kFirst).promise->target, Hours(16));
}

TEST(Entitlements, TheOneThatBeganLastCounts) {
  Policy policy = TwoPlans();
  policy.customers[0].entitlements = {{.plan = "gold"},
                                      {.plan = "silver", .term = Days(4, 1, 4, 30)}};
  const Customer& acme = policy.customers[0];
  EXPECT_EQ(acme.EntitlementAt(Utc("2026-03-31 23:00:00"))->plan, "gold");
  EXPECT_EQ(acme.EntitlementAt(Utc("2026-04-01 00:00:00"))->plan, "silver");
  EXPECT_EQ(acme.EntitlementAt(Utc("2026-05-01 00:00:00"))->plan, "gold");
}

TEST(Entitlements, GraceCoversNewTicketsAfterTheTermAndThenEnds) {
  Policy policy = StoryPolicy();
  policy.customers[0].entitlements = {
      {.plan = "gold", .term = Days(1, 1, 3, 31), .grace_days = 14}};
  EXPECT_FALSE(Story(policy).GoTo("2026-04-14 23:59:59").Opens("dave").See().claims.empty());
  EXPECT_TRUE(Story(policy).GoTo("2026-04-15 00:00:00").Opens("dave").See().claims.empty());
}

TEST(Entitlements, ANewPlanComesBeforeTheGraceOfTheOldOne) {
  Policy policy = TwoPlans();
  policy.customers[0].entitlements[0].grace_days = 30;
  EXPECT_EQ(policy.customers[0].EntitlementAt(Utc("2026-07-10 12:00:00"))->plan, "silver");
}

TEST(Entitlements, AnAcceptedTicketStaysCoveredAfterEveryTerm) {
  const Policy policy = TwoPlans();
  const Customer& acme = policy.customers[0];
  EXPECT_EQ(acme.EntitlementAt(Utc("2027-02-01 00:00:00")), nullptr);
  EXPECT_EQ(acme.EntitlementFor(Utc("2027-02-01 00:00:00"))->plan, "silver");
  EXPECT_EQ(acme.EntitlementFor(Utc("2025-02-01 00:00:00"))->plan, "gold");
  EXPECT_EQ(Customer().EntitlementFor(Utc("2026-02-01 00:00:00")), nullptr);
}

TEST(Entitlements, ATrialIsShownAsSuch) {
  Policy policy = StoryPolicy();
  policy.customers[0].entitlements = {{.plan = "gold", .term = Days(3, 1, 3, 31), .trial = true}};
  policy.customers[0].is_public = true;
  Story story(policy);
  story.GoTo("2026-03-02 09:00:00").Opens("dave");
  EXPECT_TRUE(story.See().claims.at(0).trial);
  EXPECT_NE(story.Explained().find("plan gold (trial)"), std::string::npos) << story.Explained();
  const auto face = Present(story.context_of(), story.See(), *story.terms().back(), story.now());
  ASSERT_TRUE(face && face->comment);
  EXPECT_TRUE(face->comment->trial);
  EXPECT_TRUE(SummarizeClaims(story.See()).at(0).trial);
}

Policy WithTraining() {
  Policy policy = StoryPolicy();
  RequestKind training;
  training.name = "training";
  training.labels = {"kind: training"};
  training.promises[Metric::kAcknowledgement] = OpenTarget(Hours(48));
  policy.requests["training"] = training;
  return policy;
}

TEST(Requests, AKindOfRequestHasItsOwnPromisesInPlaceOfThePlans) {
  Story story(WithTraining());
  story.Opens("dave", "Please train us.", {"kind: training"});
  EXPECT_EQ(story.See().claims.at(0).request, "training");
  EXPECT_EQ(story.Last("acme", Metric::kAcknowledgement).promise->target, Hours(48));
  EXPECT_EQ(story.Clock("acme", kFirst), nullptr) << "the plan's promises do not count";
}

TEST(Requests, ALabelThatComesLaterChangesThePromisesFromThenOn) {
  Story story(WithTraining());
  story.GoTo("2026-03-02 09:00:00").Opens("dave").Wait(Hours(1)).Labels("alice", "Kind: Training");
  EXPECT_EQ(story.See().claims.at(0).request, "training") << "labels are compared without case";
  const Cycle& cycle = story.Last("acme", Metric::kAcknowledgement);
  EXPECT_EQ(cycle.promise->target, Hours(2)) << "it was acknowledged under the plan's promise";
  story.Wait(Hours(1)).Unlabels("alice", "Kind: Training");
  EXPECT_EQ(story.See().claims.at(0).request, "");
  EXPECT_NE(story.Clock("acme", kFirst), nullptr);
}

TEST(Requests, AreUnknownToAPolicyWithoutThem) {
  Story story;
  story.Opens("dave", "Please train us.", {"kind: training"});
  EXPECT_EQ(story.See().claims.at(0).request, "");
}

Stage StageOf(const Story& story) { return story.See().stage; }

TEST(Stages, FollowTheWorkOfTheResponders) {
  Story story;
  story.GoTo("2026-03-02 09:00:00").Opens("dave");
  EXPECT_EQ(StageOf(story), Stage::kReceived);
  EXPECT_EQ(story.See().stage_since, Utc("2026-03-02 09:00:00"));
  story.Wait(Hours(1)).Labels("alice", "area: storage");
  EXPECT_EQ(StageOf(story), Stage::kAssessed);
  story.Wait(Hours(1)).Says("alice", "The page cache is at fault.");
  EXPECT_EQ(StageOf(story), Stage::kAnalysed);
  story.Wait(Hours(1)).Assigns("alice", "bob");
  EXPECT_EQ(StageOf(story), Stage::kAnalysed) << "an earlier step does not come back";
  EXPECT_EQ(story.See().stage_since, Utc("2026-03-02 11:00:00"));
  story.Wait(Hours(1)).Says("alice", "/support workaround");
  EXPECT_EQ(StageOf(story), Stage::kSolution);
  story.Wait(Hours(1)).Closes("alice");
  EXPECT_EQ(StageOf(story), Stage::kCarriedOut);
  EXPECT_EQ(story.See(Utc("2026-03-16 13:59:59")).stage, Stage::kCarriedOut);
  EXPECT_EQ(story.See(Utc("2026-03-16 14:00:00")).stage, Stage::kReviewed);
}

TEST(Stages, GoBackWhenTheTicketIsReopenedOrTheWorkaroundIsTakenBack) {
  Story story;
  story.Opens("dave").Wait(Hours(1)).Says("alice", "The page cache is at fault.");
  story.Wait(Hours(1)).Closes("alice").Wait(Hours(1)).Reopens("dave");
  EXPECT_EQ(StageOf(story), Stage::kAnalysed);
  story.Wait(Hours(1)).Labels("alice", "workaround available");
  EXPECT_EQ(StageOf(story), Stage::kSolution);
  story.Wait(Hours(1)).Unlabels("alice", "workaround available");
  EXPECT_EQ(StageOf(story), Stage::kAnalysed);
}

TEST(Stages, ACustomersOwnWordsAdvanceNothing) {
  Story story;
  story.Opens("dave").Wait(Hours(1)).Says("dave", "It happens with 2.1 too.");
  EXPECT_EQ(StageOf(story), Stage::kReceived);
}

TEST(Stages, TimeAloneLeadsToTheReviewInARecordToo) {
  TicketRecord record;
  record.stage = Stage::kCarriedOut;
  record.stage_since = Utc("2026-03-02 09:00:00");
  EXPECT_EQ(StageAt(record, Utc("2026-03-16 08:59:59")), Stage::kCarriedOut);
  EXPECT_EQ(StageAt(record, Utc("2026-03-16 09:00:00")), Stage::kReviewed);
}

TEST(Stages, ShowInTheCommentAndDoNotChangeItByTimeAlone) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = true;
  Story story(policy);
  story.GoTo("2026-03-02 09:00:00").Opens("dave").Wait(Hours(1)).Says("alice", "The cache.");
  const auto shown = [&](absl::Time at) {
    return Present(story.context_of(), story.See(at), *story.terms().back(), at)->comment->stage;
  };
  EXPECT_EQ(shown(story.now()), "analysed, 3 of 6");
  story.Closes("alice");
  EXPECT_EQ(shown(story.now()), "carried out, 5 of 6");
  EXPECT_EQ(shown(story.now() + Hours(24 * 30)), "carried out, 5 of 6");
}

}  // namespace
}  // namespace retainer::core
