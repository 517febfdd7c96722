#include "src/cli/impact_pages.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "retainer/core.h"

namespace retainer::cli {
namespace {

// A page ends with the ticket that reaches a limit: some tenths of a second. Closed tickets of long
// ago are only looked at.
constexpr std::size_t kMostJudged = 500;
constexpr std::size_t kMostFacts = 50'000;
constexpr std::size_t kMostLookedAt = 5'000;

// The policy, in which these customers are private.
Policy WithPrivate(Policy policy, const Policy& other) {
  for (Customer& customer : policy.customers) {
    const Customer* there = other.FindCustomer(customer.id);
    if (there != nullptr && there->id == customer.id) customer.is_public &= there->is_public;
  }
  return policy;
}

TermsHistory WithLast(TermsHistory history, std::shared_ptr<const Terms> last) {
  history.back() = std::move(last);
  return history;
}

std::shared_ptr<const Terms> From(const Terms& terms, Policy policy, absl::Time effective) {
  auto copy = std::make_shared<Terms>(*WithPolicy(terms, std::move(policy)));
  copy->effective = effective;
  return copy;
}

class Page {
 public:
  Page(const ImpactTask& task, const Pins& pins, std::map<ProjectKey, bool> is_private)
      : task_(task), pins_(pins), is_private_(std::move(is_private)) {
    page_.part.audience = task.scope.audience;
    page_.part.since = task.scope.past.since;
  }

  void Add(const TicketRecord& record, const TicketContext& context, const FactSet& facts) {
    const std::string& path = context.path.empty() ? record.key.project : context.path;
    const TicketRef ref{record.key.forge, path, record.key.kind, record.key.number};
    if (task_.scope.audience == Audience::kTeam) {
      AddFor(ref, context, facts, task_.today, task_.changed, task_.always);
      return;
    }
    const std::size_t all = record.open ? Moved(ref, context, facts).size() : 0;
    std::size_t seen = 0;
    if (!IsPrivate(record.key)) {
      seen = AddFor(ref, context, OutsideFacts(facts), task_.outside_today, task_.outside_changed,
                    task_.outside_always);
    }
    page_.part.hidden += static_cast<std::int64_t>(all - std::min(all, seen));
  }

  ImpactPage Take(std::optional<TicketKey> last) {
    page_.last = std::move(last);
    return std::move(page_);
  }

 private:
  bool IsPrivate(const TicketKey& key) const {
    const auto project = is_private_.find({key.forge, key.project});
    return project == is_private_.end() || project->second;
  }

  Standing Judge(const TicketContext& context, const FactSet& facts, const TermsHistory& terms) {
    return JudgeCovered(context, facts, terms, pins_, task_.now);
  }

  std::vector<MovedPromise> Moved(const TicketRef& ref, const TicketContext& context,
                                  const FactSet& facts) {
    return MovedPromises(ref, Judge(context, facts, task_.today),
                         Judge(context, facts, task_.changed), task_.now);
  }

  // Returns how many due instants move. Nothing for a confidential ticket, when outsiders read.
  std::size_t AddFor(const TicketRef& ref, const TicketContext& context, const FactSet& facts,
                     const TermsHistory& today, const TermsHistory& changed,
                     const TermsHistory& always) {
    const Standing before = Judge(context, facts, today);
    if (before.confidential && task_.scope.audience == Audience::kOutsiders) return 0;
    AddTicket(task_.scope.past, ref, facts, before, Judge(context, facts, always),
              &page_.part.past);
    if (!before.open || before.gone) return 0;
    std::vector<MovedPromise> moved =
        MovedPromises(ref, before, Judge(context, facts, changed), task_.now);
    const std::size_t number = moved.size();
    AddOpenTicket(task_.scope, std::move(moved), &page_.part);
    return number;
  }

  const ImpactTask& task_;
  const Pins& pins_;
  const std::map<ProjectKey, bool> is_private_;
  ImpactPage page_;
};

}  // namespace

ImpactTask MakeImpactTask(TermsHistory today, const Terms& changed, absl::Time now,
                          Audience audience, std::size_t most_listed) {
  ImpactTask task;
  task.now = now;
  task.scope.audience = audience;
  task.scope.most_listed = most_listed;
  task.scope.past.since = now - kImpactPast;
  task.scope.past.most_changes = 0;
  task.today = std::move(today);
  task.changed = task.today;
  task.changed.push_back(From(changed, changed.policy, now));
  task.always = {From(changed, changed.policy, absl::UnixEpoch())};
  if (audience == Audience::kTeam) return task;
  const Terms& in_force = *task.today.back();
  const Policy hiding = WithPrivate(changed.policy, in_force.policy);
  task.outside_today = OutsideTerms(
      WithLast(task.today,
               From(in_force, WithPrivate(in_force.policy, changed.policy), in_force.effective)),
      now);
  task.outside_changed = OutsideTerms(WithLast(task.changed, From(changed, hiding, now)), now);
  task.outside_always = OutsideTerms({From(changed, hiding, absl::UnixEpoch())}, now);
  return task;
}

absl::StatusOr<ImpactPage> RunImpactPage(Store& store, const ContextOf& context_of,
                                         const ImpactTask& task,
                                         const std::optional<TicketKey>& after) {
  const auto projects = store.ListProjects();
  if (!projects.ok()) return projects.status();
  std::map<ProjectKey, bool> is_private;
  std::set<std::string> forges;
  for (const ProjectRecord& project : *projects) {
    is_private[project.key] = project.is_private;
    if (!after || project.key.forge >= after->forge) forges.insert(project.key.forge);
  }
  const auto pins = store.LoadPins();
  if (!pins.ok()) return pins.status();

  Page page(task, *pins, std::move(is_private));
  std::size_t looked_at = 0;
  std::size_t judged = 0;
  std::size_t facts = 0;
  for (const std::string& forge : forges) {
    std::optional<TicketKey> from = after && after->forge == forge ? after : std::nullopt;
    for (;;) {
      const auto records = store.ListTickets(forge, "", from, kMostJudged, /*open_only=*/false);
      if (!records.ok()) return records.status();
      if (records->empty()) break;
      for (const TicketRecord& record : *records) {
        from = record.key;
        // Nothing began on it in the time that is judged again.
        if (record.open || record.updated_at >= task.scope.past.since) {
          const auto stored = store.LoadTicket(record.key);
          if (!stored.ok()) return stored.status();
          const auto context = context_of(record.key, record);
          if (!context.ok()) return context.status();
          page.Add(record, *context, stored->facts);
          ++judged;
          facts += stored->facts.size();
        }
        if (++looked_at >= kMostLookedAt || judged >= kMostJudged || facts >= kMostFacts) {
          return page.Take(record.key);
        }
      }
    }
  }
  return page.Take(std::nullopt);
}

absl::StatusOr<Impact> RunImpact(Store& store, const ContextOf& context_of,
                                 const ImpactTask& task) {
  Impact whole;
  std::optional<TicketKey> after;
  do {
    auto page = RunImpactPage(store, context_of, task, after);
    if (!page.ok()) return page.status();
    Merge(task.scope, std::move(page->part), &whole);
    after = page->last;
  } while (after);
  return whole;
}

}  // namespace retainer::cli
