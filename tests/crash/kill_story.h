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
  std::string forge = "github";  // or `gitlab`: where the tickets are
  int kills = 500;
  std::uint64_t seed = 1;
  std::ostream* progress = nullptr;
};

struct KillReport {
  int kills = 0;
  int acts = 0;
  int tickets = 0;
  int faults = 0;                    // answers that were cut, and calls that came late
  int doubled = 0;                   // tickets with two comments of one marker, after an act
  int stale = 0;                     // tickets with other labels or assignees than they should have
  int other_comments = 0;            // tickets whose comments are not the same, byte for byte
  int notices = 0;                   // that the run which was never killed told
  int lost = 0;                      // of those, not told
  int strange = 0;                   // told, though that run did not
  int two_contents = 0;              // one id with two contents
  int repeated = 0;                  // told again with the same content: allowed
  double seconds = 0;                // real time of the run that was killed
  std::vector<std::string> details;  // of what is wrong, the first few

  bool ok() const { return doubled + stale + other_comments + lost + strange + two_contents == 0; }
};

KillReport RunKills(const KillOptions& options);
std::ostream& operator<<(std::ostream& out, const KillReport& report);

}  // namespace retainer
