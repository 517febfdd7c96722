// retainer serve: the service.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/refuser.h"
#include "src/cli/running.h"
#include "src/cli/stream_log.h"
#include "src/cli/supervisor.h"
#include "src/cli/watchdog.h"

namespace retainer::cli {
namespace {

// Less than the 10 s that are promised for SIGTERM.
constexpr absl::Duration kStopWithin = absl::Seconds(9);
constexpr absl::Duration kTryAgainAfter = absl::Seconds(5);

struct ServeOptions {
  std::string config;
  bool verbose = false;
};

// Raises the limit of descriptors, because each connection needs one. The service would otherwise
// have a shell's soft limit of 1,024.
void AllowDescriptors() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);
}

void Serve(const ServeOptions& options) {
  AllowDescriptors();
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  BlockSignals();
  StreamLog log(PreferredLogFormat(), options.verbose ? LogLevel::kDebug : LogLevel::kInfo);
  SystemClock clock;
  Supervisor supervisor;
  const auto after_read = [&supervisor] { supervisor.Reloaded(); };
  const auto read_config = [path = options.config] {
    FileFindings findings;  // warnings were said at the start
    return LoadConfigFile(path, &findings);
  };
  auto running = Running::Start(*config, clock, log, after_read, read_config);
  // A full disk may recover without a restart: wait and try again.
  while (absl::IsResourceExhausted(running.status())) {
    log.Error("cannot start yet; everything is answered with 503 meanwhile",
              {{"reason", std::string(running.status().message())}});
    {
      supervisor.Waiting("The disk is full", 12 * kTryAgainAfter);
      const Refuser refuser(config->listen, log);
      const auto signal = WaitForSignal(kTryAgainAfter);
      if (signal && *signal != SIGHUP) return;
    }
    running = Running::Start(*config, clock, log, after_read, read_config);
  }
  if (!running.ok()) {
    log.Error("cannot start", {{"reason", std::string(running.status().message())}});
    throw ExitWith{absl::IsUnavailable(running.status()) ? kUnreachable : kWrongUsage};
  }
  supervisor.Ready();
  std::optional<Watchdog> watchdog;
  if (const auto period = supervisor.watchdog()) {
    watchdog.emplace(
        *period, [it = running->get()] { return it->Answers(); },
        [&supervisor] { supervisor.Alive(); });
  }
  for (;;) {
    const int signal = WaitForSignal();
    if (signal != SIGHUP) break;
    supervisor.Reloading();
    (*running)->Reload();
  }
  log.Info("stopping");
  supervisor.Stopping();
  watchdog.reset();
  (*running)->StopWithin(kStopWithin);
  log.Info("stopped");
}

}  // namespace

void RegisterServe(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Runs the service");
  command->add_option("--config", options->config, "The configuration, YAML")->required();
  command->add_flag("--verbose", options->verbose, "Log every step");
  command->footer("Example: retainer serve --config /etc/retainer/retainer.yaml");
  command->callback([options] { Serve(*options); });
}

}  // namespace retainer::cli
