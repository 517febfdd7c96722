// The requests that commands make to a store. Its owner answers them: the service, through its
// control socket, or the command itself when no service runs.
#pragma once

#include <atomic>
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
#include "src/cli/impact_operations.h"
#include "src/cli/operation_result.h"
#include "src/cli/service.h"
#include "src/pipeline/desk.h"
#include "src/store/disk_store.h"

namespace retainer::cli {

// What a backup copies, and what an erasure changes.
struct StoreOnDisk {
  store::DiskStore* store = nullptr;
  std::string folder;
  std::function<absl::Status()> read_terms;  // see ForgetParts
};

// Requests and answers are JSON texts on one line. As thread-safe as its parts.
class Operations {
 public:
  // Reads the policy again and returns the result.
  using Reload = std::function<absl::StatusOr<PolicyState>()>;

  // `reload` and `repository` belong to a running service; without one, leave them out.
  // `repository` is null for a policy in a plain folder. `join_url`: as InviteContact.
  // `public_url`: as MakeAdminLink. `disk`: what `store` is on; without a folder there are no
  // backups. `similar`: nullptr if nothing is searched.
  Operations(pipeline::Desk& desk, Store& store, Clock& clock, Reload reload = nullptr,
             std::string join_url = "", std::shared_ptr<PolicyRepository> repository = nullptr,
             std::string public_url = "", StoreOnDisk disk = {},
             similar::Similar* similar = nullptr)
      : desk_(desk),
        store_(store),
        clock_(clock),
        reload_(std::move(reload)),
        join_url_(std::move(join_url)),
        repository_(std::move(repository)),
        public_url_(std::move(public_url)),
        disk_(std::move(disk)),
        similar_(similar) {}

  // `{"op": …}` -> `{"text": "…", "data": …}` or `{"code": N, "error": "…"}`, where N is a
  // canonical status code. Never throws. A long operation ends when `gone` says that nobody waits
  // for the answer any more.
  std::string Answer(const std::string& request, const Gone& gone = IsNeverGone);

  // Ends operations that go on when nobody waits for them any more. Their rest is done later.
  void Stop() { stopping_ = true; }

  // True for a request whose answer takes as long as there is data: the control socket gives it a
  // thread of its own.
  static bool IsLong(const std::string& request);
  // The answer to a long request while another one is answered.
  static std::string Busy();

 private:
  // Compiles the files, unless they are those of the previous request.
  absl::StatusOr<std::shared_ptr<const Terms>> Proposed(
      const std::map<std::string, std::string>& files);

  pipeline::Desk& desk_;
  Store& store_;
  Clock& clock_;
  const Reload reload_;
  const std::string join_url_;
  const std::shared_ptr<PolicyRepository> repository_;
  const std::string public_url_;
  const StoreOnDisk disk_;
  similar::Similar* const similar_;
  // Terms of the last backtest or impact. They are kept because pages are requested one after
  // another.
  std::mutex mutex_;
  std::shared_ptr<const Terms> proposed_;  // guarded by mutex_
  ImpactPages impact_;
  std::atomic<bool> stopping_ = false;
};

// What comes before an invitation's token: `https://HOST/join/`. Empty if nobody can sign in.
std::string JoinUrl(const Config& config);

// An answer that a command prints.
struct Answered {
  std::string text;         // for people
  std::string data;         // JSON
  bool by_service = false;  // true: a running service answered
};

// A conversation with the owner of the store in a configuration's data folder: the service that
// runs on it, or else this process, which then owns the folder until the conversation ends.
class StoreTalk {
 public:
  // kFolder: reads the policy folder, as the service does when it starts. kRecorded: uses only the
  // policy that the store has, and writes nothing.
  enum class Terms { kFolder, kRecorded };

  // REQUIRES: config outlives this. `parts` is what this process opens when no service runs.
  explicit StoreTalk(const Config& config, Terms terms = Terms::kFolder,
                     Service::Parts parts = Service::Parts::kAll);
  ~StoreTalk();

  // Errors: those of Service::Open, CallControl and the operation.
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

// Sends one request to the service that runs on a data folder; nullopt when none runs.
std::optional<absl::StatusOr<Answered>> AskRunning(const std::string& data_folder,
                                                   const std::string& request);

// Sends one request.
absl::StatusOr<Answered> Ask(const Config& config, const std::string& request,
                             Service::Parts parts = Service::Parts::kAll);

}  // namespace retainer::cli
