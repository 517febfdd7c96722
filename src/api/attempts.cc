#include "src/api/attempts.h"

#include "src/api/client_address.h"

namespace retainer::api {

std::optional<absl::Duration> FailedAttempts::Blocked(const std::string& address, absl::Time now) {
  std::lock_guard lock(mutex_);
  const auto it = records_.find(ClientNetwork(address));
  if (it == records_.end()) return std::nullopt;
  if (now < it->second.began || now >= it->second.began + limits_.window) {
    records_.erase(it);
    return std::nullopt;
  }
  if (it->second.failures < limits_.failures) return std::nullopt;
  return it->second.began + limits_.window - now;
}

void FailedAttempts::Failed(const std::string& address, absl::Time now) {
  std::lock_guard lock(mutex_);
  if (records_.size() >= limits_.addresses) {
    std::erase_if(records_,
                  [&](const auto& entry) { return now >= entry.second.began + limits_.window; });
    // Too many addresses at once: those that are blocked stay blocked.
    if (records_.size() >= limits_.addresses) {
      std::erase_if(records_,
                    [&](const auto& entry) { return entry.second.failures < limits_.failures; });
    }
    if (records_.size() >= limits_.addresses) return;
  }
  Record& record = records_[ClientNetwork(address)];
  if (record.failures == 0 || now < record.began || now >= record.began + limits_.window) {
    record = {now, 0};
  }
  ++record.failures;
}

}  // namespace retainer::api
