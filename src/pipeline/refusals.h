// Refusals: whose deliveries were refused as not genuine, by address, for whoever looks for a
// webhook with a wrong secret. Bounded: of more addresses than kMost those heard of last are kept.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace retainer {

struct RefusedSender {
  std::string address;
  std::string forge;
  std::string reason;  // of the last
  std::uint64_t count = 0;
  absl::Time first;
  absl::Time last;
};

class Refusals {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr absl::Duration kKept = absl::Hours(24);

  void Add(const std::string& address, const std::string& forge, const std::string& reason,
           absl::Time now);
  // Of the last day, most refusals first.
  std::vector<RefusedSender> Recent(absl::Time now) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, RefusedSender> senders_;  // by address and forge
};

}  // namespace retainer
