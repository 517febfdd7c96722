// Tickets with questions to ask their forge: the judge puts them in, the asker takes them.
//
// Each forge has two queues. Questions for the sake of private customers have their own, so that
// they delay nothing that outsiders see, neither on this ticket nor on the next one. The queues are
// in memory. The records of the tickets say the same, and the wake-up of a ticket asks too.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "retainer/ids.h"
#include "src/pipeline/tries.h"

namespace retainer::pipeline {

class AskQueue {
 public:
  // The most tickets per forge and sake; others are asked about when they wake up.
  static constexpr std::size_t kMost = 10'000;

  using Pushed = std::function<void(const std::string& forge, Sake sake)>;
  // `pushed`: called after every push, without a lock.
  explicit AskQueue(Pushed pushed = nullptr) : pushed_(std::move(pushed)) {}

  // True if Push would add the ticket or has added it.
  bool HasRoom(const TicketKey& key, Sake sake) const;
  // A ticket is in the queue once, however often it is pushed before it is taken.
  void Push(const TicketKey& key, Sake sake);
  // The oldest ticket of the forge that no thread works on. It counts as under way until Done.
  std::optional<TicketKey> Take(const std::string& forge, Sake sake);
  // Waits until no thread works on the ticket. Then it counts as under way until Done.
  void Claim(const TicketKey& key, Sake sake);
  void Done(const TicketKey& key, Sake sake);
  // True if a ticket waits or is under way.
  bool busy() const;

 private:
  struct Queue {
    std::deque<TicketKey> order;
    std::set<TicketKey> waiting;
    std::set<TicketKey> under_way;
  };

  const Pushed pushed_;
  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::map<std::pair<std::string, Sake>, Queue> queues_;
};

}  // namespace retainer::pipeline
