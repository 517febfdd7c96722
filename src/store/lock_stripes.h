// Mutexes by name: whoever changes a thing holds the stripe of its name from the read on which the
// change rests until the write. Thread-safe.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <vector>

namespace retainer {

class LockStripes {
 public:
  // Held until destroyed. Several names at once are taken in one order, so that nobody waits for
  // somebody who waits for him. REQUIRES: the thread holds no other Hold of these stripes.
  using Hold = std::vector<std::unique_lock<std::mutex>>;
  Hold Acquire(const std::vector<std::string>& names);

 private:
  std::array<std::mutex, 1024> stripes_;
};

}  // namespace retainer
