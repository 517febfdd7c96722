// Which notices are sent, under which id, and how many at once.
#include <algorithm>
#include <map>
#include <set>

#include "src/pipeline/notices.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class HearingSink final : public NoticeSink {
 public:
  HearingSink(std::string name, bool takes_private, bool people)
      : name_(std::move(name)), takes_private_(takes_private), people_(people) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return takes_private_; }
  bool WantsDigest() const override { return people_; }
  absl::Status Tell(const Notice& notice) override { return TellTogether({notice}); }
  absl::Status TellTogether(const std::vector<Notice>& notices) override {
    messages.push_back(notices);
    if (after) after();
    return answer;
  }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& message : messages) {
      for (const Notice& notice : message) names.insert(TellingName(notice));
    }
    return names;
  }
  std::size_t Told() const {
    std::size_t n = 0;
    for (const auto& message : messages) n += message.size();
    return n;
  }
  // True if a step of a promise was told in a later message than a higher step.
  bool HeardALowerStepLater() const {
    std::map<std::string, std::uint32_t> highest;  // by run
    for (const auto& message : messages) {
      for (const Notice& notice : message) {
        const auto known = highest.find(notice.run);
        if (known != highest.end() && notice.step < known->second) return true;
      }
      for (const Notice& notice : message) {
        std::uint32_t& step = highest[notice.run];
        step = std::max(step, notice.step);
      }
    }
    return false;
  }
  std::function<void()> after;
  absl::Status answer;
  std::vector<std::vector<Notice>> messages;

 private:
  const std::string name_;
  const bool takes_private_;
  const bool people_;
};

// The content of a notice that a receiver gets.
std::string Said(const Notice& notice) {
  return absl::StrCat(TellingName(notice), "|", notice.text, "|", notice.ref, "|", notice.url, "|",
                      absl::FormatTime(notice.due), "|", notice.is_private, "|",
                      absl::FormatTime(notice.told_since.value_or(absl::InfiniteFuture())));
}

class TellingsTest : public World {
 protected:
  TellingsTest() : ops("ops", false, true), crm("crm", true, false) {
    SetPolicy(MakePolicy());
    Restart();
    forge.SetUser("alice", "11");
    forge.SetUser("dave", "22");
  }
  void SetPolicy(Policy policy) {
    policy.teams["core"].sinks = {"ops", "crm"};
    terms.Set({MakeTerms("v1", At(-60 * 24), std::move(policy))});
  }
  void Restart() {
    notifier = std::make_unique<Notifier>(store, clock, log, metrics, terms, *judge,
                                          std::vector<NoticeSink*>{&ops, &crm}, nullptr);
  }
  void Open(int number) {
    Deliver(absl::StrCat("open", number), MakeEvent(number, kDave, {Opened(kDave, 0)}));
    Work();
  }
  void Answer(int number, int minute) {
    Deliver(absl::StrCat("answer", number, "-", minute),
            MakeEvent(number, kDave,
                      {Commented(kAlice, minute, absl::StrCat(5000 + 100 * number), "A look.")}));
    Work();
  }
  Notifier::Round TellAt(int minute) {
    clock.Set(At(minute));
    EXPECT_TRUE(timers->RunDue().ok());
    return Tell();
  }
  Notifier::Round Tell() {
    auto round = notifier->RunOnce();
    EXPECT_TRUE(round.ok()) << round.status();
    return round.ok() ? *round : Notifier::Round();
  }

  HearingSink ops;  // for people, only public customers
  HearingSink crm;  // for a machine
  std::unique_ptr<Notifier> notifier;
};

// Report (here): receivers drop a breach that is true again as already known.
TEST_F(TellingsTest, ABreachThatIsTrueAgainHasANameOfItsOwnAndTheWithdrawalNamesTheFirst) {
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {};
  policy.plans["gold"].escalation = {};
  SetPolicy(policy);
  Open(1);
  TellAt(4 * 60 + 2);
  ASSERT_EQ(crm.Told(), 1u);
  const std::string first = TellingName(crm.messages[0][0]);
  Answer(1, 3 * 60);
  Tell();
  ASSERT_EQ(crm.Told(), 2u);
  EXPECT_EQ(crm.messages[1][0].withdraws, std::vector<std::string>{first});
  policy.teams["core"].members = {{"github", "somebody"}};
  policy.bots = {{"github", "alice"}};
  SetPolicy(policy);
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  ASSERT_EQ(crm.Told(), 3u);
  EXPECT_EQ(crm.messages[2][0].id, crm.messages[0][0].id) << "the same cause";
  EXPECT_EQ(crm.Names().size(), 3u);
  // And so on: the second withdrawal is also a separate one.
  policy.teams["core"].members = {{"github", "alice"}};
  policy.bots = {};
  SetPolicy(policy);
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  ASSERT_EQ(crm.Told(), 4u);
  EXPECT_EQ(crm.messages[3][0].withdraws,
            std::vector<std::string>{TellingName(crm.messages[2][0])});
  EXPECT_EQ(crm.Names().size(), 4u);
}

