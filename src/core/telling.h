// When, and to which teams, notices are told.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/ids.h"
#include "retainer/policy.h"

namespace retainer::core {

// `at`, or where the plan's notices wait for opening hours the first minute of the next opening.
//
// Rationale: what waited for an opening is told within its first minute, each ticket at a second of
// its own, so that a night's notices do not all fall on one instant.
absl::Time HeldUntil(const TicketKey& ticket, const Plan& plan, const BusinessTime& calendar,
                     absl::Time at);

// Teams whose area the ticket's labels (a set or a map by name) tell; all where none does.
template <class Labels>
std::vector<std::string> TeamsFor(const Labels& labels, const Policy& policy) {
  std::vector<std::string> routed;
  std::vector<std::string> all;
  for (const auto& [name, team] : policy.teams) {
    all.push_back(name);
    const bool area = std::any_of(team.labels.begin(), team.labels.end(),
                                  [&](const std::string& label) { return labels.contains(label); });
    if (area) routed.push_back(name);
  }
  return routed.empty() ? all : routed;
}

}  // namespace retainer::core
