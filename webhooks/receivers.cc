#include "webhooks/receivers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "webhooks/github/github_receiver.h"
#include "webhooks/gitlab/gitlab_receiver.h"

namespace retainer::webhooks {
namespace {

absl::Status CheckSecrets(const ForgeConfig& config, const std::vector<WebhookSecret>& secrets,
                          std::string_view setting) {
  const absl::string_view name(setting.data(), setting.size());
  for (const WebhookSecret& secret : secrets) {
    if (secret.secret.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("forge \"", config.name, "\": one of its ", name,
                       " is empty; set the variable or the file that it comes from"));
    }
    for (const ProjectRef& pattern : secret.projects) {
      if (pattern.forge != config.name) {
        return absl::InvalidArgumentError(absl::StrCat(
            "forge \"", config.name, "\": one of its ", name, " is bound to \"", ToString(pattern),
            "\", which is of another forge; write ", config.name, ":PATH"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<WebhookReceiver>> MakeReceiver(const ForgeConfig& config) {
  if (auto ok = CheckSecrets(config, config.webhook_secrets, "webhook_secrets"); !ok.ok()) {
    return ok;
  }
  if (auto ok = CheckSecrets(config, config.signing_tokens, "signing_tokens"); !ok.ok()) return ok;
  switch (config.kind) {
    case ForgeKind::kGitHub:
      if (!config.signing_tokens.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("forge \"", config.name, "\": signing_tokens are GitLab's; GitHub signs ",
                         "with webhook_secrets"));
      }
      if (config.webhook_secrets.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("forge \"", config.name, "\" has no secret: set webhook_secrets to the ",
                         "one that is typed at the webhook or the GitHub App"));
      }
      return std::make_unique<github::Receiver>(config);
    case ForgeKind::kGitLab:
      if (config.webhook_secrets.empty() && config.signing_tokens.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("forge \"", config.name, "\" has no secret: set signing_tokens (better) ",
                         "or webhook_secrets to what is typed at the webhook"));
      }
      return gitlab::Receiver::Make(config);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("forge \"", config.name, "\" is of a kind that has no receiver"));
}

}  // namespace retainer::webhooks
