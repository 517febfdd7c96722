#include "src/pipeline/follow_ups.h"

#include <algorithm>

namespace retainer::pipeline {

void FollowUps::Start() {
  std::lock_guard lock(mutex_);
  started_ = true;
}

bool FollowUps::Push(const TicketKey& key) {
  {
    std::lock_guard lock(mutex_);
    if (!started_) return false;
    Queue& queue = queues_[key.forge];
    if (queue.order.size() >= kMost || !queue.waiting.insert(key).second) return true;
    queue.order.push_back(key);
  }
  if (pushed_) pushed_(key.forge);
  return true;
}

std::optional<TicketKey> FollowUps::Take(const std::string& forge) {
  std::lock_guard lock(mutex_);
  Queue& queue = queues_[forge];
  queue.under_way = !queue.order.empty();
  if (!queue.under_way) return std::nullopt;
  const TicketKey key = queue.order.front();
  queue.order.pop_front();
  queue.waiting.erase(key);
  return key;
}

bool FollowUps::busy() const {
  std::lock_guard lock(mutex_);
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& entry) {
    return entry.second.under_way || !entry.second.order.empty();
  });
}

}  // namespace retainer::pipeline
