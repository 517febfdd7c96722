// Makes the ticket and its facts from a GitHub body about an issue or a pull request. Pure and
// thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::github {

Actor ReadActor(Node user);

// Completes `event` from a body that fits its header. REQUIRES: type, action, project and sender
// are set. InvalidArgument when the ticket lacks its number, or a comment its id.
absl::StatusOr<Event> FillTicket(Event event, const Delivery& delivery, Node body);

}  // namespace retainer::webhooks::github
