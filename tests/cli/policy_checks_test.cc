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
  void Write(LogLevel, std::string_view event, Fields) override {
    {
      const std::lock_guard lock(mutex_);
      events_.emplace_back(event);
    }
    written_.notify_all();
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
        std::shared_ptr<Forge>(std::shared_ptr<void>(), &forge), nullptr, *desk, store, clock,
        awaited, folder.path() + "/policy.git/told");
  }
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
