#include "src/cli/backtest_pages.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace retainer::cli {
namespace {

// A page ends with the ticket that reaches either: some tenths of a second.
constexpr std::size_t kPageTickets = 500;
constexpr std::size_t kPageFacts = 50'000;

// What a policy that does not cover the project says of a ticket: nothing.
Standing Judge(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
               const Pins& pins, absl::Time now) {
  Standing standing = Evaluate(context, facts, terms, pins, now);
  const bool covered = std::any_of(terms.begin(), terms.end(), [&](const auto& version) {
    return version->policy.Covers({context.key.forge, context.path});
  });
  if (!covered) {
    standing.claims.clear();
    standing.objectives.clear();
    standing.questions.clear();
  }
  return standing;
}

}  // namespace

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
                stored->facts, Judge(*context, stored->facts, task.today, *pins, task.now),
                Judge(*context, stored->facts, task.proposed, *pins, task.now), &page.part);
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
