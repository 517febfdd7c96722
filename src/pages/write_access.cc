#include "src/pages/write_access.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/cleanup/cleanup.h"
#include "retainer/names.h"

namespace retainer::pages {
namespace {

bool MayWrite(const std::string& permission) {
  return permission == "admin" || permission == "maintain" || permission == "write";
}

bool Matches(const std::string& rule, const std::string& address) {
  const std::string folded = FoldName(rule);
  const std::string whole = FoldName(address);
  const std::size_t at = whole.rfind('@');
  return folded == whole || (at != std::string::npos && folded == whole.substr(at));
}

// True if the account is a customer's contact by an organisation or an address. The forge's errors.
absl::StatusOr<bool> IsContact(Forge& forge, const RemoteTicket& at, const Account& account,
                               const Policy& policy) {
  std::set<std::string> organizations;
  std::vector<std::string> emails;
  for (const Customer& customer : policy.customers) {
    for (const Login& organization : customer.contacts.organizations) {
      if (organization.forge != account.forge ||
          organizations.size() == WriteAccess::kMostOrganizations) {
        continue;
      }
      organizations.insert(organization.name);
    }
    emails.insert(emails.end(), customer.contacts.emails.begin(), customer.contacts.emails.end());
  }
  for (const std::string& organization : organizations) {
    const auto member = forge.Membership(at, organization, account.actor);
    if (!member.ok()) return member.status();
    if (*member == "yes") return true;
  }
  if (emails.empty()) return false;
  const auto address = forge.PublicEmail(at, account.actor);
  if (!address.ok()) return address.status();
  return !address->empty() &&
         std::any_of(emails.begin(), emails.end(),
                     [&](const std::string& rule) { return Matches(rule, *address); });
}

}  // namespace

absl::StatusOr<WriteAccess::Found> WriteAccess::ProjectsOf(const Account& account,
                                                           const TermsHistory& terms) {
  auto all = store_.ListProjects();
  if (!all.ok()) return all.status();
  Found found;
  for (ProjectRecord& project : *all) {
    if (project.key.forge == account.forge && Covers(terms, NamesOf(project))) {
      found.projects.push_back(std::move(project));
    }
  }
  std::sort(found.projects.begin(), found.projects.end(),
            [](const ProjectRecord& a, const ProjectRecord& b) { return a.path < b.path; });
  const std::pair<std::string, std::string> who(account.forge, account.actor.id);
  const absl::Time now = clock_.Steady();
  std::optional<Known> known;
  {
    const std::lock_guard lock(mutex_);
    const auto there = known_.find(who);
    if (there != known_.end() && now < there->second.until) known = there->second;
  }
  if (!known) {
    known = Ask(account, found.projects, terms.back()->policy);
    known->until = now + (known->complete ? kAnswerLasts : kFailureLasts);
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const auto& entry) { return now >= entry.second.until; });
    if (known_.size() >= kMostKept) known_.clear();
    known_[who] = *known;
  }
  found.complete = known->complete;
  std::erase_if(found.projects, [&](const ProjectRecord& project) {
    const auto& may = known->projects;
    return std::find(may.begin(), may.end(), project.key) == may.end();
  });
  return found;
}

WriteAccess::Known WriteAccess::Ask(const Account& account,
                                    const std::vector<ProjectRecord>& covered,
                                    const Policy& policy) {
  Known known;
  const auto forge = std::find_if(forges_.begin(), forges_.end(),
                                  [&](const Forge* each) { return each->name() == account.forge; });
  if (forge == forges_.end()) return known;
  const absl::Cleanup leave = [this] { --asking_; };
  if (++asking_ > kMostAsked) {
    known.complete = false;
    return known;
  }
  const auto remote = [](const ProjectRecord& project) {
    return RemoteTicket{{project.key.forge, project.key.id, TicketKind::kIssue, 0},
                        project.path,
                        project.installation_id};
  };
  const ProjectRecord* any = nullptr;
  for (std::size_t i = 0; i < std::min(covered.size(), kMostProjects); ++i) {
    const auto permission = (*forge)->Permission(remote(covered[i]), account.actor);
    if (!permission.ok() && !absl::IsNotFound(permission.status())) known.complete = false;
    if (!permission.ok() || !MayWrite(*permission)) continue;
    known.projects.push_back(covered[i].key);
    any = &covered[i];
  }
  if (any == nullptr) return known;
  const auto contact = IsContact(**forge, remote(*any), account, policy);
  if (!contact.ok()) known.complete = false;
  if (!contact.ok() || *contact) known.projects.clear();
  return known;
}

}  // namespace retainer::pages
