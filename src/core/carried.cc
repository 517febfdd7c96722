#include "carried.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace retainer::core {

std::string Write(const std::vector<CarriedClaim>& claims) {
  std::string text = "retainer-claims 1\n";
  for (const CarriedClaim& claim : claims) {
    absl::StrAppend(&text, "claim\t", claim.customer, "\t", claim.priority, "\t",
                    claim.answered ? 1 : 0, "\n");
    for (const CarriedClock& clock : claim.clocks) {
      const std::string_view metric = MetricName(clock.metric);
      absl::StrAppend(&text, "clock\t", absl::string_view(metric.data(), metric.size()), "\t",
                      absl::ToUnixMillis(clock.started), "\t",
                      absl::ToInt64Milliseconds(clock.elapsed), "\t",
                      clock.breached_due ? absl::StrCat(absl::ToUnixMillis(*clock.breached_due))
                                         : std::string("-"),
                      "\n");
    }
  }
  return text;
}

std::vector<CarriedClaim> ReadCarried(std::string_view text) {
  std::vector<CarriedClaim> claims;
  bool first = true;
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    if (first) {
      if (line != "retainer-claims 1") return claims;
      first = false;
      continue;
    }
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    if (parts[0] == "claim" && parts.size() == 4) {
      claims.push_back({parts[1], parts[2], parts[3] == "1", {}});
      continue;
    }
    if (parts[0] != "clock" || parts.size() != 5 || claims.empty()) return claims;
    const std::optional<Metric> metric = ParseMetric(parts[1]);
    std::int64_t started = 0;
    std::int64_t elapsed = 0;
    std::int64_t due = 0;
    if (!metric || !absl::SimpleAtoi(parts[2], &started) || !absl::SimpleAtoi(parts[3], &elapsed)) {
      return claims;
    }
    CarriedClock clock{*metric, absl::FromUnixMillis(started), absl::Milliseconds(elapsed), {}};
    if (absl::SimpleAtoi(parts[4], &due)) clock.breached_due = absl::FromUnixMillis(due);
    claims.back().clocks.push_back(clock);
  }
  return claims;
}

}  // namespace retainer::core
