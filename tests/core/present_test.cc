#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "retainer/core.h"
#include "retainer/fact_builders.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

absl::Time At(int minute) { return absl::FromUnixSeconds(1772528400) + absl::Minutes(minute); }

// A policy with a public and a private customer; calendars play no part here.
Terms MakeTerms() {
  Terms terms;
  terms.id = "t1";
  Policy& policy = terms.policy;
  policy.priorities = {{"P1", "", ""}, {"P2", "", ""}};
  Plan plan;
  plan.name = "gold";
  plan.promises["P1"].targets[Metric::kFirstResponse] = {0, absl::Hours(1), "1h"};
  plan.promises["P1"].targets[Metric::kResolution] = {0, absl::Hours(24), "24h"};
  policy.plans["gold"] = plan;
  policy.plans["silver"] = plan;
  Customer open;
  open.id = "acme";
  open.name = "ACME Corp";
  open.entitlements = {{.plan = "gold"}};
  open.time_zone = "Europe/Paris";
  open.is_public = true;
  Customer hidden = open;
  hidden.id = "globex";
  hidden.name = "Globex";
  hidden.is_public = false;
  policy.customers = {open, hidden};
  return terms;
}

TicketContext MakeContext() {
  TicketContext context;
  context.key = {"github", "1", TicketKind::kIssue, 12};
  context.url = "https://example.org/a/b/issues/12";
  return context;
}

Standing Community() {
  Standing standing;
  standing.ticket = MakeContext().key;
  standing.opened = true;
  standing.opened_at = At(0);
  return standing;
}

PromiseClock Clock(Metric metric, ClockState state, absl::Time due) {
  PromiseClock clock;
  clock.metric = metric;
  clock.state = state;
  Cycle cycle;
  cycle.started = At(0);
  Promise promise;
  promise.as_written = {0, absl::Hours(1), "1h"};
  promise.target = absl::Hours(1);
  cycle.promise = std::make_shared<const Promise>(std::move(promise));
  cycle.due = due;
  cycle.at_risk_at = due - absl::Minutes(15);
  cycle.paused_now = state == ClockState::kPaused;
  if (cycle.paused_now) cycle.due = absl::InfiniteFuture();
  if (state == ClockState::kMet || state == ClockState::kMissed) {
    cycle.stopped = At(42);
    cycle.elapsed = absl::Minutes(42);
    cycle.outcome = state == ClockState::kMet ? Outcome::kMet : Outcome::kMissed;
  }
  clock.cycles = {cycle};
  return clock;
}

ClaimStanding Claim(const std::string& customer, std::vector<PromiseClock> clocks) {
  ClaimStanding claim;
  claim.customer = customer;
  claim.since = At(0);
  claim.plan = "gold";
  claim.priority = "P1";
  claim.clocks = std::move(clocks);
  return claim;
}

Standing Public(std::vector<PromiseClock> clocks) {
  Standing standing = Community();
  standing.claims = {Claim("acme", std::move(clocks))};
  return standing;
}

Face Shown(const Standing& standing, const Terms& terms = MakeTerms(), absl::Time now = At(5)) {
  const std::optional<Face> face = Present(MakeContext(), standing, terms, now);
  EXPECT_TRUE(face.has_value());
  return face.value_or(Face{});
}

using Kind = CommentView::Kind;

TEST(PresentTest, KeepsWhatIsShownWhileItCannotKnow) {
  Standing standing = Public({});
  standing.questions = {Question{}};
  EXPECT_FALSE(Present(MakeContext(), standing, MakeTerms(), At(5)).has_value());
  standing = Public({});
  standing.gone = true;
  EXPECT_FALSE(Present(MakeContext(), standing, MakeTerms(), At(5)).has_value());
  standing = Public({});
  standing.opened = false;
  EXPECT_FALSE(Present(MakeContext(), standing, MakeTerms(), At(5)).has_value());
}

TEST(PresentTest, ACommunityTicketShowsNothingOrANeutralComment) {
  EXPECT_EQ(Shown(Community()), Face{});
  Terms terms = MakeTerms();
  terms.policy.community.comment = CommunityComment::kNeutral;
  const Face face = Shown(Community(), terms);
  ASSERT_TRUE(face.comment.has_value());
  EXPECT_EQ(*face.comment, CommentView{});
  EXPECT_TRUE(face.discloses.empty());
}

