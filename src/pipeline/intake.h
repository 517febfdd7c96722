// Intake: a webhook request becomes a delivery on disk, or a refusal.
//
// 2xx is said only after the store has the delivery on disk. Thread-safe. Nothing of a body, a
// signature or a secret reaches a log or an answer. Refusals are logged, a flood of them a few a
// minute. A secret that is bound to a project by its name goes on holding for it when it is
// renamed, and the log says that the configuration names it as it was.
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
#include "src/pipeline/delivery_writer.h"
#include "src/pipeline/intake_load.h"
#include "src/pipeline/refusals.h"
#include "src/pipeline/throttle.h"

namespace retainer {

struct IntakeAnswer {
  // 202 stored; 200 already known, or of a type that nobody needs; 400 malformed; 401 not genuine;
  // 404 no such forge; 415 content type; 503 the store cannot take it now (`retry_after` is set).
  int http_status = 503;
  std::string reason;   // for our log
  std::string problem;  // for the sender: says nothing about which check failed
  std::optional<absl::Duration> retry_after;
};

class Intake {
 public:
  // `stored` is called with the forge's name after a new delivery is on disk. The receivers, store,
  // clock, log and metrics outlive this object.
  Intake(std::vector<const WebhookReceiver*> receivers, Store& store, const Clock& clock, Log& log,
         Metrics& metrics, std::function<void(const std::string&)> stored);

  // `client`: the address that the request comes from.
  IntakeAnswer Accept(std::string_view forge, const Headers& headers, std::string_view body,
                      absl::Time now, const std::string& client = "");

  // As Accept, without waiting for the disk: many deliveries share one sync. `done` is called once,
  // before this returns or later by the thread that writes; it must not block.
  using Done = std::function<void(const IntakeAnswer&)>;
  void AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                   absl::Time now, const std::string& client, Done done);

  // Starts and ends the thread that writes what waits; where it does not run, everybody writes for
  // himself, and AcceptLater waits for the disk.
  void Start() { writer_.Start(); }
  void Stop() { writer_.Stop(); }
  // Deliveries that wait for the disk.
  std::size_t waiting() const { return writer_.waiting(); }
  // Those that are being taken.
  IntakeLoad& load() { return load_; }

  // Whose deliveries were refused as not genuine of late.
  std::vector<RefusedSender> Refused(absl::Time now) const { return senders_.Recent(now); }

 private:
  // Is the project one that a secret is for, under an earlier name?
  absl::StatusOr<bool> IsRenamed(const std::string& forge, const Verified::OtherName& name);
  void SayOldName(const std::string& forge, const Verified::OtherName& name);
  IntakeAnswer NotStored(const absl::Status& status);
  // A request under way, for the log and the figures.
  struct Request {
    const WebhookReceiver* receiver;
    absl::Time now;
    std::string client;
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::string delivery;        // its id, or what it claims to be
    std::string event = "none";  // of a stranger's requests nothing becomes a label
  };
  // Nullopt: `verified` is to be stored.
  std::optional<IntakeAnswer> Check(const Headers& headers, std::string_view body, Request* request,
                                    Verified* verified);
  IntakeAnswer Stored(const WebhookReceiver& receiver, const absl::StatusOr<Store::Put>& put);
  IntakeAnswer NoSuchForge(std::string_view forge, const std::string& client);
  const WebhookReceiver* Find(std::string_view forge) const;
  // In the log and the figures.
  void Tell(const Request& request, const IntakeAnswer& answer);

  const std::vector<const WebhookReceiver*> receivers_;
  Store& store_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const std::function<void(const std::string&)> stored_;
  Throttle refusals_;
  Refusals senders_;
  IntakeLoad load_;
  DeliveryWriter writer_;
};

}  // namespace retainer
