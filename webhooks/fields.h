// Fields of a body that end up in links, mentions and keys, taken only in the form that a forge
// gives them. Rationale: a secret bound to some projects may be in hands that we trust no further.
// Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "retainer/event.h"
#include "webhooks/json_body.h"

namespace retainer {

// A login, empty where it holds what no login holds.
std::string LoginField(Node node);
// An http(s) address, empty for anything else.
std::string UrlField(Node node);
// `owner/repo`, `group/sub/project`; empty for anything else.
std::string PathField(Node node);

// The texts under `key` of an array's objects: names of labels.
std::vector<std::string> NamesOf(Node array, std::string_view key);

// An opening whose ticket was made long before its present version tells of no new ticket, but of
// one that came here with what it had been.
bool CameAlong(const TicketInfo& ticket);

// InvalidArgument: the body of `event` lacks `what`.
absl::Status Lacks(std::string_view event, std::string_view what);
// InvalidArgument: the body is of another event than the header says.
absl::Status DoesNotFit(std::string_view event);

}  // namespace retainer
