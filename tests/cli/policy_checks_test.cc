// What is said of the policy's commits, and when it is said again.
#include "src/cli/policy_checks.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "absl/strings/match.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/pipeline/world.h"

namespace retainer::cli {
namespace {

using pipeline::At;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

// A log that a test can wait for.
class AwaitedLog final : public Log {
 public:
  void Write(LogLevel, std::string_view event, Fields fields) override {
    {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(event);
      for (const auto& [name, value] : fields) absl::StrAppend(&values_, std::string(value), "\n");
    }
    written_.notify_all();
  }
  // The values of all fields.
  std::string values() {
    const std::lock_guard lock(mutex_);
    return values_;
  }
  // Waits until an event was written so often.
  void Await(const std::string& event, std::ptrdiff_t times) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(written_.wait_for(lock, std::chrono::seconds(30), [&] {
      return std::count(events_.begin(), events_.end(), event) >= times;
    })) << event;
  }

 private:
  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<std::string> events_;
  std::string values_;
};

class PolicyChecksTest : public World {
 protected:
  PolicyChecksTest() {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions());
    Open();
  }
  void Open() {
    checks.reset();
    checks = std::make_unique<PolicyChecks>(
        PolicyProject{"github", ForgeKind::kGitHub, "acme/policy"},
        std::shared_ptr<Forge>(std::shared_ptr<void>(), &forge),
        [this](const std::string& ref) { return read_ref(ref); }, *desk, store, clock, awaited,
        folder.path() + "/policy.git/told");
  }
  std::function<PolicyReading(const std::string&)> read_ref;  // set before anything is proposed
  TemporaryFolder folder;
  AwaitedLog awaited;
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<PolicyChecks> checks;
};

constexpr char kJudged[] = "a commit of the policy was judged";

TEST_F(PolicyChecksTest, WhatTheForgeDidNotTakeIsSaidLater) {
  bool is_down = true;
  forge.fault = [&](const std::string& call) {
    if (call != "set_status") return absl::OkStatus();
    return std::exchange(is_down, false) ? absl::UnavailableError("down") : absl::OkStatus();
  };
  checks->Tell({"aaaa", false, "desk/policy.yaml:3: wrong"});
  awaited.Await("a commit of the policy gets its status later", 1);
  EXPECT_TRUE(forge.statuses().empty());
  // Other words do not wait for it.
  checks->Tell({"bbbb", true, "Valid, and in force"});
  awaited.Await(kJudged, 1);
  clock.Advance(absl::Hours(1));
  checks->Tell({"cccc", true, "Valid, and in force"});
  awaited.Await(kJudged, 3);
  const auto statuses = forge.statuses();
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_EQ(statuses[0].second.commit, "bbbb");
  EXPECT_TRUE(statuses[0].second.good);
  EXPECT_EQ(statuses[1].first, "acme/policy");
  EXPECT_EQ(statuses[1].second.commit, "aaaa");
  EXPECT_EQ(statuses[1].second.name, "retainer/policy");
  EXPECT_FALSE(statuses[1].second.good);
  EXPECT_EQ(statuses[1].second.description, "desk/policy.yaml:3: wrong");
}

TEST_F(PolicyChecksTest, NothingIsSaidTwiceAlsoAfterARestart) {
  checks->Tell({"aaaa", true, "Valid, and in force"});
  awaited.Await(kJudged, 1);
  Open();
  checks->Tell({"aaaa", true, "Valid, and in force"});
  checks->Tell({"bbbb", true, "Valid, and in force"});
  awaited.Await(kJudged, 2);
  EXPECT_EQ(forge.statuses().size(), 2u);
  // Another verdict on the same commit is news.
  checks->Tell({"aaaa", false, "the branch was rewritten"});
  awaited.Await(kJudged, 3);
  EXPECT_EQ(forge.statuses().size(), 3u);
}

TEST_F(PolicyChecksTest, WhatTheForgeRefusesIsNotTriedAgain) {
  std::atomic<int> tries = 0;
  forge.fault = [&](const std::string& call) {
    if (call != "set_status") return absl::OkStatus();
    return ++tries == 1 ? absl::PermissionDeniedError("no") : absl::OkStatus();
  };
  checks->Tell({"aaaa", true, "Valid, and in force"});
  awaited.Await("a commit of the policy gets no status", 1);
  checks->Tell({"aaaa", true, "Valid, and in force"});
  checks->Tell({"bbbb", true, "Valid, and in force"});
  awaited.Await(kJudged, 1);
  EXPECT_EQ(tries, 2);
}

