// From a delivery to the people who are told: notices and mentions with the real judge, store and
// notifier.
#include "src/pipeline/mentions.h"
#include "src/pipeline/notices.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class HearingSink final : public NoticeSink {
 public:
  explicit HearingSink(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice& notice) override {
    if (before) before();
    if (!answer.ok()) return answer;
    told.push_back(notice);
    return absl::OkStatus();
  }
  std::size_t Count(NoticeKind kind) const {
    std::size_t n = 0;
    for (const Notice& notice : told) n += notice.kind == kind;
    return n;
  }
  std::function<void()> before;
  absl::Status answer;
  std::vector<Notice> told;

 private:
  const std::string name_;
};

// P2 is answered within four hours; the lead is called when it is late, on the ticket too.
class ToldTest : public World {
 protected:
  ToldTest() : ops("ops"), lead("lead"), spare("spare") {
    SetPolicy(MakePolicy());
    Restart();
    forge.SetUser("alice", "11");
    forge.SetUser("dave", "22");
  }
  void SetPolicy(Policy policy) {
    policy.plans["gold"].warn_at = {};
    policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}, mention}};
    policy.teams["core"].labels = {"area: core"};
    policy.teams["core"].sinks = {"ops"};
    policy.teams["lead"] = {
        "lead", {{"github", "carol"}, {"gitlab", "carla"}}, {"area: lead"}, {"lead"}};
    policy.teams["spare"] = {"spare", {{"github", "sam"}}, {"area: spare"}, {"spare"}};
    terms.Set({MakeTerms("v1", At(-60 * 24), std::move(policy))});
  }
  void Restart(bool observe = false) {
    mentions = std::make_unique<MentionSink>(*judge, store, renderer, clock, log, metrics, terms,
                                             right_of_way, observe);
    notifier =
        std::make_unique<Notifier>(store, clock, log, metrics, terms, *judge,
                                   std::vector<NoticeSink*>{&ops, &lead, &spare}, mentions.get());
  }
  void Open() {
    Event event = MakeEvent(1, kDave, {});
    event.facts = {MakeOpened({Provenance::kWebhook, At(0)}, kDave, Moment::At(At(0)),
                              "It breaks when I press the button.", {"area: core"})};
    Deliver("d1", std::move(event));
    Work();
    Dispatch();
  }
  // Judged as late; nobody has been told yet.
  void BecomeLate() {
    clock.Set(At(4 * 60 + 2));
    ASSERT_TRUE(timers->RunDue().ok());
    Dispatch();
  }
  void Answer(int minute) {
    Deliver(absl::StrCat("answer", minute),
            MakeEvent(1, kDave, {Commented(kAlice, minute, "500", "We are looking into it.")}));
    Work();
  }
  Notifier::Round Tell() {
    auto round = notifier->RunOnce();
    EXPECT_TRUE(round.ok()) << round.status();
    return round.ok() ? *round : Notifier::Round();
  }
  // Bodies of the comments that mention somebody.
  std::vector<std::string> Mentions() {
    std::vector<std::string> bodies;
    for (const auto& [id, comment] : forge.comments()) {
      if (comment.body.find("@") != std::string::npos) bodies.push_back(comment.body);
    }
    return bodies;
  }
  bool LogHas(const std::string& text) {
    for (const std::string& line : log.lines()) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }

  bool mention = true;
  HearingSink ops;
  HearingSink lead;
  HearingSink spare;
  std::unique_ptr<MentionSink> mentions;
  std::unique_ptr<Notifier> notifier;
};