TEST_F(TellingsTest, ARepetitionAfterACrashSaysTheSameWhateverChangedMeanwhile) {
  Open(1);
  crm.after = [&] { store.FailWrites(absl::ResourceExhaustedError("the disk is full")); };
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  ASSERT_FALSE(notifier->RunOnce().ok());
  crm.after = nullptr;
  store.FailWrites(absl::OkStatus());
  ASSERT_EQ(crm.messages.size(), 1u);
  // Other texts and another name of the project.
  ASSERT_TRUE(store.SaveProject({{"github", "77"}, "acme/newdb", "", false, "5", At(0)}).ok());
  Policy policy = MakePolicy();
  policy.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {0, absl::Hours(4), "240m"};
  SetPolicy(policy);
  Restart();
  clock.Advance(absl::Minutes(7));
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  Tell();
  ASSERT_EQ(crm.messages.size(), 2u);
  EXPECT_EQ(Said(crm.messages[0][0]), Said(crm.messages[1][0]));
  EXPECT_EQ(crm.messages[0][0].ref, "github:acme/opendb#1");
}

TEST_F(TellingsTest, WhatNobodyHasHeardYetSaysWhatIsSoByNow) {
  Open(1);
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  Policy policy = MakePolicy();
  policy.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {0, absl::Hours(4), "240m"};
  SetPolicy(policy);
  Tell();
  ASSERT_EQ(crm.messages.size(), 1u);
  EXPECT_NE(crm.messages[0][0].text.find("240m"), std::string::npos) << crm.messages[0][0].text;
}

// Report (glpi #1996, glpi #2408): hundreds of messages come after an outage.
TEST_F(TellingsTest, AfterAnOutageTheHighestStepOfAPromiseIsToldAlone) {
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {0.5, 0.75};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"core"}}, {1.5, std::nullopt, {"core"}}};
  SetPolicy(policy);
  Open(1);
  TellAt(12 * 60);
  for (const HearingSink* sink : {&ops, &crm}) {
    ASSERT_EQ(sink->Told(), 1u) << sink->name();
    EXPECT_EQ(sink->messages[0][0].kind, NoticeKind::kEscalation);
    EXPECT_NE(sink->messages[0][0].text.find("150%"), std::string::npos);
  }
  EXPECT_EQ(Stats().pending_notices, 0u);
  TellAt(48 * 60);
  EXPECT_EQ(crm.Told(), 1u) << "the others are not told later either";
  // A breach that was taken back counts as never told, whatever step told it.
  Answer(1, 3 * 60);
  Tell();
  ASSERT_EQ(crm.Told(), 2u);
  EXPECT_EQ(crm.messages[1][0].kind, NoticeKind::kBreachWithdrawn);
}

TEST_F(TellingsTest, EachStepIsToldInItsTimeWhereNothingStoodStill) {
  Policy policy = MakePolicy();
  policy.plans["gold"].escalation = {{1.5, std::nullopt, {"core"}}};
  SetPolicy(policy);
  Open(1);
  for (const int minute : {2 * 60, 4 * 60 + 2, 6 * 60 + 2}) TellAt(minute);
  ASSERT_EQ(crm.Told(), 3u);
  EXPECT_EQ(crm.messages[0][0].kind, NoticeKind::kWarning);
  EXPECT_EQ(crm.messages[1][0].kind, NoticeKind::kBreach);
  EXPECT_EQ(crm.messages[2][0].kind, NoticeKind::kEscalation);
}

TEST_F(TellingsTest, ASinkThatWasDownHearsTheHighestStepAloneWhenItIsBack) {
  Policy policy = MakePolicy();
  policy.plans["gold"].escalation = {};
  SetPolicy(policy);
  Open(1);
  crm.answer = absl::UnavailableError("down");
  TellAt(2 * 60);
  ASSERT_EQ(crm.messages.size(), 1u);
  EXPECT_EQ(crm.messages[0][0].kind, NoticeKind::kWarning);
  absl::Time next = TellAt(4 * 60 + 2).next;
  crm.answer = absl::OkStatus();
  crm.messages.clear();
  for (int i = 0; i < 5 && next < absl::InfiniteFuture(); ++i) {
    clock.Set(next);
    next = Tell().next;
  }
  ASSERT_EQ(crm.Told(), 1u);
  EXPECT_EQ(crm.messages[0][0].kind, NoticeKind::kBreach);
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_EQ(ops.Told(), 2u) << "the other one heard each in its time";
}

