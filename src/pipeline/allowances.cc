#include "src/pipeline/allowances.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "retainer/entitlement.h"

namespace retainer::pipeline {
namespace {

constexpr absl::Duration kAMoment = absl::Seconds(2);

// The first instant of the month of `at`, for the customer.
absl::Time MonthOf(const Customer& customer, absl::Time at) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(customer.time_zone, &zone)) zone = absl::UTCTimeZone();
  return absl::FromCivil(absl::CivilMonth(absl::ToCivilDay(at, zone)), zone);
}

std::string PriorityFor(const TicketRecord& record, const std::string& customer) {
  for (std::size_t i = 0; i < record.customers.size(); ++i) {
    if (record.customers[i] == customer && i < record.priorities.size()) {
      return record.priorities[i];
    }
  }
  return "";
}

// What a ticket uses of a customer's allowance.
using Use = std::tuple<bool, std::string, std::vector<Interval>, absl::Time>;
Use UseIn(const TicketRecord& record, const std::string& customer) {
  const bool claims = std::find(record.customers.begin(), record.customers.end(), customer) !=
                      record.customers.end();
  if (!claims) return {};
  return {true, PriorityFor(record, customer), record.closed, record.opened_at};
}

void WakeAt(absl::Time at, TicketRecord* record) {
  record->wake_at = std::min(record->wake_at.value_or(at), at);
}

}  // namespace

absl::StatusOr<AllowanceUse> Allowances::UseOf(const Customer& customer, const TicketKey& key,
                                               absl::Time opened) {
  const absl::Time month = MonthOf(customer, opened);
  AllowanceUse use;
  std::set<TicketKey> counted;
  const auto take = [&](const std::vector<TicketRecord>& records) {
    for (const TicketRecord& record : records) {
      const bool earlier = std::tie(record.opened_at, record.key) < std::tie(opened, key);
      if (record.key == key || !earlier || !counted.insert(record.key).second) continue;
      const bool was_open = std::none_of(
          record.closed.begin(), record.closed.end(),
          [&](const Interval& span) { return span.from <= opened && opened < span.until; });
      TicketUse& of_priority = use.priorities[PriorityFor(record, customer.id)];
      for (TicketUse* each : {&of_priority, &use.tickets}) {
        each->open += was_open ? 1 : 0;
        each->this_month += record.opened_at >= month ? 1 : 0;
      }
    }
  };
  TicketQuery query;
  query.customer = customer.id;
  query.limit = kMostCounted;
  // Those of the month, those that are open, and those that were closed after the opening.
  query.order = TicketOrder::kOpened;
  query.after = TicketPlace{"", month - absl::Nanoseconds(1), {}};
  auto found = store_.FindTickets(query);
  if (!found.ok()) return found.status();
  take(*found);
  query.after.reset();
  query.open = true;
  if (found = store_.FindTickets(query); !found.ok()) return found.status();
  take(*found);
  query.order = TicketOrder::kUpdated;
  query.open = false;
  query.after = TicketPlace{"", opened, {}};
  if (found = store_.FindTickets(query); !found.ok()) return found.status();
  take(*found);
  return use;
}

absl::StatusOr<bool> Allowances::Find(const Standing& standing, const TermsHistory& terms,
                                      absl::Time now, TicketContext* context) {
  if (!standing.opened || standing.opened_at + kSettled < now) return false;
  std::map<std::string, AllowanceUse> used;
  std::set<std::string> customers;
  for (const ClaimStanding& claim : standing.claims) customers.insert(claim.customer);
  for (const OverAllowance& over : standing.over) customers.insert(over.customer);
  const Policy& policy = terms.back()->policy;
  for (const std::string& id : customers) {
    const Customer* customer = policy.FindCustomer(id);
    if (customer == nullptr) continue;
    const Plan* plan = PlanFor(policy, *customer, standing.opened_at);
    if (plan == nullptr || plan->allowance.empty()) continue;
    auto use = UseOf(*customer, context->key, standing.opened_at);
    if (!use.ok()) return use.status();
    used.emplace(id, *std::move(use));
  }
  return std::exchange(context->used, used) != used;
}

absl::Status Allowances::WakeLater(const std::string& list, const TicketRecord& than,
                                   absl::Time now, std::vector<DecisionWrite>* writes) {
  TicketQuery later;
  later.customer = list;
  later.order = TicketOrder::kOpened;
  later.after = TicketPlace{"", than.opened_at, than.key};
  later.limit = kMostWoken;
  auto found = store_.FindTickets(later);
  if (!found.ok()) return found.status();
  std::vector<TicketKey> keys;
  for (const TicketRecord& record : *found) {
    const auto same = [&](const DecisionWrite& w) { return w.record.key == record.key; };
    const auto write = std::find_if(writes->begin(), writes->end(), same);
    if (write == writes->end()) {
      keys.push_back(record.key);
    } else {
      WakeAt(now, &write->record);
    }
  }
  auto records = store_.LoadRecords(keys);  // those of a list are not complete
  if (!records.ok()) return records.status();
  for (TicketRecord& record : *records) {
    WakeAt(now, &record);
    writes->emplace_back().record = std::move(record);
  }
  return absl::OkStatus();
}

absl::Status Allowances::Wake(const std::vector<Draft>& drafts, const TermsHistory& terms,
                              absl::Time now, std::vector<DecisionWrite>* writes) {
  const Policy& policy = terms.back()->policy;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const TicketRecord before = drafts[i].stored.record;
    const TicketRecord after = (*writes)[i].record;
    std::set<std::string> customers(before.customers.begin(), before.customers.end());
    customers.insert(after.customers.begin(), after.customers.end());
    for (const std::string& id : customers) {
      if (UseIn(before, id) == UseIn(after, id)) continue;
      const Customer* customer = policy.FindCustomer(id);
      if (customer == nullptr) continue;
      const Plan* plan = PlanFor(policy, *customer, after.opened_at);
      if (plan == nullptr || plan->allowance.empty()) continue;
      if (!std::get<0>(UseIn(before, id))) WakeAt(now + kAMoment, &(*writes)[i].record);
      for (const std::string& list : {id, OverAllowanceOf(id)}) {
        if (auto status = WakeLater(list, after, now, writes); !status.ok()) return status;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
