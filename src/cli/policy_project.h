// The project of a configured forge in which the policy's repository lies, and what deliveries say
// about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "retainer/config.h"
#include "retainer/webhook.h"

namespace retainer::cli {

struct PolicyProject {
  std::string forge;
  ForgeKind kind = ForgeKind::kGitHub;
  std::string path;
};

// The project that the configuration names (`policy_git.project`), else the one at the address of
// the policy's repository if a configured forge has the same host. Nullopt if no forge has it.
std::optional<PolicyProject> FindPolicyProject(const Config& config);

struct PolicyNews {
  std::int64_t proposed = 0;  // number of an open change, which may have new commits; 0: a push
  std::string author;         // id of the account that opened the change; empty: unknown
  std::string head;  // the last commit of the change as the delivery shows it; empty: unknown
};

// What a genuine delivery says about the policy's repository; nullopt: nothing. Cheap for event
// types that never say anything.
std::optional<PolicyNews> ReadPolicyNews(const PolicyProject& project,
                                         const WebhookReceiver& receiver, const Delivery& delivery);

// The ref of the last commit of a proposed change.
std::string ProposalRef(ForgeKind kind, std::int64_t number);

}  // namespace retainer::cli
