// A backtest as JSON, which is also how its parts travel, and as a text for people.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/backtest.h"

namespace retainer::cli {

// What a report is about, besides its figures.
struct BacktestHead {
  absl::Time as_of;
  absl::Time since = absl::InfinitePast();
  std::string time_zone = "UTC";
  std::string policy;  // the new one's version
};

// One object.
std::string BacktestJson(const BacktestHead& head, const Backtest& backtest);
// The figures back from it. Unavailable for what another version of the program wrote.
absl::StatusOr<Backtest> ParseBacktest(const std::string& text);

std::string BacktestText(const BacktestHead& head, const Backtest& backtest);

}  // namespace retainer::cli
