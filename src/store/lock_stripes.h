// Striped locks: a fixed number of mutexes, selected by a hash of a name. A thread that changes a
// thing holds the lock of its name from the reads on which the change depends until the write.
// Thread-safe.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <vector>

namespace retainer::store {

class LockStripes {
 public:
  // Held until destroyed. Several names are locked in one fixed order, to avoid deadlocks.
  // REQUIRES: the thread holds no other Hold of these stripes.
  using Hold = std::vector<std::unique_lock<std::mutex>>;
  Hold Acquire(const std::vector<std::string>& names);

 private:
  std::array<std::mutex, 1024> stripes_;
};

}  // namespace retainer::store
