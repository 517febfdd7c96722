// Pieces of work side by side: each by one thread, the next piece by whoever is free.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace retainer {

// Calls `work` once with each number below `count`, from at most `lanes` threads, this one among
// them; returns when all have returned. `work` must not throw.
inline void RunInLanes(std::size_t lanes, std::size_t count,
                       const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto lane = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  try {
    while (others.size() + 1 < lanes && others.size() + 1 < count) others.emplace_back(lane);
  } catch (const std::system_error&) {
    // The system has no thread to spare: those there are do it.
  }
  lane();
  for (std::thread& other : others) other.join();
}

}  // namespace retainer
