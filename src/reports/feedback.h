// What customers said when tickets were over, and what is to be followed up.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/figures.h"
#include "retainer/standing.h"
#include "src/reports/ticket_walk.h"

namespace retainer::reports {

struct TicketRating {
  FiguredTicket ticket;
  Rating rating;
};

// The ratings given since `scope.from`, the newest first; with `open_only`, those that are not
// followed up. Errors: those of WalkTickets.
absl::StatusOr<std::vector<TicketRating>> FindFeedback(const ReportSources& sources,
                                                       const WalkScope& scope, bool open_only);

nlohmann::ordered_json FeedbackJson(const std::vector<TicketRating>& ratings);
std::string FeedbackText(const std::vector<TicketRating>& ratings);

}  // namespace retainer::reports
