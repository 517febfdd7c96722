// Makes the ticket and its facts from a GitLab body about an issue, a work item, a merge request,
// or a note on one of them. Pure and thread-safe.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "retainer/event.h"
#include "retainer/webhook.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::gitlab {

Actor ReadActor(Node user);

// True for logins that only GitLab itself gives: those of access tokens' bots
// (`project_12_bot_1a2b`, `group_7_bot`) and of service accounts.
bool IsBotLogin(std::string_view login);

// True when the body's event type or its object says that it is confidential.
bool SaysConfidential(Node body);

// Complete `event`. REQUIRES: type, action, project and sender are set. InvalidArgument when the
// ticket lacks its iid, or a note its id.
absl::StatusOr<Event> ParseTicket(Event event, const Delivery& delivery, Node body,
                                  TicketKind kind);
absl::StatusOr<Event> ParseNote(Event event, const Delivery& delivery, Node body);

}  // namespace retainer::webhooks::gitlab
