#include "src/pipeline/references.h"

#include "src/pipeline/ticket_keys.h"

namespace retainer::pipeline {

bool IsProjectKnown(Store& store, const TicketKey& from, const std::string& key) {
  const std::optional<TicketKey> ticket = ParseTicketKey(key);
  if (!ticket) return false;
  if (ticket->project == from.project) return true;
  const auto project = store.FindProject({ticket->forge, ticket->project});
  return project.ok() && project->has_value();
}

std::optional<std::string> KnownAs(Store& store, const TicketContext& from,
                                   const std::string& reference, bool offline) {
  std::optional<TicketKey> key = WrittenKey(from.key, reference);
  if (!key) return offline ? std::optional<std::string>("") : std::nullopt;
  const auto is_known = [&](TicketKind kind) {
    key->kind = kind;
    const auto stored = store.LoadTicket(*key);
    return stored.ok() && stored->facts.Find(MakeFactId(FactKind::kOpened, "", "")) != nullptr;
  };
  const TicketKind written = key->kind;
  if (is_known(written)) return ToString(*key);
  // On GitHub, issues and changes share one sequence of numbers.
  if (from.forge_kind == ForgeKind::kGitHub && is_known(TicketKind::kChange)) return ToString(*key);
  key->kind = written;
  return offline ? std::optional<std::string>(ToString(*key)) : std::nullopt;
}

}  // namespace retainer::pipeline
