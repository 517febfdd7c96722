#include "src/pipeline/refusals.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {

void Refusals::Add(const std::string& address, const std::string& forge, const std::string& reason,
                   absl::Time now) {
  std::lock_guard lock(mutex_);
  const std::string key = absl::StrCat(address, " ", forge);
  RefusedSender* sender = senders_.Find(key);
  if (sender == nullptr || sender->last + kKept < now) {
    senders_.Put(key, {address, forge, reason, 0, now, now});
    sender = senders_.Find(key);
  }
  ++sender->count;
  sender->reason = reason;
  sender->last = now;
}

std::vector<RefusedSender> Refusals::Recent(absl::Time now) const {
  std::vector<RefusedSender> recent;
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : senders_) {
      if (entry.value.last + kKept >= now) recent.push_back(entry.value);
    }
  }
  std::sort(recent.begin(), recent.end(), [](const RefusedSender& a, const RefusedSender& b) {
    return a.count != b.count ? a.count > b.count : a.address < b.address;
  });
  return recent;
}

}  // namespace retainer::pipeline
