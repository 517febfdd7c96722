#include "src/pipeline/intake.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace retainer::pipeline {

Intake::Intake(std::vector<const WebhookReceiver*> receivers, Store& store, const Clock& clock,
               Log& log, Metrics& metrics, std::function<void(const std::string&)> stored,
               Arrives arrives, base::Tracer* tracer)
    : receivers_(std::move(receivers)),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      stored_(std::move(stored)),
      arrives_(std::move(arrives)),
      tracer_(tracer),
      writer_(store) {}

IntakeAnswer Intake::Accept(std::string_view forge, const Headers& headers, std::string_view body,
                            absl::Time now, const std::string& client) {
  const WebhookReceiver* receiver = Find(forge);
  if (receiver == nullptr) return NoSuchForge(forge, client);
  load_.Enter();
  Request request{receiver, now, client, body.size()};
  Verified verified;
  std::optional<IntakeAnswer> answer = Check(headers, body, &request, &verified);
  if (!answer) {
    const auto then = arrives_ ? arrives_(verified.delivery) : nullptr;
    answer = Stored(*receiver, writer_.PutAndWait(verified.delivery));
    if (then && answer->http_status == 202) then();
  }
  Tell(request, *answer);
  load_.Leave();
  return *std::move(answer);
}

void Intake::AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                         absl::Time now, const std::string& client, Done done) {
  const WebhookReceiver* receiver = Find(forge);
  if (receiver == nullptr) {
    done(NoSuchForge(forge, client));
    return;
  }
  load_.Enter();
  Request request{receiver, now, client, body.size()};
  Verified verified;
  if (const std::optional<IntakeAnswer> answer = Check(headers, body, &request, &verified)) {
    Tell(request, *answer);
    load_.Leave();
    done(*answer);
    return;
  }
  auto then = arrives_ ? arrives_(verified.delivery) : nullptr;
  writer_.Put(std::move(verified.delivery),
              [this, request = std::move(request), then = std::move(then),
               done = std::move(done)](const absl::StatusOr<Store::Put>& put) {
                const IntakeAnswer answer = Stored(*request.receiver, put);
                if (then && answer.http_status == 202) then();
                Tell(request, answer);
                load_.Leave();
                done(answer);
              });
}

const WebhookReceiver* Intake::Find(std::string_view forge) const {
  for (const WebhookReceiver* receiver : receivers_) {
    if (receiver->forge() == forge) return receiver;
  }
  return nullptr;
}

void Intake::Tell(const Request& request, const IntakeAnswer& answer) {
  const std::string& forge = request.receiver->forge();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - request.began;
  const base::ActiveTrace active(tracer_, request.trace);
  TellTrace(request, answer);
  metrics_.Observe("retainer_intake_seconds", took.count(), {{"forge", forge}});
  metrics_.Count(
      "retainer_deliveries_total",
      {{"forge", forge}, {"event", request.event}, {"status", absl::StrCat(answer.http_status)}});
  if (answer.http_status == 401) senders_.Add(request.client, forge, answer.reason, request.now);
  if (answer.http_status < 400) {
    log_.Write(LogLevel::kDebug, "delivery accepted",
               {{"forge", forge}, {"delivery", request.delivery}, {"reason", answer.reason}});
    return;
  }
  const auto kept_back =
      refusals_.Allow(absl::StrCat(forge, " ", answer.http_status), clock_.Steady());
  if (!kept_back) return;
  log_.Write(
      answer.http_status >= 500 ? LogLevel::kError : LogLevel::kWarning, "delivery refused",
      {{"forge", forge},
       {"status", absl::StrCat(answer.http_status)},
       {"reason", answer.reason},
       {"delivery", request.delivery.empty() ? std::string("(none named)") : request.delivery},
       {"from", request.client},
       {"bytes", absl::StrCat(request.bytes)},
       {"more_like_it", absl::StrCat(*kept_back)}});
}

void Intake::Trace(const Headers& headers, Request* request, Delivery* delivery) const {
  const auto header = headers.find("traceparent");
  const auto sender =
      header == headers.end() ? std::nullopt : base::ParseTraceparent(header->second);
  if (sender) {
    const auto id = base::NewSpanId();
    if (!id) return;
    request->trace = base::TraceContext{sender->trace_id, *id, sender->sampled};
    request->trace_parent = sender->span_id;
  } else {
    request->trace = base::NewTrace(tracer_->Samples());
  }
  if (!request->trace) return;
  request->checked = absl::Now();
  const auto took = std::chrono::steady_clock::now() - request->began;
  request->arrived = request->checked - absl::FromChrono(took);
  delivery->trace = base::FormatTraceparent(*request->trace);
}

void Intake::TellTrace(const Request& request, const IntakeAnswer& answer) const {
  if (tracer_ == nullptr || !request.trace || !request.trace->sampled) return;
  const absl::Time now = absl::Now();
  base::Span received;
  received.context = *request.trace;
  received.parent_id = request.trace_parent;
  received.name = "receive delivery";
  received.kind = base::SpanKind::kServer;
  received.begin = request.arrived;
  received.end = now;
  received.failed = answer.http_status >= 500;
  received.attributes = {{"retainer.forge", request.receiver->forge()},
                         {"retainer.event", request.event},
                         {"retainer.delivery", request.delivery},
                         {"http.request.method", "POST"},
                         {"http.response.status_code", absl::StrCat(answer.http_status)}};
  base::Span stored;
  stored.context = received.context;
  const auto id = base::NewSpanId();
  if (id) {
    stored.context.span_id = *id;
    stored.parent_id = received.context.span_id;
    stored.name = "store delivery";
    stored.begin = request.checked;
    stored.end = now;
    stored.failed = received.failed;
    tracer_->Take(std::move(stored));
  }
  tracer_->Take(std::move(received));
}

