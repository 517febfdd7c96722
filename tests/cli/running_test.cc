// The service as `serve` runs it: what its log says about the policy.
#include "src/cli/running.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/cli/control_socket.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"

namespace retainer::cli {
namespace {

// A private customer without an alias is a warning of `check`.
constexpr char kPolicy[] = R"(version: 1
projects: ["github:acme/opendb"]
calendars:
  always: {time_zone: UTC, hours: always}
priorities: [{name: P1, title: Down}]
plans:
  gold: {calendars: [always], promises: {P1: {first_response: 1h}}, default_priority: P1}
teams:
  core: {members: ["github:alice"]}
customers:
  - id: acme
    name: ACME Corp
    plan: gold
    time_zone: UTC
    term: {from: 2026-01-01, until: 2099-12-31}
    contacts: {logins: ["github:dave"]}
)";

class RunningTest : public testing::Test {
 protected:
  RunningTest()
      : folder_(testing::TempDir() +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/policy");
    Write(kPolicy);
    config_.listen = config_.metrics_listen = {"127.0.0.1", 0};
    config_.data = folder_ + "/data";
    config_.policy = folder_ + "/policy";
  }
  ~RunningTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& policy) {
    std::ofstream(folder_ + "/policy/policy.yaml") << policy;
  }
  // The number of log lines with a warning of the policy.
  int Warnings() const {
    int count = 0;
    for (const std::string& line : log_.lines()) {
      count += line.starts_with("policy problem=") && absl::StrContains(line, "alias") ? 1 : 0;
    }
    return count;
  }

  const std::string folder_;
  Config config_;
  FakeClock clock_{absl::FromUnixSeconds(1'772'000'000)};
  FakeLog log_;
};

TEST_F(RunningTest, ThePolicysWarningsStandInTheLogOnceAVersion) {
  auto running = Running::Start(config_, clock_, log_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_EQ(Warnings(), 1);
  // Reads the policy as `retainer reload` does, which waits for the result.
  const auto reload = [&] {
    clock_.Advance(absl::Minutes(1));
    const auto answer = CallControl(config_.data, R"({"op": "reload"})");
    ASSERT_TRUE(answer.ok()) << answer.status();
  };
  reload();
  EXPECT_EQ(Warnings(), 1) << "the same version";
  Write(absl::StrCat(kPolicy, "    calendars: [always]\n"));
  reload();
  EXPECT_EQ(Warnings(), 2) << "another one";
  Write("version: 7\n");
  reload();
  EXPECT_EQ(Warnings(), 2) << "one that is refused";
}

}  // namespace
}  // namespace retainer::cli
