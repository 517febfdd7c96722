// A cache of reduced policy versions: the version without private customers (for outsiders), or
// without all private customers but one (for those who may know that one). Each is made once per
// version in force, because making one compiles the whole policy again.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "retainer/policy.h"

namespace retainer::core {

// Like WithoutHidden, but keeps the customer `known` as if it were public.
std::shared_ptr<const Terms> WithoutHiddenBut(const Terms& terms,
                                              const std::shared_ptr<const Terms>& current,
                                              const std::string& known);

// Thread-safe.
class OpenTerms {
 public:
  // Returns the cached result of `make` for this version in force and customer (empty: outsiders).
  template <typename Make>
  std::shared_ptr<const Terms> Get(const std::shared_ptr<const Terms>& current,
                                   const std::string& known, Make make) {
    const std::lock_guard lock(mutex_);
    const bool same = !current_.owner_before(current) && !current.owner_before(current_);
    if (!same) open_.clear();
    current_ = current;
    if (const auto it = open_.find(known); it != open_.end()) return it->second;
    // Limits the cache: removes the customers' versions and keeps the outsiders', which is used
    // most.
    if (open_.size() > kMostKept)
      std::erase_if(open_, [](const auto& e) { return !e.first.empty(); });
    return open_[known] = make();
  }

 private:
  static constexpr std::size_t kMostKept = 16;

  std::mutex mutex_;
  // Weak, because `current` may own this object (a reference cycle otherwise).
  std::weak_ptr<const Terms> current_;
  std::map<std::string, std::shared_ptr<const Terms>> open_;  // key: customer
};

}  // namespace retainer::core
