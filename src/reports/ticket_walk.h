// Judges the tickets of a store as they were at an instant, one after another.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "retainer/figures.h"
#include "retainer/ids.h"
#include "retainer/policy_changes.h"
#include "retainer/store.h"

namespace retainer::reports {

using ContextOf =
    std::function<absl::StatusOr<TicketContext>(const TicketKey&, const TicketRecord&)>;

// Where reports come from. Everything must outlive its use.
struct ReportSources {
  Store& store;
  ContextOf context_of;
  TermsHistory terms;  // not empty
  absl::Time now;
};

struct WalkScope {
  absl::Time from;   // tickets without activity since then that are closed are left out
  absl::Time as_of;  // not after now
  std::optional<ProjectKey> project;
  // Judges each ticket as this customer (an id) may know it, and leaves out the others. Empty: all.
  std::string customer;
  // Outsiders: private customers do not exist, and confidential tickets are left out.
  Audience audience = Audience::kTeam;
};

// The versions that were in force up to an instant; never empty if `terms` is not.
TermsHistory TermsUntil(const TermsHistory& terms, absl::Time at);

using Visit = std::function<void(const FiguredTicket&, const Standing&)>;

// Calls `visit` once for each ticket of a covered project that was opened until `as_of`. The cost
// grows with the open tickets and those that changed since `from`. A ticket that is closed or
// reopened during the walk can be left out. Errors: those of the store and of `context_of`.
absl::Status WalkTickets(const ReportSources& sources, const WalkScope& scope, const Visit& visit);

}  // namespace retainer::reports
