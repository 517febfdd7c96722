#include "retainer/hours.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer {
namespace {

using base::View;

bool IsDigitOrPoint(char c) { return (c >= '0' && c <= '9') || c == '.'; }

absl::Status NoWorkTime(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat("\"", View(text.substr(0, 20)),
                                                 "\" is no time of work: write e.g. 45m, 2h or "
                                                 "1h30m, in whole minutes"));
}

// The blocks of a book that cover a day: the first one ends first.
std::vector<HoursBalance*> Covering(HoursBook* book, absl::CivilDay day) {
  std::vector<HoursBalance*> found;
  for (HoursBalance& balance : book->blocks) {
    if (balance.Covers(day)) found.push_back(&balance);
  }
  return found;
}

// The block whose rule counts for what is over on a day: of those that cover it the last one that
// does not refuse; if none covers it, the one that ended last before, else the first to begin.
HoursBalance* RuleOf(HoursBook* book, absl::CivilDay day) {
  const std::vector<HoursBalance*> covering = Covering(book, day);
  for (auto it = covering.rbegin(); it != covering.rend(); ++it) {
    if ((*it)->block.over != OverHours::kRefuse) return *it;
  }
  if (!covering.empty()) return covering.back();
  HoursBalance* before = nullptr;
  HoursBalance* first = nullptr;
  for (HoursBalance& balance : book->blocks) {
    if (balance.block.until < day) before = &balance;
    if (first == nullptr || balance.block.from < first->block.from) first = &balance;
  }
  return before != nullptr ? before : first;
}

// Gives shares of the blocks that ended before `day`, and were not looked at yet, to later blocks.
void RollOver(absl::CivilDay day, HoursBook* book) {
  for (HoursBalance& giver : book->blocks) {
    if (giver.ended || giver.block.until >= day) continue;
    giver.ended = true;
    HoursBalance* receiver = nullptr;
    for (HoursBalance& other : book->blocks) {
      const HoursBlock& block = other.block;
      if (block.from <= giver.block.from || block.until <= giver.block.until) continue;
      if (receiver == nullptr || block.from < receiver->block.from) receiver = &other;
    }
    if (receiver == nullptr) continue;
    giver.rolled_out = static_cast<int>(std::floor(giver.left() * giver.block.rollover + 1e-6));
    receiver->rolled_in += giver.rolled_out;
  }
}

int RoundedUp(int minutes, const std::vector<HoursBlock>& blocks, absl::CivilDay day) {
  for (const HoursBlock& block : blocks) {
    if (day < block.from || block.until < day) continue;
    return (minutes + block.unit - 1) / block.unit * block.unit;
  }
  return minutes;
}

// Minutes over blocks whose rule is to refuse.
int Refused(const HoursBook& book) {
  int refused = 0;
  for (const HoursBalance& balance : book.blocks) {
    if (balance.block.over == OverHours::kRefuse) refused += balance.over;
  }
  return refused;
}

std::string DayText(absl::CivilDay day) { return absl::FormatCivilTime(day); }

// OK if the facts with `fact` fit into the blocks as those before did.
absl::Status CheckFit(const Customer& customer, const std::vector<CustomerFact>& facts,
                      const CustomerFact& fact, absl::CivilDay day, absl::CivilDay today) {
  const HoursBook before = ReadHours(customer.hours, facts, today);
  std::vector<CustomerFact> with = facts;
  with.push_back(fact);
  const HoursBook after = ReadHours(customer.hours, with, today);
  if (Refused(after) <= Refused(before)) return absl::OkStatus();
  const bool covered =
      std::any_of(before.blocks.begin(), before.blocks.end(),
                  [&](const HoursBalance& balance) { return balance.Covers(day); });
  if (!covered) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no block of hours covers ", DayText(day), ": nothing was logged"));
  }
  std::string left;
  for (const HoursBalance& balance : before.blocks) {
    if (!balance.Covers(day)) continue;
    absl::StrAppend(&left, left.empty() ? "" : ", ", WorkTimeText(std::max(0, balance.left())),
                    " of ", balance.block.id);
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      "the hours do not suffice: ", left, left.find(',') == std::string::npos ? " is" : " are",
      " left, the entry takes ", WorkTimeText(fact.accounted)));
}

// One line that can be shown anywhere, at most kMostWorkText bytes.
std::string WorkText(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (!space) line.push_back(c);
    if (space && !line.empty() && line.back() != ' ') line.push_back(' ');
  }
  if (line.size() > kMostWorkText) {
    line.resize(kMostWorkText);
    // Not within a character.
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80)
      line.pop_back();
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xC0) line.pop_back();
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

