// What commands ask of a store, whoever owns it: the service through its control socket, or the
// command itself when no service runs.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/store.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Requests and answers are JSON texts on one line. Thread-safe as far as its parts are.
class Operations {
 public:
  Operations(Desk& desk, Store& store, Clock& clock) : desk_(desk), store_(store), clock_(clock) {}

  // `{"op": …}` -> `{"text": "…", "data": …}` or `{"code": N, "error": "…"}`, N a canonical status
  // code. Never throws.
  std::string Answer(const std::string& request);

 private:
  Desk& desk_;
  Store& store_;
  Clock& clock_;
};

// An answer as a command prints it.
struct Answered {
  std::string text;         // for people
  std::string data;         // JSON
  bool by_service = false;  // a running service answered
};

// Asks the service that runs on the configuration's data folder; opens the folder where none does.
// Errors as Service::Open, CallControl and the operation say.
absl::StatusOr<Answered> Ask(const Config& config, const std::string& request);

}  // namespace retainer::cli
