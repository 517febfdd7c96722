// The forms of a policy version that outsiders are judged by, and those who may know of one private
// customer, made once for each version in force that they are asked for: making one compiles the
// whole policy again.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace retainer {

struct Terms;

// As WithoutHidden, but not without `known`, which is as if it were public.
std::shared_ptr<const Terms> WithoutHiddenBut(const Terms& terms,
                                              const std::shared_ptr<const Terms>& current,
                                              const std::string& known);

// Thread-safe.
class OpenTerms {
 public:
  // What `make` returned for this version in force and the customer (empty: outsiders).
  template <typename Make>
  std::shared_ptr<const Terms> Get(const std::shared_ptr<const Terms>& current,
                                   const std::string& known, Make make) {
    const std::lock_guard lock(mutex_);
    const bool same = !current_.owner_before(current) && !current.owner_before(current_);
    if (!same) open_.clear();
    current_ = current;
    if (const auto it = open_.find(known); it != open_.end()) return it->second;
    // Customers come and go; outsiders are asked for again and again.
    if (open_.size() > kMostKept)
      std::erase_if(open_, [](const auto& e) { return !e.first.empty(); });
    return open_[known] = make();
  }

 private:
  static constexpr std::size_t kMostKept = 16;

  std::mutex mutex_;
  // Weak: a version in force may be asked for its own form.
  std::weak_ptr<const Terms> current_;
  std::map<std::string, std::shared_ptr<const Terms>> open_;  // by customer
};

}  // namespace retainer
