// Throttle: a rate limit for log lines of one kind. A flood (thousands of wrong signatures, a full
// disk) gives a few lines a minute, and the next line says how many were suppressed. Thread-safe.
// The set of keys must be bounded.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace retainer::pipeline {

class Throttle {
 public:
  explicit Throttle(int lines = 10, absl::Duration window = absl::Minutes(1))
      : lines_(lines), window_(window) {}

  // Nullopt: suppress this line. Else the number of lines of this kind suppressed since the last
  // one. `now`: Clock::Steady.
  std::optional<std::uint64_t> Allow(const std::string& key, absl::Time now) {
    std::lock_guard lock(mutex_);
    Kind& kind = kinds_[key];
    if (now < kind.began || now >= kind.began + window_) {
      kind.began = now;
      kind.written = 0;
    }
    if (kind.written >= lines_) {
      ++kind.kept_back;
      return std::nullopt;
    }
    ++kind.written;
    const std::uint64_t kept_back = kind.kept_back;
    kind.kept_back = 0;
    return kept_back;
  }

 private:
  struct Kind {
    absl::Time began = absl::InfinitePast();
    int written = 0;
    std::uint64_t kept_back = 0;
  };
  const int lines_;
  const absl::Duration window_;
  std::mutex mutex_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace retainer::pipeline
