#include "retainer/noise.h"

namespace retainer {

std::string_view NoiseKindName(NoiseKind kind) {
  switch (kind) {
    case NoiseKind::kStatus:
      return "status";
    case NoiseKind::kMention:
      return "mention";
    case NoiseKind::kAssignment:
      return "assignment";
  }
  return "";
}

std::uint64_t SumOf(const NoiseCounts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : counts) sum += count;
  return sum;
}

std::int32_t MonthOf(absl::Time at) {
  const absl::CivilMonth month = absl::ToCivilMonth(at, absl::UTCTimeZone());
  return static_cast<std::int32_t>(month.year() * 12 + month.month() - 1);
}

}  // namespace retainer
