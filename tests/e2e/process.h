// Runs a program for a test: reads its output line by line, and waits for its end. Waits are
// bounded and depend on the program's output, never on a clock.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace retainer {

struct Finished {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

class Process {
 public:
  using Environment = std::map<std::string, std::string>;

  // Starts at once; `environment` is added to a minimal one.
  Process(const std::vector<std::string>& arguments, const Environment& environment = {});
  // Kills the program if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Reads standard error until `pleases` returns true for a new line. nullopt at the end of the
  // output, or when `patience` is over. What was read stays in err().
  std::optional<std::string> AwaitErrLine(const std::function<bool(const std::string&)>& pleases,
                                          absl::Duration patience = absl::Seconds(60));
  // The same for standard output.
  std::optional<std::string> AwaitOutLine(const std::function<bool(const std::string&)>& pleases,
                                          absl::Duration patience = absl::Seconds(60));
  void Signal(int signal);
  pid_t pid() const { return pid_; }
  // Reads both outputs to their ends and waits; kills the program when `patience` is over.
  Finished Wait(absl::Duration patience = absl::Seconds(60));

  const std::string& err() const { return err_.text; }
  const std::string& out() const { return out_.text; }

 private:
  struct Stream {
    int fd = -1;
    std::string text;
    std::size_t looked_at = 0;
  };
  std::optional<std::string> AwaitLine(Stream& stream,
                                       const std::function<bool(const std::string&)>& pleases,
                                       absl::Duration patience);
  // Reads what is available on both streams. False at the end of both, or when time is up.
  bool Pump(absl::Time deadline);

  pid_t pid_ = -1;
  Stream out_;
  Stream err_;
};

// Runs the program to its end, with `input` on standard input.
Finished Execute(const std::vector<std::string>& arguments,
                 const Process::Environment& environment = {}, const std::string& input = "");

}  // namespace retainer
