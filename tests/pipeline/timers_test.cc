// Wake-ups: a few at their instant, a crowd spread over a minute.
#include <set>

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

const Actor kPaul{"44", "paul", false};  // a contact of globex, which is private

class TimersTest : public World {
 protected:
  TimersTest() {
    Policy policy = MakePolicy();
    Customer globex = policy.customers[0];
    globex.id = "globex";
    globex.alias = "c-9";
    globex.contacts.logins = {{"github", "paul"}};
    globex.is_public = false;
    policy.customers.push_back(globex);
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
  }

  void Make(TimersOptions options) {
    timers =
        std::make_unique<Timers>(*judge, store, clock, log, metrics, terms, std::move(options));
  }
  // A ticket that wakes at At(120): its first warning, at half of the 4 hours of P2.
  void Open(std::int64_t number, const Actor& author) {
    News news;
    news.facts = {Opened(author, 0)};
    news.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(-60)};
    ASSERT_TRUE(judge->Decide(Key(number), news).ok());
    ASSERT_EQ(Load(number).record.wake_at, At(120));
  }
  std::size_t Run() {
    const auto judged = timers->RunDue();
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged.value_or(0);
  }
  absl::Time Next() {
    const auto next = timers->NextWake();
    EXPECT_TRUE(next.ok()) << next.status();
    return next.value_or(absl::InfiniteFuture());
  }
  // The tickets up to `last` that no longer wait.
  std::set<std::int64_t> Judged(std::int64_t last) {
    std::set<std::int64_t> judged;
    for (std::int64_t n = 1; n <= last; ++n) {
      if (Load(n).record.wake_at > At(120)) judged.insert(n);
    }
    return judged;
  }
};

TEST_F(TimersTest, AFewAreJudgedAtTheirInstant) {
  for (int n = 1; n <= 8; ++n) Open(n, n % 2 == 0 ? kDave : kPaul);
  Make({.at_once = 8});
  EXPECT_EQ(Next(), At(120));
  clock.Set(At(120) - absl::Nanoseconds(1));
  EXPECT_EQ(Run(), 0u);
  clock.Set(At(120));
  EXPECT_EQ(Run(), 8u);
  EXPECT_GT(Next(), clock.Now());
}

TEST_F(TimersTest, ACrowdIsSpreadOverItsMinute) {
  constexpr int kTickets = 480;
  for (int n = 1; n <= kTickets; ++n) Open(n, kDave);
  Make({.at_once = 10});
  clock.Set(At(120));
  std::size_t judged = 0;
  int beats = 0;
  while (judged < kTickets) {
    const std::size_t now = Run();
    EXPECT_GT(now, 0u);
    EXPECT_LE(now, 3u) << "evenly";
    judged += now;
    ++beats;
    if (judged == kTickets) break;
    // An early call has nothing to do.
    EXPECT_EQ(Run(), 0u);
    ASSERT_EQ(Next(), clock.Now() + absl::Milliseconds(250));
    // Deliveries are decided in between.
    if (beats == 100) {
      Deliver("late", MakeEvent(kTickets + 1, kErin, {Opened(kErin, 120)}));
      EXPECT_EQ(Work(), 1u);
      EXPECT_GT(Load(kTickets + 1).record.version, 0u);
    }
    clock.Set(Next());
  }
  EXPECT_EQ(judged, static_cast<std::size_t>(kTickets));
  EXPECT_LE(clock.Now(), At(121));
  EXPECT_GT(clock.Now(), At(121) - absl::Seconds(5));
  EXPECT_EQ(Judged(kTickets).size(), static_cast<std::size_t>(kTickets));
  EXPECT_GT(Next(), clock.Now());
}

TEST_F(TimersTest, ACrowdThatFellBehindCatchesUp) {
  for (int n = 1; n <= 40; ++n) Open(n, kDave);
  Make({.at_once = 10});
  clock.Set(At(120));
  std::size_t judged = Run();
  // The thread was blocked for longer than the minute: no more pauses between portions.
  clock.Set(At(125));
  while (judged < 40) {
    ASSERT_LE(Next(), clock.Now());
    const std::size_t now = Run();
    ASSERT_GT(now, 0u);
    ASSERT_LE(now, 10u) << "a call stays short";
    judged += now;
  }
  EXPECT_EQ(judged, 40u);
}

TEST_F(TimersTest, ACrowdTooLargeForAMinuteDoesNotWait) {
  for (int n = 1; n <= 60; ++n) Open(n, kDave);
  Make({.at_once = 10, .crowd = 20});
  clock.Set(At(120));
  std::size_t judged = 0;
  for (int i = 0; i < 2; ++i) {
    judged += Run();
    EXPECT_LE(Next(), clock.Now());
  }
  EXPECT_EQ(judged, 20u);
  while (Next() <= clock.Now()) judged += Run();
  EXPECT_EQ(judged, 40u + 1) << "the last twenty are a crowd that fits";
  EXPECT_EQ(Next(), clock.Now() + absl::Milliseconds(250));
}

TEST_F(TimersTest, PublicPromisesComeFirstByWhatIsDueAndPrivateOnesAreAmongTheCommunity) {
  Open(1, kPaul);
  Open(2, kDave);
  Open(3, kPaul);
  Open(4, kDave);
  // Due earlier than the others: half of P1's hour is over at 120 too.
  News urgent;
  urgent.facts = {Opened(kDave, 90), MakeLabelAdded({Provenance::kWebhook, At(90)}, "priority: P1",
                                                    kDave, Moment::At(At(90)))};
  clock.Set(At(90));
  ASSERT_TRUE(judge->Decide(Key(5), urgent).ok());
  ASSERT_EQ(Load(5).record.wake_at, At(120));
  ASSERT_LT(*Load(5).record.next_due, *Load(2).record.next_due);

  Make({.at_once = 1, .beat = absl::Seconds(12)});
  clock.Set(At(120));
  std::vector<std::int64_t> order;
  for (int i = 0; i < 5; ++i) {
    const std::set<std::int64_t> before = Judged(5);
    ASSERT_EQ(Run(), 1u);
    for (const std::int64_t n : Judged(5)) {
      if (!before.contains(n)) order.push_back(n);
    }
    clock.Set(Next());
  }
  EXPECT_EQ(order, (std::vector<std::int64_t>{5, 2, 4, 1, 3}));
}

TEST_F(TimersTest, TroubleOfTheStoreEndsTheCallAndLosesNothing) {
  for (int n = 1; n <= 30; ++n) Open(n, kDave);
  for (const std::size_t at_once : {std::size_t{100}, std::size_t{10}}) {
    Make({.at_once = at_once});
    clock.Set(At(120));
    store.FailWrites(absl::ResourceExhaustedError("full"));
    EXPECT_TRUE(absl::IsResourceExhausted(timers->RunDue().status()));
    for (const std::string& line : log.lines()) {
      EXPECT_EQ(line.find("could not be judged"), line.npos) << "said of no ticket: " << line;
    }
    store.FailWrites(absl::OkStatus());
    EXPECT_TRUE(Judged(30).empty());
  }
  for (int i = 0; i < 300 && Judged(30).size() < 30; ++i) {
    clock.Advance(absl::Milliseconds(250));
    Run();
  }
  EXPECT_EQ(Judged(30).size(), 30u);
}

}  // namespace
}  // namespace retainer::pipeline
