// Tickets in parallel: each ticket in the order of arrival, by one thread at a time. Deliveries
// that may change more than one ticket run alone. One that blocks or fails stops no other.
#include "src/pipeline/lanes.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "src/pipeline/intake_load.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// Loads of one ticket wait until the test releases them.
class GatedStore final : public store::TableStore {
 public:
  GatedStore() : store::TableStore(std::make_unique<store::MemoryEngine>()) {
    EXPECT_TRUE(Open().ok());
  }
  absl::StatusOr<StoredTicket> LoadTicket(const TicketKey& key) override {
    if (key.number == gated) {
      std::unique_lock lock(mutex_);
      EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return open_; }));
    }
    return store::TableStore::LoadTicket(key);
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::int64_t gated = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class LanesTest : public World {
 protected:
  LanesTest() {
    // The project is known from here on.
    Put("first", MakeEvent(99, kDave, {Opened(kDave, 0)}));
    Run(4);
    ended.clear();
  }
  void Put(const std::string& id, Event event) {
    receiver.Register(id, std::move(event));
    ASSERT_TRUE(gated.PutDelivery({"github", id, "issues", "{}", clock.Now()}).ok());
  }
  void PutComment(std::int64_t number, int n) {
    const std::string id = absl::StrCat("t", number, "-", n);
    Put(id,
        MakeEvent(number, kErin, {Commented(kErin, 1 + n, absl::StrCat(number * 100 + n), "Hm.")}));
  }
  std::size_t Run(std::size_t lanes) {
    WorkerOptions options;
    options.lanes = [lanes] { return lanes; };
    Judge deciding(gated, clock, log, metrics, terms, {{"github", ForgeKind::kGitHub, nullptr}});
    Worker side_by_side(
        receiver, deciding, gated, clock, log, metrics, terms, nullptr,
        [this](const WorkDone& done) {
          ended.push_back(done.delivery.id);
          if (seen) seen(done);
        },
        nullptr, options);
    auto done = side_by_side.RunOnce(1000);
    EXPECT_TRUE(done.ok()) << done.status();
    return done.value_or(0);
  }
  std::size_t PlaceOf(const std::string& id) const {
    return std::find(ended.begin(), ended.end(), id) - ended.begin();
  }

  GatedStore gated;
  std::vector<std::string> ended;  // deliveries in the order in which they ended
  std::function<void(const WorkDone&)> seen;
};

TEST_F(LanesTest, EachTicketIsDecidedInTheOrderOfArrival) {
  for (int n = 0; n < 12; ++n) {
    for (std::int64_t number = 1; number <= 9; ++number) PutComment(number, n);
  }
  EXPECT_EQ(Run(4), 108u);
  ASSERT_EQ(ended.size(), 108u);
  for (std::int64_t number = 1; number <= 9; ++number) {
    std::vector<std::string> mine;
    const std::string prefix = absl::StrCat("t", number, "-");
    std::copy_if(ended.begin(), ended.end(), std::back_inserter(mine),
                 [&](const std::string& id) { return id.starts_with(prefix); });
    for (int n = 0; n < 12; ++n) EXPECT_EQ(mine[n], absl::StrCat(prefix, n));
    EXPECT_EQ(gated.LoadTicket(Key(number))->facts.size(), 12u);
    EXPECT_EQ(gated.LoadTicket(Key(number))->record.version, 12u) << "no race was lost";
  }
  EXPECT_EQ(gated.Stats()->inbox, 0u);
  EXPECT_TRUE(gated.VerifyLedger().ok()) << gated.VerifyLedger();
}

TEST_F(LanesTest, OneThatBlocksStopsNoOther) {
  gated.gated = 1;
  PutComment(1, 0);
  for (std::int64_t number = 2; number <= 6; ++number) PutComment(number, 0);
  PutComment(1, 1);
  seen = [this](const WorkDone&) {
    if (ended.size() == 5) gated.LetGo();
  };
  EXPECT_EQ(Run(2), 7u);
  ASSERT_EQ(ended.size(), 7u);
  EXPECT_EQ(ended[5], "t1-0");
  EXPECT_EQ(ended[6], "t1-1");
}

TEST_F(LanesTest, OneThatCannotBeReadIsSetAsideAndTheOthersAreDecided) {
  ASSERT_TRUE(gated.PutDelivery({"github", "bad", "issues", "{", clock.Now()}).ok());
  for (std::int64_t number = 1; number <= 4; ++number) PutComment(number, 0);
  EXPECT_EQ(Run(3), 5u);
  EXPECT_EQ(gated.Stats()->set_aside, 1u);
  for (std::int64_t number = 1; number <= 4; ++number) {
    EXPECT_EQ(gated.LoadTicket(Key(number))->facts.size(), 1u);
  }
}