TEST_F(ToldTest, AHandOverAndAClosingAreToldOnceWhateverComesTwice) {
  const Actor carol{"13", "carol", false};
  forge.SetUser("carol", "13");
  Open();
  const auto learnt = [](int minute) { return Learnt{Provenance::kWebhook, At(minute)}; };
  const std::vector<std::pair<std::string, Fact>> story = {
      {"a1", MakeAssigned(learnt(1), kAlice, kAlice, Moment::At(At(1)))},
      {"a2", MakeAssigned(learnt(2), carol, kAlice, Moment::At(At(2)))},
      {"a3", MakeUnassigned(learnt(2), kAlice, kAlice, Moment::At(At(2) + absl::Seconds(4)))},
      {"a4", MakeClosed(learnt(10), "completed", carol, Moment::At(At(10)))}};
  const auto tell_at = [&](int minute) {
    clock.Set(At(minute));
    ASSERT_TRUE(timers->RunDue().ok());
    Tell();
  };
  for (int i = 0; i < 3; ++i) Deliver(story[i].first, MakeEvent(1, kAlice, {story[i].second}));
  clock.Set(At(3));
  Work();
  Tell();
  EXPECT_EQ(ops.told.size(), 0u) << "it may be a slip";
  tell_at(4);
  ASSERT_EQ(ops.Count(NoticeKind::kHandOver), 1u);
  EXPECT_EQ(ops.told[0].text, "acme: handed over from alice to carol (P2)");
  EXPECT_TRUE(lead.told.empty()) << "not its area";
  clock.Set(At(10));
  Deliver(story[3].first, MakeEvent(1, carol, {story[3].second}));
  Work();
  tell_at(12);
  EXPECT_EQ(ops.Count(NoticeKind::kClosed), 1u);
  for (const auto& [id, fact] : story) {
    Deliver("again " + id, MakeEvent(1, kAlice, {fact}));
    Work();
  }
  tell_at(20);
  EXPECT_EQ(ops.told.size(), 2u);
  EXPECT_TRUE(Mentions().empty()) << "nothing of it stands on the ticket";
}

