#include "src/pipeline/worker.h"

#include <algorithm>

#include "src/pipeline/reconciler.h"
#include "src/pipeline/ticket_keys.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class WorkerTest : public World {
 protected:
  // What of a ticket's story does not hang on the order of its receipt.
  static std::string Picture(const StoredTicket& ticket) {
    std::string text;
    for (const auto& [name, state] : ticket.record.clock_states) {
      absl::StrAppend(&text, name, "=", state, ";");
    }
    for (const auto& [id, fact] : ticket.facts) absl::StrAppend(&text, fact.id, ";");
    return text;
  }
};

TEST_F(WorkerTest, CustomersTicketGetsItsClocksAndItsComment) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  EXPECT_EQ(Work(), 1u);
  const StoredTicket ticket = Load(1);
  EXPECT_TRUE(ticket.record.tracked);
  EXPECT_EQ(ticket.record.title, "It breaks");
  EXPECT_EQ(ticket.record.customers, std::vector<std::string>({"acme"}));
  ASSERT_TRUE(ticket.record.next_due.has_value());
  EXPECT_EQ(*ticket.record.next_due, At(4 * 60));
  EXPECT_TRUE(ticket.record.wake_at.has_value());
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST_F(WorkerTest, PoisonedDeliveryIsSetAsideAndTheQueueGoesOn) {
  ASSERT_TRUE(store.PutDelivery({"github", "bad", "issues", "{", clock.Now()}).ok());
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(Stats().set_aside, 1u);
  EXPECT_EQ((*store.ListSetAside(10))[0].reason, "the body lacks its issue");
  EXPECT_FALSE(Load(1).facts.empty());
}

TEST_F(WorkerTest, TroubleOfTheStoreLeavesTheEntryWhereItIs) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  store.FailWrites(absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(worker->RunOnce().ok());
  store.FailWrites(absl::OkStatus());
  EXPECT_EQ(Stats().inbox, 1u);
  EXPECT_EQ(Work(), 1u);
}

TEST_F(WorkerTest, WithoutTermsDeliveriesWait) {
  terms.Set({});
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  EXPECT_EQ(Work(), 0u);
  EXPECT_EQ(Stats().inbox, 1u);
  terms.Set({MakeTerms("v1", At(-60), MakePolicy())});
  EXPECT_EQ(Work(), 1u);
}

TEST_F(WorkerTest, UncoveredProjectIsPassedOverAndSaidOnce) {
  for (const char* id : {"d1", "d2"}) {
    Event event = MakeEvent(1, kDave, {Opened(kDave, 0)});
    event.project.path = "other/thing";
    Deliver(id, std::move(event));
  }
  EXPECT_EQ(Work(), 2u);
  EXPECT_TRUE(Load(1).facts.empty());
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) {
                            return line.find("not covered") != std::string::npos;
                          }),
            1);
}

