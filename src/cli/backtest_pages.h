// Evaluates the tickets of a store under another policy, page by page. It needs the memory of one
// page, for any number of tickets, and releases the store between two pages. Reads only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/backtest.h"
#include "retainer/core.h"
#include "retainer/store.h"

namespace retainer::cli {

struct BacktestTask {
  TermsHistory today;     // not empty
  TermsHistory proposed;  // one version, which also covers the past
  BacktestScope scope;
  absl::Time now;
  // If set: under the new policy, the author of a community ticket counts as a contact of this
  // customer, whose term is then unlimited. The project's own people do not count. Empty: no author
  // does.
  std::string as_customer;
};

struct BacktestPage {
  Backtest part;
  std::optional<TicketKey> last;  // the next page starts after it; nullopt: this was the last page
};

// The standing of a ticket; empty under a policy that does not cover its project.
Standing JudgeCovered(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
                      const Pins& pins, absl::Time now);

using ContextOf =
    std::function<absl::StatusOr<TicketContext>(const TicketKey&, const TicketRecord&)>;

// Errors: those of the store.
absl::StatusOr<BacktestPage> RunBacktestPage(Store& store, const ContextOf& context_of,
                                             const BacktestTask& task,
                                             const std::optional<TicketKey>& after);

}  // namespace retainer::cli
