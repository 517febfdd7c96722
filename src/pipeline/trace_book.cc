#include "src/pipeline/trace_book.h"

namespace retainer::pipeline {

void TraceBook::Remember(const TicketKey& ticket, const std::optional<base::TraceContext>& trace) {
  if (tracer_ == nullptr) return;
  const absl::Time now = clock_.Steady();
  const std::lock_guard lock(mutex_);
  if (!trace || !trace->sampled) {
    entries_.erase(ticket);
    return;
  }
  if (entries_.size() >= kMost) {
    std::erase_if(entries_,
                  [&](const auto& entry) { return entry.second.at + kRemembered <= now; });
  }
  if (entries_.size() < kMost) entries_.insert_or_assign(ticket, Entry{*trace, now});
}

std::optional<base::TraceContext> TraceBook::Find(const TicketKey& ticket) const {
  if (tracer_ == nullptr) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(ticket);
  if (entry == entries_.end() || entry->second.at + kRemembered <= clock_.Steady()) {
    return std::nullopt;
  }
  return entry->second.trace;
}

}  // namespace retainer::pipeline
