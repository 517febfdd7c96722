#include "src/cli/backtest_pages.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

namespace retainer::cli {
namespace {

// A page ends with the ticket that reaches either limit: some tenths of a second.
constexpr std::size_t kPageTickets = 500;
constexpr std::size_t kPageFacts = 50'000;

bool IsOurs(const Actor& author, const std::string& forge, const FactSet& facts,
            const Policy& policy) {
  const auto named = [&](const std::vector<Login>& logins) {
    return std::any_of(logins.begin(), logins.end(), [&](const Login& login) {
      return login.forge == forge && absl::EqualsIgnoreCase(login.name, author.login);
    });
  };
  return author.machine || author.login.empty() || named(policy.bots) ||
         std::any_of(policy.teams.begin(), policy.teams.end(),
                     [&](const auto& team) { return named(team.second.members); }) ||
         std::any_of(facts.begin(), facts.end(), [&](const auto& entry) {
           const Fact& fact = entry.second;
           return fact.kind == FactKind::kPermission && fact.subject == author.id &&
                  (fact.value == "admin" || fact.value == "maintain" || fact.value == "write");
         });
}

// Adds one contact of the customer to the terms.
TermsHistory WithContact(const Terms& terms, const std::string& customer_id, Login contact) {
  Policy changed = terms.policy;
  for (Customer& customer : changed.customers) {
    if (customer.id != customer_id) continue;
    customer.contacts.logins.push_back(std::move(contact));
    for (Entitlement& held : customer.entitlements) {
      held.term.reset();
      held.bought.reset();
    }
    break;
  }
  return {WithPolicy(terms, std::move(changed))};
}

Standing JudgeProposed(const BacktestTask& task, const TicketContext& context, const FactSet& facts,
                       const Pins& pins) {
  Standing standing = JudgeCovered(context, facts, task.proposed, pins, task.now);
  const Terms& terms = *task.proposed.back();
  const std::string& forge = context.key.forge;
  if (task.as_customer.empty() || !standing.claims.empty() || !standing.opened ||
      IsOurs(standing.author, forge, facts, terms.policy)) {
    return standing;
  }
  return JudgeCovered(context, facts,
                      WithContact(terms, task.as_customer, {forge, standing.author.login}), pins,
                      task.now);
}

}  // namespace

Standing JudgeCovered(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
                      const Pins& pins, absl::Time now) {
  Standing standing = Evaluate(context, facts, terms, pins, now);
  if (!EverCovered(terms, NamesOf(context))) {
    standing.claims.clear();
    standing.objectives.clear();
    standing.questions.clear();
  }
  return standing;
}

absl::StatusOr<BacktestPage> RunBacktestPage(Store& store, const ContextOf& context_of,
                                             const BacktestTask& task,
                                             const std::optional<TicketKey>& after) {
  const auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  std::set<std::string> forges;
  for (const ProjectRecord& project : *projects) {
    if (!after || project.key.forge >= after->forge) forges.insert(project.key.forge);
  }
  const auto pins = store.LoadPins();
  if (!pins.ok()) return pins.status();

  BacktestPage page;
  std::size_t tickets = 0;
  std::size_t facts = 0;
  for (const std::string& forge : forges) {
    const bool goes_on = after && after->forge == forge;
    const auto records = store.ListTickets(forge, "", goes_on ? after : std::nullopt,
                                           kPageTickets - tickets, /*open_only=*/false);
    if (!records.ok()) return records.status();
    for (const TicketRecord& record : *records) {
      const auto stored = store.LoadTicket(record.key);
      if (!stored.ok()) return stored.status();
      const auto context = context_of(record.key, record);
      if (!context.ok()) return context.status();
      const std::string& path = context->path.empty() ? record.key.project : context->path;
      AddTicket(task.scope, {record.key.forge, path, record.key.kind, record.key.number},
                stored->facts, JudgeCovered(*context, stored->facts, task.today, *pins, task.now),
                JudgeProposed(task, *context, stored->facts, *pins), &page.part);
      facts += stored->facts.size();
      if (++tickets >= kPageTickets || facts >= kPageFacts) {
        page.last = record.key;
        return page;
      }
    }
  }
  return page;
}

}  // namespace retainer::cli