TEST(PresentTest, TheEarliestOpenPromiseIsTheHeadline) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60)),
                              Clock(Metric::kResolution, ClockState::kRunning, At(1440))});
  standing.assignees = {"alice"};
  const Face face = Shown(standing);
  ASSERT_TRUE(face.comment.has_value());
  EXPECT_EQ(face.comment->kind, Kind::kPromises);
  EXPECT_EQ(face.comment->priority, "P1");
  EXPECT_EQ(face.comment->headline, "first reply by");
  EXPECT_EQ(face.comment->due, (ShownTime{At(60), "Europe/Paris"}));
  EXPECT_EQ(face.comment->with, "alice");
  ASSERT_EQ(face.comment->rows.size(), 2u);
  EXPECT_EQ(face.comment->rows[0].target, "1h");
  EXPECT_EQ(face.comment->rows[0].claim, "");
  EXPECT_EQ(face.discloses, std::vector<std::string>{"acme"});
  ASSERT_EQ(face.labels.size(), 1u);
  EXPECT_EQ(face.labels[0].name, "support: gold");
}

TEST(PresentTest, ABreachShowsOnlyOnceItIsAnnounced) {
  const Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kBreached, At(60))});
  const Terms terms = MakeTerms();
  const Face before = Shown(standing, terms, At(60) + absl::Seconds(59));
  EXPECT_EQ(before.comment->kind, Kind::kPromises);
  EXPECT_EQ(before.comment->rows[0].state, "due soon");
  const Face after = Shown(standing, terms, At(60) + kBreachGrace);
  EXPECT_EQ(after.comment->kind, Kind::kLate);
  EXPECT_EQ(after.comment->headline, "first reply was due");
  EXPECT_EQ(after.comment->rows[0].state, "late");
  EXPECT_EQ(after.comment->next, "It stays open until it is kept.");
}

// The notices test whether the policy escalates at this point.
TEST(PresentTest, LateSaysEscalatedOnlyOnceItIs) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kBreached, At(60))});
  Notice notice;
  notice.kind = NoticeKind::kEscalation;
  notice.customer = "acme";
  notice.metric = Metric::kFirstResponse;
  notice.due = At(60);
  const auto next = [&](const Notice& told) {
    standing.notices = {told};
    return Shown(standing, MakeTerms(), At(90)).comment->next;
  };
  EXPECT_EQ(next(notice), "It has been escalated, and stays open until it is kept.");
  for (const auto change :
       {+[](Notice* n) { n->kind = NoticeKind::kBreach; },
        +[](Notice* n) { n->metric = Metric::kResolution; },
        +[](Notice* n) { n->customer = "globex"; }, +[](Notice* n) { n->due = At(1); }}) {
    Notice other = notice;
    change(&other);
    EXPECT_EQ(next(other), "It stays open until it is kept.");
  }
}

TEST(PresentTest, WhoAnsweredHasItUntilSomebodyIsAssigned) {
  Standing standing = Public({Clock(Metric::kResolution, ClockState::kRunning, At(60))});
  EXPECT_EQ(Shown(standing).comment->with, "");
  standing.answered_by = "alice";
  EXPECT_EQ(Shown(standing).comment->with, "alice");
  standing.assignees = {"bob"};
  EXPECT_EQ(Shown(standing).comment->with, "bob");
}

TEST(PresentTest, WhatHasNotBegunIsLeftOut) {
  PromiseClock pending;
  pending.metric = Metric::kNextResponse;
  const Face face =
      Shown(Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60)), pending}));
  ASSERT_EQ(face.comment->rows.size(), 1u);
  EXPECT_EQ(face.comment->rows[0].promise, "first reply");
}

TEST(PresentTest, WhatIsOwedComesBeforeWhatIsAimedAt) {
  Terms terms = MakeTerms();
  terms.policy.customers[1].is_public = true;
  PromiseClock aim = Clock(Metric::kFirstResponse, ClockState::kBreached, At(10));
  aim.kind = PromiseKind::kTarget;
  Standing standing = Public({aim});
  standing.claims.push_back(
      Claim("globex", {Clock(Metric::kResolution, ClockState::kRunning, At(1440))}));
  const Face face = Shown(standing, terms, At(90));
  EXPECT_EQ(face.comment->kind, Kind::kPromises);
  EXPECT_EQ(face.comment->headline, "resolution by");
  EXPECT_EQ(face.comment->rows[0].state, "aim passed");
  EXPECT_EQ(face.comment->rows[1].state, "running");
  EXPECT_FALSE(face.comment->targets_only);
}

