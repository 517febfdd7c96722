#include "src/pipeline/fixes.h"

#include <algorithm>
#include <charconv>

namespace retainer::pipeline {

absl::StatusOr<std::optional<TicketKey>> Fixes::Referenced(const TicketContext& from,
                                                           const std::string& reference) {
  std::optional<TicketKey> none;
  const std::size_t hash = reference.rfind('#');
  if (hash == reference.npos) return none;
  TicketKey key{from.key.forge, from.key.project, TicketKind::kIssue, 0};
  const char* end = reference.data() + reference.size();
  const auto [parsed, error] = std::from_chars(reference.data() + hash + 1, end, key.number);
  if (error != std::errc() || parsed != end || key.number <= 0) return none;
  if (hash == 0) return std::optional<TicketKey>(key);
  auto project = store_.FindProjectByPath({from.key.forge, reference.substr(0, hash)});
  if (!project.ok()) return project.status();
  if (!*project) return none;
  key.project = (*project)->key.id;
  if ((*project)->is_private && key.project != from.key.project) return none;
  return std::optional<TicketKey>(key);
}

absl::StatusOr<ChangeBeside> Fixes::Find(const TicketContext& context, const FactSet& facts,
                                         const std::optional<ChangeRecord>& known,
                                         std::vector<std::pair<TicketKey, std::uint64_t>>* rides) {
  ChangeBeside beside;
  rides->clear();
  if (context.key.kind != TicketKind::kChange) return beside;
  beside.known = known;
  const std::optional<ChangeInfo> seen = FindChange(facts);
  if (!seen) return beside;
  for (const std::string& reference : seen->fixes) {
    auto key = Referenced(context, reference);
    if (!key.ok()) return key.status();
    if (!*key) continue;
    auto fixed = store_.LoadRecords({**key});
    if (!fixed.ok()) return fixed.status();
    TicketRecord& record = (*fixed)[0];
    rides->emplace_back(**key, record.version);
    beside.fixed.push_back({reference, std::move(record.url), std::move(record.promises), **key});
  }
  return beside;
}

absl::Status Fixes::Wake(const std::vector<Draft>& drafts, absl::Time now,
                         std::vector<DecisionWrite>* writes) {
  const std::size_t decided = writes->size();
  for (std::size_t i = 0; i < decided; ++i) {
    if ((*writes)[i].record.promises == drafts[i].stored.record.promises) continue;
    auto changes = store_.FindFixes((*writes)[i].record.key, ChangeState::kOpen, kMaxChanges);
    if (!changes.ok()) return changes.status();
    for (TicketRecord& change : *changes) {
      const auto same = [&](const DecisionWrite& w) { return w.record.key == change.key; };
      auto write = std::find_if(writes->begin(), writes->end(), same);
      if (write == writes->end()) {
        writes->emplace_back().record = std::move(change);
        write = std::prev(writes->end());
      }
      write->record.wake_at = std::min(write->record.wake_at.value_or(now), now);
    }
  }
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