TEST_F(WorkerTest, OrderAndRepetitionOfDeliveriesDoNotShow) {
  std::vector<std::vector<Fact>> story = {
      {Opened(kDave, 0)},
      {Commented(kErin, 3, "1", "I see that too, on version two.")},
      {Commented(kAlice, 20, "2", "Please try the new build.")},
      {Commented(kDave, 40, "3", "It still breaks in the same way.")},
  };
  clock.Set(At(60));
  std::vector<int> order = {0, 1, 2, 3};
  std::string first;
  int number = 1;
  do {
    for (const int i : order) {
      for (int twice = 0; twice < 2; ++twice) {
        Deliver(absl::StrCat("d", number, "-", i, "-", twice),
                MakeEvent(number, kDave, story[static_cast<std::size_t>(i)]));
      }
    }
    Work();
    const std::string picture = Picture(Load(number));
    if (first.empty()) first = picture;
    EXPECT_EQ(picture, first) << "order " << number;
    ++number;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_NE(first.find("acme"), std::string::npos);
}

TEST_F(WorkerTest, UnknownRoleAnnouncesNothingUntilTheForgeAnswers) {
  bool down = true;
  forge.fault = [&](const std::string&) {
    return down ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Deliver("d1", MakeEvent(1, kErin, {Commented(kErin, 0, "1", "Is anybody here at all?")}));
  Deliver("d2", MakeEvent(2, kErin, {Commented(kErin, 0, "2", "Is anybody here at all?")}));
  EXPECT_EQ(Work(), 2u);  // nobody waits for the forge
  EXPECT_EQ(Stats().dirty_faces, 0u);
  ASSERT_TRUE(Load(1).record.wake_at.has_value());

  down = false;
  Backfill backfill;
  backfill.facts = {MakeOpened({Provenance::kBackfill, At(0)}, kDave, Moment::At(At(0)), "Broken")};
  forge.SetBackfill(Key(1), backfill);
  clock.Advance(absl::Hours(1));
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>({"acme"}));
  EXPECT_EQ(Stats().dirty_faces, 1u);
}

TEST_F(WorkerTest, ASilentForgeIsNotRememberedForEveryTicket) {
  forge.fault = [](const std::string&) { return absl::UnavailableError("down"); };
  const int last = static_cast<int>(Tries::kMaxCounted) + 1;
  for (int n = 1; n <= last; ++n) {
    Deliver(absl::StrCat("d", n),
            MakeEvent(n, kErin, {Commented(kErin, 0, absl::StrCat(n), "Is anybody here?")}));
  }
  while (Work() > 0) {
  }
  EXPECT_LT(*Load(last - 1).record.wake_at, clock.Now() + absl::Minutes(1));
  EXPECT_EQ(*Load(last).record.wake_at, clock.Now() + kLongestWait);
}

TEST_F(WorkerTest, AnswersOfTheForgeAreFactsThatExpire) {
  forge.SetPermission(kErin.id, "write");
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kErin, 1, "1", "Please try the new build.")}));
  clock.Set(At(2));
  Work();
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "met");
  bool found = false;
  for (const auto& [id, fact] : Load(1).facts) {
    if (fact.kind != FactKind::kPermission || fact.subject != kErin.id) continue;
    found = true;
    EXPECT_EQ(fact.value, "write");
    EXPECT_EQ(fact.expires, clock.Now() + Inquiries::kAnswerLasts);
  }
  EXPECT_TRUE(found);
}

TEST_F(WorkerTest, OwnEventsDoNotLoop) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  for (int i = 0; i < 5; ++i) {
    Dispatch();
    // The forge tells us of what we have just done.
    Deliver(absl::StrCat("own-", i),
            MakeEvent(1, kDave,
                      {Commented(forge.self, 1 + i, "1", "P2 first reply by …"),
                       MakeLabelAdded({Provenance::kWebhook, At(1 + i)}, "support: gold",
                                      forge.self, Moment::At(At(1 + i)))}));
    clock.Advance(absl::Minutes(1));
    Work();
  }
  Dispatch();
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(forge.Count("update"), 0u);
  EXPECT_EQ(forge.Count("add_labels"), 1u);
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "running");
}

TEST_F(WorkerTest, LoginThatChangedHandsIsRefusedAndSaid) {
  forge.SetUser("dave", kDave.id);
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  const Actor impostor{"666", "dave", false};
  Deliver("d2", MakeEvent(2, impostor, {Opened(impostor, 1)}));
  clock.Set(At(2));
  Work();
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>({"acme"}));
  EXPECT_TRUE(Load(2).record.customers.empty());
  EXPECT_EQ(*store.LoadPins()->Find({"github", "dave"}), kDave.id);
  EXPECT_EQ(metrics.Value("retainer_refused_identities_total"), 1);
}

