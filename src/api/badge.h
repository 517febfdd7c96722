// A badge in the look of shields.io: a label, a message, a colour. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer {

// What a badge tells of a project. It counts the promises to *public* customers alone, so that it
// would be the same, byte for byte, if no private customer had ever come.
struct BadgeFigures {
  std::uint64_t met = 0;
  std::uint64_t missed = 0;  // those that are open and late among them
  std::uint64_t open_breaches = 0;
  bool more_breaches = false;                           // beyond what was counted
  std::optional<absl::Duration> median_first_response;  // open time of the calendars
};

struct BadgeText {
  std::string message;
  std::string title;  // for those who do not see it
  std::string color;
};
BadgeText TellBadge(const BadgeFigures& figures);

std::string BadgeSvg(std::string_view label, const BadgeText& text);

// `42m`, `3h 20m`, `2d 4h`.
std::string ShortDuration(absl::Duration time);

}  // namespace retainer