// `kind: target`: nothing in the comment may read as owed.
TEST(PresentTest, AnAimNeverReadsAsAPromise) {
  const auto aim = [](ClockState state) {
    PromiseClock clock = Clock(Metric::kFirstResponse, state, At(60));
    clock.kind = PromiseKind::kTarget;
    return Public({clock});
  };
  Face face = Shown(aim(ClockState::kRunning));
  EXPECT_TRUE(face.comment->targets_only);
  EXPECT_EQ(face.comment->headline, "aiming at a first reply by");
  EXPECT_EQ(face.comment->rows[0].state, "aimed at");
  EXPECT_EQ(face.comment->next, "");
  face = Shown(aim(ClockState::kBreached), MakeTerms(), At(90));
  EXPECT_EQ(face.comment->kind, Kind::kPromises);
  EXPECT_EQ(face.comment->headline, "the aim was a first reply by");
  EXPECT_EQ(face.comment->next, "That time has passed; the aim stands.");
  EXPECT_EQ(face.comment->rows[0].state, "aim passed");
  EXPECT_EQ(Shown(aim(ClockState::kMissed)).comment->rows[0].state, "after the aim");
}

TEST(PresentTest, APromiseThatRunsAgainSaysHowOftenItWasBroken) {
  PromiseClock clock = Clock(Metric::kNextResponse, ClockState::kMet, At(60));
  Cycle missed = clock.cycles[0];
  missed.outcome = Outcome::kMissed;
  clock.cycles.insert(clock.cycles.begin(), {missed, clock.cycles[0]});
  EXPECT_EQ(Shown(Public({clock})).comment->rows[0].state, "met, 1 of 3 late");
}

TEST(PresentTest, CancelledAndExcusedSaySoAndTookNothing) {
  for (const auto& [state, outcome, words] :
       {std::make_tuple(ClockState::kCancelled, Outcome::kCancelled, "cancelled"),
        std::make_tuple(ClockState::kExcused, Outcome::kExcused, "excused")}) {
    PromiseClock clock = Clock(Metric::kFirstResponse, state, At(60));
    clock.cycles[0].outcome = outcome;
    clock.cycles[0].note = "the vendor was down";
    Standing standing = Public({clock});
    const Face face = Shown(standing, MakeTerms(), At(90));
    EXPECT_EQ(face.comment->headline, "nothing is due now");
    ASSERT_EQ(face.comment->rows.size(), 1u);
    EXPECT_EQ(face.comment->rows[0].state, words);
    EXPECT_TRUE(face.comment->rows[0].finished);
    EXPECT_FALSE(face.comment->rows[0].due.has_value());
    EXPECT_EQ(face.comment->rows[0].took, "");
  }
}

TEST(PresentTest, AClosedTicketThatNobodyAnsweredSaysSo) {
  PromiseClock clock = Clock(Metric::kFirstResponse, ClockState::kCancelled, At(60));
  clock.cycles[0].outcome = Outcome::kCancelled;
  clock.cycles[0].note = kClosedUnanswered;
  Standing standing = Public({clock});
  standing.open = false;
  EXPECT_EQ(Shown(standing).comment->headline, "closed without an answer");
  standing.claims[0].clocks[0].cycles[0].note = "closed by the customer";
  EXPECT_EQ(Shown(standing).comment->headline, "closed");
}

TEST(PresentTest, NobodyThanksAMachine) {
  Terms terms = MakeTerms();
  terms.policy.community.comment = CommunityComment::kNeutral;
  Standing standing = Community();
  standing.author.machine = true;
  EXPECT_FALSE(Shown(standing, terms).comment.has_value());
}

// An edit of the comment costs a call, so a face changes by time alone at wake-ups only.
TEST(PresentTest, TimePassingAloneChangesNothingBeforeTheNextWakeUp) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = true;
  Story story(policy);
  story.Opens("dave");
  const auto face = [&](absl::Time at) {
    return Present(story.context(), story.See(at), *story.terms().back(), at);
  };
  absl::Time at = story.now();
  std::optional<Face> shown = face(at);
  ASSERT_TRUE(shown && shown->comment);
  int changes = 0;
  for (int wakes = 0; wakes < 8; ++wakes) {
    const absl::Time wake = story.See(at).next_wake;
    if (wake == absl::InfiniteFuture()) break;
    for (int tenth = 1; tenth < 10; ++tenth) {
      EXPECT_EQ(face(at + (wake - at) * tenth / 10), shown) << tenth << " tenths before " << wake;
    }
    at = wake;
    changes += face(at) != shown;
    shown = face(at);
  }
  EXPECT_GT(changes, 0) << "a promise came due";
}

