#include "src/core/hours_lines.h"

#include "absl/strings/str_cat.h"
#include "retainer/hours.h"

namespace retainer::core {

void AddHoursLines(const TicketContext& context, const Standing& standing,
                   const ClaimStanding& claim, const std::string& name, const Policy& policy,
                   std::vector<std::string>* lines) {
  const auto hours = context.hours.find(claim.customer);
  if (!standing.open || hours == context.hours.end()) return;
  const std::string whose = name.empty() ? "" : absl::StrCat(name, ": ");
  int left = 0;
  for (const HoursLeft& block : hours->second) {
    left += block.left;
    lines->push_back(absl::StrCat(whose, HoursLeftText(block)));
  }
  const auto request = policy.requests.find(claim.request);
  if (left > 0 || request == policy.requests.end() || !request->second.hours) return;
  lines->push_back(absl::StrCat(whose, "no hours are left for this request (", claim.request, ")"));
}

}  // namespace retainer::core
