// From a GitLab body about an issue, a work item, a merge request or a note on one to the ticket
// and its facts. Pure and thread-safe.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::gitlab {

Actor ReadActor(Node user);

// Logins that GitLab itself gives to the bots of access tokens: `project_12_bot_1a2b`,
// `group_7_bot`, and to service accounts.
bool IsBotLogin(std::string_view login);

// Does the body's event type or its object say that it is not for everybody?
bool SaysConfidential(Node body);

// Complete `event` (type, action, project and sender are set). InvalidArgument where the ticket
// lacks its iid, or a note its id.
absl::StatusOr<Event> ParseTicket(Event event, const Delivery& delivery, Node body,
                                  TicketKind kind);
absl::StatusOr<Event> ParseNote(Event event, const Delivery& delivery, Node body);

}  // namespace retainer::gitlab
