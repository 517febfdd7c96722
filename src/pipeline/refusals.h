// Refusals: senders (by address) whose deliveries were refused as not genuine. It helps people to
// find a webhook with a wrong secret. Bounded: only the kMost most recent senders are kept.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "src/base/bounded_map.h"

namespace retainer::pipeline {

struct RefusedSender {
  std::string address;
  std::string forge;
  std::string reason;  // reason of the last refusal
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
  // Senders of the last day, most refusals first.
  std::vector<RefusedSender> Recent(absl::Time now) const;

 private:
  mutable std::mutex mutex_;
  base::BoundedMap<std::string, RefusedSender> senders_{kMost};  // key: address and forge
};

}  // namespace retainer::pipeline
