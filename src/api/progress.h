// How far a connection is, how long it may still take, and how gladly one would be without it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace retainer {

struct PaceLimits {
  absl::Duration idle_timeout = absl::Seconds(2);      // before a head's first byte
  absl::Duration head_timeout = absl::Seconds(5);      // from there to its last
  absl::Duration read_timeout = absl::Seconds(5);      // of silence, either way
  absl::Duration request_timeout = absl::Seconds(20);  // for a body, and for an answer to be taken
  // Who moves fewer bytes a second is slow once `grace` is over; so is whose body, at its pace so
  // far, will not be there within `request_timeout`.
  std::size_t least_rate = 4096;
  absl::Duration grace = absl::Seconds(1);
};

struct Progress {
  using Steady = std::chrono::steady_clock;

  enum class State {
    kIdle,  // before a head's first byte
    kHead,
    kBody,
    kAnswering,
    kWriting,
    kFinishing,  // the answer is out; what still comes is dropped
    kClosed,
  };

  State state = State::kIdle;
  Steady::time_point begun;    // the state
  Steady::time_point last;     // something moved
  std::uint64_t moved = 0;     // bytes, in this state
  std::uint64_t declared = 0;  // of the body

  void Enter(State next) {
    state = next;
    begun = last = Steady::now();
    moved = 0;
  }
};

// When it has had its time. Never while it is being answered: that is not up to the client.
Progress::Steady::time_point Deadline(const Progress& progress, const PaceLimits& limits);

// Who goes first where not all can stay: the higher the sooner; 0: stays. Those that do nothing
// come before those that are slow; of these, the slower and the larger (`held` bytes) the sooner.
double Burden(const Progress& progress, std::size_t held, const PaceLimits& limits,
              Progress::Steady::time_point now);

}  // namespace retainer
