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
  // `service`: the service's clock, which may be wrong; else the world's.
  explicit SharedClock(const std::string& file, bool service = false) : service_(service) {
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(Times)) != 0) std::abort();
    void* there = mmap(nullptr, sizeof(Times), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (there == MAP_FAILED) std::abort();
    times_ = static_cast<Times*>(there);
  }
  ~SharedClock() override { munmap(times_, sizeof(Times)); }
  SharedClock(const SharedClock&) = delete;
  SharedClock& operator=(const SharedClock&) = delete;

  absl::Time Now() const override {
    return absl::FromUnixNanos(times_->world + (service_ ? times_->wrong_by.load() : 0));
  }
  absl::Time Steady() const override { return absl::FromUnixNanos(times_->world); }
  void Set(absl::Time now) { times_->world = absl::ToUnixNanos(now); }
  void Advance(absl::Duration by) { times_->world += absl::ToInt64Nanoseconds(by); }
  // From now on the service's dates are this much ahead of the world's.
  void SetWrongBy(absl::Duration by) { times_->wrong_by = absl::ToInt64Nanoseconds(by); }

 private:
  // Nanoseconds. `world` comes first: disk_faults.cc reads it.
  struct Times {
    std::atomic<std::int64_t> world;
    std::atomic<std::int64_t> wrong_by;
  };
  Times* times_;
  const bool service_;
};

}  // namespace retainer
