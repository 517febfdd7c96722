// What a forge, a disk and a clock do wrong while people work on several tickets at once, and a
// machine that is lost. In the end everything must be as without.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/crash/comparison.h"

namespace retainer {

struct FaultOptions {
  CrashPrograms programs;
  std::string retainer;  // the program, for `backup` and `restore`
  std::string forge = "github";
  int tickets = 4;
  std::ostream* progress = nullptr;
};

// One row for each kind of answer that a forge must not give.
std::vector<CrashRow> RunForgeFaults(const FaultOptions& options);
// One row each for a disk that is full, read-only, or fails.
std::vector<CrashRow> RunDiskFaults(const FaultOptions& options);
// One row each for a clock that goes back an hour, or forth a month, and is right again later.
std::vector<CrashRow> RunClockFaults(const FaultOptions& options);
// One row: a backup is made, people go on, the data folder is lost, the backup is restored.
std::vector<CrashRow> RunRestoreDrill(const FaultOptions& options);

}  // namespace retainer
