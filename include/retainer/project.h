// A project as we know it, and whether the policy covers it.
//
// A project is its id. Its name changes, and a policy names projects by patterns of names: a
// version of the policy that covered a project before it was renamed goes on covering it
// (`former`), so that a rename takes nothing from its customers. A version that is loaded after the
// rename covers it only by its present name.
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

// A name that a project had while a version of the policy named it so.
struct FormerName {
  std::string path;
  std::string terms_id;  // the version
  friend auto operator<=>(const FormerName&, const FormerName&) = default;
};

struct ProjectRecord {
  ProjectKey key;
  std::string path;
  std::string url;
  bool is_private = false;
  std::string installation_id;
  absl::Time first_seen = absl::UnixEpoch();
  // The forge's instant of what is said above; what is told of an earlier one changes nothing.
  absl::Time told_at = absl::UnixEpoch();
  std::vector<FormerName> former = {};  // sorted
  // Nobody reads it who is no member of it: what `internal` projects are not, which everybody reads
  // who has signed in. False where that is not known. True only with is_private.
  bool members_only = false;
  friend bool operator==(const ProjectRecord&, const ProjectRecord&) = default;
};

// What coverage goes by.
struct ProjectNames {
  std::string forge;
  std::string path;  // now
  std::vector<FormerName> former = {};
};
ProjectNames NamesOf(const ProjectRecord& project);

// Does one of the patterns, which stand in the version `terms_id` of the policy, name the project?
bool AnyNames(const std::vector<ProjectRef>& patterns, std::string_view terms_id,
              const ProjectNames& project);
// Is the project one of those that the policy is for? The only place that says so.
bool Covers(const Policy& policy, std::string_view terms_id, const ProjectNames& project);
bool Covers(const Terms& terms, const ProjectNames& project);
// By the newest version; not where there is none.
bool Covers(const TermsHistory& terms, const ProjectNames& project);

// The instant from which on the policy's clocks may count for the project: it was known, and a
// version covered it. (The first version also covers what came before it.)
absl::Time AdoptedAt(const TermsHistory& terms, const ProjectNames& project, absl::Time first_seen);

// The old name by which alone the policy covers the project: it has to be mended there. Nullopt
// where a pattern names the project as it is called now, or none covers it.
std::optional<std::string> StaleName(const Policy& policy, std::string_view terms_id,
                                     const ProjectNames& project);

// "the policy's `projects` do not cover gitlab:acme/sub/tool: …", with the pattern that would.
std::string NotCovered(const Policy& policy, const ProjectRef& project);
// "the policy names github:acme/opendb, which is called …", with the mend.
std::string NamedByOldName(const ProjectRef& now, const std::string& old_path);

// Joins what is told of a project at `told.told_at` to what is known: newer wins; of what is told
// of the same instant the later word, but private wins, and of private ones those that more people
// read. The first of all instants at which it was seen and the union of its former names stay.
// Names that the versions in `terms` knew it by are remembered when its name changes, and when what
// comes late says what it was called before.
ProjectRecord JoinProject(const ProjectRecord& known, const ProjectRecord& told,
                          const TermsHistory& terms = {});

}  // namespace retainer