TEST_F(ToldTest, AMentionGoesBeforeTheFacesThatWaitForTheSameTurn) {
  Open();
  forge.clock = &clock;
  forge.spacing = absl::Seconds(5);
  Deliver("d2", MakeEvent(2, kDave, {Opened(kDave, 0)}));
  Work();
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  Dispatch();  // takes the one turn there is; more faces wait
  ASSERT_GT(Stats().dirty_faces, 0u);
  Tell();
  ASSERT_TRUE(Mentions().empty());
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(Dispatch().mutations, 0u) << "the mention's turn";
  Tell();
  EXPECT_EQ(Mentions().size(), 1u);
  for (int i = 0; i < 20 && Stats().dirty_faces > 0; ++i) {
    clock.Advance(absl::Seconds(5));
    Dispatch();
    Tell();
  }
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(ToldTest, AMentionThatDoesNotComeBackHoldsNoFaceUp) {
  Open();
  forge.clock = &clock;
  forge.spacing = absl::Seconds(5);
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  right_of_way.Ask({Key(9), "acme/opendb", "5"}, clock.Now());
  EXPECT_EQ(Dispatch().mutations, 0u);
  clock.Advance(absl::Seconds(3));
  EXPECT_GT(Dispatch().mutations, 0u);
}

TEST_F(ToldTest, ABreachIsToldOnceAndTheLeadIsMentionedOnce) {
  Open();
  BecomeLate();
  Tell();
  EXPECT_EQ(ops.Count(NoticeKind::kBreach), 1u);
  EXPECT_EQ(lead.Count(NoticeKind::kEscalation), 1u);
  EXPECT_TRUE(spare.told.empty());
  ASSERT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Mentions()[0].find("@carol "), 0u);
  EXPECT_EQ(Mentions()[0].find("carla"), std::string::npos);
  EXPECT_EQ(Mentions()[0].find("acme"), std::string::npos);
  // Neither time, nor a restart, nor another policy tells it again.
  clock.Set(At(24 * 60));
  Restart();
  Policy policy = MakePolicy();
  policy.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {0, absl::Hours(2), "2h"};
  SetPolicy(std::move(policy));
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  EXPECT_EQ(ops.told.size(), 1u);
  EXPECT_EQ(lead.told.size(), 1u);
  EXPECT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(ToldTest, AnAnswerInTimeSilencesWhatWaitsInTheStore) {
  Open();
  BecomeLate();
  ASSERT_GT(Stats().pending_notices, 0u);
  Answer(3 * 60);  // in time, and late to reach us
  Tell();
  EXPECT_TRUE(ops.told.empty());
  EXPECT_TRUE(lead.told.empty());
  EXPECT_TRUE(Mentions().empty());
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_TRUE(LogHas("notice silenced"));
  // Nobody had been told: there is nothing to take back.
  clock.Set(At(5 * 60));
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  EXPECT_TRUE(ops.told.empty());
}

TEST_F(ToldTest, AReplyInTimeThatReachesUsLateTakesTheBreachBack) {
  Open();
  BecomeLate();
  Tell();
  ASSERT_EQ(ops.told.size(), 1u);
  const std::string shown = forge.comments().begin()->second.body;
  EXPECT_NE(shown.find("first reply=late"), std::string::npos) << shown;

  std::vector<std::string> changes;
  News news;
  news.facts = {Commented(kAlice, 3 * 60, "500", "We are looking into it.")};
  const auto judged = house->asker.DecideAndAsk(Key(1), news);
  ASSERT_TRUE(judged.ok());
  changes = judged->decision.record.changes;
  EXPECT_EQ(changes, (std::vector<std::string>{"acme first_response: breached -> met",
                                               "acme first_response: breach taken back"}));
  EXPECT_TRUE(store.VerifyLedger().ok());
  Dispatch();
  const std::string corrected = forge.comments().begin()->second.body;
  EXPECT_NE(corrected.find("first reply=met"), std::string::npos) << corrected;

  Tell();
  EXPECT_EQ(ops.Count(NoticeKind::kBreachWithdrawn), 1u);
  EXPECT_EQ(lead.Count(NoticeKind::kBreachWithdrawn), 1u);
  EXPECT_TRUE(spare.told.empty());
  ASSERT_EQ(Mentions().size(), 2u);
  EXPECT_NE(Mentions()[1].find(absl::StrCat(static_cast<int>(MentionView::Kind::kWithdrawn))),
            std::string::npos);
  // Once.
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  EXPECT_EQ(ops.told.size(), 2u);
  EXPECT_EQ(Mentions().size(), 2u);
  EXPECT_TRUE(store.ReadToldNotices(Key(1))->empty());
}

TEST_F(ToldTest, AnAnswerDecidedWhilePeopleAreToldTakesItBack) {
  Open();
  BecomeLate();
  bool answered = false;
  ops.before = [&] {
    if (!std::exchange(answered, true)) Answer(3 * 60);
  };
  Tell();
  Tell();
  EXPECT_EQ(ops.Count(NoticeKind::kBreach), 1u);
  EXPECT_EQ(ops.Count(NoticeKind::kBreachWithdrawn), 1u);
}

TEST_F(ToldTest, ABreachAfterOneThatWasTakenBackIsTold) {
  Open();
  BecomeLate();
  Tell();
  // It had been waiting for the customer, as we learn late: nothing is late. (A first reply never
  // waits; that the answer is no answer after all is the same.)
  Answer(3 * 60);
  Tell();
  EXPECT_EQ(ops.Count(NoticeKind::kBreachWithdrawn), 1u);
  Policy policy = MakePolicy();
  policy.teams["core"].members = {{"github", "somebody"}};
  policy.bots = {{"github", "alice"}};
  SetPolicy(std::move(policy));
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  EXPECT_EQ(ops.Count(NoticeKind::kBreach), 2u);
}

TEST_F(ToldTest, TheMentionComesBackAsOurOwnAndStopsNothing) {
  Open();
  BecomeLate();
  Tell();
  ASSERT_EQ(Mentions().size(), 1u);
  std::string id;
  for (const auto& [number, comment] : forge.comments()) {
    if (comment.body.find("@carol") != std::string::npos) id = number;
  }
  const auto loaded = Load(1);
  const Fact* own = loaded.facts.Find(MakeFactId(FactKind::kOwnComment, IssueCommentId(id), ""));
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->value, kOwnMention);
  Deliver("echo", MakeEvent(1, kDave, {Commented(forge.self, 4 * 60 + 2, id, "@carol late")}));
  Work();
  EXPECT_EQ(Load(1).record.worst, ClockState::kBreached);
  // Taken down by somebody, it takes the status comment's place with nobody.
  Deliver("gone",
          MakeEvent(1, kDave,
                    {MakeCommentDeleted({Provenance::kWebhook, clock.Now()}, IssueCommentId(id),
                                        kAlice, forge.self, Moment::At(clock.Now()))}));
  Work();
  Dispatch();
  EXPECT_EQ(forge.Count("delete"), 0u);
}

