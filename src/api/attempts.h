// How often an address may fail to authenticate before it is not heard for a while, so that tokens
// cannot be tried by the thousand.
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

  // How long the address is not heard; nullopt: it is.
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

// What is counted as one client: an IPv4 address, an IPv6 network of 64 bits (which one machine can
// have to itself).
std::string ClientNetwork(const std::string& address);

}  // namespace retainer
