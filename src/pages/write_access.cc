#include "src/pages/write_access.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"

namespace retainer::pages {
namespace {

bool MayWrite(const std::string& permission) {
  return permission == "admin" || permission == "maintain" || permission == "write";
}

}  // namespace

absl::StatusOr<std::vector<ProjectRecord>> WriteAccess::ProjectsOf(const Account& account,
                                                                   const TermsHistory& terms) {
  auto all = store_.ListProjects();
  if (!all.ok()) return all.status();
  std::vector<ProjectRecord> covered;
  for (ProjectRecord& project : *all) {
    if (project.key.forge == account.forge && Covers(terms, NamesOf(project))) {
      covered.push_back(std::move(project));
    }
  }
  std::sort(covered.begin(), covered.end(),
            [](const ProjectRecord& a, const ProjectRecord& b) { return a.path < b.path; });
  const std::pair<std::string, std::string> who(account.forge, account.actor.id);
  const absl::Time now = clock_.Steady();
  std::optional<Known> known;
  {
    const std::lock_guard lock(mutex_);
    const auto there = known_.find(who);
    if (there != known_.end() && now < there->second.asked_at + kAnswerLasts) {
      known = there->second;
    }
  }
  if (!known) {
    auto projects = Ask(account, covered);
    if (!projects.ok()) return projects.status();
    known = Known{now, *std::move(projects)};
    const std::lock_guard lock(mutex_);
    std::erase_if(known_,
                  [&](const auto& entry) { return now >= entry.second.asked_at + kAnswerLasts; });
    if (known_.size() >= kMostKept) known_.clear();
    known_[who] = *known;
  }
  std::erase_if(covered, [&](const ProjectRecord& project) {
    const auto& may = known->projects;
    return std::find(may.begin(), may.end(), project.key) == may.end();
  });
  return covered;
}

absl::StatusOr<std::vector<ProjectKey>> WriteAccess::Ask(
    const Account& account, const std::vector<ProjectRecord>& covered) {
  std::vector<ProjectKey> projects;
  const auto forge = std::find_if(forges_.begin(), forges_.end(),
                                  [&](const Forge* each) { return each->name() == account.forge; });
  if (forge == forges_.end()) return projects;
  const absl::Cleanup leave = [this] { --asking_; };
  if (++asking_ > kMostAsked) {
    return absl::ResourceExhaustedError("too many people's permissions are being asked for");
  }
  for (std::size_t i = 0; i < std::min(covered.size(), kMostProjects); ++i) {
    const ProjectRecord& project = covered[i];
    const RemoteTicket at{{project.key.forge, project.key.id, TicketKind::kIssue, 0},
                          project.path,
                          project.installation_id};
    const auto permission = (*forge)->Permission(at, account.actor);
    if (absl::IsNotFound(permission.status())) continue;
    if (!permission.ok()) return permission.status();
    if (MayWrite(*permission)) projects.push_back(project.key);
  }
  return projects;
}

}  // namespace retainer::pages
