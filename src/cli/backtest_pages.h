// The tickets of a store under another policy, a page at a time: the memory it takes is a page's,
// however many tickets there are, and between two pages whoever else wants the store has it. Reads
// only.
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
  TermsHistory proposed;  // one version, which covers the past too
  BacktestScope scope;
  absl::Time now;
  // Under the new policy whoever opened a ticket of the community is taken for a contact of this
  // customer, whose term is then without bounds; empty: nobody is. Not the project's own people.
  std::string as_customer;
};

struct BacktestPage {
  Backtest part;
  std::optional<TicketKey> last;  // the next page goes on after it; nullopt: there is none
};

using ContextOf =
    std::function<absl::StatusOr<TicketContext>(const TicketKey&, const TicketRecord&)>;

// Errors are the store's.
absl::StatusOr<BacktestPage> RunBacktestPage(Store& store, const ContextOf& context_of,
                                             const BacktestTask& task,
                                             const std::optional<TicketKey>& after);

}  // namespace retainer::cli
