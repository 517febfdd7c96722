// Reads the fields of a body that end up in links, mentions and keys. Accepts only the form that
// forges give them. Pure and thread-safe.
//
// Rationale: somebody whom we trust no further may hold a secret that is bound to some projects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "retainer/event.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks {

// A login; empty when the text holds characters that no login has.
std::string LoginField(Node node);
// An http(s) address; empty for anything else.
std::string UrlField(Node node);
// `owner/repo`, `group/sub/project`; empty for anything else.
std::string PathField(Node node);

// The texts under `key` of an array's objects, such as the names of labels.
std::vector<std::string> NamesOf(Node array, std::string_view key);

// True when a ticket's opening is a transfer: the ticket was created long before its present
// version, so it is not new but was moved here with its history.
bool CameAlong(const TicketInfo& ticket);

// InvalidArgument: the body of `event` lacks `what`.
absl::Status Lacks(std::string_view event, std::string_view what);
// InvalidArgument: the body belongs to another event than the header says.
absl::Status DoesNotFit(std::string_view event);

}  // namespace retainer::webhooks
