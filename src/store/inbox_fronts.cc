#include "src/store/inbox_fronts.h"

#include <algorithm>

namespace retainer::store {

InboxFronts::Front InboxFronts::Get(const std::string& forge) const {
  const std::lock_guard lock(mutex_);
  const auto front = fronts_.find(forge);
  return front == fronts_.end() ? Front{0, forgotten_} : front->second;
}

void InboxFronts::Raise(const std::string& forge, const Front& seen, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  Front& front = fronts_.try_emplace(forge, Front{0, forgotten_}).first->second;
  if (front.returns == seen.returns) front.seq = std::max(front.seq, seq);
}

void InboxFronts::PutBack(const std::string& forge, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  Front& front = fronts_.try_emplace(forge, Front{0, forgotten_}).first->second;
  front.seq = std::min(front.seq, seq);
  ++front.returns;
}

void InboxFronts::Forget() {
  const std::lock_guard lock(mutex_);
  // Larger than any value that a reader has seen, so that no reader that started before raises a
  // front.
  for (const auto& [forge, front] : fronts_) forgotten_ = std::max(forgotten_, front.returns);
  ++forgotten_;
  fronts_.clear();
}

}  // namespace retainer::store