absl::StatusOr<WorkTime> ParseWorkTime(std::string_view text) {
  WorkTime time;
  std::string_view rest = text;
  if (rest.ends_with('!')) {
    time.meant = true;
    rest.remove_suffix(1);
  }
  if (rest.empty() || rest.size() > 12) return NoWorkTime(text);
  double minutes = 0;
  char last = 0;
  while (!rest.empty()) {
    std::size_t end = 0;
    while (end < rest.size() && IsDigitOrPoint(rest[end])) ++end;
    double number = 0;
    if (end == 0 || end == rest.size() || rest[0] == '.' || rest[end - 1] == '.' ||
        !absl::SimpleAtod(View(rest.substr(0, end)), &number)) {
      return NoWorkTime(text);
    }
    const char unit = rest[end] == 'H' ? 'h' : rest[end] == 'M' ? 'm' : rest[end];
    // Hours before minutes, each once.
    const bool fits = (unit == 'h' && last == 0) || (unit == 'm' && last != 'm');
    if (!fits) return NoWorkTime(text);
    last = unit;
    minutes += number * (unit == 'h' ? 60 : 1);
    rest.remove_prefix(end + 1);
  }
  if (minutes != std::floor(minutes)) return NoWorkTime(text);
  if (minutes <= 0) return absl::InvalidArgumentError("the time of work is zero: write e.g. 45m");
  if (minutes > kMostWork) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMostWork / 60, "h in one entry: write several"));
  }
  time.minutes = static_cast<int>(minutes);
  return time;
}

absl::Status CheckAtOnce(const WorkTime& time) {
  if (time.meant || time.minutes <= kMostAtOnce) return absl::OkStatus();
  std::string text = WorkTimeText(time.minutes);
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return absl::OutOfRangeError(absl::StrCat("more than ", kMostAtOnce / 60,
                                            "h at once: if this is meant, write ", text, "!"));
}

std::string WorkTimeText(int minutes) {
  if (minutes == 0) return "0m";
  const std::int64_t size = std::abs(static_cast<std::int64_t>(minutes));
  std::string text = minutes < 0 ? "-" : "";
  if (size >= 60) absl::StrAppend(&text, size / 60, "h");
  if (size >= 60 && size % 60 > 0) text.push_back(' ');
  if (size % 60 > 0) absl::StrAppend(&text, size % 60, "m");
  return text;
}

const HoursEntry* HoursBook::Find(std::string_view id) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const HoursEntry& entry) { return entry.id == id; });
  return found == entries.end() ? nullptr : &*found;
}

int HoursBook::LeftAt(absl::CivilDay day) const {
  int left = 0;
  for (const HoursBalance& balance : blocks) {
    if (balance.Covers(day)) left += std::max(0, balance.left());
  }
  return left;
}

HoursBook ReadHours(const std::vector<HoursBlock>& blocks, const std::vector<CustomerFact>& facts,
                    absl::CivilDay today) {
  HoursBook book;
  for (const HoursBlock& block : blocks) {
    HoursBalance& balance = book.blocks.emplace_back();
    balance.block = block;
    balance.begun = block.from <= today;
  }
  std::map<std::string, HoursEntry> entries;
  for (const CustomerFact& fact : facts) {
    if (fact.kind != CustomerFactKind::kWorkLogged) continue;
    HoursEntry entry;
    entry.id = fact.entry;
    entry.at = fact.at;
    entry.day = fact.day;
    entry.by = fact.by;
    entry.ticket = fact.ticket;
    entry.ticket_name = fact.ticket_name;
    entry.text = fact.text;
    entry.minutes = fact.minutes;
    entry.accounted = fact.accounted;
    entries.emplace(fact.entry, std::move(entry));
  }
  std::map<std::string, const CustomerFact*> corrections;  // the last one of each entry
  for (const CustomerFact& fact : facts) {
    if (fact.kind != CustomerFactKind::kWorkCorrected) continue;
    const CustomerFact*& last = corrections[fact.entry];
    if (last == nullptr || std::tie(last->at, last->id) < std::tie(fact.at, fact.id)) last = &fact;
  }
  for (const auto& [id, fact] : corrections) {
    const auto entry = entries.find(id);
    if (entry == entries.end()) continue;
    entry->second.minutes = fact->minutes;
    entry->second.accounted = fact->accounted;
    entry->second.corrected_by = fact->by;
    entry->second.corrected_at = fact->at;
    entry->second.correction = fact->text;
  }
  for (auto& [id, entry] : entries) book.entries.push_back(std::move(entry));
  std::sort(book.entries.begin(), book.entries.end(), [](const HoursEntry& a, const HoursEntry& b) {
    return std::tie(a.day, a.id) < std::tie(b.day, b.id);
  });
  for (HoursEntry& entry : book.entries) {
    RollOver(entry.day, &book);
    int rest = entry.accounted;
    for (HoursBalance* balance : Covering(&book, entry.day)) {
      const int taken = std::min(rest, std::max(0, balance->left()));
      if (taken == 0) continue;
      balance->used += taken;
      rest -= taken;
      entry.draws.push_back({balance->block.id, taken});
    }
    entry.over = rest;
    if (rest == 0) continue;
    HoursBalance* rule = RuleOf(&book, entry.day);
    if (rule == nullptr) continue;
    rule->over += rest;
    entry.over_block = rule->block.id;
  }
  RollOver(today, &book);
  return book;
}

