// Intake: turns a webhook request into a delivery on disk, or refuses it. It answers 2xx only after
// the delivery is on disk. Thread-safe.
//
// No part of a body, a signature or a secret reaches a log or an answer. Refusals are logged; a
// flood of them gives a few lines a minute.
//
// A secret that is bound to a project by name stays valid after the project is renamed, and the log
// says that the configuration has the old name.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/base/trace.h"
#include "src/pipeline/delivery_writer.h"
#include "src/pipeline/intake_load.h"
#include "src/pipeline/refusals.h"
#include "src/pipeline/throttle.h"

namespace retainer::pipeline {

struct IntakeAnswer {
  // 202 stored; 200 already known, or an event type that is not needed; 400 malformed; 401 not
  // genuine; 404 no such forge; 415 content type; 503 the store cannot take it now (`retry_after`
  // is set).
  int http_status = 503;
  std::string reason;   // for our log
  std::string problem;  // for the sender: does not reveal which check failed
  std::optional<absl::Duration> retry_after;
};

class Intake {
 public:
  // Looks at a genuine delivery before it is stored. What it returns, unless it is null, is called
  // when the delivery is on disk. Thread-safe, and neither waits.
  using Arrives = std::function<std::function<void()>(const Delivery&)>;

  // `stored` is called with the forge's name after a new delivery is on disk. All arguments must
  // outlive this object.
  // `tracer`: null if nothing is traced.
  Intake(std::vector<const WebhookReceiver*> receivers, Store& store, const Clock& clock, Log& log,
         Metrics& metrics, std::function<void(const std::string&)> stored,
         Arrives arrives = nullptr, base::Tracer* tracer = nullptr);

  // `client`: the IP address of the request.
  IntakeAnswer Accept(std::string_view forge, const Headers& headers, std::string_view body,
                      absl::Time now, const std::string& client = "");

  // Like Accept, without waiting for the disk: many deliveries share one sync. `done` is called
  // once, before this returns or later in the writer thread. It must not block.
  using Done = std::function<void(const IntakeAnswer&)>;
  void AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                   absl::Time now, const std::string& client, Done done);

  // Starts and stops the writer thread. While it does not run, each caller writes itself, and
  // AcceptLater waits for the disk.
  void Start() { writer_.Start(); }
  void Stop() { writer_.Stop(); }
  // Number of deliveries that wait for the disk.
  std::size_t waiting() const { return writer_.waiting(); }
  // Counts deliveries that are being received.
  IntakeLoad& load() { return load_; }

  // Senders whose deliveries were refused recently as not genuine.
  std::vector<RefusedSender> Refused(absl::Time now) const { return senders_.Recent(now); }

 private:
  // True if the secret is bound to an earlier name of this project.
  absl::StatusOr<bool> IsRenamed(const std::string& forge, const Verified::OtherName& name);
  void SayOldName(const std::string& forge, const Verified::OtherName& name);
  IntakeAnswer NotStored(const absl::Status& status);
  // A request in progress, for the log and the figures.
  struct Request {
    const WebhookReceiver* receiver;
    absl::Time now;
    std::string client;
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::string delivery;        // its id, or the unverified id that it claims
    std::string event = "none";  // no value of an unverified request becomes a label
    // The delivery's trace, whose root this request is, and where it goes on from.
    std::optional<base::TraceContext> trace = std::nullopt;
    std::string trace_parent = {};
    absl::Time arrived = absl::InfinitePast();  // only if it is traced, as `checked`
    absl::Time checked = absl::InfinitePast();
  };
  // Begins the delivery's trace, or continues that of the sender.
  void Trace(const Headers& headers, Request* request, Delivery* delivery) const;
  // Exports the spans of a request that was answered.
  void TellTrace(const Request& request, const IntakeAnswer& answer) const;
  // Nullopt: store `verified`.
  std::optional<IntakeAnswer> Check(const Headers& headers, std::string_view body, Request* request,
                                    Verified* verified);
  IntakeAnswer Stored(const WebhookReceiver& receiver, const absl::StatusOr<Store::Put>& put);
  IntakeAnswer NoSuchForge(std::string_view forge, const std::string& client);
  const WebhookReceiver* Find(std::string_view forge) const;
  // Writes the log line and the figures.
  void Tell(const Request& request, const IntakeAnswer& answer);

  const std::vector<const WebhookReceiver*> receivers_;
  Store& store_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const std::function<void(const std::string&)> stored_;
  const Arrives arrives_;
  base::Tracer* const tracer_;
  Throttle refusals_;
  Refusals senders_;
  IntakeLoad load_;
  DeliveryWriter writer_;
};

}  // namespace retainer::pipeline
