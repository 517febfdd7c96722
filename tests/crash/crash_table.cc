// The table of what was survived: crash_table [--rounds N] [--seed S] [--only PART].
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "tests/crash/fault_table.h"
#include "tests/crash/kills.h"
#include "tests/fakes/places.h"

int main(int argc, char** argv) {
  using namespace retainer;
  CLI::App app("Kills a desk and breaks its forge and disk, and says what was lost or doubled");
  KillOptions options;
  options.programs = {RETAINER_KILLED_SERVICE, RETAINER_DISK_FAULTS};
  int rounds = 200;
  std::string only;
  bool each = false;
  app.add_option("--rounds", rounds, "Kills, over all parts");
  app.add_option("--seed", options.seed, "Another one chooses other points");
  app.add_option("--only", only, "random, points, forge, disk, clock or restore");
  app.add_option("--forge", options.forge, "github or gitlab; default: both");
  app.add_flag("--each", each, "Each point that a run without kills reaches");
  app.add_flag_callback("--verbose", [&] { options.progress = &std::cerr; });
  CLI11_PARSE(app, argc, argv);
  const bool both = app.count("--forge") == 0;
  std::vector<CrashRow> rows;
  const auto add = [&](const std::vector<CrashRow>& some) {
    rows.insert(rows.end(), some.begin(), some.end());
  };
  for (const std::string forge : {"github", "gitlab"}) {
    if (!both && forge != options.forge) continue;
    options.forge = forge;
    options.kills = rounds / (both ? 4 : 2);
    if (only.empty() || only == "random") add(RunRandomKills(options));
    if (each) options.kills = 0;
    if (only.empty() || only == "points") add(RunPointKills(options));
    FaultOptions faults{options.programs, Binary(), forge};
    faults.progress = options.progress;
    if (only.empty() || only == "forge") add(RunForgeFaults(faults));
    if (only.empty() || only == "disk") add(RunDiskFaults(faults));
    if (only.empty() || only == "clock") add(RunClockFaults(faults));
    if (only.empty() || only == "restore") add(RunRestoreDrill(faults));
  }
  PrintTable(std::cout, rows);
  for (const CrashRow& row : rows) {
    if (!row.ok()) return 1;
  }
  return 0;
}
