// Runs a program with bytes on its standard input and collects its standard output, within limits.
// Private to this room.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer::git {

struct ChildTask {
  std::vector<std::string> command;  // an absolute path and its arguments
  std::vector<std::string> environment;
  std::string input;
  absl::Duration time;  // real time; the process is killed after it
  std::size_t most_output = 0;
  const std::atomic<bool>* stop = nullptr;  // the process is killed soon after this becomes true
};

// The standard output of a process that ended with exit code 0. The process has ended when this
// returns. DeadlineExceeded: killed at the limit of time. Cancelled: stopped. ResourceExhausted:
// killed at the limit of output. Unavailable: it could not be started, or ended in another way.
absl::StatusOr<std::string> RunChildProcess(const ChildTask& task);

}  // namespace retainer::git
