#include "src/cli/reloader.h"

#include <utility>

namespace retainer::cli {

Reloader::Reloader(Read read) : read_(std::move(read)), thread_([this] { Run(); }) {}

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
    if (asked_ == done_) {
      changed_.wait(lock);
      continue;
    }
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
