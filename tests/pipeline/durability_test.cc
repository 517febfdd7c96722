// Decisions are not synced one by one. What a power cut removes is decided again with the same
// result, and nobody outside was told of it before.
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "src/pipeline/outside_acts.h"
#include "tests/fakes/power_cut_engine.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

// The store on a disk, with a worker.
struct Machine {
  Machine(std::shared_ptr<PowerCutDisk> on, FakeReceiver& receiver, FakeClock& clock, FakeLog& log,
          FakeMetrics& metrics, TermsHolder& terms)
      : disk(std::move(on)),
        store(std::make_unique<PowerCutEngine>(disk)),
        judge(store, clock, log, metrics, terms, {{"github", ForgeKind::kGitHub, nullptr}}),
        worker(receiver, judge, store, clock, log, metrics, terms) {
    EXPECT_TRUE(store.Open().ok());
  }
  // All decisions, for comparison.
  std::string Picture() {
    std::string text;
    for (std::int64_t number = 1; number <= 3; ++number) {
      const TicketKey key{"github", "77", TicketKind::kIssue, number};
      const auto stored = store.LoadTicket(key);
      EXPECT_TRUE(stored.ok());
      absl::StrAppend(&text, "\n", number, ": v", stored->record.version, " ",
                      stored->record.wake_at ? absl::FormatTime(*stored->record.wake_at) : "-");
      for (const auto& [id, fact] : stored->facts) absl::StrAppend(&text, " ", id);
      for (const auto& [clock, state] : stored->record.clock_states) {
        absl::StrAppend(&text, " ", clock, "=", state);
      }
    }
    const auto faces = store.ReadDirtyFaces("github", absl::InfiniteFuture(), 10);
    for (const DirtyFace& face : *faces) {
      absl::StrAppend(&text, "\nface ", face.ticket.number, " g", face.generation, " ",
                      face.face.comment ? face.face.comment->headline : "");
    }
    const auto notices = store.ReadNotices(100);
    for (const Notice& notice : *notices) absl::StrAppend(&text, "\nnotice ", notice.id);
    absl::StrAppend(&text, "\ninbox ", store.Stats()->inbox, " aside ", store.Stats()->set_aside);
    return text;
  }

  // The bytes of the ledger's records, without the random ones at the end of each: a tag, a length
  // and 16 bytes.
  std::vector<std::string> Ledger() {
    std::vector<std::string> contents;
    const absl::Status walked = store.WalkLedger(1, [&](store::LedgerLine& line) {
      contents.push_back(line.content.substr(0, line.content.size() - 18));
      return true;
    });
    EXPECT_TRUE(walked.ok()) << walked;
    return contents;
  }

  std::shared_ptr<PowerCutDisk> disk;
  store::TableStore store;
  Judge judge;
  Worker worker;
};

class PowerCutTest : public World {};

TEST_F(PowerCutTest, WhatIsLostIsDecidedAgainToTheSameResult) {
  Machine first(std::make_shared<PowerCutDisk>(), receiver, clock, log, metrics, terms);
  const auto put = [&](const std::string& id, Event event) {
    receiver.Register(id, std::move(event));
    ASSERT_TRUE(first.store.PutDelivery({"github", id, "issues", "{}", clock.Now()}).ok());
  };
  for (int number = 1; number <= 3; ++number) {
    put(absl::StrCat("open", number), MakeEvent(number, kDave, {Opened(kDave, 0)}));
  }
  put("c1", MakeEvent(1, kAlice, {Commented(kAlice, 1, "1", "We look into it.")}));
  ASSERT_TRUE(first.store.PutDelivery({"github", "bad", "issues", "{", clock.Now()}).ok());
  put("c2", MakeEvent(1, kDave, {Commented(kDave, 2, "2", "Thanks, and by when?")}));
  clock.Set(At(300));
  ASSERT_TRUE(first.worker.RunOnce(100).ok());
  const std::string whole = first.Picture();
  EXPECT_NE(whole.find("notice"), std::string::npos) << "late from the start: " << whole;
  const PowerCutDisk before = *first.disk;
  const std::size_t unsynced = before.unsynced();
  ASSERT_GE(unsynced, 6u);
  for (std::size_t kept = 0; kept <= unsynced; ++kept) {
    SCOPED_TRACE(kept);
    const auto disk = std::make_shared<PowerCutDisk>(before);
    disk->Cut(kept);
    Machine again(disk, receiver, clock, log, metrics, terms);
    EXPECT_EQ(again.Picture() == whole, kept == unsynced);
    ASSERT_TRUE(again.worker.RunOnce(100).ok());
    EXPECT_EQ(again.Picture(), whole);
    EXPECT_TRUE(again.store.VerifyLedger().ok()) << again.store.VerifyLedger();
    EXPECT_EQ(again.Ledger(), first.Ledger());
  }
}

// Records the state of the disk when it is told something.
class WatchingSink final : public NoticeSink {
 public:
  explicit WatchingSink(const PowerCutDisk& disk) : disk_(disk) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice&) override {
    EXPECT_EQ(disk_.unsynced(), 0u);
    ++told;
    return absl::OkStatus();
  }
  std::atomic<int> told = 0;

 private:
  const std::string name_ = "ops";
  const PowerCutDisk& disk_;
};