TEST_F(TellingsTest, ManyAtOnceAreOneMessageForPeopleAndOneEachForMachines) {
  for (int number = 1; number <= 6; ++number) Open(number);
  TellAt(12 * 60);
  ASSERT_EQ(ops.messages.size(), 1u);
  EXPECT_EQ(ops.messages[0].size(), 6u);
  for (const Notice& notice : ops.messages[0]) {
    EXPECT_EQ(notice.url, absl::StrCat("https://forge/acme/opendb/issues/", notice.ticket.number));
  }
  EXPECT_EQ(crm.messages.size(), 6u);
  EXPECT_EQ(Stats().pending_notices, 0u);
  TellAt(13 * 60);
  EXPECT_EQ(ops.messages.size(), 1u);
}

TEST_F(TellingsTest, AFewAreTold) {
  for (int number = 1; number <= 3; ++number) Open(number);
  TellAt(12 * 60);
  EXPECT_EQ(ops.messages.size(), 3u);
}

TEST_F(TellingsTest, ADigestStaysTogetherInEveryRepetition) {
  for (int number = 1; number <= 5; ++number) Open(number);
  ops.answer = absl::UnavailableError("down");
  const absl::Time next = TellAt(12 * 60).next;
  Restart();
  Deliver("open9", MakeEvent(9, kDave, {Opened(kDave, 1)}));  // another notice appears meanwhile
  Work();
  clock.Set(next);
  ASSERT_TRUE(timers->RunDue().ok());
  ops.answer = absl::OkStatus();
  Tell();
  ASSERT_EQ(ops.messages.size(), 3u);
  ASSERT_EQ(ops.messages[0].size(), 5u);
  const auto same = std::find_if(ops.messages.begin() + 1, ops.messages.end(),
                                 [](const auto& message) { return message.size() == 5; });
  ASSERT_NE(same, ops.messages.end());
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(Said(ops.messages[0][i]), Said((*same)[i]));
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(TellingsTest, ADigestHoldsWhatItsSinkMayKnow) {
  Policy policy = MakePolicy();
  Customer hidden = policy.customers[0];
  hidden.id = "globex";
  hidden.alias = "c-9";
  hidden.contacts.logins = {{"github", "erin"}};
  hidden.is_public = false;
  policy.customers.push_back(hidden);
  SetPolicy(policy);
  for (int number = 1; number <= 5; ++number) Open(number);
  for (int number = 11; number <= 15; ++number) {
    Deliver(absl::StrCat("open", number), MakeEvent(number, kErin, {Opened(kErin, 0)}));
    Work();
  }
  TellAt(12 * 60);
  ASSERT_EQ(ops.messages.size(), 1u);
  ASSERT_EQ(ops.messages[0].size(), 5u);
  for (const Notice& notice : ops.messages[0]) EXPECT_EQ(notice.customer, "acme");
  EXPECT_EQ(crm.Told(), 10u);
}

TEST_F(TellingsTest, WhoHeardOfABreachThatOthersCouldNotBeToldOfHearsThatItIsNone) {
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {};
  policy.plans["gold"].escalation = {};
  SetPolicy(policy);
  Open(1);
  ops.answer = absl::UnavailableError("down");
  const absl::Time next = TellAt(4 * 60 + 2).next;
  ASSERT_EQ(crm.Told(), 1u);
  Answer(1, 3 * 60);
  ops.answer = absl::OkStatus();
  clock.Set(next);
  Tell();
  Tell();
  ASSERT_EQ(crm.Told(), 2u);
  EXPECT_EQ(crm.messages[1][0].kind, NoticeKind::kBreachWithdrawn);
}

TEST_F(TellingsTest, WhyASinkDoesNotTakeItIsOnRecord) {
  Open(1);
  ops.answer = absl::UnavailableError("chat.example.com answers 500");
  TellAt(4 * 60 + 2);
  const auto waiting = store.ReadNotices(10);
  ASSERT_TRUE(waiting.ok());
  ASSERT_FALSE(waiting->empty());
  const auto record = store.FindNotice(waiting->back().id);
  ASSERT_TRUE(record.ok() && *record);
  EXPECT_EQ((*record)->troubles.at("ops"), "chat.example.com answers 500");
  EXPECT_EQ((*record)->failing_since, clock.Now());
}

// Cuts a round: only this many of its writes succeed.
class CutTellingsTest : public TellingsTest, public ::testing::WithParamInterface<int> {
 protected:
  // The round is cut, the service restarts, and in the end all waiting notices are told.
  void CutThenTellAll(bool restart) {
    store.FailWritesAfter(GetParam(), absl::ResourceExhaustedError("the disk is full"));
    (void)notifier->RunOnce();
    store.FailWrites(absl::OkStatus());
    if (restart) Restart();
    absl::Time next = Tell().next;
    for (int i = 0; i < 10 && next < absl::InfiniteFuture(); ++i) {
      clock.Set(next);
      next = Tell().next;
    }
    EXPECT_EQ(Stats().pending_notices, 0u);
    for (const HearingSink* sink : {&ops, &crm}) {
      EXPECT_FALSE(sink->HeardALowerStepLater()) << sink->name();
    }
  }
  void PromiseSteps() {
    Policy policy = MakePolicy();
    policy.plans["gold"].warn_at = {0.5, 0.75};
    policy.plans["gold"].escalation = {{1.0, std::nullopt, {"core"}}};
    SetPolicy(policy);
  }
};

// Report (here): "Due soon" was sent after "Promise broken" when the service was killed between the
// two deliveries.
TEST_P(CutTellingsTest, ALowerStepThatAKilledServiceLeftBehindIsNotTold) {
  PromiseSteps();
  Open(1);
  clock.Set(At(12 * 60));
  ASSERT_TRUE(timers->RunDue().ok());
  CutThenTellAll(/*restart=*/true);
  EXPECT_EQ(crm.Names().size(), 1u);
  EXPECT_EQ(ops.Names().size(), 1u);
}

TEST_P(CutTellingsTest, ALowerStepThatAWriteInVainLeftBehindIsNotTold) {
  PromiseSteps();
  Open(1);
  clock.Set(At(12 * 60));
  ASSERT_TRUE(timers->RunDue().ok());
  CutThenTellAll(/*restart=*/false);
  EXPECT_EQ(crm.Names().size(), 1u);
  EXPECT_EQ(ops.Names().size(), 1u);
}

TEST_P(CutTellingsTest, NorIsItToldInADigest) {
  PromiseSteps();
  for (int number = 1; number <= 5; ++number) Open(number);
  clock.Set(At(12 * 60));
  ASSERT_TRUE(timers->RunDue().ok());
  CutThenTellAll(/*restart=*/true);
  EXPECT_EQ(ops.Names().size(), 5u);
}

TEST_P(CutTellingsTest, NorInADigestThatWasBegunBefore) {
  PromiseSteps();
  for (int number = 1; number <= 5; ++number) Open(number);
  ops.answer = absl::UnavailableError("down");
  TellAt(3 * 60 + 30);
  TellAt(3 * 60 + 58);  // the next try is in half an hour
  ops.answer = absl::OkStatus();
  ops.messages.clear();
  clock.Set(At(4 * 60 + 2));
  ASSERT_TRUE(timers->RunDue().ok());
  CutThenTellAll(/*restart=*/true);
  for (const auto& message : ops.messages) {
    for (const Notice& notice : message) EXPECT_EQ(notice.kind, NoticeKind::kEscalation);
  }
}

TEST_P(CutTellingsTest, WhoDidNotHearTheHigherStepHearsTheLower) {
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {0.75};
  policy.plans["gold"].escalation = {{0.75, std::nullopt, {"lead"}}};
  policy.teams["lead"] = {"lead", {}, {}, {"crm"}};
  SetPolicy(policy);
  Open(1);
  clock.Set(At(3 * 60));
  ASSERT_TRUE(timers->RunDue().ok());
  CutThenTellAll(/*restart=*/true);
  ASSERT_EQ(crm.Names().size(), 1u);
  EXPECT_EQ(crm.messages[0][0].kind, NoticeKind::kEscalation);
  ASSERT_EQ(ops.Names().size(), 1u);
  EXPECT_EQ(ops.messages[0][0].kind, NoticeKind::kWarning);
}

INSTANTIATE_TEST_SUITE_P(Cuts, CutTellingsTest, ::testing::Range(0, 16));

}  // namespace
}  // namespace retainer::pipeline
