// Kills the service again and again while people work on tickets, the forge's lists are delayed,
// and its answers are cut or late. In the end the forge must show what a run without kills shows.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace retainer {

struct KillOptions {
  std::string service;           // the program `killed_service`
  std::string forge = "github";  // or `gitlab`: the forge of the tickets
  int kills = 500;
  std::uint64_t seed = 1;
  std::ostream* progress = nullptr;
};

struct KillReport {
  int kills = 0;
  int acts = 0;
  int tickets = 0;
  int faults = 0;                    // answers that were cut, and calls that were carried out late
  int doubled = 0;                   // tickets with two comments with our marker, after an act
  int stale = 0;                     // tickets with wrong labels or assignees
  int other_comments = 0;            // tickets whose comments differ, byte for byte
  int notices = 0;                   // notices that the run without kills sent
  int lost = 0;                      // notices of these that were not sent
  int strange = 0;                   // notices that only the run with kills sent
  int two_contents = 0;              // ids with two contents
  int repeated = 0;                  // sent again with the same content, which is allowed
  double seconds = 0;                // real time of the run with kills
  std::vector<std::string> details;  // the first few differences

  bool ok() const { return doubled + stale + other_comments + lost + strange + two_contents == 0; }
};

KillReport RunKills(const KillOptions& options);
std::ostream& operator<<(std::ostream& out, const KillReport& report);

}  // namespace retainer
