// Small functions that belong to the public headers: names of enumerators, header order, retry
// hints, markers.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/face.h"
#include "retainer/forge.h"
#include "retainer/policy.h"
#include "retainer/standing.h"
#include "retainer/webhook.h"

namespace retainer {
namespace {

constexpr absl::string_view kRetryAfterUrl = "retainer/retry-after-ms";

}  // namespace

bool CaseInsensitiveLess::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return absl::ascii_tolower(static_cast<unsigned char>(x)) <
           absl::ascii_tolower(static_cast<unsigned char>(y));
  });
}

std::string_view MetricName(Metric metric) {
  switch (metric) {
    case Metric::kAcknowledgement:
      return "acknowledgement";
    case Metric::kFirstResponse:
      return "first_response";
    case Metric::kNextResponse:
      return "next_response";
    case Metric::kUpdate:
      return "update";
    case Metric::kWorkaround:
      return "workaround";
    case Metric::kResolution:
      return "resolution";
  }
  return "";
}

std::optional<Metric> ParseMetric(std::string_view name) {
  for (Metric metric : kAllMetrics) {
    if (MetricName(metric) == name) return metric;
  }
  return std::nullopt;
}

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kBot:
      return "bot";
    case Role::kCustomer:
      return "customer";
    case Role::kResponder:
      return "responder";
    case Role::kCommunity:
      return "community";
    case Role::kUnknown:
      return "unknown";
  }
  return "";
}

std::string_view ClockStateName(ClockState state) {
  switch (state) {
    case ClockState::kCancelled:
      return "cancelled";
    case ClockState::kExcused:
      return "excused";
    case ClockState::kMet:
      return "met";
    case ClockState::kPending:
      return "pending";
    case ClockState::kPaused:
      return "paused";
    case ClockState::kRunning:
      return "running";
    case ClockState::kMissed:
      return "missed";
    case ClockState::kAtRisk:
      return "at_risk";
    case ClockState::kBreached:
      return "breached";
  }
  return "";
}

std::optional<ClockState> ParseClockState(std::string_view name) {
  for (std::uint8_t i = 1; i <= static_cast<std::uint8_t>(ClockState::kBreached); ++i) {
    const auto state = static_cast<ClockState>(i);
    if (ClockStateName(state) == name) return state;
  }
  return std::nullopt;
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOpen:
      return "open";
    case Outcome::kMet:
      return "met";
    case Outcome::kMissed:
      return "missed";
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kExcused:
      return "excused";
  }
  return "";
}

std::string_view NoticeKindName(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kWarning:
      return "warning";
    case NoticeKind::kBreach:
      return "breach";
    case NoticeKind::kEscalation:
      return "escalation";
    case NoticeKind::kBreachWithdrawn:
      return "breach-withdrawn";
    case NoticeKind::kMention:
      return "mention";
    case NoticeKind::kHandOver:
      return "hand-over";
    case NoticeKind::kClosed:
      return "closed";
    case NoticeKind::kHoursLow:
      return "hours.low";
    case NoticeKind::kAllowanceLow:
      return "allowance.low";
    case NoticeKind::kTermEnding:
      return "customer.term_ending";
    case NoticeKind::kLowRating:
      return "feedback.low";
    case NoticeKind::kStandsOut:
      return "figures.stand_out";
  }
  return "";
}

bool IsAboutCustomer(NoticeKind kind) {
  return kind == NoticeKind::kHoursLow || kind == NoticeKind::kAllowanceLow ||
         kind == NoticeKind::kTermEnding;
}

bool IsAboutTicket(NoticeKind kind) {
  return !IsAboutCustomer(kind) && kind != NoticeKind::kStandsOut;
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration wait) {
  status.SetPayload(kRetryAfterUrl, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(wait))));
  return status;
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryAfterUrl);
  std::int64_t milliseconds = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) return std::nullopt;
  return absl::Milliseconds(milliseconds);
}

namespace {

std::string Marker(std::string_view what, const TicketKey& ticket) {
  // A key has a forge's configured name and decimal numbers, so nothing that could end an HTML
  // comment. Still allow only letters, digits and `/`.
  std::string name = ToString(ticket);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !(absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '/'); },
      '_');
  return absl::StrCat("<!-- retainer:", absl::string_view(what.data(), what.size()), ":", name,
                      " -->");
}

}  // namespace

std::string CommentMarker(const TicketKey& ticket) { return Marker("status", ticket); }

std::string MentionMarker(const TicketKey& ticket, std::string_view notice_id) {
  return Marker(absl::StrCat("mention:", absl::Hex(Fingerprint(notice_id), absl::kZeroPad16)),
                ticket);
}

}  // namespace retainer
