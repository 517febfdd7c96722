// GitHub's bodies as neutral events and facts. Pure and thread-safe.
//
// Where GitHub states no time: labels, assignments, milestones and the like take the ticket's
// `updated_at`, which each of them moves; deletions, transfers and pins, which need not move it,
// take their receipt.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::github {

// Event types that somebody needs: of these, deliveries are stored.
std::span<const std::string_view> NeededEvents();
bool IsNeeded(std::string_view event);

// Is it the body of such an event, as far as its objects tell? Of events that nobody needs: yes.
bool Fits(std::string_view type, Node body);

// InvalidArgument where the body does not fit its header or lacks what its event needs.
absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body);

// Every project that a delivery speaks about: its own, those of an installation, the one that an
// issue moved to. A name that no project can have is given as it is not: as an empty text.
std::vector<std::string> ProjectPaths(Node body);
// The id of its own project; empty where it has none.
std::string ProjectId(Node body);

// The event header that such a body came under; empty where it cannot be told.
std::string GuessEvent(Node body);

}  // namespace retainer::github