TEST_F(PowerCutTest, NothingIsToldBeforeItIsOnDisk) {
  const auto disk = std::make_shared<PowerCutDisk>();
  store::TableStore durable(std::make_unique<PowerCutEngine>(disk));
  ASSERT_TRUE(durable.Open().ok());
  std::set<std::string> called;
  std::mutex mutex;
  const std::set<std::string> mutations = {"create",     "update",       "delete", "ensure_label",
                                           "add_labels", "remove_label", "assign", "unreact",
                                           "react",      "set_check"};
  forge.fault = [&](const std::string& call) {
    if (!mutations.contains(call)) return absl::OkStatus();
    EXPECT_EQ(disk->unsynced(), 0u) << call;
    const std::lock_guard lock(mutex);
    called.insert(call);
    return absl::OkStatus();
  };
  WatchingSink sink(*disk);
  DeskOptions options;
  options.random = [] { return 0.5; };
  Desk desk(DeskPorts{durable, clock, log, metrics, renderer, {&receiver}, {slot}, {&sink}},
            options);
  desk.Start();
  desk.SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy())});
  const auto post = [&](const std::string& id, Event event) {
    receiver.Register(id, std::move(event));
    EXPECT_EQ(desk.Accept("github", FakeReceiver::HeadersOf(id), "{}").http_status, 202);
    const absl::Status settled = desk.Settle(kPatience);
    ASSERT_TRUE(settled.ok()) << settled;
  };
  post("d1", MakeEvent(1, kDave, {Opened(kDave, -600)}));
  post("d2", MakeEvent(1, kAlice, {Commented(kAlice, -500, "1", "/sla priority P1\nWe look.")}));
  post("d3", MakeEvent(1, kDave, {Commented(kDave, -400, "2", "And now?")}));
  clock.Set(At(600));
  desk.Nudge();
  ASSERT_TRUE(desk.Settle(kPatience).ok());
  EXPECT_TRUE(called.contains("create"));
  EXPECT_TRUE(called.contains("update"));
  EXPECT_GT(sink.told, 0);
  ASSERT_TRUE(desk.Stop(kPatience).ok());
}

TEST_F(PowerCutTest, OperatorsWordIsOnDiskBeforeItIsAnswered) {
  const auto disk = std::make_shared<PowerCutDisk>();
  store::TableStore durable(std::make_unique<PowerCutEngine>(disk));
  ASSERT_TRUE(durable.Open().ok());
  forge.SetTicket(Key(1));
  Desk desk(DeskPorts{durable, clock, log, metrics, renderer, {&receiver}, {slot}, {}}, {});
  desk.SetTerms({MakeTerms("v1", At(-60 * 24), MakePolicy())});
  const Command claim{CommandName::kClaim, "c-7f3", false};
  const auto judged = desk.Operate(Key(1), MakeOperatorFact(claim, "alice: by phone", clock.Now()));
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_EQ(disk->unsynced(), 0u);
}

// Each call that changes something, separately.
TEST_F(PowerCutTest, EveryCallThatChangesSomethingWaitsForTheDisk) {
  const auto disk = std::make_shared<PowerCutDisk>();
  store::TableStore durable(std::make_unique<PowerCutEngine>(disk));
  ASSERT_TRUE(durable.Open().ok());
  OutsideActs acts(durable);
  Forge& guarded = *acts.Guard({slot})[0].client;
  EXPECT_EQ(acts.Guard({{"quiet", ForgeKind::kGitHub, nullptr}})[0].client, nullptr);
  WatchingSink sink(*disk);
  NoticeSink& telling = *acts.Guard({&sink})[0];
  const RemoteTicket at{Key(1), "acme/opendb", ""};
  const std::vector<std::pair<std::string, std::function<void()>>> calls = {
      {"create", [&] { (void)guarded.CreateComment(at, "x"); }},
      {"update", [&] { (void)guarded.UpdateComment(at, "1", "y"); }},
      {"delete", [&] { (void)guarded.DeleteComment(at, "1"); }},
      {"ensure_label",
       [&] {
         (void)guarded.EnsureLabel(at, {"l", "", ""});
       }},
      {"add_labels", [&] { (void)guarded.AddLabels(at, {"l"}); }},
      {"remove_label", [&] { (void)guarded.RemoveLabel(at, "l"); }},
      {"assign", [&] { (void)guarded.AddAssignees(at, {"alice"}); }},
      {"react", [&] { (void)guarded.SetReaction(at, {}); }},
      {"unreact", [&] { (void)guarded.RemoveReaction(at, "", "1"); }},
      {"set_check", [&] { (void)guarded.SetCheck(at, {}, ""); }},
      {"set_status", [&] { (void)guarded.SetStatus(at, {}); }},
      {"tell", [&] { (void)telling.Tell({}); }},
      {"tell together", [&] { (void)telling.TellTogether({Notice{}}); }},
  };
  std::uint64_t seq = 0;
  for (const auto& [name, call] : calls) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(durable.PutDelivery({"github", name, "issues", "{}", clock.Now()}).ok());
    ASSERT_TRUE(durable.FinishDelivery("github", ++seq, std::nullopt).ok());
    ASSERT_EQ(disk->unsynced(), 1u);
    call();
    EXPECT_EQ(disk->unsynced(), 0u);
  }
}

}  // namespace
}  // namespace retainer::pipeline