TEST_F(ToldTest, ACreateWhoseEndIsUnknownIsLookedForBeforeAnother) {
  Open();
  BecomeLate();
  forge.lost = [](const std::string&) { return absl::UnavailableError("the line went dead"); };
  const auto round = Tell();
  ASSERT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 1u);
  forge.lost = nullptr;
  Restart();  // a crash forgets everything but what is on disk
  clock.Set(round.next);
  Tell();
  EXPECT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
  std::size_t own = 0;
  const StoredTicket stored = Load(1);
  for (const Fact* fact : stored.facts.InOrder()) {
    own += fact->kind == FactKind::kOwnComment && fact->value == kOwnMention;
  }
  EXPECT_EQ(own, 1u);
}

TEST_F(ToldTest, ACrashBeforeTheFactIsKeptPostsNoSecond) {
  Open();
  BecomeLate();
  // The notices before the mention are finished, the mention's intent is kept, then the disk is
  // full.
  ops.before = nullptr;
  forge.fault = [&](const std::string& call) {
    if (call == "create") store.FailWrites(absl::ResourceExhaustedError("the disk is full"));
    return absl::OkStatus();
  };
  ASSERT_FALSE(notifier->RunOnce().ok() && Stats().pending_notices == 0);
  forge.fault = nullptr;
  store.FailWrites(absl::OkStatus());
  ASSERT_EQ(Mentions().size(), 1u);
  Restart();
  clock.Set(clock.Now() + absl::Hours(1));
  Tell();
  EXPECT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(ToldTest, TheForgesGateIsWaitedFor) {
  forge.clock = &clock;
  forge.spacing = absl::Seconds(5);
  Open();
  BecomeLate();  // has just changed the status comment
  const auto round = Tell();
  EXPECT_TRUE(Mentions().empty());
  EXPECT_EQ(round.next, clock.Now() + absl::Seconds(5));
  clock.Set(round.next);
  Tell();
  EXPECT_EQ(Mentions().size(), 1u);
}

TEST_F(ToldTest, ARefusalIsFinalAndWrongCredentialsAreNot) {
  Open();
  BecomeLate();
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::FailedPreconditionError("401") : absl::OkStatus();
  };
  const auto round = Tell();
  EXPECT_EQ(Stats().pending_notices, 1u);
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::PermissionDeniedError("403") : absl::OkStatus();
  };
  clock.Set(round.next);
  Tell();
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_TRUE(LogHas("notice could not be told"));
}

