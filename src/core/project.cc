#include "retainer/project.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

bool MatchesAny(const std::vector<ProjectRef>& patterns, const ProjectRef& project) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const ProjectRef& pattern) { return MatchesProject(pattern, project); });
}

// True if the version names such a project, as one of its own or of a customer's.
bool Names(const Policy& policy, const ProjectRef& project) {
  return MatchesAny(policy.projects, project) ||
         std::any_of(policy.customers.begin(), policy.customers.end(),
                     [&](const Customer& c) { return MatchesAny(c.projects, project); });
}

// Records that the versions loaded before `until` knew the project as `path`. The first version
// also covers earlier times.
void Remember(const std::string& path, absl::Time until, const TermsHistory& terms,
              ProjectRecord* record) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i > 0 && terms[i]->effective > until) continue;
    if (!Names(terms[i]->policy, {record->key.forge, path})) continue;
    record->former.push_back({path, terms[i]->id});
  }
}

void Tidy(std::vector<FormerName>* former) {
  std::sort(former->begin(), former->end());
  former->erase(std::unique(former->begin(), former->end()), former->end());
}

}  // namespace

ProjectNames NamesOf(const ProjectRecord& project) {
  return {project.key.forge, project.path, project.former};
}

bool AnyNames(const std::vector<ProjectRef>& patterns, std::string_view terms_id,
              const ProjectNames& project) {
  if (MatchesAny(patterns, {project.forge, project.path})) return true;
  return std::any_of(project.former.begin(), project.former.end(), [&](const FormerName& name) {
    return name.terms_id == terms_id && MatchesAny(patterns, {project.forge, name.path});
  });
}

bool Covers(const Policy& policy, std::string_view terms_id, const ProjectNames& project) {
  return AnyNames(policy.projects, terms_id, project);
}

bool Covers(const Terms& terms, const ProjectNames& project) {
  return Covers(terms.policy, terms.id, project);
}

bool Covers(const TermsHistory& terms, const ProjectNames& project) {
  return !terms.empty() && Covers(*terms.back(), project);
}

bool EverCovered(const TermsHistory& terms, const ProjectNames& project) {
  return std::any_of(terms.begin(), terms.end(),
                     [&](const auto& version) { return Covers(*version, project); });
}

absl::Time AdoptedAt(const TermsHistory& terms, const ProjectNames& project,
                     absl::Time first_seen) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (!Covers(*terms[i], project)) continue;
    return i == 0 ? first_seen : std::max(first_seen, terms[i]->effective);
  }
  return first_seen;
}

std::optional<std::string> StaleName(const Policy& policy, std::string_view terms_id,
                                     const ProjectNames& project) {
  if (MatchesAny(policy.projects, {project.forge, project.path})) return std::nullopt;
  for (const FormerName& name : project.former) {
    if (name.terms_id != terms_id) continue;
    if (MatchesAny(policy.projects, {project.forge, name.path})) return name.path;
  }
  return std::nullopt;
}

std::string NotCovered(const Policy& policy, const ProjectRef& project) {
  std::string text =
      absl::StrCat("the policy's `projects` do not cover ", ToString(project), ": add \"",
                   ToString(project), "\" to them if it is to be supported");
  for (const ProjectRef& pattern : policy.projects) {
    // `acme/*` matches one level: `acme/sub/tool` needs `acme/**`.
    if (pattern.forge != project.forge || !pattern.path.ends_with("/*")) continue;
    const ProjectRef deeper{pattern.forge, absl::StrCat(pattern.path, "*")};
    if (!MatchesProject(deeper, project)) continue;
    absl::StrAppend(&text, ", or \"", ToString(deeper), "\" instead of \"", ToString(pattern),
                    "\", which reaches one level only");
    break;
  }
  return text;
}

std::string NamedByOldName(const ProjectRef& now, const std::string& old_path) {
  return absl::StrCat("the policy names ", ToString(ProjectRef{now.forge, old_path}),
                      ", which is called ", ToString(now),
                      " now: write the new name into the policy's `projects`. The project stays "
                      "covered by its id until the policy is changed; a changed policy without the "
                      "new name does not cover it");
}

ProjectRecord JoinProject(const ProjectRecord& known, const ProjectRecord& told,
                          const TermsHistory& terms) {
  const bool newer = told.told_at >= known.told_at;
  const ProjectRecord& now = newer ? told : known;
  const ProjectRecord& before = newer ? known : told;
  ProjectRecord joined = now;
  joined.key = known.key;
  joined.first_seen = std::min(known.first_seen, told.first_seen);
  if (joined.path.empty()) joined.path = before.path;
  if (joined.url.empty()) joined.url = before.url;
  if (joined.installation_id.empty()) joined.installation_id = before.installation_id;
  if (told.told_at == known.told_at) {
    joined.is_private = known.is_private || told.is_private;
    joined.members_only = known.members_only && told.members_only;
  }
  joined.former.insert(joined.former.end(), before.former.begin(), before.former.end());
  if (!before.path.empty() && !absl::EqualsIgnoreCase(before.path, joined.path)) {
    // The name that was known until now is the one that all versions up to now used.
    Remember(before.path, newer ? absl::InfiniteFuture() : now.told_at, terms, &joined);
  }
  Tidy(&joined.former);
  return joined;
}

}  // namespace retainer
