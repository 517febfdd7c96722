// Holidays from an iCalendar file (RFC 5545): the days of its all-day events.
//
// Whatever cannot be kept exactly is a problem with its line, never a guess: events with a time of
// day, rules that readers understand in different ways (ics_rule.h), changes to a series from one
// instance on, tentative events, and a file whose METHOD is not to publish (a request, a
// cancellation). Exceptions (EXDATE, RDATE, a moved or cancelled RECURRENCE-ID) are kept. Rules
// without end are expanded to kLastIcsYear. Cancelled events close nothing. TRANSP is ignored: it
// says whether somebody is busy, and public calendars of holidays are `TRANSPARENT`.
//
// Pure and thread-safe. The limits below bound the work; a problem names the limit that it exceeds.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "src/policy/problem.h"

namespace retainer::policy {

inline constexpr std::size_t kMaxIcsBytes = 1 << 20;
inline constexpr std::size_t kMaxIcsEvents = 10'000;
inline constexpr std::size_t kMaxIcsRules = 500;
inline constexpr std::size_t kMaxIcsDays = 100'000;  // including each repetition
inline constexpr int kMaxIcsEventDays = 366;         // length of one instance
inline constexpr std::size_t kMaxIcsDepth = 8;       // nesting of components

// Returns an empty set if it added problems.
std::set<absl::CivilDay> ParseIcs(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems);

// `20261225`; nullopt for anything else.
std::optional<absl::CivilDay> CompactDay(std::string_view text);

}  // namespace retainer::policy
