// A badge in the style of shields.io: a label, a message, a colour. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer::api {

// The figures of a project's badge. They count only promises to *public* customers, so the badge is
// byte for byte the same as without any private customer.
struct BadgeFigures {
  std::uint64_t met = 0;
  std::uint64_t missed = 0;  // including those that are late and still open
  std::uint64_t open_breaches = 0;
  bool more_breaches = false;                           // true: there are more than were counted
  std::optional<absl::Duration> median_first_response;  // in the calendars' open time
};

struct BadgeText {
  std::string message;
  std::string title;  // for people who cannot see the badge
  std::string color;
};
BadgeText TellBadge(const BadgeFigures& figures);

std::string BadgeSvg(std::string_view label, const BadgeText& text);

// Formats as `42m`, `3h 20m`, `2d 4h`.
std::string ShortDuration(absl::Duration time);

}  // namespace retainer::api
