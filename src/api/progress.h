// How far a connection is, how long it may still take, and which connections are closed first when
// there are too many.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace retainer::api {

struct PaceLimits {
  absl::Duration idle_timeout = absl::Seconds(2);  // before a head's first byte
  absl::Duration head_timeout = absl::Seconds(5);  // from there to its last byte
  absl::Duration read_timeout = absl::Seconds(5);  // without a byte, in either direction
  // for a body, and for the client to take the answer
  absl::Duration request_timeout = absl::Seconds(20);
  // A client is slow if it moves fewer bytes per second than this after `grace`. It is also slow if
  // its body, at the present rate, will not be complete within `request_timeout`.
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
    kFinishing,  // the answer is sent; further input is dropped
    kClosed,
  };

  State state = State::kIdle;
  Steady::time_point begun;    // start of the state
  Steady::time_point last;     // the last time that a byte moved
  std::uint64_t moved = 0;     // bytes in this state
  std::uint64_t declared = 0;  // length of the body

  void Enter(State next) {
    state = next;
    begun = last = Steady::now();
    moved = 0;
  }
};

// When the connection is closed. Never while it is being answered, because that does not depend on
// the client.
Progress::Steady::time_point Deadline(const Progress& progress, const PaceLimits& limits);

// The connection with the highest value is closed first; 0: it stays. Connections that do nothing
// come first, then slow ones: slower connections and those that hold more (`held` bytes) come
// earlier.
double Burden(const Progress& progress, std::size_t held, const PaceLimits& limits,
              Progress::Steady::time_point now);

}  // namespace retainer::api
