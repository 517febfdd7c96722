// The plain text about a notice that all sinks use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/standing.h"

namespace retainer::sinks {

// A ticket's name and address for people.
struct TicketName {
  std::string ref;  // `github:acme/opendb#12`
  std::string url;  // empty: unknown
};
TicketName NameOf(const Notice& notice);
// Bytes of `ref` that a message shows.
inline constexpr std::size_t kMostRef = 300;

struct Words {
  std::string kind;  // `Promise broken`
  std::string line;  // what happened, with the due instant if there is one; one line
  std::string due;   // `2026-11-24 20:00 UTC`; empty: nothing is due
};
Words WordsFor(const Notice& notice);

// `5 notices: 3 promises broken, 2 due soon`
std::string HeadOf(const std::vector<Notice>& notices);

// True when the notice is about a promise. An escalation by hand is not.
bool HasPromise(const Notice& notice);

// Valid UTF-8 on one line, at most `most` bytes. Line ends and invalid bytes become blanks;
// characters that change the direction of writing are removed.
std::string OneLine(std::string_view text, std::size_t most);

// The URL if it is an http or https address without characters that could end a link; otherwise
// empty.
std::string SafeLink(const std::string& url);

}  // namespace retainer::sinks
