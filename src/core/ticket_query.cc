// Where a ticket stands in the list that a query asks for (retainer/store.h).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "retainer/store.h"

namespace retainer {

bool IsAskedFor(const TicketQuery& query, const std::string& priority) {
  return query.priorities.empty() || std::find(query.priorities.begin(), query.priorities.end(),
                                               priority) != query.priorities.end();
}

std::pair<std::size_t, std::string> Urgency(const TicketQuery& query, const std::string& priority) {
  if (priority.empty()) return {query.urgency.size() + 1, ""};
  const auto place = std::find(query.urgency.begin(), query.urgency.end(), priority);
  return {static_cast<std::size_t>(place - query.urgency.begin()), priority};
}

std::vector<std::string> AccountsIn(const Fact& fact) {
  std::vector<std::string> accounts;
  for (const Actor* actor : {&fact.actor, &fact.author, &fact.assignee}) {
    const bool known = std::find(accounts.begin(), accounts.end(), actor->id) != accounts.end();
    if (!actor->id.empty() && !known) accounts.push_back(actor->id);
  }
  return accounts;
}

std::string OverAllowanceOf(const std::string& customer) { return "over " + customer; }

absl::Time DueIn(const TicketRecord& record, const std::string& customer) {
  if (!customer.empty()) {
    for (const ClaimRecord& claim : record.claims) {
      if (claim.customer == customer) return DueOf(claim);
    }
  }
  return record.next_due.value_or(absl::InfiniteFuture());
}

TicketPlace PlaceOf(const TicketQuery& query, const TicketRecord& record) {
  TicketPlace place;
  place.key = record.key;
  switch (query.order) {
    case TicketOrder::kOpened:
      place.at = record.opened_at;
      return place;
    case TicketOrder::kUpdated:
      place.at = record.updated_at;
      return place;
    case TicketOrder::kDue:
    case TicketOrder::kPriority:
      break;
  }
  place.at = DueIn(record, query.customer);
  if (query.order == TicketOrder::kDue) return place;
  // The most urgent, of those that are asked for.
  for (const ClaimRecord& claim : ClaimsInForce(record)) {
    if (!query.customer.empty() && claim.customer != query.customer) continue;
    if (!IsAskedFor(query, claim.priority)) continue;
    if (Urgency(query, claim.priority) < Urgency(query, place.priority)) {
      place.priority = claim.priority;
    }
  }
  return place;
}

}  // namespace retainer
