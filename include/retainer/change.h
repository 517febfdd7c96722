// What is known of a change (a pull or merge request): its commits, and the tickets that it says it
// fixes.
//
// Plain values and pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/fact_builders.h"
#include "retainer/ids.h"

namespace retainer {

// Persisted: numbers never change.
enum class ChangeState : std::uint8_t { kOpen = 1, kClosed = 2, kMerged = 3 };

struct ChangeInfo {
  ChangeState state = ChangeState::kOpen;
  std::string base;                // the branch into which it will be merged
  std::string head;                // its last commit
  std::string merge;               // the merge commit on `base`; empty if not merged
  std::vector<std::string> fixes;  // result of ReadFixes
  friend bool operator==(const ChangeInfo&, const ChangeInfo&) = default;
};

// The most tickets that one change can name. Further ones are ignored.
inline constexpr std::size_t kMaxFixes = 20;

// The tickets that a text says it fixes, by its forge's closing keywords and references: `#12` in
// the change's own project, else `owner/repo#12`; sorted, without duplicates. Code, quotes and HTML
// comments are ignored. `project_url` is the web address of the change's project: links to other
// addresses are no references. Accepts any bytes. Linear time.
std::vector<std::string> ReadFixes(ForgeKind forge, std::string_view markdown,
                                   std::string_view project_path, std::string_view project_url);

// An observation of a change at its version `updated`. The newest observation counts; of several in
// the same second, a closed one, else one from a delivery that tells of new commits (`pushed`).
// Forges state whole seconds, and a push can follow within the second of the opening. An
// observation `merged` comes from the delivery of the merge and is final, whatever is observed
// before or after. A value that is not a commit, or not a branch name, is stored as empty.
Fact MakeChangeSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated,
                    bool pushed = false);
// An observation of a change after its merge. Its `fixes` are ignored. Rationale: an author may
// edit the text of a merged change without any right to the project, and must not decide by that
// what a release fixes.
Fact MakeMergedSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated);

// What the facts say of a change; nullopt if it was never observed. If it was merged, `fixes` are
// those of the delivery of the merge; without that delivery, those of the newest observation before
// it.
std::optional<ChangeInfo> FindChange(const FactSet& facts);

}  // namespace retainer