// The branch's commits are told whatever strangers propose.
TEST_F(PolicyChecksTest, ProposalsPushOutNoCommitOfTheBranch) {
  std::atomic<bool> is_open = false;
  read_ref = [&](const std::string&) {
    is_open.wait(false);
    PolicyReading reading;
    reading.status = absl::NotFoundError("no such ref");
    return reading;
  };
  checks->Propose(1, "9000", "");  // occupies the thread
  checks->Tell({"aaaa", true, "Valid, and in force"});
  for (int i = 2; i < 400; ++i) checks->Propose(i, absl::StrCat(9000 + i), "");
  is_open = true;
  is_open.notify_all();
  awaited.Await(kJudged, 1);
  ASSERT_EQ(forge.statuses().size(), 1u);
  EXPECT_EQ(forge.statuses()[0].second.commit, "aaaa");
}

// Also not from what was told of it.
TEST_F(PolicyChecksTest, ProposalsPushOutNothingThatIsKnownOfTheBranch) {
  forge.SetProject("acme/policy", "88");
  std::atomic<int> reads = 0;
  read_ref = [&](const std::string&) {
    PolicyReading reading;
    reading.status = absl::InvalidArgumentError("wrong");
    reading.of_commit = true;
    reading.source.commit = absl::StrCat("c", ++reads);
    return reading;
  };
  checks->Tell({"aaaa", true, "Valid, and in force"});
  awaited.Await(kJudged, 1);
  for (int i = 0; i < 600; ++i) {
    checks->Propose(1, "9000", "");
    awaited.Await(kJudged, i + 2);
  }
  checks->Tell({"aaaa", true, "Valid, and in force"});
  checks->Tell({"bbbb", true, "Valid, and in force"});
  awaited.Await(kJudged, 602);
  EXPECT_EQ(forge.statuses().size(), 2u) << "aaaa was told once";
}

// A proposal that shortens gold's promise, on a desk where dave, a contact of acme, waits.
class ProposalsTest : public PolicyChecksTest {
 protected:
  ProposalsTest() {
    forge.SetProject("acme/policy", "88");
    Backfill proposal;
    proposal.ticket.kind = TicketKind::kChange;
    proposal.ticket.number = 1;
    proposal.ticket.author = kFrank;
    forge.SetBackfill({"github", "88", TicketKind::kChange, 1}, proposal);
    read_ref = [this](const std::string&) {
      PolicyReading reading;
      reading.of_commit = true;
      reading.source.commit = absl::StrCat("c", ++commits);
      reading.policy.emplace();
      reading.policy->id = "proposed";
      reading.policy->policy = in_force;
      reading.policy->policy.plans["gold"].promises["P2"].targets[Metric::kFirstResponse] = {
          0, absl::Minutes(5), "5m"};
      return reading;
    };
    Serve(MakePolicy(/*is_public=*/false));
    Deliver("d1", MakeEvent(1, pipeline::kDave, {Opened(pipeline::kDave, 0)}));
    Work();
    clock.Set(At(10));
  }
  void Serve(Policy policy) {
    in_force = std::move(policy);
    const TermsHistory history = {MakeTerms("v1", At(-60 * 24), in_force)};
    terms.Set(history);
    desk->SetTerms(history);
  }
  // What is said of the proposal, whose author has this permission.
  CheckText Said(const std::string& visibility, const std::string& permission) {
    forge.SetVisibility("acme/policy", visibility);
    forge.SetPermission(kFrank.id, permission);
    checks->Propose(1, kFrank.id, "");
    awaited.Await(kJudged, ++said);
    return forge.checks().back().second.text;
  }
  const Actor kFrank{"44", "frank", false};
  Policy in_force;
  std::atomic<int> commits = 0;
  int said = 0;
};

TEST_F(ProposalsTest, WhoMayWriteToAMembersRepositoryReadsWhoseInstantsMove) {
  const CheckText text = Said("private", "write");
  EXPECT_TRUE(absl::StrContains(text.title, "1 due instant moves, 0 late at once")) << text.title;
  EXPECT_TRUE(absl::StrContains(text.summary, "acme/opendb#1 acme P2")) << text.summary;
}

