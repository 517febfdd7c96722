// PolicyQueue: the commits and proposals of the policy's repository about which something is to be
// said on the forge. Commits of the branch have a place of their own and come first. Anybody may
// propose, so proposals are bounded, in all and for each author, and authors take turns.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "src/cli/policy_check_text.h"

namespace retainer::cli {

// What waits to be said, or read and then said.
struct PolicyWork {
  // PolicyWork::proposed of the task to find the proposals that are open.
  static constexpr std::int64_t kAllOpen = -1;

  std::int64_t proposed = 0;  // number of a proposal; 0: a commit of the branch; or kAllOpen
  std::string author;         // id of the account that made the proposal; empty: found in a list
  std::string project_id;     // the forge's id of the project, when it was asked
  std::string head;           // see PolicyChecks::Propose
  std::string commit;
  std::optional<PolicyCheckText> text;  // nullopt: the proposal is not read yet
  int tries = 0;
  absl::Time not_before = absl::InfinitePast();  // (Steady)
};

class PolicyQueue {
 public:
  static constexpr std::size_t kMostCommits = 20;    // of the branch
  static constexpr std::size_t kMostProposals = 50;  // known from deliveries
  static constexpr std::size_t kMostOfAuthor = 3;
  static constexpr std::size_t kMostListed = 100;  // proposals found in a list

  // Takes the place of older work about the same proposal or commit. Returns false if a proposal
  // was dropped, this one or another: it is to be looked for later in the forge's list.
  bool Add(PolicyWork work);
  // Removes and returns what is to be done now; nullopt: nothing is.
  std::optional<PolicyWork> Take(absl::Time now);
  // When something is to be done; InfiniteFuture: nothing waits.
  absl::Time Next() const;
  // True if work about the same proposal or commit waits.
  bool Has(const PolicyWork& work) const;

 private:
  using Works = std::deque<PolicyWork>;

  bool AddProposal(PolicyWork work);
  std::size_t CountOf(const std::string& author) const;
  // The proposal that is due and whose author had the last turn the longest ago.
  Works::iterator NextProposal(absl::Time now);

  Works commits_;
  Works proposals_;
  Works listed_;
  std::optional<PolicyWork> find_open_;  // kAllOpen
  std::deque<std::string> turns_;        // authors, the latest turn last
};

}  // namespace retainer::cli
