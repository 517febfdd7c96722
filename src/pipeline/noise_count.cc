#include "src/pipeline/noise_count.h"

#include <string>

#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {

void CountNoise(const NoiseParts& parts, const TicketKey& ticket, NoiseKind kind,
                std::uint64_t count) {
  parts.metrics.Count("retainer_notifications_total",
                      {{"forge", ticket.forge}, {"kind", std::string(NoiseKindName(kind))}},
                      static_cast<double>(count));
  const absl::Status counted = parts.store.AddNoise(ticket, kind, count, parts.clock.Now());
  if (counted.ok()) return;
  parts.log.Warning("a notification could not be counted",
                    {{"ticket", NameOf(parts.store, ticket)}, {"error", StatusText(counted)}});
}

}  // namespace retainer::pipeline
