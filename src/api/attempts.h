// Limits how often an address may fail to authenticate. A caller is always authenticated first: a
// valid token is answered whatever other clients at the same address do. Otherwise a stranger
// behind the same proxy could block a release.
//
// Thread-safe; memory is bounded.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace retainer::api {

struct AttemptLimits {
  int failures = 30;
  absl::Duration window = absl::Minutes(1);
  std::size_t addresses = 10000;  // the number that is remembered
};

class FailedAttempts {
 public:
  explicit FailedAttempts(AttemptLimits limits) : limits_(limits) {}

  // How long the address is still blocked for too many failures; nullopt: it is not blocked.
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

}  // namespace retainer::api
