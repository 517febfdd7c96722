// Makes the messages. They are pure functions of the notice, so a repetition has the same content.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/standing.h"
#include "src/sinks/words.h"

namespace retainer::sinks {

// A Slack incoming webhook's body, which Mattermost also accepts. Only our own link is active in
// it: no mention, no markup, no address.
std::string ChatBody(const Notice& notice, const TicketName& ticket);
// Escapes `text` so that neither Slack nor Mattermost finds mentions, markup or links in it.
std::string ChatEscaped(const std::string& text);

// The JSON of schema version 1, which deploy/docs/policy.md describes.
std::string WebhookBody(const Notice& notice, const TicketName& ticket);
// The message's id, by which receivers deduplicate. It depends on the telling and its content.
std::string WebhookId(const Notice& notice);
// The id of one message with all of these notices.
std::string DigestId(const std::vector<Notice>& notices);
// Like ChatBody, for several notices: a head and one line each. Stays within the chat's size limit.
std::string ChatDigest(const std::vector<Notice>& notices);

// An RFC 5322 message; each line ends with CR LF. No text of a notice can start a header.
// REQUIRES: IsMailAddress is true for `from` and each of `to`.
std::string MailMessage(const Notice& notice, const TicketName& ticket, const std::string& from,
                        const std::vector<std::string>& to, absl::Time now);
// One message for several notices. REQUIRES: `notices` is not empty.
std::string MailDigest(const std::vector<Notice>& notices, const std::string& from,
                       const std::vector<std::string>& to, absl::Time now);
// True for `name@example.com` in ASCII without quoting.
bool IsMailAddress(const std::string& text);

}  // namespace retainer::sinks
