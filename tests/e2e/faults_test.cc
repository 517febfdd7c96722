// A forge that fails in every way it can while a ticket is shown on it. In the end there is one
// status comment with the right labels, whatever happened before. The whole desk runs in this
// process, over HTTP to the sandbox, on a clock that the test sets.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "src/cli/loading.h"
#include "src/forge/clients.h"
#include "src/pipeline/desk.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/sandbox.h"
#include "src/store/memory_store.h"
#include "templates/renderer.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/fakes/temporary_folder.h"
#include "webhooks/receivers.h"

namespace retainer {
namespace {

struct FaultCase {
  std::string name;
  std::string method;  // method of the failing request
  std::string path;
  sandbox::Fault fault;
};

void PrintTo(const FaultCase& c, std::ostream* out) { *out << c.name; }

class FaultsTest : public testing::TestWithParam<FaultCase> {
 protected:
  FaultsTest() {
    EXPECT_TRUE(sandbox_.Start().ok());
    const auto credentials = sandbox::SetStory(sandbox_);
    EXPECT_TRUE(credentials.ok());
    sandbox::StoryService service;
    service.data = folder_.path() + "/data";
    for (const auto& [name, text] :
         sandbox::StoryFiles(sandbox_, *credentials, service, clock_.Now())) {
      const std::filesystem::path file = folder_.path() + "/" + name;
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << text;
    }
    config_ = *cli::LoadConfigFile(folder_.path() + "/retainer.yaml");
    std::vector<pipeline::ForgeSlot> slots;
    std::vector<const WebhookReceiver*> receivers;
    for (const ForgeConfig& forge : config_.forges) {
      forges_.push_back(*forge::MakeForge(forge, clock_, log_));
      receivers_.push_back(*webhooks::MakeReceiver(forge));
      slots.push_back({forge.name, forge.kind, forges_.back().get()});
      receivers.push_back(receivers_.back().get());
    }
    renderer_ = templates::MakeRenderer();
    pipeline::DeskOptions options;
    options.random = [] { return 0.5; };
    desk_ = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store_, clock_, log_, metrics_, *renderer_, receivers, slots, {}},
        options);
    auto policy = cli::LoadPolicyFolder(config_.policy);
    EXPECT_TRUE(policy.ok()) << policy.status();
    desk_->SetTerms({*CompileTerms(policy->id, clock_.Now(), policy->policy)});
    desk_->Start();
    sandbox::PointHooks(sandbox_, *credentials, "http://127.0.0.1:9");
  }
  ~FaultsTest() override { EXPECT_TRUE(desk_->Stop(absl::Seconds(30)).ok()); }

  // Delivers what the forge sends and lets the desk work, for some minutes.
  void Live(int minutes) {
    for (int i = 0; i < minutes; ++i) {
      for (const sandbox::SandboxDelivery& delivery : sandbox_.TakePending()) {
        Headers headers;
        for (const auto& [name, value] : delivery.headers) headers.try_emplace(name, value);
        const pipeline::IntakeAnswer answer = desk_->Accept(delivery.forge, headers, delivery.body);
        EXPECT_TRUE(answer.http_status == 202 || answer.http_status == 200) << answer.reason;
      }
      const absl::Status settled = desk_->Settle(absl::Seconds(60));
      ASSERT_TRUE(settled.ok()) << settled;
      clock_.Advance(absl::Minutes(1));
      desk_->Nudge();
    }
  }

  FakeClock clock_{absl::FromUnixSeconds(1772445600)};
  FakeLog log_;
  FakeMetrics metrics_;
  TemporaryFolder folder_;
  sandbox::Sandbox sandbox_{sandbox::SandboxOptions{.clock = clock_}};
  Config config_;
  store::MemoryStore store_;
  std::unique_ptr<Renderer> renderer_;
  std::vector<std::unique_ptr<Forge>> forges_;
  std::vector<std::unique_ptr<WebhookReceiver>> receivers_;
  std::unique_ptr<pipeline::Desk> desk_;
};

