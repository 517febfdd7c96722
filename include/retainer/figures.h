// Figures: what happened to promises and tickets in a span of days.
//
// Definitions, for code, pages, reports and documents alike (deploy/docs/figures.md):
// - A promise counts once, as a *commitment* (owed), a *target* (aimed at) or on *trial*.
// - It is met when it stopped in time: counted at the stop. It is missed from its due instant on,
//   also while it is still open: counted at the due instant. Excused, cancelled and closed without
//   an answer: counted at the stop, and apart.
// - Kept: met / (met + missed).
// - The median and p90 of a metric are of the promise's own open time from start to stop, of the
//   cycles that stopped in the span, met or missed.
//
// Figures are sums over tickets: the order in which tickets are added does not matter. Pure
// functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/backtest.h"
#include "retainer/core.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

// How figures are split into rows.
enum class FigureCut : std::uint8_t { kNone, kWeek, kPlan, kCustomer, kProject, kTeam, kPriority };
std::string_view FigureCutName(FigureCut cut);  // `week`; `none`
std::optional<FigureCut> ParseFigureCut(std::string_view name);

// The rows of tickets and promises that have no plan, customer or priority.
inline constexpr std::string_view kCommunityRow = "(community)";
// The row of tickets that belong to no team.
inline constexpr std::string_view kNoTeamRow = "(no team)";

struct FigureScope {
  absl::Time from;   // inclusive
  absl::Time until;  // exclusive
  // The instant at which tickets are judged: `until`, or now if that is earlier.
  absl::Time as_of;
  absl::TimeZone zone = absl::UTCTimeZone();  // of days, weeks and hours
  FigureCut cut = FigureCut::kNone;
  // Counts only this customer's claims and the tickets that have one (id). Empty: everything.
  std::string customer;
  std::size_t most_listed = 0;  // maximum size of Figures::misses and Figures::slowest, each
};

struct FigureTally {
  std::int64_t met = 0;
  std::int64_t missed = 0;
  std::int64_t missed_open = 0;  // of the missed: still open at `as_of`
  std::int64_t excused = 0;
  std::int64_t cancelled = 0;
  std::int64_t closed_unanswered = 0;  // not included in `cancelled`
  std::optional<double> kept() const;  // nullopt: nothing was decided
  FigureTally& operator+=(const FigureTally& other);
  friend bool operator==(const FigureTally&, const FigureTally&) = default;
};

struct MetricFigures {
  FigureTally tally;
  std::vector<absl::Duration> took;  // open times, in any order
  friend bool operator==(const MetricFigures&, const MetricFigures&) = default;
};

// The value below which the share `part` of the values lies (nearest rank). Nullopt: no values.
std::optional<absl::Duration> Quantile(std::vector<absl::Duration> values, double part);

// One promise that ended or fell due in the span.
struct FiguredPromise {
  TicketRef ticket;
  std::string title;
  std::string url;
  std::string customer;
  std::string plan;
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  absl::Time started;
  absl::Time due;
  std::optional<absl::Time> stopped;  // nullopt: still open at `as_of`
  absl::Duration target;              // open time
  absl::Duration took;                // open time until the stop, or until `as_of`
  std::string stopped_by;             // the fact that ended it; empty: none
  friend bool operator==(const FiguredPromise&, const FiguredPromise&) = default;
};

struct Figures {
  std::map<Metric, MetricFigures> commitments;
  std::map<Metric, MetricFigures> targets;
  std::map<Metric, MetricFigures> trials;
  std::map<Metric, MetricFigures> community;  // the objectives, of tickets without a claim
  // Number of missed commitments by the hour of the week of their due instant (Monday 0:00 first).
  std::array<std::int64_t, kHoursOfWeek> missed_at{};
  std::map<std::string, std::int64_t> opened_by_priority;  // tickets opened in the span
  std::int64_t opened_issues = 0;
  std::int64_t opened_changes = 0;
  std::int64_t closed = 0;    // closings in the span
  std::int64_t reopened = 0;  // reopenings in the span
  // Tickets open at `as_of` by age: up to 7 days, up to 30, up to 90, more. By week: at its end.
  std::array<std::int64_t, 4> backlog{};
  // The open ticket that has waited longest for a word of a responder, and since when. Tickets that
  // wait for the customer are left out. Not filled by week.
  std::optional<TicketRef> silent;
  absl::Time silent_since = absl::InfiniteFuture();
  // Ratings given in the span: how many, the sum of their marks, and how many of them are low
  // (kLowMark). A ticket that was rated again counts with its last mark.
  std::int64_t rated = 0;
  std::int64_t marks = 0;
  std::int64_t low_marks = 0;
  std::vector<FiguredPromise> misses;   // commitments; the longest overdue first
  std::vector<FiguredPromise> slowest;  // met or missed; the longest share of the target first
  std::int64_t opened() const { return opened_issues + opened_changes; }
  std::int64_t open() const { return backlog[0] + backlog[1] + backlog[2] + backlog[3]; }
  // The sum over all commitments.
  FigureTally promises() const;
  friend bool operator==(const Figures&, const Figures&) = default;
};

// What a figure needs to know about a ticket beside its standing.
struct FiguredTicket {
  TicketRef ref;
  std::string title;
  std::string url;
};

// The most urgent priority among the claims in force, or that of one customer's claim. Empty: none.
std::string MostUrgentPriority(const Standing& standing, const std::string& customer,
                               const Policy& policy);

// The time by which a miss was overdue: until its stop, or until `as_of`.
absl::Duration OverdueOf(const FiguredPromise& promise, absl::Time as_of);

// Sums tickets up. Not thread-safe.
class FigureSums {
 public:
  // `terms`: the version in force at `as_of`. Its policy names teams and orders priorities.
  FigureSums(FigureScope scope, std::shared_ptr<const Terms> terms);

  // `standing`: at `scope.as_of`, of facts that are not younger than that.
  void Add(const FiguredTicket& ticket, const Standing& standing);

  // By name of the row; of the cut kNone one row, `all`. Weeks without anything have a row too.
  const std::map<std::string, Figures>& rows() const { return rows_; }
  const FigureScope& scope() const { return scope_; }

 private:
  class Adding;
  Figures& Row(const std::string& name) { return rows_[name]; }

  const FigureScope scope_;
  const std::shared_ptr<const Terms> terms_;
  std::vector<absl::Time> week_ends_;  // of the weeks in the span, by kWeek
  std::map<std::string, Figures> rows_;
};

// True if the promise was missed, or is open and late at `as_of`.
bool IsMissed(const Cycle& cycle, absl::Time as_of);

// The first day of an instant's week.
absl::CivilDay MondayOf(absl::Time at, absl::TimeZone zone);
// `2026-W48`: the ISO week of an instant.
std::string WeekName(absl::Time at, absl::TimeZone zone);

// The facts that were there at `as_of`. Answers of the forge stay whenever they came, so that
// people's roles are known.
FactSet FactsUntil(const FactSet& facts, absl::Time as_of);

// The time zone of the desk's days and weeks: that of its calendars if they all have the same, else
// UTC.
absl::TimeZone DeskZone(const Policy& policy);
std::string DeskZoneName(const Policy& policy);

}  // namespace retainer
