// A customer as pages show it: what it holds, what was promised, who its contacts are.
#pragma once

#include "absl/status/statusor.h"
#include "src/pages/page.h"
#include "templates/page_renderer.h"

namespace retainer::pages {

absl::TimeZone ZoneOf(const Customer& customer);

// Name, plans with their terms, the promises of the plan in force by priority, its allowance, its
// hours, and the contacts at `now`. Nothing of any other customer. The store's errors.
absl::StatusOr<templates::PageValues> CustomerValues(const PageContext& context,
                                                     const Policy& policy, const Customer& customer,
                                                     absl::Time now);

}  // namespace retainer::pages
