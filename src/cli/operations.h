// What commands ask of a store, whoever owns it: the service through its control socket, or the
// command itself when no service runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/policy.h"
#include "retainer/store.h"
#include "src/cli/service.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Requests and answers are JSON texts on one line. Thread-safe as far as its parts are.
class Operations {
 public:
  // Reads the policy anew, and says what came of it.
  using Reload = std::function<absl::StatusOr<PolicyState>()>;

  // `reload`: of a running service.
  Operations(Desk& desk, Store& store, Clock& clock, Reload reload = nullptr)
      : desk_(desk), store_(store), clock_(clock), reload_(std::move(reload)) {}

  // `{"op": …}` -> `{"text": "…", "data": …}` or `{"code": N, "error": "…"}`, N a canonical status
  // code. Never throws.
  std::string Answer(const std::string& request);

 private:
  // Compiled where it is not that of the request before.
  absl::StatusOr<std::shared_ptr<const Terms>> Proposed(
      const std::map<std::string, std::string>& files);

  Desk& desk_;
  Store& store_;
  Clock& clock_;
  const Reload reload_;
  // Of the last backtest: its pages come one after another.
  std::mutex mutex_;
  std::shared_ptr<const Terms> proposed_;  // guarded by mutex_
};

// An answer as a command prints it.
struct Answered {
  std::string text;         // for people
  std::string data;         // JSON
  bool by_service = false;  // a running service answered
};

// A talk with whoever owns the store of a configuration's data folder: the service that runs on it,
// else this process, which then has the folder until the talk's end.
class StoreTalk {
 public:
  // kFolder: the policy folder is read, as a service does when it starts. kRecorded: only what the
  // store remembers counts, and nothing is written.
  enum class Terms { kFolder, kRecorded };

  // REQUIRES: config outlives the talk. `parts`: what this process opens where no service runs.
  explicit StoreTalk(const Config& config, Terms terms = Terms::kFolder,
                     Service::Parts parts = Service::Parts::kAll);
  ~StoreTalk();

  // Errors as Service::Open, CallControl and the operation say.
  absl::StatusOr<Answered> Ask(const std::string& request);

 private:
  absl::Status Open();

  const Config& config_;
  const Terms terms_;
  const Service::Parts parts_;
  bool by_service_ = false;
  struct Owned;  // the store and what works on it
  std::unique_ptr<Owned> owned_;
};

// One question to the service that runs on a data folder; nullopt where none does.
std::optional<absl::StatusOr<Answered>> AskRunning(const std::string& data_folder,
                                                   const std::string& request);

// One question.
absl::StatusOr<Answered> Ask(const Config& config, const std::string& request,
                             Service::Parts parts = Service::Parts::kAll);

}  // namespace retainer::cli