TEST(PresentTest, WaitingLinksTheQuestion) {
  Standing standing = Public({Clock(Metric::kResolution, ClockState::kPaused, At(60))});
  standing.waiting.now = true;
  standing.waiting.question = "comment/17";
  const Face face = Shown(standing);
  EXPECT_EQ(face.comment->kind, Kind::kWaiting);
  EXPECT_EQ(face.comment->question_url, "https://example.org/a/b/issues/12#issuecomment-17");
  // A response clock never pauses, so it matters most then.
  standing.claims[0].clocks.push_back(Clock(Metric::kNextResponse, ClockState::kRunning, At(70)));
  const Face both = Shown(standing);
  EXPECT_EQ(both.comment->kind, Kind::kPromises);
  EXPECT_EQ(both.comment->next, "The other clocks wait for a comment by the customer.");
}

TEST(PresentTest, TheQuestionIsFoundOnBothForges) {
  Standing standing = Public({Clock(Metric::kResolution, ClockState::kPaused, At(60))});
  standing.waiting.now = true;
  standing.waiting.question = NoteId("17");
  TicketContext context = MakeContext();
  context.url = "https://gitlab.example.org/a/b/-/issues/12";
  EXPECT_EQ(Present(context, standing, MakeTerms(), At(5))->comment->question_url,
            "https://gitlab.example.org/a/b/-/issues/12#note_17");
}

TEST(PresentTest, ResolvedShowsEachPromisesTime) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kMet, At(60)),
                              Clock(Metric::kResolution, ClockState::kMissed, At(30))});
  standing.open = false;
  const Face face = Shown(standing);
  EXPECT_EQ(face.comment->kind, Kind::kResolved);
  EXPECT_EQ(face.comment->rows[0].took, "42m");
  EXPECT_EQ(face.comment->rows[0].state, "met");
  EXPECT_EQ(face.comment->rows[1].state, "met late");
  EXPECT_TRUE(face.comment->rows[1].late);
  standing.refusals = {Refusal{}};
  standing.refusals[0].customer = "acme";
  standing.answered_by = "alice";
  EXPECT_TRUE(Shown(standing).comment->refusals.empty()) << "what is closed is quiet";
  EXPECT_EQ(Shown(standing).comment->with, "");
}

TEST(PresentTest, ADeletedCommentStaysAway) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  standing.comment_deleted_by_hand = true;
  const Face face = Shown(standing);
  EXPECT_FALSE(face.comment.has_value());
  EXPECT_TRUE(face.discloses.empty());
  EXPECT_EQ(face.labels.size(), 1u);
}

TEST(PresentTest, OurLabelsAreKeptTrueAndPeoplesHandsWin) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  standing.labels = {"bug", "sla: met", "support: silver"};
  Terms terms = MakeTerms();
  terms.policy.labels.state = "sla: {state}";
  Face face = Shown(standing, terms);
  ASSERT_EQ(face.labels.size(), 2u);
  EXPECT_EQ(face.labels[0].name, "sla: running");
  EXPECT_EQ(face.absent_labels, (std::vector<std::string>{"sla: met", "support: silver"}));
  standing.removed_by_hand["support: gold"] = 2;
  face = Shown(standing, terms);
  ASSERT_EQ(face.labels.size(), 1u);
  EXPECT_EQ(face.labels[0].name, "sla: running");
}

TEST(PresentTest, RefusedAndStaleLabelsGoWithTheReason) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  standing.labels = {"priority: P1", "waiting for customer"};
  standing.waiting.label_is_stale = true;
  Refusal refusal;
  refusal.what = "label priority: P1";
  refusal.reason = "the plan of this ticket has no P1";
  refusal.label = "priority: P1";
  refusal.customer = "acme";
  Refusal stranger = refusal;
  stranger.customer = "";
  stranger.what = "waiting";
  standing.refusals = {refusal, stranger};
  const Face face = Shown(standing);
  EXPECT_EQ(face.absent_labels, (std::vector<std::string>{"priority: P1", "waiting for customer"}));
  EXPECT_EQ(face.comment->refusals,
            std::vector<std::string>{"label priority: P1: the plan of this ticket has no P1"});
}

