// The lists of the desk: which tickets, in which order, and a ticket as a line. Read from the same
// index rows as the API; the cost grows with the page, not with the store.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"
#include "src/pages/page.h"
#include "templates/page_renderer.h"

namespace retainer::pages {

// In the order in which they are to be answered.
enum class DeskList {
  kLate,       // a promise is late and still open
  kToday,      // due before the desk's day ends
  kAtRisk,     // at risk, due later
  kAsked,      // a customer waits for a word of ours
  kLater,      // due later, and not at risk
  kWaiting,    // we wait for the customer; the longest silent first
  kCommunity,  // nobody has answered; the longest open first
};
inline constexpr DeskList kDeskLists[] = {DeskList::kLate,     DeskList::kToday, DeskList::kAtRisk,
                                          DeskList::kAsked,    DeskList::kLater, DeskList::kWaiting,
                                          DeskList::kCommunity};
std::string_view NameOf(DeskList list);   // in addresses: `late`
std::string_view TitleOf(DeskList list);  // `Late`
std::optional<DeskList> ParseDeskList(std::string_view name);

// What narrows the lists. Empty: everything that the visitor may read.
struct DeskFilters {
  std::optional<ProjectRecord> project;
  std::string customer;  // an id
  std::string team;
  std::string priority;
};
// Reads `project`, `customer`, `team` and `priority` of the query. InvalidArgument, for the
// visitor, if there is no such thing that they may know. A visitor who may read only of some
// projects gets the first of them.
absl::StatusOr<DeskFilters> ReadFilters(const PageContext& context, const PageVisit& visit);
// The parameters of an address with these filters, without `?`.
std::string QueryOf(const DeskFilters& filters);

TicketQuery QueryFor(DeskList list, const DeskFilters& filters, absl::Time now,
                     absl::TimeZone zone);

// A line of a list.
struct DeskLine {
  TicketRef ref;
  std::string title;
  std::string address;  // the ticket's page
  std::string what;     // `first reply`
  std::optional<absl::Time> due;
  std::string left;  // `in 42m`, `3h 05m late`, `waits 4d 2h`
  std::string instant;
  ClockState state = ClockState::kRunning;
  bool has_state = false;
  std::string priority;
  std::string whose;    // `ACME Corp (gold)`; empty: nobody's
  bool hidden = false;  // a private customer's
  std::string with;     // `alice, bob`
  bool is_open = true;
};
DeskLine LineOf(DeskList list, const TicketRecord& record, const DeskFilters& filters,
                const Policy& policy, absl::Time now, absl::TimeZone zone);
templates::PageValues ValuesOf(const DeskLine& line);
// As CSV: the names of the columns, and a line with the list's title.
std::vector<std::string> CsvColumns();
std::vector<std::string> CsvCells(DeskList list, const DeskLine& line);

}  // namespace retainer::pages
