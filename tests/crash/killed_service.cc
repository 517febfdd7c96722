// Runs what `retainer serve` runs, on a clock that its killer controls: killed_service CONFIG
// CLOCK.
//
// Prints `listening URL` on standard output. Each line on standard input, a number of
// milliseconds, requests that everything due now is done within them; the answer is `settled`, or
// the reason why not.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>

#include "src/cli/loading.h"
#include "src/cli/running.h"
#include "src/cli/stream_log.h"
#include "tests/crash/shared_clock.h"

int main(int argc, char** argv) {
  using namespace retainer;
  if (argc != 3) return 2;
  const auto config = cli::LoadConfigFile(argv[1]);
  if (!config.ok()) {
    std::cerr << config.status() << "\n";
    return 2;
  }
  SharedClock clock(argv[2], /*service=*/true);
  cli::StreamLog log(cli::PreferredLogFormat(), LogLevel::kInfo);
  auto running = cli::Running::Start(*config, clock, log);
  if (!running.ok()) {
    std::cerr << running.status() << "\n";
    return 2;
  }
  pipeline::Desk& desk = (*running)->service().desk();
  std::cout << "listening " << (*running)->url() << std::endl;
  // The clock does not follow real time, so a thread that waits for an instant must check again and
  // again.
  std::thread([&desk] {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      desk.Nudge();
    }
  }).detach();
  for (std::string line; std::getline(std::cin, line);) {
    const absl::Status settled = desk.Settle(absl::Milliseconds(std::stoll(line)));
    std::cout << (settled.ok() ? "settled" : std::string(settled.message())) << std::endl;
  }
  std::_Exit(0);
}
