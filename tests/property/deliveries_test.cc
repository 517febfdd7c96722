// Order does not matter. The same signed deliveries, in any order and with any of them twice, go
// through the real receiver, the store and the judge. Every ticket ends in the same standing, byte
// for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/worker.h"
#include "src/sandbox/sandbox.h"
#include "src/store/memory_store.h"
#include "tests/core/story.h"
#include "tests/fakes/asked_at_once.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forge.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "webhooks/receivers.h"

namespace retainer {
namespace {

using core::StoryPolicy;
using core::Utc;

const ProjectRef kDb{"github", "acme/opendb"};
const ProjectRef kOther{"github", "acme/driver"};
constexpr int kIssues = 3;

Policy MakePolicy() {
  Policy policy = StoryPolicy();
  policy.projects = {{"github", "acme/*"}};
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  return policy;
}

template <typename T>
const T& Pick(std::mt19937& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}

// Random actions of people on a few tickets, and the forge's deliveries about them.
class Play {
 public:
  explicit Play(unsigned seed)
      : clock_(Utc("2026-03-02 09:00:00")), sandbox_({.clock = clock_}), random_(seed) {
    EXPECT_TRUE(sandbox_.Start().ok());
    for (const char* login : {"alice", "bob", "dave", "bert", "erin"}) {
      sandbox_.AddUser(ForgeKind::kGitHub, {.login = login});
    }
    sandbox_.AddUser(ForgeKind::kGitHub, {.login = "acme-ci", .machine = true});
    sandbox_.AddProject({.ref = kDb, .id = 77});
    sandbox_.AddProject({.ref = kOther, .id = 88});
    for (const ProjectRef& project : {kDb, kOther}) {
      for (const char* login : {"alice", "bob"}) {
        EXPECT_TRUE(sandbox_.SetRole(project, login, "write").ok());
      }
      // A person who is not a contact may set labels; such a label is refused.
      EXPECT_TRUE(sandbox_.SetRole(project, "erin", "triage").ok());
      for (const std::string& label : labels_) {
        EXPECT_TRUE(sandbox_.AddLabel(project, label, "ededed").ok());
      }
    }
    sandbox_.SetHook(ForgeKind::kGitHub, {.secret = "s3cret"});
    for (int i = 0; i < kIssues; ++i) {
      auto ticket = sandbox_.OpenIssue(kDb, i == 0 ? "dave" : Pick(random_, people_), "It breaks",
                                       "It is down.\n\n/support priority P2\n",
                                       i == 1 ? Strings{"bug"} : Strings{});
      EXPECT_TRUE(ticket.ok()) << ticket.status();
      tickets_.push_back(*ticket);
      comments_.emplace_back();
      clock_.Advance(absl::Minutes(3));
    }
    const auto rename_at = static_cast<int>(random_() % 48);  // perhaps never
    for (int i = 0; i < 24; ++i) {
      if (i == rename_at) Rename();
      Step();
    }
    if (random_() % 2 == 0) {
      EXPECT_TRUE(sandbox_.Transfer(tickets_[0], "alice", kOther).ok());
    }
    clock_.Advance(absl::Minutes(50));
    deliveries_ = sandbox_.TakePending();
  }

  const std::vector<sandbox::SandboxDelivery>& deliveries() const { return deliveries_; }
  absl::Time now() const { return clock_.Now(); }
  std::mt19937& random() { return random_; }
  const std::string& path() const { return path_; }  // the project's path at the end

 private:
  using Strings = std::vector<std::string>;

  void Rename() {
    path_ = "acme/base";
    EXPECT_TRUE(sandbox_.RenameProject(kDb, "alice", path_).ok());
    for (TicketRef& ticket : tickets_) ticket.path = path_;
  }

