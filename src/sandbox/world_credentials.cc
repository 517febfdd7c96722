// The world's apps, installations, tokens and their rate limits.
#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

void World::LogAttempt(ForgeKind forge, const SandboxDelivery& delivery, int status) {
  hooks[forge].last_status = status;
  if (forge != ForgeKind::kGitHub) return;
  const bool before = std::any_of(attempts_.begin(), attempts_.end(), [&](const HookAttempt& each) {
    return each.guid == delivery.id;
  });
  attempts_.push_back({++last_attempt_, delivery.id, delivery.event, delivery.action, Now(forge),
                       status, before, delivery.headers, delivery.body});
}

App& World::RegisterApp(const std::string& slug, const std::string& public_pem) {
  App app;
  app.id = NextId();
  app.client_id = absl::StrCat("Iv23", RandomHex(8));
  app.slug = slug;
  app.public_pem = public_pem;
  app.bot = AddUser({.login = slug + "[bot]", .machine = true}).id;
  app.permissions = {{"issues", "write"},  {"pull_requests", "write"}, {"metadata", "read"},
                     {"members", "read"},  {"contents", "read"},       {"checks", "write"},
                     {"statuses", "write"}};
  app_ = std::move(app);
  return *app_;
}

std::int64_t World::InstallationOf(const Project& project) {
  if (!app_ || project.forge != ForgeKind::kGitHub || !project.installed) return 0;
  std::int64_t& id = installations_[absl::AsciiStrToLower(project.owner())];
  if (id == 0) id = NextId();
  return id;
}

std::string World::InstallationOwner(std::int64_t installation) const {
  for (const auto& [owner, id] : installations_) {
    if (id == installation) return owner;
  }
  return "";
}

std::vector<std::int64_t> World::Installations() {
  std::set<std::int64_t> out;
  for (const Project& project : projects_) {
    if (std::int64_t id = InstallationOf(project)) out.insert(id);
  }
  return {out.begin(), out.end()};
}

std::string World::IssueToken(const Credential& credential) {
  std::string token = credential.forge == ForgeKind::kGitLab ? "glpat-"
                      : credential.installation != 0         ? "ghs_"
                                                             : "ghp_";
  token += RandomHex(20);
  tokens_[token] = credential;
  return token;
}

const Credential* World::FindToken(const std::string& token) const {
  auto it = tokens_.find(token);
  if (it == tokens_.end() || it->second.expires <= Now(it->second.forge)) return nullptr;
  return &it->second;
}

RateWindow& World::Rate(ForgeKind forge, const std::string& who) {
  const absl::Time now = Now(forge);
  const bool github = forge == ForgeKind::kGitHub;
  RateWindow& window = rates_[{forge, who}];
  if (window.limit == 0 || now >= window.resets) {
    window.limit = github ? 5000 : 2000;
    window.used = 0;
    window.resets = now + (github ? absl::Hours(1) : absl::Minutes(1));
    auto squeeze = squeezed_.find(forge);
    if (squeeze != squeezed_.end() && now < squeeze->second.second) {
      window.used = window.limit - squeeze->second.first;
      window.resets = squeeze->second.second;
    }
  }
  return window;
}

void World::SetRateRemaining(ForgeKind forge, int remaining) {
  const bool github = forge == ForgeKind::kGitHub;
  squeezed_[forge] = {remaining, Now(forge) + (github ? absl::Hours(1) : absl::Minutes(1))};
  for (auto it = rates_.begin(); it != rates_.end();) {
    it = it->first.first == forge ? rates_.erase(it) : std::next(it);
  }
}

}  // namespace retainer::sandbox
