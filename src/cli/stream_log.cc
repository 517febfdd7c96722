#include "src/cli/stream_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace retainer::cli {
namespace {

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

// Quotes for a terminal: only printable ASCII, so that no stranger's text can start a new line or
// control the terminal.
std::string Quote(const std::string& value) {
  return nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// A value that needs no quotes stays unchanged.
std::string Readable(const std::string& value) {
  const bool plain =
      !value.empty() && value.find_first_of(" \"\\=") == std::string::npos &&
      std::all_of(value.begin(), value.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return plain ? value : Quote(value);
}

}  // namespace

LogFormat PreferredLogFormat() {
  return isatty(STDERR_FILENO) != 0 ? LogFormat::kText : LogFormat::kJson;
}

StreamLog::StreamLog(LogFormat format, LogLevel least) : format_(format) {
  spdlog::sink_ptr sink;
  if (format == LogFormat::kText) {
    sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
    sink->set_pattern("%H:%M:%S %^%-7l%$ %v");
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_pattern("%v");
  }
  logger_ = std::make_shared<spdlog::logger>("retainer", std::move(sink));
  logger_->set_level(Level(least));
  logger_->flush_on(spdlog::level::debug);
}

StreamLog::~StreamLog() = default;

void StreamLog::Write(LogLevel level, std::string_view event, Fields fields) {
  if (!logger_->should_log(Level(level))) return;
  std::string line;
  if (format_ == LogFormat::kText) {
    line.assign(event);
    for (const auto& [key, value] : fields) {
      line.append(" ").append(key).append("=").append(Readable(value));
    }
  } else {
    nlohmann::ordered_json object;
    object["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
    object["level"] = LevelName(level);
    object["event"] = event;
    for (const auto& [key, value] : fields) object[std::string(key)] = value;
    line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  logger_->log(Level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace retainer::cli
