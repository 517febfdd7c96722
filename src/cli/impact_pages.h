// Finds the impact of a changed policy on the tickets of a store, page by page, like
// backtest_pages.h: it needs the memory of one page and releases the store between two. Reads only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/impact.h"
#include "retainer/store.h"
#include "src/cli/backtest_pages.h"

namespace retainer::cli {

// How much of the past is judged again.
inline constexpr absl::Duration kImpactPast = absl::Hours(24 * 90);

struct ImpactTask {
  // The versions so far, and the same with the changed one in force from `now` on.
  TermsHistory today;
  TermsHistory changed;
  // As if the changed policy had always been in force.
  TermsHistory always;
  absl::Time now;
  ImpactScope scope;
  // For outsiders: the three without the customers that are private in the policy in force or in
  // the changed one. Empty for the team.
  TermsHistory outside_today = {};
  TermsHistory outside_changed = {};
  TermsHistory outside_always = {};
};

// REQUIRES: `today` is not empty.
ImpactTask MakeImpactTask(TermsHistory today, const Terms& changed, absl::Time now,
                          Audience audience, std::size_t most_listed = 20);

struct ImpactPage {
  Impact part;
  std::optional<TicketKey> last;  // the next page starts after it; nullopt: this was the last page
};

// Errors: those of the store and of `context_of`.
absl::StatusOr<ImpactPage> RunImpactPage(Store& store, const ContextOf& context_of,
                                         const ImpactTask& task,
                                         const std::optional<TicketKey>& after);

// All pages, one after another.
absl::StatusOr<Impact> RunImpact(Store& store, const ContextOf& context_of, const ImpactTask& task);

}  // namespace retainer::cli
