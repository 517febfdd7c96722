#include "src/api/ticket_json.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "retainer/instant_text.h"

namespace retainer::api {
namespace {

using nlohmann::ordered_json;

std::string_view KindName(PromiseKind kind) {
  return kind == PromiseKind::kCommitment ? "commitment" : "target";
}

void WriteState(std::string_view name, const std::optional<ClockState>& state, JsonWriter* json) {
  if (state) {
    json->Text(name, ClockStateName(*state));
  } else {
    json->Null(name);
  }
}

void WriteInstant(std::string_view name, const std::optional<absl::Time>& time, JsonWriter* json) {
  json->Instant(name, time.value_or(absl::InfiniteFuture()));
}

void WriteStills(std::string_view name, const std::vector<Standstill>& stills, JsonWriter* json) {
  json->BeginArray(name);
  for (const Standstill& still : stills) {
    json->BeginObject();
    json->Instant("from", still.span.from);
    json->Instant("until", still.span.until);
    json->Text("began_by", still.begin_fact);
    json->Text("ended_by", still.end_fact);
    json->End();
  }
  json->End();
}

// A part of a cycle under one version of the terms.
void WriteStretch(const Stretch& stretch, JsonWriter* json) {
  json->BeginObject();
  json->Instant("from", stretch.from);
  json->Text("why", stretch.why);
  json->Text("target", stretch.promise->as_written.text);
  json->Number("target_seconds", absl::ToInt64Seconds(stretch.promise->target));
  json->Text("priority", stretch.promise->priority);
  json->Texts("calendars", stretch.promise->calendars);
  json->Text("policy", stretch.promise->terms_id);
  json->Number("elapsed_before_seconds", absl::ToInt64Seconds(stretch.elapsed));
  if (stretch.has_leg) {
    json->BeginObject("leg");
    json->Number("open_seconds", absl::ToInt64Seconds(stretch.open));
    json->Instant("due", stretch.due);
    json->End();
  } else {
    json->Null("leg");
  }
  json->End();
}

void WriteCycle(const Cycle& cycle, JsonWriter* json) {
  const Promise& promise = *cycle.promise;
  json->BeginObject();
  json->Instant("started", cycle.started);
  json->Text("started_by", IdOf(cycle.start_fact));
  WriteInstant("stopped", cycle.stopped, json);
  json->Text("stopped_by", IdOf(cycle.stop_fact));
  json->Text("target", promise.as_written.text);
  json->Number("target_seconds", absl::ToInt64Seconds(promise.target));
  json->Instant("due", cycle.due);
  json->Flag("due_stands", cycle.due_stands);
  json->Instant("at_risk_at", cycle.at_risk_at);
  json->Flag("paused", cycle.paused_now);
  json->BeginArray("pauses");
  for (const Interval& pause : cycle.pauses) {
    json->BeginObject();
    json->Instant("from", pause.from);
    json->Instant("until", pause.until);
    json->End();
  }
  json->End();
  json->BeginVolatile();
  json->Number("elapsed_seconds", absl::ToInt64Seconds(cycle.elapsed));
  json->EndVolatile();
  json->Text("outcome", OutcomeName(cycle.outcome));
  json->Text("note", cycle.note);
  json->Text("priority", promise.priority);
  json->Texts("calendars", promise.calendars);
  json->Text("policy", promise.terms_id);
  json->BeginArray("stretches");
  for (const Stretch& stretch : cycle.stretches) WriteStretch(stretch, json);
  json->End();
  WriteStills("resumed", cycle.resumed, json);
  json->End();
}

void WriteClock(const PromiseClock& clock, JsonWriter* json) {
  json->BeginObject();
  json->Text("metric", MetricName(clock.metric));
  json->Text("kind", KindName(clock.kind));
  json->Text("state", ClockStateName(clock.state));
  json->BeginArray("cycles");
  for (const Cycle& cycle : clock.cycles) WriteCycle(cycle, json);
  json->End();
  json->BeginArray("to_come");
  for (const Coming& coming : clock.to_come) {
    json->BeginObject();
    json->Instant("at", coming.at);
    json->Text("kind", NoticeKindName(coming.kind));
    json->Fraction("fraction", coming.fraction);
    json->End();
  }
  json->End();
  json->End();
}

// A time of a record; null when the ticket's opening is not yet known.
void WriteTimeOf(std::string_view name, absl::Time at, JsonWriter* json) {
  json->Instant(name, at == absl::UnixEpoch() ? absl::InfinitePast() : at);
}

void WriteClaim(const ClaimRecord& claim, absl::Time now, JsonWriter* json) {
  json->BeginObject();
  json->Text("customer", claim.customer);
  json->Text("plan", claim.plan);
  json->Text("priority", claim.priority);
  json->Flag("trial", claim.trial);
  json->Text("request", claim.request);
  WriteState("state", StateAt(claim, now), json);
  json->Instant("due", DueOf(claim));
  json->BeginArray("promises");
  for (const OpenPromise& promise : claim.promises) {
    json->BeginObject();
    json->Text("metric", MetricName(promise.metric));
    json->Text("kind", KindName(promise.kind));
    json->Text("state", ClockStateName(StateAt(promise, now)));
    json->Instant("at_risk_at", promise.at_risk_at);
    json->Instant("due", promise.due);
    json->End();
  }
  json->End();
  json->End();
}

}  // namespace

ordered_json InstantJson(absl::Time time) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return nullptr;
  return Rfc3339(time);
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

ApiAnswer JsonAnswer(const JsonWriter& json) {
  ApiAnswer answer;
  answer.body = json.body();
  answer.stable = json.stable();
  return answer;
}

TicketRef RefOf(const TicketRecord& record) {
  return {record.key.forge, record.project_path, record.key.kind, record.key.number};
}

void WriteTicketEntry(const TicketRecord& record, const std::string& only_customer, absl::Time now,
                      JsonWriter* json) {
  std::vector<ClaimRecord> claims = ClaimsInForce(record);
  std::optional<ClockState> state = StateAt(record, now);
  if (!only_customer.empty()) {
    std::erase_if(claims,
                  [&](const ClaimRecord& claim) { return claim.customer != only_customer; });
    if (!claims.empty()) state = StateAt(claims.back(), now);
  }
  const TicketRef ref = RefOf(record);
  json->BeginObject();
  json->Text("ref", ToString(ref));
  json->Text("url", record.url);
  json->Text("title", record.title);
  json->Text("project", ToString(ProjectRef{ref.forge, ref.path}));
  json->Flag("open", record.open);
  WriteTimeOf("opened_at", record.opened_at, json);
  WriteTimeOf("updated_at", record.updated_at, json);
  json->Text("stage", StageName(StageAt(record, now)));
  WriteState("state", state, json);
  json->Instant("due", DueIn(record, only_customer));
  json->BeginArray("claims");
  for (const ClaimRecord& claim : claims) WriteClaim(claim, now, json);
  json->End();
  json->End();
}

ApiAnswer TicketAnswer(const TicketRef& ref, const pipeline::Inspection& inspection,
                       const std::string& only_customer) {
  const Standing& standing = inspection.standing;
  JsonWriter json;
  json.BeginObject();
  json.Text("ref", ToString(ref));
  json.Text("url", inspection.context.url);
  json.BeginVolatile();
  json.Instant("as_of", inspection.at);
  json.EndVolatile();
  json.Flag("open", standing.open);
  json.Instant("opened_at", standing.opened_at);
  json.Text("stage", StageName(standing.stage));
  json.Instant("stage_since", standing.stage_since);
  json.Text("policy", standing.terms_id);
  json.BeginArray("claims");
  for (const ClaimStanding& claim : standing.claims) {
    if (!only_customer.empty() && claim.customer != only_customer) continue;
    json.BeginObject();
    json.Text("customer", claim.customer);
    json.Instant("since", claim.since);
    json.Text("reason", claim.reason);
    json.Text("plan", claim.plan);
    json.Flag("trial", claim.trial);
    json.Text("request", claim.request);
    json.Text("priority", claim.priority);
    json.Text("priority_reason", claim.priority_reason);
    json.Flag("released", claim.released);
    json.BeginArray("clocks");
    for (const PromiseClock& clock : claim.clocks) WriteClock(clock, &json);
    json.End();
    json.End();
  }
  json.End();
  json.BeginArray("over_allowance");
  for (const OverAllowance& over : standing.over) {
    if (!only_customer.empty() && over.customer != only_customer) continue;
    json.BeginObject();
    json.Text("customer", over.customer);
    json.Text("plan", over.plan);
    json.Text("reason", over.reason);
    json.Instant("since", over.since);
    json.End();
  }
  json.End();
  json.Flag("waiting_for_customer", standing.waiting.now);
  WriteStills("waits", standing.waits, &json);
  if (only_customer.empty()) {
    // Each of these depends on every claim.
    json.Instant("next_change_at", standing.next_wake);
    WriteState("state", standing.worst, &json);
    WriteInstant("next_due", standing.next_due, &json);
    json.Text("successor", standing.successor);
    json.Number("questions_open", static_cast<std::int64_t>(standing.questions.size()));
    json.Texts("flags", standing.flags);
  }
  // The parts of the inspection: all, or those that one customer may know.
  json.BeginVolatile();
  json.Text("explanation", inspection.explanation);
  json.EndVolatile();
  json.End();
  ApiAnswer answer = JsonAnswer(json);
  if (only_customer.empty()) absl::StrAppend(&answer.stable, inspection.record.version);
  return answer;
}

std::string HealthJson(const pipeline::Health& health) {
  ordered_json forges = ordered_json::array();
  for (const pipeline::ForgeState& forge : health.forges) {
    forges.push_back({{"name", forge.name},
                      {"client", forge.has_client},
                      {"worker_error", forge.worker_error},
                      {"dispatcher_error", forge.dispatcher_error}});
  }
  ordered_json json = {
      {"ready", health.ready},
      {"policy",
       {{"valid", health.policy},
        {"id", health.terms_id},
        {"refused", health.policy_trouble.empty() ? ordered_json(nullptr)
                                                  : ordered_json(health.policy_trouble)}}},
      {"store", {{"ok", health.store}, {"error", health.store_error}, {"damaged", health.damaged}}},
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

}  // namespace retainer::api
