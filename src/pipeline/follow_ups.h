// Tickets about which something is to be asked for the sake of private customers, after what
// outsiders see of them has been decided.
//
// A queue a forge, worked off by a thread of its own: what is asked here holds up nothing that
// outsiders see, neither of this ticket nor of the next. Kept in memory alone: a ticket's wake-up
// asks too, a little later.
//
// Thread-safe.
#pragma once

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

namespace retainer::pipeline {

class FollowUps {
 public:
  // Of one forge; what does not fit waits for its wake-up.
  static constexpr std::size_t kMost = 10'000;

  // `pushed`: called with the forge's name, without a lock.
  explicit FollowUps(std::function<void(const std::string&)> pushed) : pushed_(std::move(pushed)) {}

  // From here on somebody takes what is pushed.
  void Start();
  // Once, however often it is pushed before it is taken. False where nobody takes it (yet): who
  // pushes asks himself.
  bool Push(const TicketKey& key);
  // The oldest of a forge. It counts as under way until the next Take of that forge.
  std::optional<TicketKey> Take(const std::string& forge);
  // Waits any, or is any under way?
  bool busy() const;

 private:
  struct Queue {
    std::deque<TicketKey> order;
    std::set<TicketKey> waiting;
    bool under_way = false;
  };

  const std::function<void(const std::string&)> pushed_;
  mutable std::mutex mutex_;
  bool started_ = false;
  std::map<std::string, Queue> queues_;
};

}  // namespace retainer::pipeline
