// Each promise of a policy as a worked example, so that its author can see whether it says what was
// meant.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer {

struct PromiseExample {
  std::string plan;
  std::string customer;  // empty but for a customer with calendars of its own
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  Target target;
  std::vector<std::string> calendars;
  std::string time_zone;  // in which `text` speaks
  absl::Time opened;
  absl::Time due;
  absl::Time told;  // when people are told, if it is late
  // `gold P3 first_response 1bd [paris]: a ticket opened Fri 2026-03-06 17:00 CET is due Mon
  // 2026-03-09 17:00 CET`; where people are told a breach only at the next opening, followed by `;
  // if late, people are told Tue 2026-03-10 09:00 CET`
  std::string text;
};

// By plan, priority (highest first) and metric. The examples' ticket is opened on the first Friday
// at or after `from` at 17:00 in the zone of the first calendar: late before a weekend is where
// calendars show.
std::vector<PromiseExample> PromiseExamples(const Terms& terms, absl::Time from);

}  // namespace retainer
