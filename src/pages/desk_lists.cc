#include "src/pages/desk_lists.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/instant_text.h"
#include "retainer/promise_words.h"
#include "src/pages/cookies.h"
#include "src/pages/page_words.h"
#include "src/pipeline/may_read.h"

namespace retainer::pages {
namespace {

absl::Time EndOfDay(absl::Time now, absl::TimeZone zone) {
  return absl::FromCivil(absl::ToCivilDay(now, zone) + 1, zone);
}

const ClaimRecord* FirstToAnswer(const std::vector<ClaimRecord>& claims,
                                 const std::string& customer) {
  const ClaimRecord* first = nullptr;
  for (const ClaimRecord& claim : claims) {
    if (!customer.empty() && claim.customer != customer) continue;
    if (first == nullptr || DueOf(claim) < DueOf(*first)) first = &claim;
  }
  return first;
}

}  // namespace

std::string_view NameOf(DeskList list) {
  switch (list) {
    case DeskList::kLate:
      return "late";
    case DeskList::kToday:
      return "today";
    case DeskList::kAtRisk:
      return "risk";
    case DeskList::kAsked:
      return "asked";
    case DeskList::kLater:
      return "later";
    case DeskList::kWaiting:
      return "waiting";
    case DeskList::kCommunity:
      return "community";
  }
  return "";
}

std::string_view TitleOf(DeskList list) {
  switch (list) {
    case DeskList::kLate:
      return "Late";
    case DeskList::kToday:
      return "Due today";
    case DeskList::kAtRisk:
      return "Due soon";
    case DeskList::kAsked:
      return "The customer spoke last";
    case DeskList::kLater:
      return "Due later";
    case DeskList::kWaiting:
      return "Waiting for the customer";
    case DeskList::kCommunity:
      return "Community, not answered yet";
  }
  return "";
}

std::optional<DeskList> ParseDeskList(std::string_view name) {
  for (const DeskList list : kDeskLists) {
    if (NameOf(list) == name) return list;
  }
  return std::nullopt;
}

absl::StatusOr<DeskFilters> ReadFilters(const PageContext& context, const PageVisit& visit) {
  DeskFilters filters;
  const Rights& rights = visit.visitor->rights;
  const pipeline::Reader reader = rights.reader();
  const TermsHistory terms = context.desk.terms();
  const Policy* policy = terms.empty() ? nullptr : &terms.back()->policy;
  if (const std::string asked = visit.Asked("project"); !asked.empty()) {
    const auto ref = ParseProjectRef(asked);
    if (!ref.ok()) return absl::InvalidArgumentError("That is not the name of a project.");
    const auto known = context.store.FindProjectByPath(*ref);
    if (!known.ok()) return known.status();
    if (!*known || !pipeline::MayReadProject(reader, *ref, *known)) {
      return absl::InvalidArgumentError("The desk has no such project for you.");
    }
    filters.project = **known;
  } else if (!rights.team()) {
    filters.project = rights.projects.front();
  }
  if (const std::string asked = visit.Asked("customer"); !asked.empty()) {
    const Customer* customer = policy == nullptr ? nullptr : policy->FindCustomer(asked);
    if (customer == nullptr || !rights.team()) {
      return absl::InvalidArgumentError("The policy has no such customer for you.");
    }
    filters.customer = customer->id;
  }
  if (const std::string asked = visit.Asked("team"); !asked.empty()) {
    if (policy == nullptr || !policy->teams.contains(asked)) {
      return absl::InvalidArgumentError("The policy has no such team.");
    }
    filters.team = asked;
  }
  if (const std::string asked = visit.Asked("priority"); !asked.empty()) {
    const auto rank = policy == nullptr ? std::nullopt : policy->PriorityRank(asked);
    if (!rank) return absl::InvalidArgumentError("The policy has no such priority.");
    filters.priority = policy->priorities[*rank].name;
  }
  return filters;
}

std::string QueryOf(const DeskFilters& filters) {
  std::vector<std::string> parts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) parts.push_back(absl::StrCat(name, "=", EscapeQuery(value)));
  };
  if (filters.project) {
    add("project", ToString(ProjectRef{filters.project->key.forge, filters.project->path}));
  }
  add("customer", filters.customer);
  add("team", filters.team);
  add("priority", filters.priority);
  return absl::StrJoin(parts, "&");
}

