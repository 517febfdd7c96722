// Reloader: the policy is read in a thread of its own, so that neither a signal nor the end of the
// service waits for a long reading.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/cli/service.h"

namespace retainer::cli {

class Reloader {
 public:
  // Reads, which may take long and touches nothing that is shared; what it returns puts in force
  // what was read.
  using Take = std::function<PolicyState()>;
  using Read = std::function<Take()>;

  explicit Reloader(Read read);
  // Waits for a reading that is under way.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // A reading begins after this call; several calls before it begins are one.
  void Ask();
  // Asks, and waits for what comes of it. Cancelled where the end of the service comes first.
  absl::StatusOr<PolicyState> Reload();
  // Nothing is put in force after this. False where a reading is still under way after `patience`
  // of real time; it will do nothing when it ends.
  bool Stop(absl::Duration patience);

 private:
  void Run();

  const Read read_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;  // calls so far
  std::uint64_t done_ = 0;   // those that `state_` answers
  PolicyState state_;
  bool stopping_ = false;
  bool taking_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace retainer::cli
