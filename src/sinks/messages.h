// What is sent: pure functions of the notice, so that a repetition says the same.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/standing.h"
#include "src/sinks/words.h"

namespace retainer {

// A Slack incoming webhook's body, which Mattermost takes too. Nothing in it but our own link comes
// alive: no mention, no markup, no address.
std::string ChatBody(const Notice& notice, const TicketName& ticket);
// `text` so that neither of them finds anything in it.
std::string ChatEscaped(const std::string& text);

// The JSON that deploy/docs/policy.md describes, schema version 1.
std::string WebhookBody(const Notice& notice, const TicketName& ticket);
// The message's id for a receiver that passes over repetitions: of this telling with this content.
std::string WebhookId(const Notice& notice);
// The same of all of them in one message.
std::string DigestId(const std::vector<Notice>& notices);
// As ChatBody, of all of them: a head and a line each. A chat's bound on a message holds.
std::string ChatDigest(const std::vector<Notice>& notices);

// An RFC 5322 message, each line ended with CR LF. Nothing of a notice can begin a header.
// REQUIRES: IsMailAddress of `from` and of each of `to`.
std::string MailMessage(const Notice& notice, const TicketName& ticket, const std::string& from,
                        const std::vector<std::string>& to, absl::Time now);
// The same of several. REQUIRES: not empty.
std::string MailDigest(const std::vector<Notice>& notices, const std::string& from,
                       const std::vector<std::string>& to, absl::Time now);
// `name@example.com`, in ASCII and without quoting.
bool IsMailAddress(const std::string& text);

}  // namespace retainer
