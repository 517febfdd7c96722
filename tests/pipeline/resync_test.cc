// Reading back what happened without deliveries: at adoption, after an outage, on request.
#include "src/pipeline/resync.h"

#include "src/pipeline/project_watch.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class ResyncTest : public World {
 protected:
  ResyncTest()
      : resync(*judge, store, clock, log, metrics, terms),
        watch(*judge, store, clock, log, metrics, terms, resync) {
    Policy policy = MakePolicy();
    policy.projects = {{"github", "acme/opendb"}};
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
    forge.SetProject("acme/opendb", "77");
    forge.list_page = 2;
    clock.Set(At(600));
  }
  // An issue as the forge's API shows it, last updated at `minute`.
  void Put(std::int64_t number, const Actor& author, int opened, int updated,
           std::vector<Fact> more = {}, bool open = true) {
    Backfill backfill;
    backfill.ticket.number = number;
    backfill.ticket.title = "It breaks";
    backfill.ticket.author = author;
    backfill.ticket.open = open;
    backfill.ticket.updated_at = At(updated);
    backfill.project = {"77", "acme/opendb", "", false, ""};
    const Learnt learnt{Provenance::kBackfill, clock.Now()};
    backfill.facts = {MakeOpened(learnt, author, Moment::At(At(opened)), "It breaks.")};
    for (Fact& fact : more) backfill.facts.push_back(std::move(fact));
    forge.SetBackfill(Key(number), backfill);
  }
  Fact Answer(int minute) {
    return MakeComment({Provenance::kBackfill, clock.Now()}, IssueCommentId(absl::StrCat(minute)),
                       kAlice, Moment::At(At(minute)), "I have looked into this.");
  }
  // Runs steps like the desk's thread until nothing is left.
  void ReadAll() {
    for (int step = 0; step < 10000; ++step) {
      const auto looked = watch.RunOnce();
      ASSERT_TRUE(looked.ok()) << looked.status();
      const auto next = resync.RunOnce();
      ASSERT_TRUE(next.ok()) << next.status();
      if (*next == absl::InfiniteFuture()) return;
      if (*next > clock.Now()) clock.Set(*next);
    }
    FAIL() << "it never ends";
  }
  ResyncRecord Record() {
    auto records = store.ListResyncs();
    EXPECT_TRUE(records.ok());
    return records->empty() ? ResyncRecord() : records->front();
  }

  Resync resync;
  ProjectWatch watch;
};

TEST_F(ResyncTest, AProjectThatThePolicyNamesIsReadAtTheFirstStart) {
  for (int i = 1; i <= 5; ++i) Put(i, kDave, i, i);
  Put(6, kDave, 6, 6, {}, /*open=*/false);
  ReadAll();
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(Load(i).record.customers.size(), 1u) << i;
    EXPECT_TRUE(Load(i).record.tracked) << i;
  }
  EXPECT_EQ(Load(6).record.version, 0u) << "what is closed needs nobody";
  EXPECT_TRUE(Record().finished);
  EXPECT_EQ(Record().read, 5u);
  EXPECT_EQ(Stats().pending_notices, 0u) << "nothing old is told";
  // A second request does nothing.
  const std::size_t calls = forge.calls().size();
  clock.Advance(absl::Hours(2));
  ReadAll();
  EXPECT_EQ(forge.calls().size(), calls);
}

TEST_F(ResyncTest, AProjectThatAPatternCoversIsReadAtTheFirstStart) {
  Policy policy = MakePolicy();
  policy.projects = {{"github", "acme/open*"}};
  terms.Set({MakeTerms("v1", At(0), policy)});
  forge.SetProject("acme/opendb", "77");
  forge.SetProject("acme/tool", "78");
  Put(1, kDave, 1, 1);
  ReadAll();
  EXPECT_TRUE(Load(1).record.tracked);
  ASSERT_TRUE(store.ListProjects().ok());
  EXPECT_EQ(store.ListProjects()->size(), 1u) << "no pattern covers acme/tool";
  // The forge is asked again after an hour, or when the policy is another one.
  watch.Poke();
  ReadAll();
  EXPECT_EQ(forge.Count("list_projects"), 1u);
  TermsHistory history = terms.Get();
  policy.projects.push_back({"github", "acme/to*"});
  history.push_back(MakeTerms("v2", At(601), policy));
  terms.Set(history);
  watch.Poke();
  ReadAll();
  EXPECT_EQ(forge.Count("list_projects"), 2u);
  EXPECT_EQ(store.ListProjects()->size(), 2u);
  clock.Advance(ProjectWatch::kListedEvery);
  ReadAll();
  EXPECT_EQ(forge.Count("list_projects"), 3u);
}

TEST_F(ResyncTest, AForgeThatListsNoProjectsIsNamedOnce) {
  Policy policy = MakePolicy();
  policy.projects = {{"github", "acme/*"}};
  terms.Set({MakeTerms("v1", At(0), policy)});
  forge.fault = [](const std::string& call) {
    return call == "list_projects" ? absl::UnavailableError("503") : absl::OkStatus();
  };
  ReadAll();
  clock.Advance(absl::Minutes(6));
  ReadAll();
  EXPECT_EQ(forge.Count("list_projects"), 2u);
  EXPECT_EQ(log.Count("the projects that our account reaches cannot be listed"), 1u);
}