TEST_F(WorkerTest, RenamedProjectIsFollowed) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  forge.SetProject("acme/newdb", "77");
  Event renamed;
  renamed.kind = EventKind::kProject;
  renamed.project = {"77", "acme/newdb", "", false, ""};
  Deliver("d2", renamed);
  Work();
  auto project = store.FindProjectByPath({"github", "acme/newdb"});
  ASSERT_TRUE(project.ok());
  ASSERT_TRUE(project->has_value());
  EXPECT_EQ((*project)->key.id, "77");
  EXPECT_EQ((*project)->first_seen, At(0));
  EXPECT_EQ((*project)->installation_id, "5");
}

TEST_F(WorkerTest, DuplicateMovesTheClaimInOneWrite) {
  Backfill backfill;
  backfill.facts = {MakeOpened({Provenance::kBackfill, At(0)}, kErin, Moment::At(At(-30)), "Same")};
  forge.SetBackfill(Key(2), backfill);
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  clock.Set(At(10));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 10, "5", "/duplicate #2")}));
  Work();
  EXPECT_TRUE(Load(1).record.customers.empty());
  EXPECT_EQ(Load(2).record.customers, std::vector<std::string>({"acme"}));
  bool arrived = false;
  for (const auto& [id, fact] : Load(2).facts) arrived |= fact.kind == FactKind::kArrived;
  EXPECT_TRUE(arrived);
}

TEST_F(WorkerTest, PolicyReloadJudgesAgain) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  ASSERT_EQ(*Load(1).record.next_due, At(4 * 60));
  Policy stricter = MakePolicy();
  stricter.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {0, absl::Hours(2), "2h"};
  clock.Set(At(10));
  terms.Set({terms.Get()[0], MakeTerms("v2", At(10), stricter)});
  Reconciler reconciler(*judge, store, clock, log, metrics, terms, {"github"});
  reconciler.TermsChanged();
  EXPECT_TRUE(reconciler.busy());
  while (reconciler.busy()) ASSERT_TRUE(reconciler.RunOnce().ok());
  EXPECT_EQ(*Load(1).record.next_due, At(10 + 2 * 60));
  EXPECT_EQ(Load(1).record.terms_id, "v2");
}

TEST_F(WorkerTest, TimersTellABreachOnce) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_EQ(Load(1).record.worst, ClockState::kBreached);
  const std::size_t pending = store.ReadNotices(100)->size();
  EXPECT_GE(pending, 1u);
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_EQ(store.ReadNotices(100)->size(), pending);
  auto next = timers->NextWake();
  ASSERT_TRUE(next.ok());
  EXPECT_GT(*next, clock.Now());
}

TEST_F(WorkerTest, FiguresCountEveryPromiseThatEndsOnce) {
  const auto ended = [&](const char* outcome) {
    return metrics.Value("retainer_promises_total",
                         {{"metric", "first_response"}, {"outcome", outcome}});
  };
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(2, kDave, {Opened(kDave, 0)}));
  clock.Set(At(10));
  Work();
  EXPECT_EQ(ended("met"), 0);
  const Event answer = MakeEvent(1, kDave, {Commented(kAlice, 10, "1", "We look into it now.")});
  Deliver("d3", answer);
  Deliver("d4", answer);
  Work();
  clock.Set(At(5 * 60));
  Deliver("d5", MakeEvent(2, kDave, {Commented(kAlice, 5 * 60, "2", "Sorry for the delay.")}));
  Work();
  EXPECT_EQ(ended("met"), 1);
  EXPECT_EQ(ended("missed"), 1);
}

TEST(TicketKeyText, GoesThereAndBack) {
  const TicketKey key{"git/hub", "77", TicketKind::kChange, 12};
  EXPECT_EQ(ParseTicketKey(ToString(key)), key);
  for (const char* wrong :
       {"", "#12", "github/77/issue/", "github/77/thing/1", "77/issue/1", "github/77/issue/-1"}) {
    EXPECT_FALSE(ParseTicketKey(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace retainer::pipeline