TEST_F(LanesTest, WhatChangesAProjectHasAllBeforeItDoneAndNothingBehindItBegun) {
  for (std::int64_t number = 1; number <= 8; ++number) PutComment(number, 0);
  Event renamed;
  renamed.kind = EventKind::kProject;
  renamed.type = "repository";
  renamed.project = {"77", "acme/newdb", "https://forge/acme/newdb", false, "5"};
  Put("renamed", std::move(renamed));
  for (std::int64_t number = 1; number <= 8; ++number) {
    Event event = MakeEvent(number, kErin, {Commented(kErin, 9, absl::StrCat("9", number), "Hm.")});
    event.project.path = "acme/newdb";
    Put(absl::StrCat("after", number), std::move(event));
  }
  // A path that is not known yet.
  Event moved = MakeEvent(20, kErin, {Commented(kErin, 9, "920", "Hm.")});
  moved.project.path = "acme/newerdb";
  Put("moved", std::move(moved));
  Event last = MakeEvent(21, kErin, {Commented(kErin, 9, "921", "Hm.")});
  last.project.path = "acme/newerdb";
  Put("last", std::move(last));
  EXPECT_EQ(Run(4), 19u);
  EXPECT_EQ(PlaceOf("renamed"), 8u);
  EXPECT_EQ(PlaceOf("moved"), 17u);
  EXPECT_EQ(PlaceOf("last"), 18u);
  EXPECT_EQ((*gated.FindProject({"github", "77"}))->path, "acme/newerdb");
}

TEST_F(LanesTest, OneLaneKeepsTheOrderOfArrivalAmongTickets) {
  for (int n = 0; n < 3; ++n) {
    for (std::int64_t number = 1; number <= 3; ++number) PutComment(number, n);
  }
  EXPECT_EQ(Run(1), 9u);
  EXPECT_EQ(ended, (std::vector<std::string>{"t1-0", "t2-0", "t3-0", "t1-1", "t2-1", "t3-1", "t1-2",
                                             "t2-2", "t3-2"}));
}

// GitHub sends simultaneous events like this: twelve requests at the same time.
TEST_F(LanesTest, TwelveDeliveriesOfOneTicketAtOnce) {
  DeskOptions options;
  options.lanes = 4;
  Desk desk(DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}}, options);
  desk.Start();
  desk.SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  std::vector<std::thread> senders;
  for (int n = 0; n < 12; ++n) {
    receiver.Register(absl::StrCat("d", n),
                      MakeEvent(1, kErin, {Commented(kErin, n, absl::StrCat(n), "Hm.")}));
    senders.emplace_back([&desk, n] {
      const auto headers = FakeReceiver::HeadersOf(absl::StrCat("d", n));
      if (n % 2 == 0) {
        EXPECT_EQ(desk.Accept("github", headers, "{}").http_status, 202);
      } else {
        desk.AcceptLater("github", headers, "{}", "",
                         [](const IntakeAnswer& answer) { EXPECT_EQ(answer.http_status, 202); });
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_TRUE(desk.Stop(absl::Seconds(30)).ok());
  EXPECT_EQ(Load(1).facts.size(), 12u);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST(IntakeLoadTest, DecidingGivesWayToAFloodAndNeverStandsStill) {
  IntakeLoad load;
  load.GiveWay();
  for (int i = 0; i < IntakeLoad::kMany - 1; ++i) load.Enter();
  EXPECT_FALSE(load.is_flood());
  load.GiveWay();
  load.Enter();
  EXPECT_TRUE(load.is_flood());
  load.GiveWay();  // returns anyway
  std::thread leaver([&] { load.Leave(); });
  load.GiveWay();
  leaver.join();
  EXPECT_FALSE(load.is_flood());
}

TEST(RunInLanesTest, EachNumberIsWorkedOnceAndNoThreadIsMadeForOne) {
  std::mutex mutex;
  std::map<std::size_t, int> worked;
  RunInLanes(4, 100, [&](std::size_t i) {
    const std::lock_guard lock(mutex);
    ++worked[i];
  });
  ASSERT_EQ(worked.size(), 100u);
  for (const auto& [number, times] : worked) EXPECT_EQ(times, 1) << number;
  const std::thread::id mine = std::this_thread::get_id();
  RunInLanes(4, 1, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), mine); });
  RunInLanes(4, 0, [&](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace retainer::pipeline
