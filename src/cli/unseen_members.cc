#include "src/cli/unseen_members.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kMostQueried = 500;

// Forge and name.
using Organization = std::pair<std::string, std::string>;

}  // namespace

absl::StatusOr<std::vector<std::string>> UnseenMembers(const Policy& policy, Store& store) {
  std::map<Organization, std::vector<std::string>> customers;
  for (const Customer& customer : policy.customers) {
    for (const Login& organization : customer.contacts.organizations) {
      customers[{organization.forge, organization.name}].push_back(customer.id);
    }
  }
  std::vector<std::string> lines;
  if (customers.empty()) return lines;
  TicketQuery query;
  query.open = true;
  query.order = TicketOrder::kUpdated;
  query.descending = true;
  query.limit = kMostQueried;
  const auto tickets = store.FindTickets(query);
  if (!tickets.ok()) return tickets.status();
  // The latest answer counts, because a person may have made a membership public since.
  std::map<Organization, std::map<std::string, std::pair<absl::Time, bool>>> people;
  for (const TicketRecord& ticket : *tickets) {
    const auto stored = store.LoadTicket(ticket.key);
    if (!stored.ok()) return stored.status();
    for (const auto& [id, fact] : stored->facts) {
      const std::size_t blank = fact.subject.find(' ');
      if (fact.kind != FactKind::kMembership || blank == fact.subject.npos) continue;
      const Organization organization{ticket.key.forge, fact.subject.substr(blank + 1)};
      if (!customers.contains(organization)) continue;
      auto& [at, unseen] =
          people[organization]
              .try_emplace(fact.subject.substr(0, blank), absl::InfinitePast(), false)
              .first->second;
      if (fact.at < at) continue;
      at = fact.at;
      unseen = fact.value == "unseen";
    }
  }
  for (const auto& [organization, answers] : people) {
    std::size_t count = 0;
    for (const auto& [person, answer] : answers) count += answer.second ? 1 : 0;
    if (count == 0) continue;
    lines.push_back(absl::StrCat(
        "of ", count, count == 1 ? " person" : " people",
        " on open tickets it cannot be seen whether they are members of ", organization.first, ":",
        organization.second, ", of ", absl::StrJoin(customers[organization], ", "),
        ": they count as community; list those who are by login in the policy"));
  }
  return lines;
}

}  // namespace retainer::cli
