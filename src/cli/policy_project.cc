#include "src/cli/policy_project.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "retainer/change.h"

namespace retainer::cli {
namespace {

struct Address {
  std::string host;  // lower case, without user and port
  std::string path;  // without a slash at either end
};

// Of a valid URL.
Address AddressOf(const std::string& url) {
  const std::size_t from = url.find("://") + 3;
  const std::size_t slash = url.find('/', from);
  std::string host = url.substr(from, slash == url.npos ? slash : slash - from);
  if (const std::size_t at = host.rfind('@'); at != host.npos) host.erase(0, at + 1);
  if (const std::size_t colon = host.rfind(':');
      colon != host.npos && host.find(']', colon) == host.npos) {
    host.erase(colon);
  }
  std::string path = slash == url.npos ? "" : url.substr(slash + 1);
  while (absl::EndsWith(path, "/")) path.pop_back();
  return {absl::AsciiStrToLower(host), std::move(path)};
}

std::string HeadOf(const Event& event) {
  FactSet facts;
  for (const Fact& fact : event.facts) facts.Add(fact);
  const auto change = FindChange(facts);
  return change ? change->head : "";
}

}  // namespace

std::optional<PolicyProject> FindPolicyProject(const Config& config) {
  if (!config.policy_git) return std::nullopt;
  if (const auto& project = config.policy_git->project) {
    for (const ForgeConfig& forge : config.forges) {
      if (forge.name == project->forge) return PolicyProject{forge.name, forge.kind, project->path};
    }
    return std::nullopt;
  }
  const std::string& url = config.policy_git->url;
  const Address repository = AddressOf(url);
  if (repository.host.empty()) return std::nullopt;  // file://
  for (const ForgeConfig& forge : config.forges) {
    Address api = AddressOf(forge.api_url);
    if (api.host == "api.github.com") api.host = "github.com";
    if (api.host != repository.host) continue;
    std::string path = repository.path;
    // A GitLab below a path: https://HOST/PREFIX/api/v4.
    const std::string prefix(absl::StripSuffix(api.path, "api/v4"));
    if (prefix != api.path && absl::StartsWith(url, "https://")) {
      path = std::string(absl::StripPrefix(path, prefix));
    }
    return PolicyProject{forge.name, forge.kind, std::string(absl::StripSuffix(path, ".git"))};
  }
  return std::nullopt;
}

std::optional<PolicyNews> ReadPolicyNews(const PolicyProject& project,
                                         const WebhookReceiver& receiver,
                                         const Delivery& delivery) {
  const bool github = project.kind == ForgeKind::kGitHub;
  const bool push = delivery.event_type == (github ? "push" : "Push Hook");
  const bool change = delivery.event_type == (github ? "pull_request" : "Merge Request Hook");
  if ((!push && !change) || delivery.forge != project.forge) return std::nullopt;
  // Most deliveries are of other projects. A forge writes no part of a path in another way.
  const std::string name = project.path.substr(project.path.rfind('/') + 1);
  const auto same = [](char a, char b) {
    return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
           absl::ascii_tolower(static_cast<unsigned char>(b));
  };
  const auto found =
      std::search(delivery.body.begin(), delivery.body.end(), name.begin(), name.end(), same);
  if (found == delivery.body.end()) return std::nullopt;
  const auto event = receiver.Parse(delivery);
  if (!event.ok() || !absl::EqualsIgnoreCase(event->project.path, project.path)) {
    return std::nullopt;
  }
  if (push) {
    if (event->kind != EventKind::kPush) return std::nullopt;
    return PolicyNews{};
  }
  if (!event->ticket || event->ticket->kind != TicketKind::kChange || !event->ticket->open) {
    return std::nullopt;
  }
  return PolicyNews{event->ticket->number, event->ticket->author.id, HeadOf(*event)};
}

std::string ProposalRef(ForgeKind kind, std::int64_t number) {
  return kind == ForgeKind::kGitHub ? absl::StrCat("refs/pull/", number, "/head")
                                    : absl::StrCat("refs/merge-requests/", number, "/head");
}

}  // namespace retainer::cli
