// GitLab's bodies as neutral events and facts. Pure and thread-safe.
//
// Bodies differ much between GitLab's versions: a third lack `action`, most lack `user.id` and
// `event_type`. What is missing is taken from what is there, or left unknown; only a project's id
// and path, a ticket's `iid` and a note's `id` cannot be done without.
//
// A change of labels or assignees takes `updated_at` where the body says that this changed, too;
// older versions leave it as it was, and then the change takes its receipt.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::gitlab {

// Values of X-Gitlab-Event that somebody needs: of these, deliveries are stored.
std::span<const std::string_view> NeededEvents();
bool IsNeeded(std::string_view event);

// Is it the body of such an event, by its `object_kind`? Of events that nobody needs: yes.
bool Fits(std::string_view header, Node body);

// InvalidArgument where the body does not fit its header or lacks what its event needs.
absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body);

// The project that a delivery is about; none for a group's own events.
std::vector<std::string> ProjectPaths(Node body);
// Its id; empty where there is none.
std::string ProjectId(Node body);

// The event header that such a body came under; empty where it cannot be told.
std::string GuessEvent(Node body);

}  // namespace retainer::gitlab
