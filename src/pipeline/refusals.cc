#include "src/pipeline/refusals.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer {

void Refusals::Add(const std::string& address, const std::string& forge, const std::string& reason,
                   absl::Time now) {
  std::lock_guard lock(mutex_);
  const std::string key = absl::StrCat(address, " ", forge);
  auto it = senders_.find(key);
  if (it != senders_.end() && it->second.last + kKept < now) {
    senders_.erase(it);
    it = senders_.end();
  }
  if (it == senders_.end()) {
    if (senders_.size() >= kMost) {
      senders_.erase(std::min_element(
          senders_.begin(), senders_.end(),
          [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    }
    it = senders_.emplace(key, RefusedSender{address, forge, reason, 0, now, now}).first;
  }
  ++it->second.count;
  it->second.reason = reason;
  it->second.last = now;
}

std::vector<RefusedSender> Refusals::Recent(absl::Time now) const {
  std::vector<RefusedSender> recent;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, sender] : senders_) {
      if (sender.last + kKept >= now) recent.push_back(sender);
    }
  }
  std::sort(recent.begin(), recent.end(), [](const RefusedSender& a, const RefusedSender& b) {
    return a.count != b.count ? a.count > b.count : a.address < b.address;
  });
  return recent;
}

}  // namespace retainer
