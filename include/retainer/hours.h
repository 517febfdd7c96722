// Work that is logged for a customer, and the balance of the hours that the customer bought.
//
// An entry has real minutes, as worked, and accounted minutes: rounded up once, to the unit of the
// first block that covers the day of the work. The accounted minutes are drawn from the blocks that
// cover this day: first from the block that ends first. What does not fit is over. Entries draw in
// the order of their days, then ids, so the same facts give the same balance in any order. A
// correction takes the place of the entry that it names; the last correction counts.
//
// Rollover: when a block has ended, the block's share of what is left goes to the block that began
// after it and ends after it, the first of these. The rest lapses.
//
// Pure values and functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/customer_fact.h"
#include "retainer/policy.h"

namespace retainer {

inline constexpr int kMostAtOnce = 8 * 60;         // minutes; more needs the mark `!`
inline constexpr int kMostWork = 1000 * 60;        // minutes of one entry
inline constexpr std::size_t kMostWorkText = 200;  // bytes
inline constexpr double kHoursLow = 0.8;           // from this share on a block is low
// The oldest day for which work can be logged.
inline constexpr int kOldestWorkDays = 366;

// Time as people type it: `45m`, `2h`, `1h30m`, `1.5h`. The mark `!` at the end says that more than
// kMostAtOnce is meant.
struct WorkTime {
  int minutes = 0;
  bool meant = false;
  friend bool operator==(const WorkTime&, const WorkTime&) = default;
};
// InvalidArgument: not such a time, no whole minutes, zero, or more than kMostWork. Does not look
// for the mark.
absl::StatusOr<WorkTime> ParseWorkTime(std::string_view text);
// OutOfRange, with what to write instead, if the time is more than kMostAtOnce without the mark.
absl::Status CheckAtOnce(const WorkTime& time);
// `1h 30m`; `-45m` for negative values.
std::string WorkTimeText(int minutes);

// Minutes that an entry takes from a block.
struct HoursDraw {
  std::string block;
  int minutes = 0;
  friend bool operator==(const HoursDraw&, const HoursDraw&) = default;
};

struct HoursEntry {
  std::string id;
  absl::Time at;  // when it was logged
  absl::CivilDay day;
  std::string by;
  std::string ticket;       // ToString(TicketKey); may be empty
  std::string ticket_name;  // may be empty
  std::string text;
  int minutes = 0;
  int accounted = 0;
  std::vector<HoursDraw> draws;
  int over = 0;            // accounted minutes that no block had room for
  std::string over_block;  // the block whose rule for what is over counts; empty: no block at all
  // The last correction: by whom, when and why. `corrected_by` is empty if there is none.
  std::string corrected_by;
  absl::Time corrected_at;
  std::string correction;
  friend bool operator==(const HoursEntry&, const HoursEntry&) = default;
};

struct HoursBalance {
  HoursBlock block;
  int rolled_in = 0;   // minutes from earlier blocks
  int rolled_out = 0;  // minutes that a later block got
  int used = 0;
  int over = 0;  // with OverHours::kOverage: to be billed
  bool begun = false;
  bool ended = false;
  int amount() const { return block.amount + rolled_in; }
  int left() const { return amount() - used; }
  bool IsLow() const { return used >= amount() * kHoursLow; }
  bool Covers(absl::CivilDay day) const { return block.from <= day && day <= block.until; }
  friend bool operator==(const HoursBalance&, const HoursBalance&) = default;
};

struct HoursBook {
  std::vector<HoursBalance> blocks;  // in the order of Customer::hours
  std::vector<HoursEntry> entries;   // ordered by day, then id
  // Nullptr if there is no such entry.
  const HoursEntry* Find(std::string_view id) const;
  // What is left of the blocks that cover a day.
  int LeftAt(absl::CivilDay day) const;
  friend bool operator==(const HoursBook&, const HoursBook&) = default;
};

// `facts`: any facts of the customer; those of work count. `today`: in the customer's time zone;
// blocks that ended before it have rolled over.
HoursBook ReadHours(const std::vector<HoursBlock>& blocks, const std::vector<CustomerFact>& facts,
                    absl::CivilDay today);

// Today in the customer's time zone.
absl::CivilDay DayFor(const Customer& customer, absl::Time at);
// The blocks of today, for the readers of a ticket.
std::vector<HoursLeft> HoursLeftAt(const HoursBook& book, absl::CivilDay day);
// `12h 15m of 20h left of q1, until 2026-06-30`
std::string HoursLeftText(const HoursLeft& left);

// What somebody did.
struct Work {
  std::string entry;  // public id of the entry; unique within the customer
  WorkTime time;
  absl::CivilDay day;
  std::string by;
  std::string ticket;
  std::string ticket_name;
  std::string text;
};

// The fact that logs work. `facts`: all facts of the customer.
// OutOfRange: more than kMostAtOnce without the mark. ResourceExhausted: it does not fit into the
// blocks, and the rule of the block is to refuse; says what is left. AlreadyExists: the entry is
// known. InvalidArgument: no text, a day to come or too long ago.
absl::StatusOr<CustomerFact> MakeWorkLogged(const Customer& customer,
                                            const std::vector<CustomerFact>& facts, Work work,
                                            absl::Time now);
// The fact that corrects an entry. Zero minutes take it back. NotFound: there is no such entry.
// Others as MakeWorkLogged.
absl::StatusOr<CustomerFact> MakeWorkCorrected(const Customer& customer,
                                               const std::vector<CustomerFact>& facts,
                                               const std::string& entry, WorkTime time,
                                               const std::string& why, const std::string& by,
                                               absl::Time now);

}  // namespace retainer