// Report (zulipbot #181, lock-threads #2): installing a bot makes it speak on every old issue.
TEST_F(ResyncTest, OfWhatWasDueBeforeItWasReadNobodyIsTold) {
  Policy policy = MakePolicy();
  policy.projects = {{"github", "acme/opendb"}};
  policy.since = At(0);  // promises count from long before the adoption
  terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
  Put(1, kDave, 0, 0);      // due after four hours, six hours ago
  Put(2, kDave, 590, 590);  // due in the future
  ReadAll();
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "breached");
  EXPECT_EQ(Stats().pending_notices, 0u);
  clock.Set(At(590 + 4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  auto notices = store.ReadNotices(10);
  ASSERT_TRUE(notices.ok());
  EXPECT_FALSE(notices->empty());
  for (const Notice& notice : *notices) EXPECT_EQ(notice.ticket, Key(2)) << notice.id;
}

TEST_F(ResyncTest, ItGoesOnWhereItWasLeft) {
  for (int i = 1; i <= 6; ++i) Put(i, kDave, i, i);
  while (forge.Count("read_ticket") < 3) {
    ASSERT_TRUE(watch.RunOnce().ok());
    const auto next = resync.RunOnce();
    ASSERT_TRUE(next.ok());
    if (*next > clock.Now()) clock.Set(*next);
  }
  Resync again(*judge, store, clock, log, metrics, terms);
  for (;;) {
    const auto next = again.RunOnce();
    ASSERT_TRUE(next.ok());
    if (*next == absl::InfiniteFuture()) break;
    if (*next > clock.Now()) clock.Set(*next);
  }
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(Load(i).record.customers.size(), 1u) << i;
  EXPECT_LE(forge.Count("read_ticket"), 7u) << "a page at most is read twice";
}

TEST_F(ResyncTest, AnAnswerGivenWhileWeWereAwayIsFound) {
  Deliver("opened", MakeEvent(1, kDave, {Opened(kDave, 600)}));
  Work();
  ReadAll();
  ASSERT_NE(Load(1).record.clock_states["acme first_response"], "met");
  // The service is down for a day. alice answers, and closes another issue that is unknown here.
  Put(1, kDave, 600, 640, {Answer(640)});
  Put(2, kDave, 610, 650, {Answer(650)}, /*open=*/false);
  clock.Set(At(600 + 24 * 60));
  ProjectWatch restarted(*judge, store, clock, log, metrics, terms, resync);
  ASSERT_TRUE(restarted.RunOnce().ok());
  ReadAll();
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "met");
  EXPECT_GT(Load(2).record.version, 0u);
}

TEST_F(ResyncTest, HeldDeliveriesAreReadWhenThePolicyComesToCoverThem) {
  Event event = MakeEvent(1, kDave, {Opened(kDave, 600)});
  event.project.id = "99";
  event.project.path = "acme/tool";
  Deliver("d1", event);
  Work();
  ReadAll();
  EXPECT_EQ(metrics.Value("retainer_held_deliveries", {{"forge", "github"}}), 1);
  TermsHistory history = terms.Get();
  Policy policy = MakePolicy();
  history.push_back(MakeTerms("v2", At(601), policy));
  terms.Set(history);
  clock.Set(At(601));
  watch.Poke();
  ReadAll();
  EXPECT_EQ(Stats().held, 0u);
  EXPECT_EQ(metrics.Value("retainer_held_deliveries", {{"forge", "github"}}), 0);
  Work();
  auto stored = store.LoadTicket({"github", "99", TicketKind::kIssue, 1});
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->record.customers.size(), 1u);
}

TEST_F(ResyncTest, AForgeThatDoesNotAnswerIsAskedLaterAndARefusalIsTold) {
  Put(1, kDave, 1, 1);
  forge.fault = [](const std::string& call) {
    return call == "list_tickets" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  ASSERT_TRUE(watch.RunOnce().ok());
  auto next = resync.RunOnce();
  ASSERT_TRUE(next.ok());
  EXPECT_GT(*next, clock.Now());
  EXPECT_FALSE(Record().finished);
  EXPECT_EQ(Record().trouble, "down");
  forge.fault = nullptr;
  clock.Set(*next);
  ReadAll();
  EXPECT_GT(Load(1).record.version, 0u);
  EXPECT_EQ(Record().trouble, "");
  forge.fault = [](const std::string& call) {
    return call == "list_tickets" ? absl::PermissionDeniedError("Issues: read") : absl::OkStatus();
  };
  ASSERT_TRUE(resync.Request({"github", "77"}, "asked for", std::nullopt).ok());
  ReadAll();
  EXPECT_TRUE(Record().finished);
  EXPECT_EQ(Record().trouble, "Issues: read");
}

TEST_F(ResyncTest, AnOldNameInThePolicyIsAFigure) {
  Deliver("opened", MakeEvent(1, kDave, {Opened(kDave, 600)}));
  Work();
  ReadAll();
  EXPECT_EQ(metrics.Value("retainer_stale_project_names"), 0);
  forge.SetProject("acme/opendb2", "77");
  forge.SetProject("acme/opendb", "77", "acme/opendb2");
  Event event = MakeEvent(1, kDave, {});
  event.project.path = "acme/opendb2";
  clock.Set(At(700));
  Deliver("renamed", event);
  Work();
  watch.Poke();
  ReadAll();
  EXPECT_EQ(metrics.Value("retainer_stale_project_names"), 1);
}

}  // namespace
}  // namespace retainer::pipeline
