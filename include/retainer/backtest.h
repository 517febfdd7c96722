// Backtest: compares what happens to the promises of the same tickets under today's terms and under
// other terms.
//
// A Backtest is a sum over tickets: parts can be merged in any order and give the value of the
// whole. So a store of any size is processed page by page. Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

struct BacktestScope {
  absl::Time since = absl::InfinitePast();    // counts cycles that started at or after this
  absl::TimeZone zone = absl::UTCTimeZone();  // time zone for the hours of the week
  std::size_t most_changes = 20;              // maximum size of Backtest::worsened
};

// How many cycles of one promise ended in each way.
struct PromiseTally {
  std::int64_t met = 0;
  std::int64_t missed = 0;  // ended too late
  std::int64_t late = 0;    // open and overdue: missed so far
  std::int64_t open = 0;    // open and in time so far
  // Not met as far as is known, but the forge was never asked about a person on the ticket, who may
  // have answered in time. Neither met nor missed.
  std::int64_t unclear = 0;
  std::int64_t excused = 0;
  std::int64_t cancelled = 0;
  std::int64_t closed_unanswered = 0;  // closed without an answer; not included in `cancelled`

  // The share of met cycles among those met, missed or late. Nullopt if there are none.
  std::optional<double> share_met() const;
  PromiseTally& operator+=(const PromiseTally& other);
  friend bool operator==(const PromiseTally&, const PromiseTally&) = default;
};

struct PromiseName {
  std::string plan;  // empty: the community's objectives
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  friend auto operator<=>(const PromiseName&, const PromiseName&) = default;
};

inline constexpr std::size_t kHoursOfWeek = 7 * 24;
// The hour of the week of an instant; Monday 0:00 is 0.
std::size_t HourOfWeek(absl::Time at, absl::TimeZone zone);

// The result for one of the two policies.
struct BacktestSide {
  std::map<PromiseName, PromiseTally> promises;
  // Number of missed promises by the hour of the week (Monday 0:00 first) of their due instant.
  std::array<std::int64_t, kHoursOfWeek> missed_at{};
  std::int64_t claimed = 0;  // tickets that have cycles of a customer
  // `unanswered`: questions to the forge that the stored facts do not answer, by kind.
  // `unanswered_on`: the number of tickets with such questions.
  std::int64_t unanswered_on = 0;
  std::map<Question::Kind, std::int64_t> unanswered;
  friend bool operator==(const BacktestSide&, const BacktestSide&) = default;
};

// A promise that was met under today's terms and would be missed under the proposed terms.
struct WorsenedPromise {
  TicketRef ticket;
  std::string customer;
  std::string plan;
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  absl::Time started;
  absl::Time stopped;
  absl::Time due_today;
  absl::Time due_new;
  absl::Duration late() const { return stopped - due_new; }
  friend bool operator==(const WorsenedPromise&, const WorsenedPromise&) = default;
};

struct Backtest {
  std::int64_t tickets = 0;
  std::int64_t incomplete = 0;  // not judged because their opening is unknown
  // Tickets that received a claim from another ticket. The claim keeps the time that it had used
  // under the terms of that time.
  std::int64_t arrived = 0;
  BacktestSide today;
  BacktestSide proposed;
  std::int64_t met_to_missed = 0;
  std::int64_t missed_to_met = 0;
  std::vector<WorsenedPromise> worsened;  // the longest overdue first; at most `most_changes`
  friend bool operator==(const Backtest&, const Backtest&) = default;
};

// Adds a ticket. `today` and `proposed`: the standings of the same facts at the same instant.
void AddTicket(const BacktestScope& scope, const TicketRef& ticket, const FactSet& facts,
               const Standing& today, const Standing& proposed, Backtest* backtest);

void Merge(const BacktestScope& scope, Backtest part, Backtest* whole);

}  // namespace retainer
