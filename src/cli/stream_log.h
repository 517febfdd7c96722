// The Log port on standard error, with spdlog: readable lines on a terminal, otherwise JSON.
#pragma once

#include <memory>
#include <string>

#include "retainer/log.h"

namespace spdlog {
class logger;
}  // namespace spdlog

namespace retainer::cli {

enum class LogFormat { kText, kJson };

// kJson unless standard error is a terminal.
LogFormat PreferredLogFormat();

// Thread-safe. One line per event; in JSON with `time` (RFC 3339, UTC), `level`, `event` and the
// fields.
class StreamLog final : public Log {
 public:
  StreamLog(LogFormat format, LogLevel least);
  ~StreamLog() override;
  void Write(LogLevel level, std::string_view event, Fields fields) override;

 private:
  const LogFormat format_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace retainer::cli