TEST_F(ToldTest, ObservingMentionsNobody) {
  Open();
  BecomeLate();
  Restart(/*observe=*/true);
  const std::size_t mutations = forge.mutations();
  Tell();
  EXPECT_EQ(forge.mutations(), mutations);
  EXPECT_TRUE(LogHas("would mention"));
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(ToldTest, APrivateCustomersTicketMentionsNobody) {
  SetPolicy(MakePolicy(/*is_public=*/false));
  Open();
  BecomeLate();
  Tell();
  EXPECT_EQ(lead.Count(NoticeKind::kEscalation), 1u);
  EXPECT_EQ(forge.mutations(), 0u);
}

TEST_F(ToldTest, ACustomerThatBecamePrivateMeanwhileIsMentionedNoMore) {
  Open();
  BecomeLate();
  SetPolicy(MakePolicy(/*is_public=*/false));
  Tell();
  EXPECT_TRUE(Mentions().empty());
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(ToldTest, ACommunityTicketMentionsNobody) {
  Event event = MakeEvent(1, kErin, {Opened(kErin, 0)});
  forge.SetPermission(kErin.id, "read");
  Deliver("d1", std::move(event));
  Work();
  BecomeLate();
  Tell();
  EXPECT_EQ(forge.mutations(), 0u);
  EXPECT_TRUE(ops.told.empty());
}

TEST_F(ToldTest, AMentionWhoseAnswerWasCutIsNotPostedTwiceWhileTheListLags) {
  forge.clock = &clock;
  Open();
  BecomeLate();
  forge.list_lag = absl::Seconds(15);
  forge.lost = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Tell();
  ASSERT_EQ(Mentions().size(), 1u);
  forge.lost = nullptr;
  for (const bool restart : {false, true, false}) {
    if (restart) Restart();
    for (int second = 0; second < 40; ++second) {
      Tell();
      clock.Advance(absl::Seconds(1));
    }
  }
  EXPECT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(ToldTest, AMentionThatWasNeverPostedIsPostedOnceNoListCanHoldItBack) {
  forge.clock = &clock;
  Open();
  BecomeLate();
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Tell();
  forge.fault = nullptr;
  for (int second = 0; second < 120; ++second) {
    Tell();
    clock.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Mentions().size(), 1u);
}

TEST_F(ToldTest, AClockThatIsSetBackHoldsUpNoNotice) {
  Open();
  BecomeLate();
  lead.answer = absl::UnavailableError("down");
  const absl::Time next = Tell().next;
  lead.answer = absl::OkStatus();
  clock.ChangeDate(-absl::Hours(24));
  clock.Advance(next - clock.Steady());
  // The facts of a day ahead still say so.
  Tell();
  EXPECT_EQ(Stats().pending_notices, 0u);
}

// The service is killed so many writes after a mention's comment was posted.
class CutMentionsTest : public ToldTest, public ::testing::WithParamInterface<int> {};

TEST_P(CutMentionsTest, OfOnePromisesStepsTheHighestAloneIsMentioned) {
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {};
  SetPolicy(policy);
  policy = terms.Get().back()->policy;
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}, true},
                                     {1.5, std::nullopt, {"lead"}, true}};
  terms.Set({MakeTerms("v1", At(-60 * 24), std::move(policy))});
  Open();
  clock.Set(At(12 * 60));
  ASSERT_TRUE(timers->RunDue().ok());
  Dispatch();
  forge.fault = [&](const std::string& call) {
    if (call == "create") {
      store.FailWritesAfter(GetParam(), absl::ResourceExhaustedError("the disk is full"));
    }
    return absl::OkStatus();
  };
  (void)notifier->RunOnce();
  forge.fault = nullptr;
  store.FailWrites(absl::OkStatus());
  ASSERT_EQ(Mentions().size(), 1u);
  Restart();
  for (int i = 0; i < 5; ++i) {
    clock.Advance(absl::Hours(1));
    Tell();
  }
  EXPECT_EQ(Mentions().size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
  for (const Notice& notice : lead.told) {
    EXPECT_NE(notice.id.find("150%"), std::string::npos) << notice.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, CutMentionsTest, ::testing::Range(0, 8));

}  // namespace
}  // namespace retainer::pipeline
