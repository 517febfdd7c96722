// The clients with the sandbox. A webhook and a later read give the same facts.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "src/forge/clients.h"
#include "tests/contract/forge_contract.h"
#include "tests/contract/forge_log_contract.h"
#include "webhooks/receivers.h"

namespace retainer::forge {
namespace {

ForgeConfig Config(sandbox::Sandbox& sandbox, ForgeKind kind) {
  ForgeConfig config;
  config.kind = kind;
  config.name = kind == ForgeKind::kGitHub ? "github" : "gitlab";
  config.api_url = kind == ForgeKind::kGitHub ? sandbox.github_api_url() : sandbox.gitlab_api_url();
  config.mutation_interval = absl::ZeroDuration();
  return config;
}

std::unique_ptr<Forge> Make(const ForgeConfig& config, const Clock& clock, Log& log) {
  auto forge = MakeForge(config, clock, log);
  EXPECT_TRUE(forge.ok()) << forge.status();
  return std::move(*forge);
}

ForgeMaker WithToken(ForgeKind kind) {
  return {kind == ForgeKind::kGitHub ? "GitHubToken" : "GitLabToken", kind,
          [kind](sandbox::Sandbox& sandbox, const Clock& clock, Log& log) {
            ForgeConfig config = Config(sandbox, kind);
            config.token = *sandbox.CreateToken(kind, "desk");
            return Make(config, clock, log);
          }};
}

ForgeMaker AsApp() {
  return {"GitHubApp", ForgeKind::kGitHub,
          [](sandbox::Sandbox& sandbox, const Clock& clock, Log& log) {
            const sandbox::SandboxApp app = *sandbox.RegisterApp("retainer");
            ForgeConfig config = Config(sandbox, ForgeKind::kGitHub);
            config.app_id = app.id;
            config.private_key = app.private_key_pem;
            return Make(config, clock, log);
          }};
}

const auto kNames = [](const testing::TestParamInfo<ForgeMaker>& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Sandbox, ForgeContract,
                         testing::Values(AsApp(), WithToken(ForgeKind::kGitHub),
                                         WithToken(ForgeKind::kGitLab)),
                         kNames);

class SameFactsTest : public ForgeContract {
 protected:
  // The facts from the webhooks since the last call.
  FactSet Told() {
    ForgeConfig config;
    config.kind = kind_;
    config.name = project_.forge;
    config.webhook_secrets = {{"secret", {}}};
    auto receiver = *webhooks::MakeReceiver(config);
    FactSet facts;
    for (const sandbox::SandboxDelivery& sent : sandbox_.TakePending()) {
      Delivery delivery{sent.forge, sent.id, sent.event, sent.body, clock_.Now()};
      auto event = receiver->Parse(delivery);
      if (!event.ok()) {
        ADD_FAILURE() << event.status();
        continue;
      }
      for (const Fact& fact : event->facts) facts.Add(fact);
    }
    return facts;
  }

  // For some changes GitLab's webhooks have no time, although its API has one. In that case only
  // the content must be equal, not the id.
  static const Fact* Alike(const FactSet& facts, const Fact& fact) {
    for (const auto& [id, other] : facts) {
      if (other.kind == fact.kind && other.subject == fact.subject) return &other;
    }
    return nullptr;
  }
};

TEST_P(SameFactsTest, AWebhookAndALaterReadingAreOneFact) {
  sandbox_.SetHook(kind_, {.url = "http://127.0.0.1:9/", .secret = "secret", .token = "secret"});
  const RemoteTicket at = Open({"bug"});
  ASSERT_TRUE(sandbox_.Comment(ref_, "alice", "an answer").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Label(ref_, "alice", "priority: P1").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Unlabel(ref_, "alice", "bug").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Assign(ref_, "desk", "alice").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Close(ref_, "alice").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Reopen(ref_, "dave").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Comment(ref_, "dave", "it is back").ok());
  Tick();
  ASSERT_TRUE(sandbox_.Close(ref_, "alice", "not_planned").ok());
  const FactSet told = Told();
  auto backfill = forge_->ReadTicket(at);
  ASSERT_TRUE(backfill.ok()) << backfill.status();

  // There is one observation of all labels per delivery, but only one here.
  FactSet read;
  for (const Fact& fact : backfill->facts) {
    if (fact.kind != FactKind::kLabels) read.Add(fact);
  }
  for (const auto& [id, fact] : told) {
    if (fact.kind == FactKind::kLabels) continue;
    const Fact* same = fact.at_receipt ? Alike(read, fact) : read.Find(id);
    if (same == nullptr) {
      ADD_FAILURE() << "told by a webhook, not read: " << id;
      continue;
    }
    if (!fact.at_receipt) {
      EXPECT_EQ(same->at, fact.at) << id;
    }
    EXPECT_EQ(same->value, fact.value) << id;
    EXPECT_EQ(same->text, fact.text) << id;
    EXPECT_EQ(same->internal, fact.internal) << id;
    EXPECT_TRUE(fact.actor.login.empty() || fact.actor.login == same->actor.login) << id;
    EXPECT_TRUE(fact.actor.id.empty() || fact.actor.id == same->actor.id) << id;
  }
  for (const auto& [id, fact] : read) {
    EXPECT_NE(Alike(told, fact), nullptr) << "read, not told by any webhook: " << id;
  }
}

INSTANTIATE_TEST_SUITE_P(Sandbox, SameFactsTest,
                         testing::Values(WithToken(ForgeKind::kGitHub),
                                         WithToken(ForgeKind::kGitLab)),
                         kNames);

}  // namespace
}  // namespace retainer::forge
