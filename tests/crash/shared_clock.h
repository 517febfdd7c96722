// A clock in a file that several processes read; one of them sets it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "retainer/clock.h"

namespace retainer {

// Thread-safe. Ends the process when the file cannot be opened.
class SharedClock final : public Clock {
 public:
  explicit SharedClock(const std::string& file) {
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(Nanoseconds)) != 0) std::abort();
    void* there = mmap(nullptr, sizeof(Nanoseconds), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (there == MAP_FAILED) std::abort();
    nanoseconds_ = static_cast<Nanoseconds*>(there);
  }
  ~SharedClock() override { munmap(nanoseconds_, sizeof(Nanoseconds)); }
  SharedClock(const SharedClock&) = delete;
  SharedClock& operator=(const SharedClock&) = delete;

  absl::Time Now() const override { return absl::FromUnixNanos(nanoseconds_->load()); }
  absl::Time Steady() const override { return Now(); }
  void Set(absl::Time now) { nanoseconds_->store(absl::ToUnixNanos(now)); }
  void Advance(absl::Duration by) { nanoseconds_->fetch_add(absl::ToInt64Nanoseconds(by)); }

 private:
  using Nanoseconds = std::atomic<std::int64_t>;
  Nanoseconds* nanoseconds_;
};

}  // namespace retainer
