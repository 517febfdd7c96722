// Parses GitLab's bodies to neutral events and facts. Pure and thread-safe.
//
// Bodies differ much between GitLab's versions: a third lack `action`, most lack `user.id` and
// `event_type`. A missing value is derived from other fields or left unknown. Only a project's id
// and path, a ticket's `iid` and a note's `id` are required.
//
// A change of labels or assignees takes `updated_at` when the body says that this field changed
// too. Older versions do not change it; then the change takes the time of receipt.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::gitlab {

// The values of X-Gitlab-Event that Retainer uses; only their deliveries are stored.
std::span<const std::string_view> NeededEvents();
bool IsNeeded(std::string_view event);

// True when the body's `object_kind` fits the header. Always true for events that are not
// understood.
bool Fits(std::string_view header, Node body);

// InvalidArgument when the body does not fit its header or lacks what its event needs.
absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body);

// The path of the delivery's project; empty for events of a group.
std::vector<std::string> ProjectPaths(Node body);
// The id of the delivery's project; empty when it has none.
std::string ProjectId(Node body);

// The event header that belongs to such a body; empty when it cannot be told.
std::string GuessEvent(Node body);

}  // namespace retainer::webhooks::gitlab
