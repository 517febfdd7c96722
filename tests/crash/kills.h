// Kills the service again and again while people work on tickets: at random, with a forge whose
// lists are late and whose answers are cut, and exactly at each operation on the disk, each request
// to the forge and each notice.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "tests/crash/comparison.h"

namespace retainer {

struct KillOptions {
  CrashPrograms programs;
  std::string forge = "github";
  int kills = 500;
  std::uint64_t seed = 1;
  std::ostream* progress = nullptr;
};

// One row. Lists of the forge are up to 15 s late; answers are cut, and calls carried out late.
std::vector<CrashRow> RunRandomKills(const KillOptions& options);

// One row for each kind of point. A kill before, after or in the middle of an operation on the data
// folder, or a cut of the power there: what was not synced is lost in part. A kill when the forge
// or a sink gets a request, when it has carried it out, and after its answer. The seed chooses
// among the points that a run without kills reaches; if `kills` is 0 each one is tried.
std::vector<CrashRow> RunPointKills(const KillOptions& options);

}  // namespace retainer
