// A report: what was promised in a span of days and what came of it, for a customer, a project or
// the whole desk.
//
// The same question gives the same report to the byte, as long as no new facts about the span
// arrive: nothing in it says when it was made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/figures.h"
#include "retainer/store.h"
#include "src/reports/figure_rows.h"
#include "src/reports/span.h"
#include "src/reports/ticket_walk.h"

namespace retainer::reports {

struct ReportQuestion {
  DaySpan span;
  std::string customer;               // an id; empty: not for a customer
  std::optional<ProjectRef> project;  // as `key`
  std::optional<ProjectKey> key;
  Audience audience = Audience::kTeam;
  // Name the ledger's head. Only for the team, and for what the team sends: it changes with the
  // tickets of everybody.
  bool proven = false;
};

// A promise that was missed, or one of the slowest, with the words that explain it.
struct ReportedPromise {
  FiguredPromise promise;
  std::string why;  // one sentence or more
};

struct ReportedOpen {
  FiguredTicket ticket;
  std::string priority;
  absl::Time opened;
  std::optional<absl::Time> due;  // the next due instant; nullopt: nothing is due
  std::string state;              // `at_risk`; empty: no promise
};

struct Report {
  std::string title;  // the customer's name, the project, or `All customers`
  DaySpan span;
  std::string zone_name;
  absl::TimeZone zone;
  absl::Time as_of;
  std::string policy;  // the version in force at `as_of`
  std::string commit;  // from which it was read; empty: from a folder
  Figures figures;
  // The longest overdue first; at most kMostMisses.
  std::vector<ReportedPromise> misses;
  std::vector<ReportedPromise> slowest;  // at most kMostSlow
  std::vector<ReportedOpen> open;        // the next due first; at most kMostOpen
  std::map<std::string, Figures> weeks;  // by WeekName
  std::vector<std::string> feedback;     // one line for each rating of the span, the oldest first
  // Of a customer only:
  std::vector<std::string> contacts;  // one line each
  std::vector<std::string> terms;     // what began and ended in the span, one line each
  // The ledger's digest at `as_of`, in hex: it proves what the report is made from. Without the
  // ledger's length, which would tell a customer how much happens on other tickets. Empty: not
  // proven.
  std::string ledger;
};

inline constexpr std::size_t kMostMisses = 200;
inline constexpr std::size_t kMostSlow = 3;
inline constexpr std::size_t kMostOpen = 200;

// NotFound: the policy names no such customer. Else the errors of WalkTickets.
absl::StatusOr<Report> MakeReport(const ReportSources& sources, const ReportQuestion& question);

// `2026-10-05 09:41 CEST`, for people.
std::string LocalText(absl::Time time, absl::TimeZone zone);

enum class ReportFormat { kHtml, kMarkdown, kCsv, kJson };
std::optional<ReportFormat> ParseReportFormat(std::string_view name);  // html, md, csv, json

// HTML: one page with its own style that prints well. CSV: one line for each promise that was
// missed, as CSV files hold one table; the rest is in the other formats.
std::string WriteReport(const Report& report, ReportFormat format);
// `text/html; charset=utf-8`
std::string ContentType(ReportFormat format);

}  // namespace retainer::reports
