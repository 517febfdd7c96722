// Backtest: what becomes of the same tickets' promises under other terms, beside today's.
//
// A Backtest is a sum over tickets: those of parts, merged in any order, give that of the whole, so
// that a store of any size is worked through page by page. Pure functions; thread-safe.
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
  absl::Time since = absl::InfinitePast();    // cycles that started at or after it count
  absl::TimeZone zone = absl::UTCTimeZone();  // of the hours of the week
  std::size_t most_changes = 20;              // kept by name
};

// What became of the cycles of one promise.
struct PromiseTally {
  std::int64_t met = 0;
  std::int64_t missed = 0;  // ended too late
  std::int64_t late = 0;    // open and overdue: missed so far
  std::int64_t open = 0;    // open and in time so far
  // Not met as far as is known, where the forge was never asked who somebody on the ticket is: one
  // of them may have answered in time. Neither met nor missed.
  std::int64_t unclear = 0;
  std::int64_t excused = 0;
  std::int64_t cancelled = 0;
  std::int64_t closed_unanswered = 0;  // by a close without an answer; not among the cancelled

  // Of those that were met or missed, the late ones among them; nullopt where there is none.
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

// One policy's half.
struct BacktestSide {
  std::map<PromiseName, PromiseTally> promises;
  // In which hours of the week (Monday 0:00 first) promises were missed: those of their due
  // instants.
  std::array<std::int64_t, kHoursOfWeek> missed_at{};
  std::int64_t claimed = 0;  // tickets with a customer's cycles among them
  // Questions that the record has no answer to, and the tickets that they are on.
  std::int64_t unanswered_on = 0;
  std::map<Question::Kind, std::int64_t> unanswered;
  friend bool operator==(const BacktestSide&, const BacktestSide&) = default;
};

// A promise that is kept today and would not be.
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
  std::int64_t incomplete = 0;  // their opening is not on record: not judged
  // Tickets that a claim arrived at: with the time it had used under the terms then in force.
  std::int64_t arrived = 0;
  BacktestSide today;
  BacktestSide proposed;
  std::int64_t met_to_missed = 0;
  std::int64_t missed_to_met = 0;
  std::vector<WorsenedPromise> worsened;  // the latest first; at most `most_changes`
  friend bool operator==(const Backtest&, const Backtest&) = default;
};

// Adds a ticket. `today` and `proposed`: the standings of the same facts at the same instant.
void AddTicket(const BacktestScope& scope, const TicketRef& ticket, const FactSet& facts,
               const Standing& today, const Standing& proposed, Backtest* backtest);

void Merge(const BacktestScope& scope, Backtest part, Backtest* whole);

}  // namespace retainer
