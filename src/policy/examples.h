// Shows each promise of a policy as a worked example, so that its author sees what it means.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer::policy {

struct PromiseExample {
  std::string plan;
  std::string customer;  // empty, except for a customer with calendars of its own
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  Target target;
  std::vector<std::string> calendars;
  std::string time_zone;  // the time zone of the times in `text`
  absl::Time opened;
  absl::Time due;
  absl::Time told;  // when people are told of a breach, if it is late
  // `gold P3 first_response 1bd [paris]: a ticket opened Fri 2026-03-06 17:00 CET is due Mon
  // 2026-03-09 17:00 CET`. If people are told of a breach only at the next opening, this follows:
  // `; if late, people are told Tue 2026-03-10 09:00 CET`.
  std::string text;
};

// Ordered by plan, priority (highest first) and metric. Each example's ticket is opened at 17:00 on
// the first Friday at or after `from`, in the zone of the first calendar. Calendars make the
// clearest difference on a late hour before a weekend.
std::vector<PromiseExample> PromiseExamples(const Terms& terms, absl::Time from);

}  // namespace retainer::policy
