// Claims that travel with a duplicate or a transfer, as the text in a kArrived fact.
//
// Format, version 1: `retainer-claims 1` and then, one a line, tab-separated (no part holds a tab
// or line end: ids and names of the policy are checked for that, and others are refused here):
//   claim  CUSTOMER  PRIORITY  ANSWERED(0|1)
//   clock  METRIC  STARTED(unix ms)  ELAPSED(ms)  DUE(unix ms, where it had been breached, else -)
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
// Unknown versions and broken lines give what could be read before them.
std::vector<CarriedClaim> ReadCarried(std::string_view text);

}  // namespace retainer::core
