// What is known of a project, and whether the policy covers it.
//
// A project is identified by its id. Its name can change, but a policy names projects by patterns
// of names. So a version of the policy that covered a project before it was renamed still covers it
// (`former`): a rename takes nothing from its customers. A version that is loaded after the rename
// covers it only by its new name.
//
// Plain values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/policy.h"

namespace retainer {

// A name that the project had while this version of the policy was in force.
struct FormerName {
  std::string path;
  std::string terms_id;  // policy version
  friend auto operator<=>(const FormerName&, const FormerName&) = default;
};

struct ProjectRecord {
  ProjectKey key;
  std::string path;
  std::string url;
  bool is_private = false;
  std::string installation_id;
  absl::Time first_seen = absl::UnixEpoch();
  // The forge's time of the fields above. Older information changes nothing.
  absl::Time told_at = absl::UnixEpoch();
  std::vector<FormerName> former = {};  // sorted
  // Only members can read it. False for `internal` projects, which every signed-in user can read,
  // and if unknown. True only if is_private.
  bool members_only = false;
  friend bool operator==(const ProjectRecord&, const ProjectRecord&) = default;
};

// The names that decide whether a policy covers the project.
struct ProjectNames {
  std::string forge;
  std::string path;  // present path
  std::vector<FormerName> former = {};
};
ProjectNames NamesOf(const ProjectRecord& project);

// True if one of the patterns, taken from the policy version `terms_id`, matches the project.
bool AnyNames(const std::vector<ProjectRef>& patterns, std::string_view terms_id,
              const ProjectNames& project);
// True if the policy covers the project. Only this function decides that.
bool Covers(const Policy& policy, std::string_view terms_id, const ProjectNames& project);
bool Covers(const Terms& terms, const ProjectNames& project);
// Uses the newest version. False if there is none.
bool Covers(const TermsHistory& terms, const ProjectNames& project);
// True if any version covers the project.
bool EverCovered(const TermsHistory& terms, const ProjectNames& project);

// The instant from which the policy's clocks may count for the project: the project was known and a
// version covered it. (The first version also covers earlier times.)
absl::Time AdoptedAt(const TermsHistory& terms, const ProjectNames& project, absl::Time first_seen);

// If the policy covers the project only by an old name: that name, for a warning. Nullopt if a
// pattern matches the present name, or if none covers it.
std::optional<std::string> StaleName(const Policy& policy, std::string_view terms_id,
                                     const ProjectNames& project);

// The error text "the policy's `projects` do not cover gitlab:acme/sub/tool: …", with a pattern
// that would cover it.
std::string NotCovered(const Policy& policy, const ProjectRef& project);
// The warning text "the policy names github:acme/opendb, which is called …", with what to do.
std::string NamedByOldName(const ProjectRef& now, const std::string& old_path);

// Merges what is told of a project at `told.told_at` with what is known. The newer wins. If both
// are of the same instant, `told` wins, except that private wins over public and
// `members_only` = false wins over true. The earliest `first_seen` and the union of former names
// are kept. When the name changes, or late information contains an earlier name, the names that the
// versions in `terms` knew are added to `former`.
ProjectRecord JoinProject(const ProjectRecord& known, const ProjectRecord& told,
                          const TermsHistory& terms = {});

}  // namespace retainer
