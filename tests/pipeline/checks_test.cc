// The check on changes that say they fix customers' tickets: from a delivery to the forge.
#include <algorithm>

#include "retainer/change.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

constexpr char kHead[] = "1111111111111111111111111111111111111111";
constexpr char kNewHead[] = "2222222222222222222222222222222222222222";

class ChecksTest : public World {
 protected:
  static TicketKey Change(std::int64_t number) {
    return {"github", "77", TicketKind::kChange, number};
  }

  // A customer's issue.
  void OpenIssue(std::int64_t number, const Actor& author = kDave) {
    Deliver(absl::StrCat("issue-", number), MakeEvent(number, author, {Opened(author, 0)}));
    Work();
  }

  void See(std::int64_t number, int minute, const std::string& head, std::vector<std::string> fixes,
           ChangeState state = ChangeState::kOpen) {
    ChangeInfo change{state, "main", head, "", std::move(fixes)};
    Event event = MakeEvent(number, kErin,
                            {Opened(kErin, 0), MakeChangeSeen({Provenance::kWebhook, At(minute)},
                                                              change, Moment::At(At(minute)))});
    event.type = "pull_request";
    event.ticket->kind = TicketKind::kChange;
    event.ticket->url = absl::StrCat("https://forge/acme/opendb/pull/", number);
    Deliver(absl::StrCat("change-", number, "-", minute), std::move(event));
    Work();
    Run();
  }

  // Runs the due wake-ups, then shows the faces.
  void Run() {
    ASSERT_TRUE(timers->RunDue().ok());
    Dispatch();
    EXPECT_EQ(Stats().dirty_faces, 0u);
  }

  void Answer(std::int64_t number, int minute) {
    Deliver(absl::StrCat("answer-", number),
            MakeEvent(number, kDave,
                      {Commented(kAlice, minute, absl::StrCat(900 + number), "On it.")}));
    Work();
    Run();
  }

  void SetPolicy(Policy policy) { terms.Set({MakeTerms("v1", At(-60 * 24), std::move(policy))}); }
};

TEST_F(ChecksTest, ShowsWhatRidesOnAChangeAndFollowsTheTicket) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  ASSERT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(forge.checks()[0].first, Change(2));
  EXPECT_EQ(forge.checks()[0].second.commit, kHead);
  EXPECT_EQ(forge.checks()[0].second.verdict, CheckView::Verdict::kNeutral);
  EXPECT_EQ(forge.checks()[0].second.url, "https://forge/acme/opendb/issues/1");
  EXPECT_EQ(forge.checks()[0].second.text.summary, "#1 first reply=running\n");

  clock.Set(At(10));
  Answer(1, 10);
  ASSERT_EQ(forge.checks().size(), 1u);  // the existing check is updated
  EXPECT_EQ(forge.checks()[0].second.text.summary, "#1 first reply=met\n");
}

TEST_F(ChecksTest, APromiseThatBreaksIsShownWithoutAnyDelivery) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  clock.Set(At(4 * 60 + 2));
  Run();
  Run();
  EXPECT_EQ(forge.checks().back().second.text.summary, "#1 first reply=late\n");
}

TEST_F(ChecksTest, ANewHeadGetsItsOwnAndTheSameWordsNeedNoCall) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  const std::size_t before = forge.Count("set_check");
  See(2, 2, kHead, {"#1"});
  EXPECT_EQ(forge.Count("set_check"), before);
  See(2, 3, kNewHead, {"#1"});
  ASSERT_EQ(forge.checks().size(), 2u);
  EXPECT_EQ(forge.checks()[1].second.commit, kNewHead);
}

TEST_F(ChecksTest, AKeywordThatIsEditedAwayTakesItBack) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  See(2, 2, kHead, {});
  ASSERT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(forge.checks()[0].second.text.title, "0 promises");
  EXPECT_TRUE(store.FindFixes(Key(1), ChangeState::kOpen, 10)->empty());
  // A new head has no earlier check to correct.
  See(2, 3, kNewHead, {});
  EXPECT_EQ(forge.checks().size(), 1u);
}

TEST_F(ChecksTest, TheTicketMayBecomeKnownAfterTheChange) {
  See(2, 1, kHead, {"#1"});
  EXPECT_TRUE(forge.checks().empty());
  OpenIssue(1);
  Run();
  ASSERT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(forge.checks()[0].second.text.summary, "#1 first reply=running\n");
}

