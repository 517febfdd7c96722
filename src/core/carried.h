// Claims that move with a duplicate or a transfer, as the text in a kArrived fact.
//
// Format, version 1: the line `retainer-claims 1`, then tab-separated lines (no field can contain a
// tab or line end: the policy's ids and names are checked for that, others are refused here):
//   claim  CUSTOMER  PRIORITY  ANSWERED(0|1)
//   clock  METRIC  STARTED(unix ms)  ELAPSED(ms)  DUE(unix ms if it was breached there, else -)
// `clock` lines belong to the `claim` line above them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer::core {

struct CarriedClock {
  Metric metric = Metric::kFirstResponse;
  absl::Time started;
  absl::Duration elapsed;
  std::optional<absl::Time> breached_due;
};

struct CarriedClaim {
  std::string customer;
  std::string priority;
  bool answered = false;
  std::vector<CarriedClock> clocks;
};

std::string Write(const std::vector<CarriedClaim>& claims);
// Returns what precedes an invalid line; nothing for an unknown version.
std::vector<CarriedClaim> ReadCarried(std::string_view text);

}  // namespace retainer::core
