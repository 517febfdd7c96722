// Judging everything again: in parallel with incoming work, and across restarts.
#include "src/pipeline/reconciler.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class ReconcilerTest : public World {
 protected:
  static constexpr int kTickets = 7;

  ReconcilerTest() {
    for (int n = 1; n <= kTickets; ++n) {
      Deliver(absl::StrCat("d", n), MakeEvent(n, kDave, {Opened(kDave, 0)}));
    }
    Work();
    clock.Set(At(10));
  }

  std::unique_ptr<Reconciler> Make(std::string program = "1") {
    ReconcilerOptions options;
    options.page = 2;
    options.program = std::move(program);
    return std::make_unique<Reconciler>(*judge, store, clock, log, metrics, terms,
                                        std::vector<std::string>{"github"}, options);
  }
  void SetTerms(const std::string& id, int hours) {
    Policy policy = MakePolicy();
    policy.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {
        0, absl::Hours(hours), absl::StrCat(hours, "h")};
    TermsHistory history = terms.Get();
    history.push_back(MakeTerms(id, clock.Now(), policy));
    terms.Set(history);
  }
  static std::size_t Run(Reconciler& reconciler) {
    const auto round = reconciler.RunOnce();
    EXPECT_TRUE(round.ok()) << round.status();
    return round.ok() ? round->judged : 0;
  }
  std::size_t Finish(Reconciler& reconciler) {
    std::size_t judged = 0;
    for (int i = 0; reconciler.busy() && i < 100; ++i) judged += Run(reconciler);
    EXPECT_FALSE(reconciler.busy());
    return judged;
  }
  bool Said(const std::string& text) {
    for (const std::string& line : log.lines()) {
      if (line.find(text) != line.npos) return true;
    }
    return false;
  }
};

TEST_F(ReconcilerTest, DeliveriesAreDecidedBetweenItsPages) {
  SetTerms("v2", 2);
  const auto reconciler = Make();
  reconciler->TermsChanged();
  EXPECT_TRUE(Said("tickets are judged again terms=v2"));
  EXPECT_EQ(Run(*reconciler), 2u);
  EXPECT_EQ(metrics.Value("retainer_reevaluating"), 1);
  ASSERT_TRUE(reconciler->busy());

  // A ticket that was not reached yet and a new ticket: both use the new terms at once.
  Deliver("c1", MakeEvent(6, kDave, {Commented(kAlice, 9, "5", "I am looking into this now.")}));
  Deliver("n1", MakeEvent(100, kDave, {Opened(kDave, 10)}));
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(Load(6).record.terms_id, "v2");
  EXPECT_EQ(*Load(100).record.next_due, At(10 + 2 * 60));
  EXPECT_EQ(Load(kTickets).record.terms_id, "v1") << "not reached yet";

  EXPECT_EQ(Finish(*reconciler), static_cast<std::size_t>(kTickets - 2 + 1));
  for (int n = 1; n <= kTickets; ++n) EXPECT_EQ(Load(n).record.terms_id, "v2") << n;
  EXPECT_EQ(*Load(1).record.next_due, At(10 + 2 * 60));
  EXPECT_EQ(metrics.Value("retainer_reevaluating"), 0);
  EXPECT_EQ(metrics.Value("retainer_reevaluated_tickets_total"), kTickets + 1);
  EXPECT_TRUE(Said(absl::StrCat("tickets were judged again judged=", kTickets + 1)));
}

TEST_F(ReconcilerTest, NewsOfAnAccountReadsItsTicketsAndNoOthers) {
  Deliver("c", MakeEvent(9, kErin, {Opened(kErin, 0)}));
  Deliver("c2", MakeEvent(3, kDave, {Commented(kErin, 5, "1", "The same happens here.")}));
  Work();
  // Whoever reads another ticket finds that it cannot be read.
  store.Spoil(Key(2));
  const auto reconciler = Make();
  reconciler->AccountChanged("github", kErin.id);
  EXPECT_EQ(Finish(*reconciler), 2u) << "the one that she opened, and the one where she wrote";
  EXPECT_FALSE(Said("ticket could not be judged"));
  reconciler->AccountChanged("gitlab", kErin.id);
  EXPECT_EQ(Finish(*reconciler), 0u) << "ids are of one forge";
}

TEST_F(ReconcilerTest, OpenTicketsAreToldByPlanPriorityAndStateAndByNoName) {
  Deliver("c", MakeEvent(8, kErin, {Opened(kErin, 0)}));
  Work();
  const Metrics::Labels running = {{"plan", "gold"}, {"priority", "P2"}, {"state", "running"}};
  Run(*Make());
  EXPECT_EQ(metrics.Value("retainer_open_tickets", running), kTickets);
  EXPECT_EQ(metrics.Value("retainer_open_tickets",
                          {{"plan", "none"}, {"priority", "none"}, {"state", "none"}}),
            1);
  for (int n = 1; n <= kTickets; ++n) {
    Deliver(absl::StrCat("closed", n),
            MakeEvent(n, kDave,
                      {MakeClosed({Provenance::kWebhook, At(10)}, "completed", kDave,
                                  Moment::At(At(10)))}));
  }
  Work();
  clock.Advance(absl::Hours(1));
  Run(*Make());
  EXPECT_EQ(metrics.Value("retainer_open_tickets", running), 0) << "told, not left at what it was";
}