TEST_P(FaultsTest, EndsWithOneStatusCommentAndTheRightLabels) {
  const FaultCase& fault = GetParam();
  for (const ProjectRef& project :
       {ProjectRef{"github", "acme/opendb"}, ProjectRef{"gitlab", "acme/connectors/globex"}}) {
    const bool github = project.forge == "github";
    const auto ticket = sandbox_.OpenIssue(project, github ? "dave" : "frank", "Writes hang",
                                           "No write gets through.\n\n/support priority P1");
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    sandbox_.FailNext(fault.method, fault.path, fault.fault);
    Live(20);
    sandbox_.ClearFaults();
    const std::string thread = *sandbox_.RenderThread(*ticket);
    std::size_t comments = 0;
    for (std::size_t at = 0; (at = thread.find("first reply by", at)) != std::string::npos; ++at) {
      ++comments;
    }
    EXPECT_EQ(comments, 1u) << thread;
    EXPECT_NE(thread.find("support: gold"), std::string::npos) << thread;
    EXPECT_EQ(store_.Stats()->dirty_faces, 0u) << project.forge;
    EXPECT_EQ(store_.Stats()->dead_faces, 0u) << project.forge;
    EXPECT_EQ(store_.Stats()->set_aside, 0u) << project.forge;
    const auto inspection = desk_->Inspect(*ticket);
    ASSERT_TRUE(inspection.ok()) << inspection.status();
    EXPECT_TRUE(inspection->shown.intent.empty());
  }
}

sandbox::Fault Times(sandbox::FaultKind kind, int count) {
  sandbox::Fault fault;
  fault.kind = kind;
  fault.count = count;
  return fault;
}

sandbox::Fault Waiting(sandbox::FaultKind kind, absl::Duration retry_after) {
  sandbox::Fault fault = Times(kind, 2);
  fault.retry_after = retry_after;
  return fault;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, FaultsTest,
    testing::Values(
        FaultCase{"Everything500", "", "/", Times(sandbox::FaultKind::kStatus500, 6)},
        FaultCase{"Everything502", "", "/", Times(sandbox::FaultKind::kStatus502, 6)},
        FaultCase{"CreateDropped", "POST", "/", Times(sandbox::FaultKind::kDropConnection, 2)},
        FaultCase{"CreateAppliedAndDropped", "POST", "/",
                  Times(sandbox::FaultKind::kDropAfterApplying, 3)},
        FaultCase{"EverythingAppliedAndDropped", "", "/",
                  Times(sandbox::FaultKind::kDropAfterApplying, 5)},
        FaultCase{"SecondaryLimit", "POST", "/",
                  Waiting(sandbox::FaultKind::kSecondaryLimit, absl::Minutes(3))},
        FaultCase{"TokenExpiredMidWay", "POST", "/repos/",
                  Times(sandbox::FaultKind::kStatus401, 1)},
        FaultCase{"NotThereYet", "POST", "/repos/", Times(sandbox::FaultKind::kStatus404, 2)}),
    [](const testing::TestParamInfo<FaultCase>& each) { return each.param.name; });

TEST_F(FaultsTest, ATokenThatExpiresWhileNothingHappensIsRenewed) {
  const auto ticket =
      sandbox_.OpenIssue({"github", "acme/opendb"}, "dave", "Writes hang", "/support priority P1");
  ASSERT_TRUE(ticket.ok());
  Live(1);
  clock_.Advance(absl::Hours(3));
  ASSERT_TRUE(sandbox_.Comment(*ticket, "alice", "I am looking into it.").ok());
  Live(2);
  EXPECT_NE(sandbox_.RenderThread(*ticket)->find("met"), std::string::npos);
  EXPECT_EQ(store_.Stats()->dirty_faces, 0u);
}

}  // namespace
}  // namespace retainer
