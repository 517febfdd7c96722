#include "src/pipeline/ask_queue.h"

#include <algorithm>

namespace retainer::pipeline {

bool AskQueue::HasRoom(const TicketKey& key, Sake sake) const {
  std::lock_guard lock(mutex_);
  const auto queue = queues_.find({key.forge, sake});
  return queue == queues_.end() || queue->second.order.size() < kMost ||
         queue->second.waiting.contains(key);
}

void AskQueue::Push(const TicketKey& key, Sake sake) {
  {
    std::lock_guard lock(mutex_);
    Queue& queue = queues_[{key.forge, sake}];
    if (queue.order.size() >= kMost || !queue.waiting.insert(key).second) return;
    queue.order.push_back(key);
  }
  if (pushed_) pushed_(key.forge, sake);
}

std::optional<TicketKey> AskQueue::Take(const std::string& forge, Sake sake) {
  std::lock_guard lock(mutex_);
  Queue& queue = queues_[{forge, sake}];
  const auto next = std::find_if(queue.order.begin(), queue.order.end(), [&](const TicketKey& key) {
    return !queue.under_way.contains(key);
  });
  if (next == queue.order.end()) return std::nullopt;
  const TicketKey key = *next;
  queue.order.erase(next);
  queue.waiting.erase(key);
  queue.under_way.insert(key);
  return key;
}

void AskQueue::Claim(const TicketKey& key, Sake sake) {
  std::unique_lock lock(mutex_);
  Queue& queue = queues_[{key.forge, sake}];
  done_.wait(lock, [&] { return !queue.under_way.contains(key); });
  queue.under_way.insert(key);
}

void AskQueue::Done(const TicketKey& key, Sake sake) {
  {
    std::lock_guard lock(mutex_);
    queues_[{key.forge, sake}].under_way.erase(key);
  }
  done_.notify_all();
}

bool AskQueue::busy() const {
  std::lock_guard lock(mutex_);
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& entry) {
    return !entry.second.under_way.empty() || !entry.second.order.empty();
  });
}

}  // namespace retainer::pipeline
