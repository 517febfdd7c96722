#include "src/pipeline/short_turns.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace retainer::pipeline {
namespace {

// The argument of sched_setattr(2). glibc declares neither before 2.41.
struct Attributes {
  std::uint32_t size = 0;
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // nanoseconds
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

// The shortest turn that Linux allows.
constexpr std::uint64_t kTurn = 100'000;

}  // namespace

void TakeShortTurns() {
  Attributes wanted;
  wanted.size = sizeof(wanted);
  errno = 0;
  wanted.nice = getpriority(PRIO_PROCESS, 0);
  if (errno != 0) return;
  wanted.runtime = kTurn;
  syscall(SYS_sched_setattr, 0, &wanted, 0);
}

}  // namespace retainer::pipeline