TEST_F(ReconcilerTest, TellsHowLongTheOldestHasWaited) {
  Run(*Make());
  EXPECT_EQ(metrics.Value("retainer_pending_notice_age_seconds"), 0);
  EXPECT_EQ(metrics.Value("retainer_set_aside_age_seconds"), 0);
  Notice notice;
  notice.id = "late";
  notice.ticket = Key(1);
  notice.at = clock.Now();
  DecisionWrite write;
  write.record = Load(1).record;
  write.notices = {notice};
  write.ledger.at = clock.Now();
  ASSERT_TRUE(store.Commit(write).ok());
  const auto faces = store.ReadDirtyFaces("github", clock.Now(), 10);
  ASSERT_FALSE(faces->empty());
  ASSERT_TRUE(store.PutDelivery({"github", "odd", "issues", "{}", clock.Now(), false}).ok());
  const auto inbox = store.ReadInbox("github", 0, 10);
  ASSERT_EQ(inbox->size(), 1u);
  ASSERT_TRUE(store.SetAside("github", inbox->front().seq, "x", clock.Now()).ok());
  clock.Advance(absl::Hours(1));
  Run(*Make());
  EXPECT_EQ(metrics.Value("retainer_pending_notice_age_seconds"), 3600);
  EXPECT_EQ(metrics.Value("retainer_set_aside_age_seconds"), 3600);
  EXPECT_EQ(metrics.Value("retainer_dead_notice_age_seconds"), 0);
  ASSERT_TRUE(store.BuryNotice(NoticeRecord{notice}, "gone", clock.Now()).ok());
  ASSERT_TRUE(
      store.BuryFace(faces->front().ticket, faces->front().generation, "refused", clock.Now())
          .ok());
  clock.Advance(absl::Hours(2));
  Run(*Make());
  EXPECT_EQ(metrics.Value("retainer_pending_notice_age_seconds"), 0);
  EXPECT_EQ(metrics.Value("retainer_dead_notice_age_seconds"), 7200);
  EXPECT_EQ(metrics.Value("retainer_dead_face_age_seconds"), 7200);
}

TEST_F(ReconcilerTest, ARecordThatCannotBeReadHoldsUpNoOther) {
  SetTerms("v2", 2);
  store.Spoil(Key(2));
  const auto reconciler = Make();
  reconciler->TermsChanged();
  EXPECT_EQ(Finish(*reconciler), static_cast<std::size_t>(kTickets - 1));
  for (const int n : {1, 3, 4, kTickets}) EXPECT_EQ(Load(n).record.terms_id, "v2") << n;
  EXPECT_TRUE(Said("ticket could not be judged ticket=github:acme/opendb#2"));
}

TEST_F(ReconcilerTest, RestartGoesOnWhereItWasLeft) {
  SetTerms("v2", 2);
  {
    const auto reconciler = Make();
    reconciler->TermsChanged();
    EXPECT_EQ(Run(*reconciler) + Run(*reconciler), 4u);
  }
  {
    const auto reconciler = Make();
    reconciler->TermsChanged();
    ASSERT_TRUE(reconciler->busy());
    EXPECT_EQ(Finish(*reconciler), static_cast<std::size_t>(kTickets - 4));
    for (int n = 1; n <= kTickets; ++n) EXPECT_EQ(Load(n).record.terms_id, "v2") << n;
  }
  // A finished re-evaluation does not begin again.
  const auto reconciler = Make();
  reconciler->TermsChanged();
  EXPECT_FALSE(reconciler->busy());
}

TEST_F(ReconcilerTest, TermsThatComeBackAndAnotherProgramBeginAnew) {
  const auto first = Make();
  first->TermsChanged();
  EXPECT_EQ(Finish(*first), static_cast<std::size_t>(kTickets));
  SetTerms("v2", 2);
  first->TermsChanged();
  EXPECT_EQ(Finish(*first), static_cast<std::size_t>(kTickets));
  SetTerms("v1", 4);
  first->TermsChanged();
  EXPECT_EQ(Finish(*first), static_cast<std::size_t>(kTickets));
  first->TermsChanged();
  EXPECT_FALSE(first->busy()) << "the same again";
  const auto newer = Make("2");
  newer->TermsChanged();
  EXPECT_EQ(Finish(*newer), static_cast<std::size_t>(kTickets));
}

TEST_F(ReconcilerTest, AProjectsChangeOutlivesARestart) {
  {
    const auto reconciler = Make();
    reconciler->TermsChanged();
    Finish(*reconciler);
    reconciler->ProjectChanged({"github", "77"});
    EXPECT_EQ(Run(*reconciler), 2u);
    // Changed again: it starts from the beginning, once.
    reconciler->ProjectChanged({"github", "77"});
  }
  const auto reconciler = Make();
  reconciler->TermsChanged();
  ASSERT_TRUE(reconciler->busy());
  EXPECT_EQ(Finish(*reconciler), static_cast<std::size_t>(kTickets));
}

TEST_F(ReconcilerTest, AStoreInTroubleLosesNothing) {
  SetTerms("v2", 2);
  const auto reconciler = Make();
  reconciler->TermsChanged();
  Run(*reconciler);
  store.FailWritesAfter(1, absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(reconciler->RunOnce().ok());
  EXPECT_TRUE(reconciler->busy());
  store.FailWrites(absl::OkStatus());
  Finish(*reconciler);
  for (int n = 1; n <= kTickets; ++n) EXPECT_EQ(Load(n).record.terms_id, "v2") << n;
}

}  // namespace
}  // namespace retainer::pipeline
