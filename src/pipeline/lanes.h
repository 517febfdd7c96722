// Runs pieces of work in parallel threads: each free thread takes the next piece.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace retainer::pipeline {

// Calls `work` once with each number below `count`, from at most `lanes` threads, including the
// caller's. Returns when all calls have returned. `work` must not throw.
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
    // The system has no more threads: the existing ones do the work.
  }
  lane();
  for (std::thread& other : others) other.join();
}

}  // namespace retainer::pipeline
