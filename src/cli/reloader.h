// Reloader: reads the policy in a thread of its own, so that neither a signal nor the end of the
// service waits for a long read.
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
  // Reads the policy. It may take long and touches nothing that is shared. The function that it
  // returns puts the new policy in force.
  using Take = std::function<PolicyState()>;
  using Read = std::function<Take()>;

  // `poll`: a read also begins when this long none was requested, in real time.
  explicit Reloader(Read read, absl::Duration poll = absl::InfiniteDuration());
  // Waits for a read in progress.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Requests a read that begins after this call. Several requests before it begins share one read.
  void Ask();
  // Requests a read and waits for its result. Cancelled when the service ends first.
  absl::StatusOr<PolicyState> Reload();
  // After this, no policy is put in force. False when a read is still in progress after `patience`
  // of real time; its result will be dropped.
  bool Stop(absl::Duration patience);

 private:
  void Run();

  const Read read_;
  const absl::Duration poll_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;  // number of requests so far
  std::uint64_t done_ = 0;   // number of requests that `state_` answers
  PolicyState state_;
  bool stopping_ = false;
  bool taking_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace retainer::cli
