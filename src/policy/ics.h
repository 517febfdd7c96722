// Holidays from an iCalendar file (RFC 5545): the days of its all-day events.
//
// What cannot be kept exactly is a problem with its line, never a guess: events with a time of day,
// rules that readers take in different ways (ics_rule.h), changes to a series from one instance on,
// tentative events, a file that asks or cancels (METHOD) rather than publishes. Exceptions (EXDATE,
// RDATE, a moved or cancelled RECURRENCE-ID) are kept. Rules without end are expanded to
// kLastIcsYear. Cancelled events close nothing. TRANSP is not looked at: it says whether somebody
// is busy, and public calendars of holidays are `TRANSPARENT`.
//
// Pure and thread-safe. The work is bounded by the limits below; each is named when it is met.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "src/policy/problem.h"

namespace retainer {

inline constexpr std::size_t kMaxIcsBytes = 1 << 20;
inline constexpr std::size_t kMaxIcsEvents = 10'000;
inline constexpr std::size_t kMaxIcsRules = 500;
inline constexpr std::size_t kMaxIcsDays = 100'000;  // with each repetition
inline constexpr int kMaxIcsEventDays = 366;         // of one instance
inline constexpr std::size_t kMaxIcsDepth = 8;       // of components

// Empty where `problems` grew.
std::set<absl::CivilDay> ParseIcs(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems);

// `20261225`; nullopt for anything else.
std::optional<absl::CivilDay> CompactDay(std::string_view text);

}  // namespace retainer