TEST(PresentTest, WhatAResponderMistypedIsToldWhereThereIsAComment) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  Refusal refusal;
  refusal.what = "unknown command waitng";
  refusal.reason = "did you mean /support waiting?";
  refusal.by_responder = true;
  refusal.until = At(6);
  standing.refusals = {refusal};
  const std::vector<std::string> told = {"unknown command waitng: did you mean /support waiting?"};
  EXPECT_EQ(Shown(standing, MakeTerms(), At(5)).comment->refusals, told);
  EXPECT_TRUE(Shown(standing, MakeTerms(), At(6)).comment->refusals.empty());
  // Also on a community ticket, so that a private customer's ticket looks the same.
  Terms terms = MakeTerms();
  terms.policy.community.comment = CommunityComment::kNeutral;
  standing.claims.clear();
  EXPECT_EQ(Shown(standing, terms, At(5)).comment->refusals, told);
  standing.refusals[0].by_responder = false;
  standing.refusals[0].customer = "acme";
  EXPECT_TRUE(Shown(standing, terms, At(5)).comment->refusals.empty());
}

// Changes that only a private customer's people and clocks cause.
Standing Private(Standing standing) {
  standing.claims.push_back(
      Claim("globex", {Clock(Metric::kFirstResponse, ClockState::kBreached, At(1)),
                       Clock(Metric::kResolution, ClockState::kRunning, At(2))}));
  standing.worst = ClockState::kBreached;
  Refusal refusal;
  refusal.what = "priority P0";
  refusal.reason = "there is no such priority";
  refusal.label = "priority: P1";
  refusal.customer = "globex";
  standing.refusals.push_back(refusal);
  return standing;
}

TEST(PresentPrivacyTest, APrivateTicketsFaceIsACommunityTickets) {
  for (const auto comment : {CommunityComment::kNone, CommunityComment::kNeutral}) {
    Terms terms = MakeTerms();
    terms.policy.community.comment = comment;
    terms.policy.labels.state = "sla: {state}";
    Standing standing = Community();
    standing.labels = {"priority: P1", "sla: breached", "support: gold", "waiting for customer"};
    standing.assignees = {"alice"};
    standing.assign_requests = {"bob"};
    standing.waiting.label_is_stale = true;
    EXPECT_EQ(Shown(Private(standing), terms, At(90)), Shown(standing, terms, At(90)));
    standing.waiting.ended_by_author = true;
    EXPECT_EQ(Shown(Private(standing), terms, At(90)), Shown(standing, terms, At(90)));
    standing.comment_deleted_by_hand = true;
    standing.comment_deleted_for_all = true;
    EXPECT_EQ(Shown(Private(standing), terms, At(90)), Shown(standing, terms, At(90)));
    standing.confidential = true;
    standing.open = false;
    EXPECT_EQ(Shown(Private(standing), terms, At(90)), Shown(standing, terms, At(90)));
  }
}

TEST(PresentPrivacyTest, APrivateClaimBesideAPublicOneDoesNotShow) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  standing.labels = {"priority: P1"};
  EXPECT_EQ(Shown(Private(standing)), Shown(standing));
}

TEST(PresentPrivacyTest, ACustomerThatThePolicyHoldsNoMoreIsPrivate) {
  Standing standing = Community();
  standing.claims = {Claim("gone", {})};
  EXPECT_EQ(Shown(standing), Face{});
}

TEST(PresentPrivacyTest, ClaimsThatEndedShowNoMore) {
  Standing standing = Public({Clock(Metric::kFirstResponse, ClockState::kRunning, At(60))});
  standing.claims[0].released = true;
  EXPECT_EQ(Shown(standing), Face{});
}

TEST(PresentTest, SeveralPublicClaimsNameTheirCustomers) {
  Terms terms = MakeTerms();
  terms.policy.customers[1].is_public = true;
  const Face face =
      Shown(Private(Public({Clock(Metric::kFirstResponse, ClockState::kMet, At(60))})), terms);
  ASSERT_EQ(face.comment->rows.size(), 3u);
  EXPECT_EQ(face.comment->rows[0].claim, "ACME Corp");
  EXPECT_EQ(face.comment->rows[1].claim, "Globex");
  EXPECT_EQ(face.discloses, (std::vector<std::string>{"acme", "globex"}));
}

}  // namespace
}  // namespace retainer::core
