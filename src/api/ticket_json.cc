#include "src/api/ticket_json.h"

#include <algorithm>

#include "nlohmann/json.hpp"

namespace retainer {
namespace {

using nlohmann::ordered_json;

ordered_json Instant(absl::Time time) { return InstantJson(time); }

ordered_json Instant(const std::optional<absl::Time>& time) {
  if (!time) return nullptr;
  return Instant(*time);
}

std::string KindName(PromiseKind kind) {
  return kind == PromiseKind::kCommitment ? "commitment" : "target";
}

ordered_json StillJson(const Standstill& still) {
  return {{"from", Instant(still.span.from)},
          {"until", Instant(still.span.until)},
          {"began_by", still.begin_fact},
          {"ended_by", still.end_fact}};
}

// A part of a cycle under one set of terms, and the due instant that it alone would give.
ordered_json StretchJson(const Stretch& stretch) {
  ordered_json leg = nullptr;
  if (stretch.has_leg) {
    leg = {{"open_seconds", absl::ToInt64Seconds(stretch.open)}, {"due", Instant(stretch.due)}};
  }
  return {{"from", Instant(stretch.from)},
          {"why", stretch.why},
          {"target", stretch.promise->as_written.text},
          {"target_seconds", absl::ToInt64Seconds(stretch.promise->target)},
          {"priority", stretch.promise->priority},
          {"calendars", stretch.promise->calendars},
          {"policy", stretch.promise->terms_id},
          {"elapsed_before_seconds", absl::ToInt64Seconds(stretch.elapsed)},
          {"leg", std::move(leg)}};
}

ordered_json CycleJson(const Cycle& cycle) {
  ordered_json pauses = ordered_json::array();
  for (const Interval& pause : cycle.pauses) {
    pauses.push_back({{"from", Instant(pause.from)}, {"until", Instant(pause.until)}});
  }
  const Promise& promise = *cycle.promise;
  ordered_json stretches = ordered_json::array();
  for (const Stretch& stretch : cycle.stretches) stretches.push_back(StretchJson(stretch));
  ordered_json resumed = ordered_json::array();
  for (const Standstill& still : cycle.resumed) resumed.push_back(StillJson(still));
  return {{"started", Instant(cycle.started)},
          {"started_by", std::string(IdOf(cycle.start_fact))},
          {"stopped", Instant(cycle.stopped)},
          {"stopped_by", std::string(IdOf(cycle.stop_fact))},
          {"target", promise.as_written.text},
          {"target_seconds", absl::ToInt64Seconds(promise.target)},
          {"due", Instant(cycle.due)},
          {"due_stands", cycle.due_stands},
          {"at_risk_at", Instant(cycle.at_risk_at)},
          {"paused", cycle.paused_now},
          {"pauses", std::move(pauses)},
          {"elapsed_seconds", absl::ToInt64Seconds(cycle.elapsed)},
          {"outcome", std::string(OutcomeName(cycle.outcome))},
          {"note", cycle.note},
          {"priority", promise.priority},
          {"calendars", promise.calendars},
          {"policy", promise.terms_id},
          {"stretches", std::move(stretches)},
          {"resumed", std::move(resumed)}};
}

ordered_json ClockJson(const PromiseClock& clock) {
  ordered_json cycles = ordered_json::array();
  for (const Cycle& cycle : clock.cycles) cycles.push_back(CycleJson(cycle));
  ordered_json to_come = ordered_json::array();
  for (const Coming& coming : clock.to_come) {
    to_come.push_back({{"at", Instant(coming.at)},
                       {"kind", std::string(NoticeKindName(coming.kind))},
                       {"fraction", coming.fraction}});
  }
  return {{"metric", std::string(MetricName(clock.metric))},
          {"kind", KindName(clock.kind)},
          {"state", std::string(ClockStateName(clock.state))},
          {"cycles", std::move(cycles)},
          {"to_come", std::move(to_come)}};
}

template <class T>
ordered_json OrNull(const std::optional<T>& state) {
  return state ? ordered_json(std::string(ClockStateName(*state))) : ordered_json(nullptr);
}

// Of a record, whose opening may not be known yet.
ordered_json TimeOf(absl::Time at) { return at == absl::UnixEpoch() ? nullptr : Instant(at); }

ordered_json ClaimEntry(const ClaimRecord& claim, absl::Time now) {
  ordered_json promises = ordered_json::array();
  for (const OpenPromise& promise : claim.promises) {
    promises.push_back({{"metric", std::string(MetricName(promise.metric))},
                        {"kind", KindName(promise.kind)},
                        {"state", std::string(ClockStateName(StateAt(promise, now)))},
                        {"at_risk_at", Instant(promise.at_risk_at)},
                        {"due", Instant(promise.due)}});
  }
  return {{"customer", claim.customer},   {"plan", claim.plan},
          {"priority", claim.priority},   {"state", OrNull(StateAt(claim, now))},
          {"due", Instant(DueOf(claim))}, {"promises", std::move(promises)}};
}

}  // namespace

ordered_json InstantJson(absl::Time time) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string DumpJson(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ApiAnswer JsonAnswer(ordered_json json) {
  ApiAnswer answer;
  answer.body = DumpJson(json);
  json.erase("as_of");
  answer.stable = DumpJson(json);
  return answer;
}

TicketRef RefOf(const TicketRecord& record) {
  return {record.key.forge, record.project_path, record.key.kind, record.key.number};
}

ordered_json TicketEntry(const TicketRecord& record, const std::string& only_customer,
                         absl::Time now) {
  ordered_json claims = ordered_json::array();
  std::optional<ClockState> state = StateAt(record, now);
  for (const ClaimRecord& claim : ClaimsInForce(record)) {
    if (!only_customer.empty() && claim.customer != only_customer) continue;
    if (!only_customer.empty()) state = StateAt(claim, now);
    claims.push_back(ClaimEntry(claim, now));
  }
  const TicketRef ref = RefOf(record);
  return {{"ref", ToString(ref)},
          {"url", record.url},
          {"title", record.title},
          {"project", ToString(ProjectRef{ref.forge, ref.path})},
          {"open", record.open},
          {"opened_at", TimeOf(record.opened_at)},
          {"updated_at", TimeOf(record.updated_at)},
          {"state", OrNull(state)},
          {"due", Instant(DueIn(record, only_customer))},
          {"claims", std::move(claims)}};
}

TicketTexts TicketJson(const TicketRef& ref, const Inspection& inspection,
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
  ordered_json waits = ordered_json::array();
  for (const Standstill& wait : standing.waits) waits.push_back(StillJson(wait));
  ordered_json json = {{"ref", ToString(ref)},
                       {"url", inspection.context.url},
                       {"as_of", Instant(inspection.at)},
                       {"open", standing.open},
                       {"opened_at", Instant(standing.opened_at)},
                       {"policy", standing.terms_id},
                       {"claims", std::move(claims)},
                       {"waiting_for_customer", standing.waiting.now},
                       {"waits", std::move(waits)}};
  if (only_customer.empty()) {
    // Each of these hangs on every claim.
    json["next_change_at"] = Instant(standing.next_wake);
    json["state"] = OrNull(standing.worst);
    json["next_due"] = Instant(standing.next_due);
    json["successor"] = standing.successor;
    json["questions_open"] = standing.questions.size();
    json["flags"] = standing.flags;
    // The explanation speaks of every claim.
    json["explanation"] = inspection.explanation;
  }
  TicketTexts texts;
  texts.body = DumpJson(json);
  json.erase("as_of");
  json.erase("explanation");
  for (ordered_json& claim : json["claims"]) {
    for (ordered_json& clock : claim["clocks"]) {
      for (ordered_json& cycle : clock["cycles"]) cycle.erase("elapsed_seconds");
    }
  }
  if (only_customer.empty()) json["version"] = inspection.record.version;
  texts.stable = DumpJson(json);
  return texts;
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
                       {"dead_notices", health.stats.dead_notices},
                       {"reevaluating", health.reevaluating},
                       {"stopping", health.stopping},
                       {"forges", std::move(forges)}};
  json["inbox_age_seconds"] =
      health.inbox_age ? ordered_json(absl::ToInt64Seconds(*health.inbox_age)) : nullptr;
  return DumpJson(json);
}

}  // namespace retainer
