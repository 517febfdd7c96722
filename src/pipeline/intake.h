// Intake: a webhook request becomes a delivery on disk, or a refusal.
//
// 2xx is said only after the store has the delivery. Thread-safe. Nothing of a body, a signature or
// a secret reaches a log or an answer. Refusals are logged, a flood of them a few a minute. A secret that
// is bound to a project by its name goes on holding for it when it is renamed, and the log says that
// the configuration names it as it was.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
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
  // log and metrics outlive this object.
  Intake(std::vector<const WebhookReceiver*> receivers, Store& store, Log& log, Metrics& metrics,
         std::function<void(const std::string&)> stored);

  // `client`: the address that the request comes from.
  IntakeAnswer Accept(std::string_view forge, const Headers& headers, std::string_view body,
                      absl::Time now, const std::string& client = "");

  // Whose deliveries were refused as not genuine of late.
  std::vector<RefusedSender> Refused(absl::Time now) const { return senders_.Recent(now); }

 private:
  // Is the project one that a secret is for, under an earlier name?
  absl::StatusOr<bool> IsRenamed(const std::string& forge, const Verified::OtherName& name);
  void SayOldName(const std::string& forge, const Verified::OtherName& name, absl::Time now);
  IntakeAnswer NotStored(const absl::Status& status);
  IntakeAnswer Answer(const WebhookReceiver& receiver, const Headers& headers,
                      std::string_view body, absl::Time now, std::string* delivery,
                      std::string* event);

  const std::vector<const WebhookReceiver*> receivers_;
  Store& store_;
  Log& log_;
  Metrics& metrics_;
  const std::function<void(const std::string&)> stored_;
  Throttle refusals_;
  Refusals senders_;
};

}  // namespace retainer
