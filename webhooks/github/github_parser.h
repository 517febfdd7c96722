// Parses GitHub's bodies to neutral events and facts. Pure and thread-safe.
//
// When GitHub states no time: labels, assignments, milestones and the like take the ticket's
// `updated_at`, which each of them changes. Deletions, transfers and pins need not change it, so
// they take the time of receipt.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::github {

// The event types that Retainer uses; only their deliveries are stored.
std::span<const std::string_view> NeededEvents();
bool IsNeeded(std::string_view event);

// True when the body's objects fit the event type. Always true for events that are not understood.
bool Fits(std::string_view type, Node body);

// InvalidArgument when the body does not fit its header or lacks what its event needs.
absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body);

// The paths of every project that a delivery mentions: its own, those of an installation, and the
// one that an issue moved to. An invalid path is returned as an empty text.
std::vector<std::string> ProjectPaths(Node body);
// The id of the delivery's own project; empty when it has none.
std::string ProjectId(Node body);

// The event header that belongs to such a body; empty when it cannot be told.
std::string GuessEvent(Node body);

}  // namespace retainer::webhooks::github