IntakeAnswer Intake::NoSuchForge(std::string_view forge, const std::string& client) {
  if (const auto kept_back = refusals_.Allow("404", clock_.Steady())) {
    log_.Warning("delivery refused", {{"status", "404"},
                                      {"reason", "no forge of this name is configured"},
                                      {"name", std::string(forge.substr(0, 64))},
                                      {"from", client},
                                      {"more_like_it", absl::StrCat(*kept_back)}});
  }
  return {404, "no such forge", "No forge of this name is configured here.", std::nullopt};
}

absl::StatusOr<bool> Intake::IsRenamed(const std::string& forge, const Verified::OtherName& name) {
  for (const ProjectRef& pattern : name.secrets_for) {
    const auto known = store_.FindProjectByPath(pattern);
    if (!known.ok()) return known.status();
    if (*known && (*known)->key == ProjectKey{forge, name.project_id}) return true;
  }
  return false;
}

void Intake::SayOldName(const std::string& forge, const Verified::OtherName& name) {
  const auto kept_back =
      refusals_.Allow(absl::StrCat(forge, " old name ", name.project_id), clock_.Steady());
  if (!kept_back) return;
  log_.Warning("a webhook secret names a project by an old name",
               {{"forge", forge},
                {"project", name.path.substr(0, 200)},
                {"mend", "write the present name into the secret's `projects`"},
                {"more_like_it", absl::StrCat(*kept_back)}});
}

IntakeAnswer Intake::NotStored(const absl::Status& status) {
  // Nothing was acknowledged: the sender keeps the delivery, and it can be redelivered.
  const bool full = status.code() == absl::StatusCode::kResourceExhausted;
  metrics_.Count("retainer_store_errors_total", {{"what", "put_delivery"}});
  return {503, absl::StrCat("not stored: ", StatusText(status)),
          "The delivery could not be stored; send it again later.",
          full ? absl::Minutes(2) : absl::Seconds(30)};
}

std::optional<IntakeAnswer> Intake::Check(const Headers& headers, std::string_view body,
                                          Request* request, Verified* checked) {
  const WebhookReceiver& receiver = *request->receiver;
  const absl::Time now = request->now;
  Verified& verified = *checked;
  verified = receiver.Verify(headers, body, now);
  request->delivery = verified.claimed_id;
  if (verified.outcome == VerifyOutcome::kRefused && verified.other_name) {
    const auto renamed = IsRenamed(receiver.forge(), *verified.other_name);
    if (!renamed.ok()) return NotStored(renamed.status());
    if (*renamed) {
      verified.outcome = VerifyOutcome::kGenuine;
      SayOldName(receiver.forge(), *verified.other_name);
    }
  }
  switch (verified.outcome) {
    case VerifyOutcome::kGenuine:
      break;
    case VerifyOutcome::kGenuineByToken:
      metrics_.Count("retainer_unsigned_deliveries_total", {{"forge", receiver.forge()}});
      if (const auto kept_back =
              refusals_.Allow(absl::StrCat(receiver.forge(), " unsigned"), clock_.Steady())) {
        log_.Warning("delivery passed on its token alone",
                     {{"forge", receiver.forge()},
                      {"mend", "give this webhook the signing token, then drop webhook_secrets"},
                      {"more_like_it", absl::StrCat(*kept_back)}});
      }
      break;
    case VerifyOutcome::kRefused:
      return IntakeAnswer{401, verified.reason, "The signature is not valid.", std::nullopt};
    case VerifyOutcome::kMalformed:
      return IntakeAnswer{400, verified.reason, "This is not a webhook delivery of this forge.",
                          std::nullopt};
    case VerifyOutcome::kUnsupportedType:
      return IntakeAnswer{
          415, verified.reason,
          "Send application/json, or application/x-www-form-urlencoded with a payload field.",
          std::nullopt};
  }
  request->delivery = verified.delivery.id;
  // A sender with a valid secret could invent event types, and each would become a permanent
  // figure.
  request->event = verified.needed ? verified.delivery.event_type : "other";
  const char* const malformed = "This is not a webhook delivery of this forge.";
  if (!verified.lacks.empty()) return IntakeAnswer{400, verified.lacks, malformed, std::nullopt};
  if (!verified.needed) return IntakeAnswer{200, "nobody needs this event type", "", std::nullopt};
  // A body that no forge sends would be set aside each time, so it is not stored.
  if (const absl::Status fits = receiver.CheckBody(verified.delivery); !fits.ok()) {
    return IntakeAnswer{400, std::string(fits.message()), malformed, std::nullopt};
  }
  if (tracer_ != nullptr) Trace(headers, request, &verified.delivery);
  return std::nullopt;
}

IntakeAnswer Intake::Stored(const WebhookReceiver& receiver,
                            const absl::StatusOr<Store::Put>& put) {
  if (!put.ok()) return NotStored(put.status());
  if (*put == Store::Put::kKnown) return {200, "already known", "", std::nullopt};
  if (stored_) stored_(receiver.forge());
  return {202, "stored", "", std::nullopt};
}

}  // namespace retainer::pipeline
