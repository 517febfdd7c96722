#include "telling.h"

#include <cstdint>

#include "retainer/core.h"

namespace retainer::core {

absl::Time HeldUntil(const TicketKey& ticket, const Plan& plan, const BusinessTime& calendar,
                     absl::Time at) {
  const absl::Time open = TellingTime(plan, calendar, at);
  if (open == at) return at;
  return open + absl::Seconds(static_cast<std::int64_t>(Fingerprint(ToString(ticket)) % 60));
}

}  // namespace retainer::core
