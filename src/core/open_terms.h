// The form of a policy version that outsiders are judged by, made once for each version in force
// that it is asked for: making it compiles the whole policy again.
#pragma once

#include <memory>
#include <mutex>

namespace retainer {

struct Terms;

// Thread-safe.
class OpenTerms {
 public:
  // What `make` returned for this version in force.
  template <typename Make>
  std::shared_ptr<const Terms> Get(const std::shared_ptr<const Terms>& current, Make make) {
    const std::lock_guard lock(mutex_);
    const bool same =
        open_ != nullptr && !current_.owner_before(current) && !current.owner_before(current_);
    if (!same) {
      open_ = make();
      current_ = current;
    }
    return open_;
  }

 private:
  std::mutex mutex_;
  // Weak: a version in force may be asked for its own form.
  std::weak_ptr<const Terms> current_;
  std::shared_ptr<const Terms> open_;
};

}  // namespace retainer
