#include "src/cli/hours_operations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/hours.h"
#include "src/api/hours_json.h"
#include "src/cli/customer_operations.h"
#include "src/cli/unknown_names.h"
#include "src/pipeline/ticket_names.h"
#include "src/policy/duration.h"

namespace retainer::cli {
namespace {

// The customer's book and today, also of a customer that the policy lacks by now.
struct Opened {
  NamedCustomer customer;
  absl::CivilDay today;
  HoursBook book;
};

absl::StatusOr<Opened> OpenBook(pipeline::Desk& desk, Store& store, Clock& clock,
                                const nlohmann::ordered_json& request) {
  auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const auto stored = store.LoadCustomer(customer->id);
  if (!stored.ok()) return stored.status();
  const Customer none;
  const Customer& entry = customer->entry == nullptr ? none : *customer->entry;
  Opened opened;
  opened.today = DayFor(entry, clock.Now());
  opened.book = ReadHours(entry.hours, stored->facts, opened.today);
  opened.customer = *std::move(customer);
  return opened;
}

std::string BlockText(const HoursBalance& balance, absl::CivilDay today) {
  const HoursBlock& block = balance.block;
  std::string text =
      absl::StrCat(block.id, "  ", absl::FormatCivilTime(block.from), " to ",
                   absl::FormatCivilTime(block.until), "  ", WorkTimeText(balance.left()), " of ",
                   WorkTimeText(balance.amount()), " left, ", WorkTimeText(balance.used), " used");
  if (balance.rolled_in > 0) {
    absl::StrAppend(&text, ", ", WorkTimeText(balance.rolled_in), " rolled in");
  }
  if (balance.rolled_out > 0) {
    absl::StrAppend(&text, ", ", WorkTimeText(balance.rolled_out), " rolled out");
  }
  if (balance.over > 0) {
    absl::StrAppend(&text, ", ", WorkTimeText(balance.over), " over",
                    block.over == OverHours::kOverage ? ", to be billed" : "");
  }
  if (block.until < today) absl::StrAppend(&text, ", ended");
  if (today < block.from) absl::StrAppend(&text, ", not begun");
  return absl::StrCat(text, "\n");
}

std::string EntryText(const HoursEntry& entry) {
  std::string text = absl::StrCat(entry.id, "  ", absl::FormatCivilTime(entry.day), "  ",
                                  WorkTimeText(entry.minutes));
  if (entry.accounted != entry.minutes) {
    absl::StrAppend(&text, " (", WorkTimeText(entry.accounted), " accounted)");
  }
  if (entry.over > 0 && !entry.over_block.empty()) {
    absl::StrAppend(&text, ", ", WorkTimeText(entry.over), " over");
  }
  absl::StrAppend(&text, "  ", entry.by, entry.ticket_name.empty() ? "" : "  ", entry.ticket_name,
                  "  ", entry.text);
  if (!entry.corrected_by.empty()) {
    absl::StrAppend(&text, "  [corrected by ", entry.corrected_by, ": ", entry.correction, "]");
  }
  return absl::StrCat(text, "\n");
}

std::string LeftText(const HoursBook& book, absl::CivilDay today) {
  std::string text;
  for (const HoursLeft& left : HoursLeftAt(book, today)) {
    absl::StrAppend(&text, HoursLeftText(left), "\n");
  }
  return text;
}

absl::StatusOr<OperationResult> Answer(pipeline::Desk& desk, Store& store, Clock& clock,
                                       const nlohmann::ordered_json& request,
                                       const HoursEntry& entry) {
  const auto opened = OpenBook(desk, store, clock, request);
  if (!opened.ok()) return opened.status();
  return OperationResult{absl::StrCat(EntryText(entry), LeftText(opened->book, opened->today)),
                         {{"customer", opened->customer.id},
                          {"entry", api::EntryJson(entry)},
                          {"blocks", api::BlocksJson(opened->book, opened->today)}}};
}

}  // namespace

absl::StatusOr<OperationResult> ShowHours(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request) {
  const auto opened = OpenBook(desk, store, clock, request);
  if (!opened.ok()) return opened.status();
  OperationResult result{"",
                         {{"customer", opened->customer.id},
                          {"today", absl::FormatCivilTime(opened->today)},
                          {"left_minutes", opened->book.LeftAt(opened->today)},
                          {"blocks", api::BlocksJson(opened->book, opened->today)}}};
  for (const HoursBalance& balance : opened->book.blocks) {
    absl::StrAppend(&result.text, BlockText(balance, opened->today));
  }
  if (result.text.empty()) {
    result.text = "No hours were bought: `hours` in the policy's entitlements says so.\n";
  }
  return result;
}

absl::StatusOr<OperationResult> ListWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                         const nlohmann::ordered_json& request) {
  const auto opened = OpenBook(desk, store, clock, request);
  if (!opened.ok()) return opened.status();
  std::optional<absl::CivilDay> from;
  std::optional<absl::CivilDay> until;
  for (const auto& [name, day] : {std::pair("from", &from), std::pair("until", &until)}) {
    const std::string text = Text(request, name);
    if (text.empty()) continue;
    *day = policy::ParseDay(text);
    if (!*day) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no day: write YYYY-MM-DD"));
    }
  }
  OperationResult result{"", {{"customer", opened->customer.id}}};
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const HoursEntry& entry : opened->book.entries) {
    if ((from && entry.day < *from) || (until && entry.day > *until)) continue;
    absl::StrAppend(&result.text, EntryText(entry));
    entries.push_back(api::EntryJson(entry));
  }
  if (result.text.empty()) result.text = "No work was logged.\n";
  result.data["entries"] = std::move(entries);
  return result;
}

absl::StatusOr<OperationResult> LogWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                        const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  if (customer->entry == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the policy lacks \"", customer->id, "\": work is logged for its customers"));
  }
  const auto time = ParseWorkTime(Text(request, "time"));
  if (!time.ok()) return time.status();
  Work work;
  work.entry = Text(request, "id");
  work.time = *time;
  work.day = DayFor(*customer->entry, clock.Now());
  if (const std::string day = Text(request, "day"); !day.empty()) {
    const auto parsed = policy::ParseDay(day);
    if (!parsed) {
      return absl::InvalidArgumentError(absl::StrCat("\"", day, "\" is no day: write YYYY-MM-DD"));
    }
    work.day = *parsed;
  }
  work.by = Text(request, "by");
  work.text = Text(request, "text");
  if (const std::string ticket = Text(request, "ticket"); !ticket.empty()) {
    const auto ref = pipeline::FindRef(store, ticket);
    if (!ref.ok()) return ref.status();
    const auto key = desk.Resolve(*ref);
    if (!key.ok()) return key.status();
    work.ticket = ToString(*key);
    work.ticket_name = ToString(*ref);
  }
  const auto entry = desk.LogWork(customer->id, std::move(work));
  if (!entry.ok()) return entry.status();
  return Answer(desk, store, clock, request, *entry);
}

absl::StatusOr<OperationResult> CorrectWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const std::string text = Text(request, "time");
  WorkTime time;
  if (text != "0" && text != "0m") {
    const auto parsed = ParseWorkTime(text);
    if (!parsed.ok()) return parsed.status();
    time = *parsed;
  }
  const auto entry = desk.CorrectWork(customer->id, Text(request, "entry"), time,
                                      Text(request, "reason"), Text(request, "by"));
  if (!entry.ok()) return entry.status();
  return Answer(desk, store, clock, request, *entry);
}

}  // namespace retainer::cli
