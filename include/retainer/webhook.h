// The WebhookReceiver port: receives webhooks, one receiver per configured forge.
//
// Implementations (webhooks/) are immutable and thread-safe. No part of a body is parsed before its
// signature is verified.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/event.h"

namespace retainer {

struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
// Header names ignore case. Only the first value of a repeated header is kept.
using Headers = std::map<std::string, std::string, CaseInsensitiveLess>;

// How a delivery came. The numbers are persisted.
enum class DeliveryOrigin : std::uint8_t {
  kReceived = 0,  // as a request whose signature is verified
  // Read from the forge's own log, over the authenticated connection to its API: it is as
  // trustworthy as any answer of the API, and no signature of it was verified.
  kForgeLog = 1,
};

struct Delivery {
  std::string forge;
  std::string id;          // the forge's idempotency key, else a hash of event type and body
  std::string event_type;  // the forge's event header
  std::string body;        // JSON; already decoded if it came as a form's `payload` field
  absl::Time received = absl::UnixEpoch();
  // The signature matches only secrets that are bound to some projects. Then the delivery's word
  // for the project of a path is not believed.
  bool bound = false;
  DeliveryOrigin origin = DeliveryOrigin::kReceived;
  std::string trace = {};  // W3C trace context (`traceparent`) of its trace; empty: it has none
};

enum class VerifyOutcome : std::uint8_t {
  kGenuine,
  // genuine by its token only, although signing is configured too: counted and logged
  kGenuineByToken,
  // 401: no signature, a wrong one, one too old, or the secret is not for this project
  kRefused,
  // 400: no event header, or the body is not the form or JSON that the header says
  kMalformed,
  kUnsupportedType,  // 415
};

struct Verified {
  VerifyOutcome outcome = VerifyOutcome::kRefused;
  std::string reason;   // for our log; never contains the secret or the body
  Delivery delivery;    // set if genuine; `received` = now
  bool needed = false;  // decided by event type only; false: answer 200 and do not store it
  // A part that every delivery of the forge has and that is missing here: answer 400 and name it.
  // Empty: nothing is missing.
  std::string lacks;
  // If refused: the unverified id of the delivery, so that people can find it on the forge.
  std::string claimed_id;
  // Set if the only reason for the refusal is that the matching secrets are for projects with other
  // names. `delivery` is filled. A caller who knows the earlier names of projects can decide
  // whether the project is one of these.
  struct OtherName {
    std::vector<ProjectRef> secrets_for;
    std::string project_id;  // id of the project in the body
    std::string path;        // its path in the body
  };
  std::optional<OtherName> other_name;
};

class WebhookReceiver {
 public:
  virtual ~WebhookReceiver() = default;

  virtual const std::string& forge() const = 0;

  // Compares signatures of the raw bytes in constant time, with every configured secret.
  virtual Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const = 0;

  // As Verify, for a request that the forge's own log contains: no signature is checked, and
  // Delivery::origin is kForgeLog. The forge writes the body again, so its bytes may differ from
  // those that were sent; the delivery's id is the same.
  virtual Verified TakeLogged(const Headers& headers, std::string_view body,
                              absl::Time now) const = 0;

  // InvalidArgument, with the reason, for a body that is not JSON in UTF-8, that has a key twice,
  // or that belongs to another event than its header says. No forge sends such bodies, so they are
  // not stored.
  virtual absl::Status CheckBody(const Delivery& delivery) const = 0;

  // InvalidArgument, with the reason, for a body that is not JSON, that lacks a field that its
  // event needs, or that does not match its event header. An unknown event or action is not an
  // error (EventKind::kNothing). Never throws.
  virtual absl::StatusOr<Event> Parse(const Delivery& delivery) const = 0;

  // For recorded deliveries: guesses the event type from a body. Empty if it cannot.
  virtual std::string GuessEventType(std::string_view body) const = 0;
};

}  // namespace retainer
