// What a change (a pull or merge request) is seen to be: its commits, and which tickets it says it
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
  std::string base;                // the branch it is to be merged into
  std::string head;                // its last commit
  std::string merge;               // the commit that brought it into `base`; empty where not merged
  std::vector<std::string> fixes;  // as ReadFixes
  friend bool operator==(const ChangeInfo&, const ChangeInfo&) = default;
};

// One change names at most so many tickets; what it names beyond them is passed over.
inline constexpr std::size_t kMaxFixes = 20;

// The tickets that a text says to fix, by its forge's own closing words and references: `#12` for
// one of the change's own project, else `owner/repo#12`; sorted, each once. What stands in code,
// quotes and HTML comments does not count. `project_url` is where the change's project is on the
// web: a link elsewhere is no reference. Any bytes; linear time.
std::vector<std::string> ReadFixes(ForgeKind forge, std::string_view markdown,
                                   std::string_view project_path, std::string_view project_url);

// The observation of a change, as of its version `updated`: of several the newest counts, and of
// those within one second the one that is closed. One that is merged is of the delivery that tells
// of the merge; it is final, whatever is observed before or after. What is no commit or no branch's
// name is kept as empty.
Fact MakeChangeSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated);
// The observation of a change at any time after its merge. Its `fixes` count for nothing.
// Rationale: an author may edit the text of a merged change without any right to the project, and
// must not say by that of what a release is the fix.
Fact MakeMergedSeen(const Learnt& learnt, const ChangeInfo& change, const Moment& updated);

// What the facts know of a change; nullopt where it was never seen. Of a merged one `fixes` are
// those that stood there as it was merged; where the delivery of the merge is missing, those of the
// newest observation before it.
std::optional<ChangeInfo> FindChange(const FactSet& facts);

}  // namespace retainer
