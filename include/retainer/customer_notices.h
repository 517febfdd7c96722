// What the team is told about a customer, beside its tickets: hours and allowances that are nearly
// used up, and terms that end soon.
//
// Pure. Ids are stable: the same cause has the same id whenever it is computed, so each is told
// once.
#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "retainer/hours.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

// Days before the end of a customer's last term.
inline constexpr int kTermEndingDays = 30;
inline constexpr int kTermEndingSoonDays = 7;

// The notices that are true at `now`, ordered by id. Their `ticket` is empty; `ref` names the
// customer.
// - hours.low: kHoursLow of a block that covers today is used; once per block.
// - allowance.low: kHoursLow of the tickets of a month is used; once per month and limit. `used`:
//   this month's use; nullopt: no notice.
// - customer.term_ending: no later term follows; once with kTermEndingDays left and once with
//   kTermEndingSoonDays left.
std::vector<Notice> CustomerNotices(const Policy& policy, const Customer& customer,
                                    const HoursBook& book, const std::optional<AllowanceUse>& used,
                                    absl::Time now);

}  // namespace retainer
