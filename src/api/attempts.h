// How often an address may fail to authenticate before it is told to stop for a while. Who is who
// is found out first, every time: whose token holds is answered whatever others at the same address
// do, for else a stranger behind the same proxy could keep a release from asking.
//
// Thread-safe; memory is bounded.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace retainer {

struct AttemptLimits {
  int failures = 30;
  absl::Duration window = absl::Minutes(1);
  std::size_t addresses = 10000;  // remembered
};

class FailedAttempts {
 public:
  explicit FailedAttempts(AttemptLimits limits) : limits_(limits) {}

  // How long the address still counts as one that failed too often; nullopt: it does not.
  std::optional<absl::Duration> Blocked(const std::string& address, absl::Time now);
  void Failed(const std::string& address, absl::Time now);

 private:
  struct Record {
    absl::Time began;
    int failures = 0;
  };

  const AttemptLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Record> records_;
};

}  // namespace retainer