TEST_F(ProposalsTest, OthersReadWhatTheyWouldReadIfThereWereNoPrivateCustomer) {
  std::vector<CheckText> with;
  const std::vector<std::pair<std::string, std::string>> strangers = {
      {"private", "read"}, {"private", "none"}, {"internal", "write"}, {"public", "admin"}};
  for (const auto& [visibility, permission] : strangers) {
    with.push_back(Said(visibility, permission));
    EXPECT_FALSE(absl::StrContains(with.back().summary, "private")) << with.back().summary;
  }
  Policy without = in_force;
  without.customers.clear();
  Serve(std::move(without));
  for (std::size_t i = 0; i < strangers.size(); ++i) {
    const CheckText text = Said(strangers[i].first, strangers[i].second);
    EXPECT_EQ(text.title, with[i].title);
    EXPECT_EQ(text.summary, with[i].summary);
  }
}

TEST_F(ProposalsTest, OurOwnTroubleIsToldToTheLogAlone) {
  store.Spoil(Key(1));
  const CheckText text = Said("private", "write");
  EXPECT_TRUE(absl::StrContains(
      text.summary, "Not computed: it could not be computed; the service's log says why."))
      << text.summary;
  EXPECT_FALSE(absl::StrContains(text.summary, "77")) << text.summary;
  EXPECT_TRUE(absl::StrContains(awaited.values(), "77")) << awaited.values();
}

TEST(PolicyCheckTextTest, TroubleOfThisMachineIsNotSaid) {
  PolicyReading reading;
  reading.of_commit = true;
  reading.status = absl::InternalError("cannot write /srv/retainer/data");
  EXPECT_EQ(WrongInOneLine(reading, nullptr),
            "The commit could not be read; the service's log says why");
  reading.status = absl::NotFoundError("the commit has no folder desk");
  EXPECT_EQ(WrongInOneLine(reading, nullptr), "the commit has no folder desk");
}

TEST_F(PolicyChecksTest, ACommitThatTheForgeDoesNotKnowYetIsTriedAgain) {
  std::atomic<int> tries = 0;
  forge.fault = [&](const std::string& call) {
    if (call != "set_status") return absl::OkStatus();
    return ++tries == 1 ? absl::NotFoundError("404 Commit Not Found") : absl::OkStatus();
  };
  checks->Tell({"aaaa", true, "Valid, and in force"});
  awaited.Await("a commit of the policy gets its status later", 1);
  checks->Tell({"aaaa", true, "Valid, and in force"});
  awaited.Await(kJudged, 1);
  EXPECT_EQ(forge.statuses().size(), 1u);
}

PolicyReading Wrong(std::string what) {
  PolicyReading reading;
  reading.status = absl::InvalidArgumentError("not valid");
  reading.of_commit = true;
  reading.problems = {{"desk/policy.yaml", 3, 5, std::move(what), "did you mean gold?"},
                      {"desk/policy.yaml", 9, 1, "unknown key", ""}};
  return reading;
}

TEST(PolicyCheckTextTest, AProblemHasFileLineAndMend) {
  EXPECT_EQ(
      WrongInOneLine(Wrong("plan \"golden\" is not defined"), nullptr),
      "desk/policy.yaml:3:5: plan \"golden\" is not defined; did you mean gold? (and 1 more)");
}

TEST(PolicyCheckTextTest, OfAProblemThatNamesAPrivateCustomerOnlyThePlaceIsSaid) {
  const Policy policy = MakePolicy(/*is_public=*/false);
  EXPECT_EQ(WrongInOneLine(Wrong("customer \"acme\" is defined twice"), &policy),
            "desk/policy.yaml:3:5: not valid; the service's log says why (and 1 more)");
  const Policy open = MakePolicy(/*is_public=*/true);
  EXPECT_TRUE(absl::StrContains(WrongInOneLine(Wrong("customer \"acme\" is defined twice"), &open),
                                "acme"));
}

TEST(PolicyCheckTextTest, WhatChangesMentionsNobodyAndEndsNoBlock) {
  PolicyReading reading;
  reading.of_commit = true;
  reading.policy.emplace();
  reading.policy->policy = MakePolicy();
  reading.policy->policy.customers[0].name = "```\n@everybody";
  const auto before = MakeTerms("v1", At(0), MakePolicy());
  const PolicyCheckText text = ProposalText(reading, before.get(), Impact(), "", Audience::kTeam);
  EXPECT_TRUE(text.good);
  EXPECT_EQ(text.title, "Valid; 1 change; 0 due instants move, 0 late at once");
  EXPECT_TRUE(absl::StrContains(text.summary, "acme: name")) << text.summary;
  std::size_t fences = 0;
  for (std::size_t at = 0; (at = text.summary.find("```", at)) != std::string::npos; at += 3) {
    ++fences;
  }
  EXPECT_EQ(fences, 4u) << text.summary;
  EXPECT_LT(text.summary.size(), 60'000u);
}

}  // namespace
}  // namespace retainer::cli
