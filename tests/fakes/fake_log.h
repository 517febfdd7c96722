// A log that records what was written.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "retainer/log.h"

namespace retainer {

// Thread-safe.
class FakeLog final : public Log {
 public:
  void Write(LogLevel, std::string_view event, Fields fields) override {
    std::string line(event);
    for (const auto& [key, value] : fields) line.append(" ").append(key).append("=").append(value);
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  // The number of lines that begin with the event.
  std::size_t Count(std::string_view event) const {
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const std::string& line : lines_) count += line.starts_with(event) ? 1 : 0;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace retainer
