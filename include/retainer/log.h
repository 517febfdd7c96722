// The Log port: structured logs. A log entry never holds a secret, a token or a body.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace retainer {

// A status as text for people, without the data for programs (RetryAfter).
inline std::string StatusText(const absl::Status& status) {
  return status.ToString(absl::StatusToStringMode::kWithNoExtraData);
}

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Thread-safe.
class Log {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;
  virtual ~Log() = default;
  // `event` is a short constant text (`delivery refused`). Variable parts go into `fields`.
  virtual void Write(LogLevel level, std::string_view event, Fields fields) = 0;

  void Info(std::string_view event, Fields fields = {}) { Write(LogLevel::kInfo, event, fields); }
  void Warning(std::string_view event, Fields fields = {}) {
    Write(LogLevel::kWarning, event, fields);
  }
  void Error(std::string_view event, Fields fields = {}) { Write(LogLevel::kError, event, fields); }
};

}  // namespace retainer
