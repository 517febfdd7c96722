// How often a forge is asked: only real questions count as tries, not other events meanwhile.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class InquiriesTest : public World {
 protected:
  // A comment by somebody whose role is not known.
  void Say(int second) {
    clock.Set(At(0) + absl::Seconds(second));
    Fact fact = MakeComment({Provenance::kWebhook, clock.Now()},
                            IssueCommentId(absl::StrCat(1000 + second)), kErin,
                            Moment::At(clock.Now()), "The same happens on version two.");
    Deliver(absl::StrCat("s", second), MakeEvent(1, kDave, {std::move(fact)}));
    Work();
  }
  bool IsOpen() { return Load(1).record.questions > 0; }
};

TEST_F(InquiriesTest, AShortOutageSilencesABusyTicketForNoLongerThanAQuietOne) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  bool down = true;
  forge.fault = [&](const std::string&) {
    return down ? absl::UnavailableError("down") : absl::OkStatus();
  };
  for (int second = 1; second <= 30; ++second) {
    Say(second);
    EXPECT_LE(*Load(1).record.wake_at, clock.Now() + Tries::kAfterSilence) << second;
  }
  EXPECT_LE(forge.Count("permission"), 4u) << "asked after 5, 10, 20 seconds";
  EXPECT_TRUE(IsOpen());
  down = false;
  clock.Set(std::max(clock.Now(), *Load(1).record.wake_at));
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_FALSE(IsOpen());
  EXPECT_LE(clock.Now(), At(0) + absl::Seconds(91));
}

TEST_F(InquiriesTest, AfterALongOutageTheForgeIsAskedWithinAMinute) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  bool down = true;
  forge.fault = [&](const std::string&) {
    return down ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Say(1);
  const absl::Time back = clock.Now() + absl::Hours(3);
  while (clock.Now() < back) {
    clock.Set(*Load(1).record.wake_at);
    ASSERT_TRUE(timers->RunDue().ok());
    ASSERT_LE(*Load(1).record.wake_at, clock.Now() + absl::Minutes(1));
  }
  down = false;
  clock.Set(*Load(1).record.wake_at);
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_FALSE(IsOpen());
}

TEST_F(InquiriesTest, AQuestionThatIsRefusedIsAskedLaterAndLaterWhateverHappensMeanwhile) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  forge.fault = [&](const std::string& call) {
    return call == "permission" ? absl::PermissionDeniedError("no") : absl::OkStatus();
  };
  for (int second = 1; second <= 60; ++second) Say(second);
  EXPECT_EQ(forge.Count("permission"), 4u) << "at once, after 5, 10 and 20 seconds";
  EXPECT_LE(*Load(1).record.wake_at, clock.Now() + absl::Seconds(40));
  // Another ticket's questions are asked all the same.
  forge.fault = nullptr;
  Deliver("d2",
          MakeEvent(2, kDave, {Opened(kDave, 1), Commented(kErin, 2, "77", "And here too.")}));
  Work();
  EXPECT_EQ(Load(2).record.questions, 0u);
}

TEST_F(InquiriesTest, AMistypedDuplicateMutesNothing) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  Dispatch();
  forge.SetProject("acme/opendb", "77");
  clock.Set(At(239));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 239, "5", "/support duplicate #999")}));
  Work();
  EXPECT_EQ(Load(1).record.questions, 0u);
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>{"acme"});
  // The promise of 4 h is broken in the very minute; what was asked is not settled yet.
  clock.Set(At(241));
  ASSERT_TRUE(timers->RunDue().ok());
  const auto notices = *store.ReadNotices(10);
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(),
                          [](const Notice& notice) { return notice.kind == NoticeKind::kBreach; }));
  EXPECT_EQ(Stats().dirty_faces, 1u) << "the comment says so";
}

TEST_F(InquiriesTest, ABusyTicketSettlesWhatADuplicateMeans) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  forge.SetProject("acme/opendb", "77");
  clock.Set(At(1));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 1, "5", "/support duplicate #999")}));
  Work();
  forge.SetPermission(kErin.id, "read");
  const auto open = [&] {
    const StoredTicket stored = Load(1);
    return !Evaluate(*judge->Context(Key(1), stored.record), stored.facts, terms.Get(), {},
                     clock.Now())
                .questions.empty();
  };
  EXPECT_TRUE(open());
  for (int second = 70; second <= 420 && open(); second += 10) Say(second);
  EXPECT_FALSE(open()) << "though something was told of the ticket in every minute";
  EXPECT_LE(clock.Now(), At(6));
}

TEST_F(InquiriesTest, APromiseThatAnAnswerEndsIsCountedWhenTheForgeSaysWhoGaveIt) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  bool down = true;
  forge.fault = [&](const std::string&) {
    return down ? absl::UnavailableError("down") : absl::OkStatus();
  };
  forge.SetPermission(kErin.id, "write");
  Say(60);
  EXPECT_EQ(metrics.Value("retainer_promises_total"), 0);
  down = false;
  clock.Set(*Load(1).record.wake_at);
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_EQ(metrics.Value("retainer_promises_total"), 1);
}

}  // namespace
}  // namespace retainer::pipeline
