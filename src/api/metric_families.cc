#include "src/api/metric_families.h"

#include <algorithm>

namespace retainer {

const std::vector<MetricFamily>& MetricFamilies() {
  using enum MetricType;
  static const auto& families = *new std::vector<MetricFamily>{
      {"retainer_clock_skew_seconds",
       kGauge,
       {"forge"},
       "The forge's clock minus ours, by its last answer."},
      {"retainer_commit_races_total",
       kCounter,
       {},
       "Decisions taken anew because another writer was quicker."},
      {"retainer_dead_faces", kGauge, {}, "Faces that were given up and wait for a person."},
      {"retainer_dead_faces_total", kCounter, {"forge"}, "Faces given up since the start."},
      {"retainer_dead_notices", kGauge, {}, "Notices that were given up and wait for a person."},
      {"retainer_decisions_total", kCounter, {"forge"}, "Decisions committed."},
      {"retainer_deliveries_total",
       kCounter,
       {"forge", "event", "status"},
       "Webhook deliveries by the HTTP status they were answered; event is none where the "
       "signature "
       "did not hold."},
      {"retainer_delivery_lag_seconds",
       kHistogram,
       {"forge"},
       "From the receipt of a delivery to its decision."},
      {"retainer_dirty_face_age_seconds", kGauge, {}, "Age of the oldest face not shown yet."},
      {"retainer_dirty_faces", kGauge, {}, "Faces not shown yet."},
      {"retainer_face_lag_seconds",
       kHistogram,
       {"forge"},
       "From a face's change to the forge showing it."},
      {"retainer_forge_calls_total",
       kCounter,
       {"forge", "outcome"},
       "Calls to a forge by outcome: ok, unchanged, refused, limited, error or unreachable."},
      {"retainer_forge_errors_total",
       kCounter,
       {"forge", "code"},
       "Work on a forge that failed, by canonical code."},
      {"retainer_forge_rate_limit_remaining",
       kGauge,
       {"forge"},
       "Calls left in the forge's rate limit, by its last answer."},
      {"retainer_http_requests_total", kCounter, {"route", "status"}, "HTTP requests."},
      {"retainer_inbox_age_seconds", kGauge, {}, "Age of the oldest delivery not decided yet."},
      {"retainer_inbox_entries", kGauge, {}, "Deliveries not decided yet."},
      {"retainer_intake_seconds",
       kHistogram,
       {"forge"},
       "From a delivery's whole body to its answer, with the synced write."},
      {"retainer_ledger_records", kGauge, {}, "Records of the ledger."},
      {"retainer_loops_broken_total",
       kCounter,
       {"forge"},
       "Edits held back because something answered us too often."},
      {"retainer_mutations_total", kCounter, {"forge", "what"}, "Changes made on a forge."},
      {"retainer_notices_total",
       kCounter,
       {"sink", "kind", "result"},
       "Notices told, retried, given up or silenced before they were told."},
      {"retainer_notices_withheld_total",
       kCounter,
       {"sink"},
       "Private notices kept from sinks that take none."},
      {"retainer_pending_notices", kGauge, {}, "Notices not told yet."},
      {"retainer_policy_effective_timestamp_seconds",
       kGauge,
       {},
       "Unix time from which the newest policy version is in force; 0 while there is none."},
      {"retainer_promises_total",
       kCounter,
       {"metric", "outcome"},
       "Customers' promises that came to an end since the start: met or missed."},
      {"retainer_redeliveries_asked_total",
       kCounter,
       {"forge"},
       "Missed deliveries that the forge was asked to send again."},
      {"retainer_reevaluated_tickets_total",
       kCounter,
       {},
       "Open tickets judged again after a change of the policy or of the program."},
      {"retainer_reevaluating", kGauge, {}, "1 while open tickets are being judged again."},
      {"retainer_refused_identities_total",
       kCounter,
       {"forge"},
       "Accounts seen under a login pinned to another id."},
      {"retainer_set_aside_entries",
       kGauge,
       {},
       "Deliveries that could not be decided and wait for a person."},
      {"retainer_set_aside_total", kCounter, {"forge"}, "Deliveries set aside since the start."},
      {"retainer_store_errors_total", kCounter, {"what"}, "Writes that the store refused."},
      {"retainer_unsigned_deliveries_total",
       kCounter,
       {"forge"},
       "Deliveries that passed on their token although signing tokens are configured."},
      {"retainer_wakeup_lag_seconds", kHistogram, {}, "From a wake-up's instant to its decision."},
  };
  return families;
}

const MetricFamily* FindMetricFamily(std::string_view name) {
  const auto& families = MetricFamilies();
  const auto it =
      std::lower_bound(families.begin(), families.end(), name,
                       [](const MetricFamily& f, std::string_view n) { return f.name < n; });
  return it == families.end() || it->name != name ? nullptr : &*it;
}

}  // namespace retainer