absl::CivilDay DayFor(const Customer& customer, absl::Time at) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(customer.time_zone, &zone)) zone = absl::UTCTimeZone();
  return absl::ToCivilDay(at, zone);
}

std::vector<HoursLeft> HoursLeftAt(const HoursBook& book, absl::CivilDay day) {
  std::vector<HoursLeft> left;
  for (const HoursBalance& balance : book.blocks) {
    if (!balance.Covers(day)) continue;
    left.push_back({balance.block.id, balance.left(), balance.amount(), balance.block.until});
  }
  return left;
}

std::string HoursLeftText(const HoursLeft& left) {
  return absl::StrCat(WorkTimeText(left.left), " of ", WorkTimeText(left.amount), " left of ",
                      left.block, ", until ", DayText(left.until));
}

absl::StatusOr<CustomerFact> MakeWorkLogged(const Customer& customer,
                                            const std::vector<CustomerFact>& facts, Work work,
                                            absl::Time now) {
  if (absl::Status status = CheckAtOnce(work.time); !status.ok()) return status;
  CustomerFact fact;
  fact.kind = CustomerFactKind::kWorkLogged;
  fact.customer = customer.id;
  fact.entry = std::move(work.entry);
  fact.id = absl::StrCat(View(CustomerFactKindName(fact.kind)), ":", fact.entry);
  fact.at = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  fact.by = std::move(work.by);
  fact.ticket = std::move(work.ticket);
  fact.ticket_name = std::move(work.ticket_name);
  fact.text = WorkText(work.text);
  fact.minutes = work.time.minutes;
  fact.day = work.day;
  fact.accounted = RoundedUp(fact.minutes, customer.hours, fact.day);
  if (fact.by.empty()) return absl::InvalidArgumentError("work needs the name of who did it");
  if (fact.entry.empty()) return absl::InvalidArgumentError("an entry of work needs an id");
  if (fact.text.empty()) {
    return absl::InvalidArgumentError("say what was done, after the time: 45m read the dump");
  }
  const absl::CivilDay today = DayFor(customer, now);
  if (fact.day > today) {
    return absl::InvalidArgumentError(absl::StrCat(DayText(fact.day), " is still to come"));
  }
  if (fact.day < today - kOldestWorkDays) {
    return absl::InvalidArgumentError(
        absl::StrCat(DayText(fact.day), " is more than ", kOldestWorkDays, " days ago"));
  }
  const bool known = std::any_of(facts.begin(), facts.end(),
                                 [&](const CustomerFact& one) { return one.id == fact.id; });
  if (known) return absl::AlreadyExistsError(absl::StrCat("the entry ", fact.entry, " is known"));
  if (absl::Status status = CheckFit(customer, facts, fact, fact.day, today); !status.ok()) {
    return status;
  }
  return fact;
}

absl::StatusOr<CustomerFact> MakeWorkCorrected(const Customer& customer,
                                               const std::vector<CustomerFact>& facts,
                                               const std::string& entry, WorkTime time,
                                               const std::string& why, const std::string& by,
                                               absl::Time now) {
  if (absl::Status status = CheckAtOnce(time); !status.ok()) return status;
  const absl::CivilDay today = DayFor(customer, now);
  const HoursBook book = ReadHours(customer.hours, facts, today);
  const HoursEntry* corrected = book.Find(entry);
  if (corrected == nullptr) {
    return absl::NotFoundError(absl::StrCat("no work of ", customer.id, " has the id \"",
                                            entry.substr(0, 40), "\": see `retainer hours list`"));
  }
  CustomerFact fact;
  fact.kind = CustomerFactKind::kWorkCorrected;
  fact.customer = customer.id;
  fact.entry = entry;
  fact.at = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  // The last one counts, also if the clock was set back since.
  if (!corrected->corrected_by.empty()) {
    fact.at = std::max(fact.at, corrected->corrected_at + absl::Seconds(1));
  }
  fact.id = absl::StrCat(View(CustomerFactKindName(fact.kind)), ":", entry, ":",
                         absl::ToUnixMicros(fact.at));
  fact.by = by;
  fact.text = WorkText(why);
  fact.minutes = time.minutes;
  fact.accounted = RoundedUp(fact.minutes, customer.hours, corrected->day);
  fact.day = corrected->day;
  if (fact.by.empty())
    return absl::InvalidArgumentError("a correction needs the name of its maker");
  if (fact.text.empty()) return absl::InvalidArgumentError("say why it is corrected");
  if (absl::Status status = CheckFit(customer, facts, fact, corrected->day, today); !status.ok()) {
    return status;
  }
  return fact;
}

}  // namespace retainer