TicketQuery QueryFor(DeskList list, const DeskFilters& filters, absl::Time now,
                     absl::TimeZone zone) {
  TicketQuery query;
  query.at = now;
  if (filters.project) query.project = filters.project->key;
  query.customer = filters.customer;
  query.team = filters.team;
  if (!filters.priority.empty()) query.priorities = {filters.priority};
  const absl::Time day_ends = EndOfDay(now, zone);
  switch (list) {
    case DeskList::kLate:
      // On a closed ticket a question can be late too.
      query.due_before = now;
      break;
    case DeskList::kToday:
      query.after = TicketPlace{"", now, TicketKey()};
      query.due_before = day_ends;
      break;
    case DeskList::kAtRisk:
      query.worst = ClockState::kAtRisk;
      query.after = TicketPlace{"", day_ends, TicketKey()};
      break;
    case DeskList::kAsked:
      query.turn = Turn::kOurs;
      break;
    case DeskList::kLater:
      query.after = TicketPlace{"", day_ends, TicketKey()};
      query.due_before = absl::InfiniteFuture();
      break;
    case DeskList::kWaiting:
      query.turn = Turn::kCustomers;
      query.order = TicketOrder::kUpdated;
      break;
    case DeskList::kCommunity:
      query.turn = Turn::kAnybodys;
      query.order = TicketOrder::kOpened;
      query.open = true;
      break;
  }
  return query;
}

DeskLine LineOf(DeskList list, const TicketRecord& record, const DeskFilters& filters,
                const Policy& policy, absl::Time now, absl::TimeZone zone) {
  DeskLine line;
  line.ref = RefOf(record);
  line.title = TitleOf(record);
  line.address = AddressOf("/desk/ticket", line.ref);
  line.is_open = record.open;
  line.with = absl::StrJoin(record.with, ", ");
  const std::vector<ClaimRecord> claims = ClaimsInForce(record);
  std::vector<std::string> whose;
  for (const ClaimRecord& claim : claims) {
    whose.push_back(absl::StrCat(CustomerName(policy, claim.customer),
                                 claim.plan.empty() ? "" : absl::StrCat(" (", claim.plan, ")"),
                                 claim.trial ? ", on trial" : ""));
    line.hidden |= claim.hidden;
  }
  line.whose = absl::StrJoin(whose, ", ");
  if (const ClaimRecord* claim = FirstToAnswer(claims, filters.customer)) {
    line.priority = claim->priority;
    const absl::Time due = DueOf(*claim);
    for (const OpenPromise& promise : claim->promises) {
      if (due == absl::InfiniteFuture() || promise.due != due) continue;
      const std::string_view words = PromiseWords(promise.metric);
      absl::StrAppend(&line.what, line.what.empty() ? "" : ", ",
                      absl::string_view(words.data(), words.size()),
                      promise.kind == PromiseKind::kTarget ? " (target)" : "");
    }
    if (due != absl::InfiniteFuture()) {
      line.due = due;
      line.left = LeftWords(due, now);
      line.instant = InstantWords(due, now, zone);
    }
    if (const auto state = StateAt(*claim, now)) {
      line.state = *state;
      line.has_state = true;
    }
  }
  const auto waits = [&](const std::optional<absl::Time>& since, const char* what) {
    if (!since) return;
    line.left = absl::StrCat(what, " ", SpanWords(now - *since));
    line.instant = absl::StrCat("since ", InstantWords(*since, now, zone));
  };
  if (list == DeskList::kWaiting) waits(record.waiting_since, "waits");
  if (list == DeskList::kCommunity) waits(record.asked_since, "waits");
  if (list == DeskList::kAsked && !line.due) waits(record.asked_since, "waits");
  return line;
}

templates::PageValues ValuesOf(const DeskLine& line) {
  templates::PageValues values;
  values.texts = {
      {"title", line.title},       {"address", line.address}, {"ref", ToString(line.ref)},
      {"what", line.what},         {"left", line.left},       {"instant", line.instant},
      {"priority", line.priority}, {"whose", line.whose},     {"with", line.with}};
  if (line.has_state) {
    values.texts["state"] = std::string(StateWords(line.state));
    values.texts["class"] = std::string(StateClass(line.state));
  }
  for (const auto& [section, shown] :
       {std::pair("has_what", !line.what.empty()),
        std::pair("has_priority", !line.priority.empty()),
        std::pair("has_whose", !line.whose.empty()), std::pair("has_with", !line.with.empty()),
        std::pair("hidden", line.hidden), std::pair("closed", !line.is_open)}) {
    if (shown) values.Show(section);
  }
  return values;
}

std::vector<std::string> CsvColumns() {
  return {"list", "ticket", "title", "priority", "customer", "promise", "due", "state", "with"};
}

std::vector<std::string> CsvCells(DeskList list, const DeskLine& line) {
  return {std::string(NameOf(list)),
          ToString(line.ref),
          line.title,
          line.priority,
          line.whose,
          line.what,
          line.due ? Rfc3339(*line.due) : "",
          line.has_state ? std::string(ClockStateName(line.state)) : "",
          line.with};
}

}  // namespace retainer::pages
