// The length of the calling thread's turns in nanoseconds (src/pipeline/short_turns.h). 0 if the
// system does not tell it.
#pragma once

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace retainer {

inline std::uint64_t TurnOfThisThread() {
  std::array<unsigned char, 48> attributes = {};  // as sched_getattr(2) returns them
  if (syscall(SYS_sched_getattr, 0, attributes.data(), attributes.size(), 0) != 0) return 0;
  std::uint64_t runtime = 0;
  std::memcpy(&runtime, attributes.data() + 24, sizeof(runtime));
  return runtime;
}

}  // namespace retainer
