#include "src/cli/reloader.h"

#include <utility>

namespace retainer::cli {

Reloader::Reloader(Read read, absl::Duration poll)
    : read_(std::move(read)), poll_(poll), thread_([this] { Run(); }) {}

Reloader::~Reloader() {
  (void)Stop(absl::ZeroDuration());
  thread_.join();
}

void Reloader::Ask() {
  {
    std::lock_guard lock(mutex_);
    ++asked_;
  }
  changed_.notify_all();
}

absl::StatusOr<PolicyState> Reloader::Reload() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return done_ >= mine || stopping_; });
  if (done_ >= mine) return state_;
  return absl::CancelledError("the service stops; it reads the policy when it starts");
}

bool Reloader::Stop(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  // Putting a policy in force uses the store, which is closed after this.
  changed_.wait(lock, [&] { return !taking_; });
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(patience), [&] { return ended_; });
}

void Reloader::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto wanted = [this] { return stopping_ || asked_ != done_; };
    if (poll_ == absl::InfiniteDuration()) {
      changed_.wait(lock, wanted);
    } else if (!changed_.wait_for(lock, absl::ToChronoNanoseconds(poll_), wanted)) {
      ++asked_;
    }
    if (stopping_) break;
    const std::uint64_t answers = asked_;
    lock.unlock();
    const Take take = read_();
    lock.lock();
    if (stopping_) break;
    taking_ = true;
    lock.unlock();
    PolicyState state = take();
    lock.lock();
    taking_ = false;
    state_ = std::move(state);
    done_ = answers;
    changed_.notify_all();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace retainer::cli
