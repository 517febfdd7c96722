// The port through which webhooks are received: one receiver a configured forge.
//
// Implementations (webhooks/) are immutable and thread-safe. Nothing of a body is parsed before its
// signature holds.
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
// Header names without regard to case; of a repeated header the first value.
using Headers = std::map<std::string, std::string, CaseInsensitiveLess>;

// A delivery as it arrived, after its signature held.
struct Delivery {
  std::string forge;
  std::string id;          // the forge's idempotency id, else a hash of event type and body
  std::string event_type;  // the forge's event header
  std::string body;        // JSON text: a form's `payload` field is already taken out and decoded
  absl::Time received = absl::UnixEpoch();
  // Only secrets bound to some projects vouch for it: which project a path belongs to is then not
  // believed on its word.
  bool bound = false;
};

enum class VerifyOutcome : std::uint8_t {
  kGenuine,
  kGenuineByToken,  // both kinds are configured and this came unsigned: counted and logged
  kRefused,  // 401: no signature, a wrong one, one too old, or a project that the secret is not for
  kMalformed,        // 400: no event header, not a form or JSON where promised
  kUnsupportedType,  // 415
};

struct Verified {
  VerifyOutcome outcome = VerifyOutcome::kRefused;
  std::string reason;   // for our log; holds nothing of the secret or the body
  Delivery delivery;    // where genuine; `received` = now
  bool needed = false;  // by event type alone: false is answered 200 and not stored
  // What every delivery of the forge has and this one lacks: 400, naming it. Empty: nothing.
  std::string lacks;
  // Where it was refused, the id that it claims to have, for those who look for it at the forge.
  std::string claimed_id;
  // Refused for one reason alone: the secrets that hold are for projects of other names. `delivery`
  // is filled. Who knows the earlier names of projects can tell whether the project is one of
  // those.
  struct OtherName {
    std::vector<ProjectRef> secrets_for;
    std::string project_id;  // of the one project that the body is about
    std::string path;        // its name there
  };
  std::optional<OtherName> other_name;
};

class WebhookReceiver {
 public:
  virtual ~WebhookReceiver() = default;

  virtual const std::string& forge() const = 0;

  // Constant-time over the raw bytes with every configured secret.
  virtual Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const = 0;

  // InvalidArgument with the reason for a body that is not JSON in UTF-8, holds a key twice, or is
  // of another event than its header says: no forge sends that, and it is not worth keeping.
  virtual absl::Status CheckBody(const Delivery& delivery) const = 0;

  // InvalidArgument with the reason for a body that is not JSON, lacks what its event cannot do
  // without, or does not fit its event header. An unknown event or action is no error
  // (EventKind::kNothing). Never throws.
  virtual absl::StatusOr<Event> Parse(const Delivery& delivery) const = 0;

  // For recorded deliveries: the event type that a body alone suggests, empty where it cannot tell.
  virtual std::string GuessEventType(std::string_view body) const = 0;
};

}  // namespace retainer
