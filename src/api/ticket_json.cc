#include "src/api/ticket_json.h"

#include <algorithm>

#include "nlohmann/json.hpp"

namespace retainer {
namespace {

using nlohmann::ordered_json;

ordered_json Instant(absl::Time time) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

ordered_json Instant(const std::optional<absl::Time>& time) {
  if (!time) return nullptr;
  return Instant(*time);
}

ordered_json CycleJson(const Cycle& cycle) {
  ordered_json pauses = ordered_json::array();
  for (const Interval& pause : cycle.pauses) {
    pauses.push_back({{"from", Instant(pause.from)}, {"until", Instant(pause.until)}});
  }
  return {{"started", Instant(cycle.started)},
          {"stopped", Instant(cycle.stopped)},
          {"target", cycle.target_as_written.text},
          {"target_seconds", absl::ToInt64Seconds(cycle.target)},
          {"due", Instant(cycle.due)},
          {"at_risk_at", Instant(cycle.at_risk_at)},
          {"paused", cycle.paused_now},
          {"pauses", std::move(pauses)},
          {"elapsed_seconds", absl::ToInt64Seconds(cycle.elapsed)},
          {"outcome", std::string(OutcomeName(cycle.outcome))},
          {"note", cycle.note},
          {"priority", cycle.priority},
          {"calendars", cycle.calendars},
          {"policy", cycle.terms_id}};
}

ordered_json ClockJson(const PromiseClock& clock) {
  ordered_json cycles = ordered_json::array();
  for (const Cycle& cycle : clock.cycles) cycles.push_back(CycleJson(cycle));
  return {{"metric", std::string(MetricName(clock.metric))},
          {"kind", clock.kind == PromiseKind::kCommitment ? "commitment" : "target"},
          {"state", std::string(ClockStateName(clock.state))},
          {"cycles", std::move(cycles)}};
}

std::string Dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string TicketJson(const TicketRef& ref, const Inspection& inspection,
                       const std::string& only_customer) {
  const Standing& standing = inspection.standing;
  ordered_json claims = ordered_json::array();
  for (const ClaimStanding& claim : standing.claims) {
    if (!only_customer.empty() && claim.customer != only_customer) continue;
    ordered_json clocks = ordered_json::array();
    for (const PromiseClock& clock : claim.clocks) clocks.push_back(ClockJson(clock));
    claims.push_back({{"customer", claim.customer},
                      {"since", Instant(claim.since)},
                      {"reason", claim.reason},
                      {"plan", claim.plan},
                      {"priority", claim.priority},
                      {"priority_reason", claim.priority_reason},
                      {"released", claim.released},
                      {"clocks", std::move(clocks)}});
  }
  ordered_json json = {{"ref", ToString(ref)},
                       {"url", inspection.context.url},
                       {"as_of", Instant(inspection.at)},
                       {"open", standing.open},
                       {"opened_at", Instant(standing.opened_at)},
                       {"policy", standing.terms_id},
                       {"claims", std::move(claims)},
                       {"waiting_for_customer", standing.waiting.now}};
  if (only_customer.empty()) {
    // Each of these hangs on every claim.
    json["next_change_at"] = Instant(standing.next_wake);
    json["state"] = standing.worst ? ordered_json(std::string(ClockStateName(*standing.worst)))
                                   : ordered_json(nullptr);
    json["next_due"] = Instant(standing.next_due);
    json["successor"] = standing.successor;
    json["questions_open"] = standing.questions.size();
    json["flags"] = standing.flags;
    // The explanation speaks of every claim.
    json["explanation"] = inspection.explanation;
  }
  return Dump(json);
}

std::string HealthJson(const Health& health) {
  ordered_json forges = ordered_json::array();
  for (const ForgeState& forge : health.forges) {
    forges.push_back({{"name", forge.name},
                      {"client", forge.has_client},
                      {"worker_error", forge.worker_error},
                      {"dispatcher_error", forge.dispatcher_error}});
  }
  ordered_json json = {{"ready", health.ready},
                       {"policy", {{"valid", health.policy}, {"id", health.terms_id}}},
                       {"store", {{"ok", health.store}, {"error", health.store_error}}},
                       {"inbox", health.stats.inbox},
                       {"set_aside", health.stats.set_aside},
                       {"dirty_faces", health.stats.dirty_faces},
                       {"dead_faces", health.stats.dead_faces},
                       {"pending_notices", health.stats.pending_notices},
                       {"reevaluating", health.reevaluating},
                       {"stopping", health.stopping},
                       {"forges", std::move(forges)}};
  json["inbox_age_seconds"] =
      health.inbox_age ? ordered_json(absl::ToInt64Seconds(*health.inbox_age)) : nullptr;
  return Dump(json);
}

}  // namespace retainer
