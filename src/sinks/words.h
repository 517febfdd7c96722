// What every sink says of a notice, in plain text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/standing.h"

namespace retainer {

// How people call a ticket, and where they find it.
struct TicketName {
  std::string ref;  // `github:acme/opendb#12`
  std::string url;  // empty: not known
};
TicketName NameOf(const Notice& notice);

struct Words {
  std::string kind;  // `Promise broken`
  std::string line;  // what happened, with the due instant where there is one; no line ends
  std::string due;   // `2026-11-24 20:00 UTC`; empty: nothing is due
};
Words WordsFor(const Notice& notice);

// `5 notices: 3 promises broken, 2 due soon`
std::string HeadOf(const std::vector<Notice>& notices);

// Is there a promise that it speaks of? An escalation by hand speaks of none.
bool HasPromise(const Notice& notice);

// Valid UTF-8 on one line: what is neither is a blank, what steers the direction of writing is left
// out, and it ends after `most` bytes.
std::string OneLine(std::string_view text, std::size_t most);

// An http or https address without anything that could end a link; else empty.
std::string SafeLink(const std::string& url);

}  // namespace retainer