  // The forge refuses some steps (closing a closed ticket). Then nothing happens.
  void Step() {
    clock_.Advance(absl::Minutes(Pick(random_, std::vector<int>{0, 1, 1, 9, 40, 130})) +
                   absl::Seconds(static_cast<int>(random_() % 3)));
    const std::size_t i = random_() % tickets_.size();
    const TicketRef& ticket = tickets_[i];
    const std::string& who = Pick(random_, people_);
    switch (random_() % 10) {
      case 0:
      case 1:
      case 2: {
        auto id = sandbox_.Comment(
            ticket, who,
            Pick(random_, Strings{"Some words.", "Thanks!", "> a quote\n", "Why?\n/support waiting",
                                  "/support claim c-b", "/support priority P1",
                                  "A way round it.\n/support workaround", "/support escalate",
                                  absl::StrCat("/duplicate #", kIssues), "/duplicate #99"}));
        if (id.ok()) comments_[i].emplace_back(*id, who);
        return;
      }
      case 3:
        if (comments_[i].empty()) return;
        (void)sandbox_.EditComment(ticket, comments_[i].back().second, comments_[i].back().first,
                                   Pick(random_, Strings{"Other words.", "Words.\n/support resume",
                                                         "Hm.\n/support priority P3"}));
        return;
      case 4: {
        if (comments_[i].empty()) return;
        const auto [id, author] = comments_[i].back();
        comments_[i].pop_back();
        (void)sandbox_.DeleteComment(ticket, random_() % 2 == 0 ? author : "alice", id);
        return;
      }
      case 5:
      case 6:
        (void)sandbox_.Label(ticket, who, Pick(random_, labels_));
        return;
      case 7:
        (void)sandbox_.Unlabel(ticket, who, Pick(random_, labels_));
        return;
      case 8:
        (void)sandbox_.Close(ticket, who);
        return;
      default:
        (void)(random_() % 2 == 0 ? sandbox_.Reopen(ticket, who)
                                  : sandbox_.Assign(ticket, "alice", "bob"));
    }
  }

  const Strings people_ = {"alice", "bob", "dave", "bert", "erin", "acme-ci"};
  const Strings labels_ = {"priority: P1", "priority: P3", "waiting for customer",
                           "workaround available", "bug"};
  std::string path_ = kDb.path;
  FakeClock clock_;
  sandbox::Sandbox sandbox_;
  std::mt19937 random_;
  std::vector<TicketRef> tickets_;
  std::vector<std::vector<std::pair<std::int64_t, std::string>>> comments_;
  std::vector<sandbox::SandboxDelivery> deliveries_;
};

// A service that gets deliveries and reports the standing of its tickets.
class Desk {
 public:
  // `called` is the project's present name on the forge.
  Desk(absl::Time now, const std::string& called)
      : clock_(now),
        path_(called),
        forge_("github"),
        asked_(store_, clock_, log_, metrics_, terms_,
               {pipeline::ForgeSlot{"github", ForgeKind::kGitHub, &forge_}}),
        judge_(asked_.judge) {
    // The forge has the tickets, but its API shows nothing more of them.
    for (const auto& [path, id] :
         {std::pair{"acme/opendb", "77"}, std::pair{"acme/driver", "88"}}) {
      forge_.SetProject(path, id);
    }
    forge_.SetProject(path_, "77");
    if (path_ != kDb.path) forge_.SetProject(kDb.path, "77", path_);
    for (int number = 1; number <= kIssues; ++number) {
      forge_.SetTicket({"github", "77", TicketKind::kIssue, number});
    }
    ForgeConfig config;
    config.name = "github";
    config.webhook_secrets = {{"s3cret", {}}};
    auto receiver = webhooks::MakeReceiver(config);
    EXPECT_TRUE(receiver.ok()) << receiver.status();
    receiver_ = *std::move(receiver);
    worker_ = std::make_unique<pipeline::Worker>(*receiver_, judge_, store_, clock_, log_, metrics_,
                                                 terms_);
    auto terms = CompileTerms("v1", Utc("2026-01-01 00:00:00"), MakePolicy());
    EXPECT_TRUE(terms.ok()) << terms.status();
    terms_.Set({*terms});
  }

