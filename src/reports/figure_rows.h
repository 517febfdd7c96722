// Figures of a store, and how they are written: for people, as JSON, as CSV.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/figures.h"
#include "retainer/stands_out.h"
#include "src/reports/span.h"
#include "src/reports/ticket_walk.h"

namespace retainer::reports {

struct FigureQuestion {
  DaySpan span;
  FigureCut cut = FigureCut::kNone;
  std::optional<ProjectKey> project;
  std::string customer;  // an id; empty: all
  Audience audience = Audience::kTeam;
  std::size_t most_listed = 0;  // see FigureScope
};

struct FigureTable {
  DaySpan span;
  std::string zone;    // of the days and weeks
  std::string policy;  // the version in force at the end of the span
  FigureSums sums;
  std::vector<StandsOut> stands_out = {};
};

// The time zone that a question's days are in: that of the customer, if it asks for one, else the
// desk's.
std::string ZoneNameFor(const Policy& policy, const std::string& customer);
absl::TimeZone ZoneFor(const Policy& policy, const std::string& customer);

// Errors: those of WalkTickets.
absl::StatusOr<FigureTable> SumFigures(const ReportSources& sources,
                                       const FigureQuestion& question);

// Durations are in seconds of open time, instants RFC 3339 in UTC; shares are between 0 and 1, and
// null if nothing was decided.
nlohmann::ordered_json FiguresJson(const FigureTable& table);
// RFC 4180, one line for each row and metric, and one with the metric `all`.
std::string FiguresCsv(const FigureTable& table);
std::string FiguresText(const FigureTable& table);

// The figures of one row, as in FiguresJson.
nlohmann::ordered_json FiguresJson(const Figures& figures);

std::string ShareText(std::optional<double> share);        // `97.5 %`; `-`: nothing was decided
std::string TookText(std::optional<absl::Duration> took);  // `2h 5m`; `-`: nothing was measured

}  // namespace retainer::reports