TEST_F(ChecksTest, APrivateCustomersTicketIsACommunityTicket) {
  SetPolicy(MakePolicy(/*is_public=*/false));
  OpenIssue(1);         // the customer's
  OpenIssue(3, kErin);  // the community's
  See(2, 1, kHead, {"#1"});
  See(4, 1, kHead, {"#3"});
  EXPECT_TRUE(forge.checks().empty());
  EXPECT_EQ(forge.Count("set_check"), 0u);
  const auto change = Load(1);
  EXPECT_TRUE(change.record.promises.empty());
  EXPECT_FALSE(change.record.claims.empty());
}

TEST_F(ChecksTest, AMergedOrClosedChangeKeepsItsLastWord) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  See(2, 2, kHead, {"#1"}, ChangeState::kMerged);
  const std::size_t before = forge.Count("set_check");
  Answer(1, 3);
  EXPECT_EQ(forge.Count("set_check"), before);
  EXPECT_EQ(store.FindFixes(Key(1), ChangeState::kMerged, 10)->size(), 1u);
}

TEST_F(ChecksTest, ThePolicyTurnsThemOffOrMakesThemBlock) {
  Policy policy = MakePolicy();
  policy.checks = CheckMode::kOff;
  SetPolicy(policy);
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  EXPECT_TRUE(forge.checks().empty());
  policy.checks = CheckMode::kBlocking;
  SetPolicy(policy);
  See(2, 2, kHead, {"#1"});
  ASSERT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(forge.checks()[0].second.verdict, CheckView::Verdict::kSuccess);
}

TEST_F(ChecksTest, AForgeThatGrantsNoneHoldsUpNothingAndIsNamedOnce) {
  Policy policy = MakePolicy();
  policy.community.comment = CommunityComment::kNeutral;
  SetPolicy(policy);
  forge.fault = [](const std::string& call) {
    return call == "set_check" ? absl::PermissionDeniedError("the app lacks Checks: write")
                               : absl::OkStatus();
  };
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  See(3, 1, kHead, {"#1"});
  EXPECT_EQ(forge.comments().size(), 3u);
  EXPECT_EQ(forge.Count("set_check"), 1u);  // one request for all
  EXPECT_EQ(Stats().dead_faces, 0u);
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(
                lines.begin(), lines.end(),
                [](const std::string& line) { return line.starts_with("checks are not shown"); }),
            1);
  // The permission is granted: the check comes with the next change.
  forge.fault = nullptr;
  clock.Advance(Dispatcher::kCheckPause + absl::Minutes(1));
  Answer(1, 12);
  EXPECT_EQ(forge.checks().size(), 2u);
}

TEST_F(ChecksTest, ACheckThatSomebodyTookAwayIsMadeAnew) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  bool gone = true;
  forge.fault = [&](const std::string& call) {
    const bool now = call == "set_check" && gone;
    if (now) gone = false;
    return now ? absl::NotFoundError("no such check run") : absl::OkStatus();
  };
  clock.Set(At(10));
  Answer(1, 10);
  EXPECT_EQ(forge.checks().size(), 2u);
  EXPECT_EQ(Stats().dead_faces, 0u);
}

TEST_F(ChecksTest, ACrashBeforeTheForgeHeardLosesNothing) {
  OpenIssue(1);
  See(2, 1, kHead, {"#1"});
  // The answer is decided; the process ends before the change is judged again.
  Deliver("answer", MakeEvent(1, kDave, {Commented(kAlice, 5, "9", "On it.")}));
  clock.Set(At(5));
  Work();
  MakeDispatcher(false);
  timers = std::make_unique<Timers>(*judge, store, clock, log, metrics, terms);
  Run();
  EXPECT_EQ(forge.checks().back().second.text.summary, "#1 first reply=met\n");
}

TEST_F(ChecksTest, APrivateProjectsTicketIsNotToldOfElsewhere) {
  OpenIssue(1);
  ProjectRecord secret{{"github", "78"}, "acme/secret", "", true, "5", At(0)};
  ASSERT_TRUE(store.SaveProject(secret).ok());
  Event event = MakeEvent(1, kDave, {Opened(kDave, 0)});
  event.project = {"78", "acme/secret", "https://forge/acme/secret", true, "5"};
  Deliver("secret", std::move(event));
  Work();
  See(2, 1, kHead, {"acme/secret#1"});
  EXPECT_TRUE(forge.checks().empty());
  See(2, 2, kHead, {"#1", "acme/secret#1"});
  ASSERT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(forge.checks()[0].second.text.title, "1 promises");
}

}  // namespace
}  // namespace retainer::pipeline
