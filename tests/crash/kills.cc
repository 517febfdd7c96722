// To run by hand: kills [KILLS] [SEED] [github|gitlab].
#include <cstdlib>
#include <iostream>

#include "tests/crash/kill_story.h"

int main(int argc, char** argv) {
  retainer::KillOptions options;
  options.service = RETAINER_KILLED_SERVICE;
  if (argc > 1) options.kills = std::atoi(argv[1]);
  if (argc > 2) options.seed = static_cast<std::uint64_t>(std::atoll(argv[2]));
  if (argc > 3) options.forge = argv[3];
  options.progress = &std::cerr;
  const retainer::KillReport report = retainer::RunKills(options);
  std::cout << report;
  return report.ok() ? 0 : 1;
}
