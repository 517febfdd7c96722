// Formats a backtest as JSON, which also carries its pages, and as text for people.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/backtest.h"

namespace retainer::cli {

// The report's data besides its figures.
struct BacktestHead {
  absl::Time as_of;
  absl::Time since = absl::InfinitePast();
  std::string time_zone = "UTC";
  std::string policy;  // the version of the new policy
};

// One JSON object.
std::string BacktestJson(const BacktestHead& head, const Backtest& backtest);
// Reads the figures from BacktestJson's text. Unavailable when another version of the program wrote
// it.
absl::StatusOr<Backtest> ParseBacktest(const std::string& text);

std::string BacktestText(const BacktestHead& head, const Backtest& backtest);

}  // namespace retainer::cli
