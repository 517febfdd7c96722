#include "src/store/inbox_fronts.h"

#include <algorithm>

namespace retainer {

InboxFronts::Front InboxFronts::Get(const std::string& forge) const {
  const std::lock_guard lock(mutex_);
  const auto front = fronts_.find(forge);
  return front == fronts_.end() ? Front() : front->second;
}

void InboxFronts::Raise(const std::string& forge, const Front& seen, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  Front& front = fronts_[forge];
  if (front.returns == seen.returns) front.seq = std::max(front.seq, seq);
}

void InboxFronts::PutBack(const std::string& forge, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  Front& front = fronts_[forge];
  front.seq = std::min(front.seq, seq);
  ++front.returns;
}

}  // namespace retainer
