// Throttle: how many log lines of one kind are worth writing. A flood (wrong signatures by the
// thousand, a disk that stays full) costs a few lines a minute, and the next line says how many
// were kept back.
//
// Thread-safe. Keys come from a bounded set.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace retainer {

class Throttle {
 public:
  explicit Throttle(int lines = 10, absl::Duration window = absl::Minutes(1))
      : lines_(lines), window_(window) {}

  // nullopt: keep this line back. Else how many of its kind were kept back since the last one.
  // `now`: Clock::Steady.
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

}  // namespace retainer