  // With another id, a repetition passes the inbox and meets its own facts.
  void Take(const sandbox::SandboxDelivery& sent, const std::string& id) {
    Headers headers;
    for (const auto& [name, value] : sent.headers) headers.emplace(name, value);
    Verified verified = receiver_->Verify(headers, sent.body, clock_.Now());
    ASSERT_EQ(verified.outcome, VerifyOutcome::kGenuine) << verified.reason;
    verified.delivery.id = id;
    ASSERT_TRUE(store_.PutDelivery(verified.delivery).ok());
    const auto done = worker_->RunOnce(10);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  // Questions that the forge could not answer at once are asked again, as the timers do.
  void AskAgain() {
    clock_.Advance(absl::Minutes(3));
    const auto due = store_.DueWakeups(clock_.Now(), 100);
    ASSERT_TRUE(due.ok()) << due.status();
    for (const auto& [at, key] : *due) ASSERT_TRUE(judge_.Decide(key, {}).ok()) << ToString(key);
    for (int number = 1; number <= kIssues; ++number) {
      const auto judged = judge_.Decide({"github", "77", TicketKind::kIssue, number}, {});
      ASSERT_TRUE(judged.ok()) << judged.status();
    }
  }

  std::string Standings() {
    AskAgain();
    std::string all;
    const auto known = store_.FindProject({"github", "77"});
    EXPECT_TRUE(known.ok() && *known);
    if (known.ok() && *known) {
      EXPECT_EQ((*known)->path, path_) << "its name is the newest";
    }
    for (const auto& [project, count] : {std::pair{"77", kIssues}, std::pair{"88", 1}}) {
      for (int number = 1; number <= count; ++number) {
        const TicketKey key{"github", project, TicketKind::kIssue, number};
        auto stored = store_.LoadTicket(key);
        EXPECT_TRUE(stored.ok()) << stored.status();
        auto context = judge_.Context(key, stored->record);
        EXPECT_TRUE(context.ok()) << context.status();
        auto pins = store_.LoadPins();
        EXPECT_TRUE(pins.ok()) << pins.status();
        const Standing standing =
            Evaluate(*context, stored->facts, terms_.Get(), *pins, clock_.Now());
        absl::StrAppend(&all, DebugString(standing), "customers ", stored->record.customers.size(),
                        " open ", stored->record.open, "\n");
        // The last decision must agree with the facts.
        EXPECT_EQ(stored->record.clock_states, ClockStates(standing)) << ToString(key);
      }
    }
    return all;
  }

 private:
  FakeClock clock_;
  const std::string path_;
  FakeLog log_;
  FakeMetrics metrics_;
  store::MemoryStore store_;
  FakeForge forge_;
  pipeline::TermsHolder terms_;
  AskedAtOnce asked_;
  pipeline::Judge& judge_;
  std::unique_ptr<WebhookReceiver> receiver_;
  std::unique_ptr<pipeline::Worker> worker_;
};

class Deliveries : public ::testing::TestWithParam<unsigned> {};

TEST_P(Deliveries, InAnyOrderAndTwiceEndInTheSameStanding) {
  Play play(GetParam());
  ASSERT_GT(play.deliveries().size(), 10u);
  Desk in_order(play.now(), play.path());
  for (const sandbox::SandboxDelivery& delivery : play.deliveries())
    in_order.Take(delivery, delivery.id);
  const std::string expected = in_order.Standings();

  for (int turn = 0; turn < 2; ++turn) {
    std::vector<std::pair<const sandbox::SandboxDelivery*, std::string>> shuffled;
    for (const sandbox::SandboxDelivery& delivery : play.deliveries()) {
      shuffled.emplace_back(&delivery, delivery.id);
      if (play.random()() % 3 == 0) shuffled.emplace_back(&delivery, delivery.id);
      if (play.random()() % 3 == 0) shuffled.emplace_back(&delivery, delivery.id + "-again");
    }
    std::shuffle(shuffled.begin(), shuffled.end(), play.random());
    Desk desk(play.now(), play.path());
    for (const auto& [delivery, id] : shuffled) desk.Take(*delivery, id);
    ASSERT_EQ(desk.Standings(), expected) << "turn " << turn;
  }
}

INSTANTIATE_TEST_SUITE_P(Plays, Deliveries, ::testing::Range(1u, 25u));

}  // namespace
}  // namespace retainer
