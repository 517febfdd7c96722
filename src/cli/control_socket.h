// The control socket, through which a command reaches the service that owns the data folder.
//
// A Unix socket `control.sock` in the data folder (0700), mode 0600. Each connection carries one
// request and one answer, each a line of text. It serves only the service's own user id and root.
//
// Rationale: cpp-httplib would create the socket readable by everybody for an instant, and it
// cannot identify the user at the other end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/log.h"

namespace retainer::cli {

inline constexpr char kControlSocketName[] = "control.sock";

// Serves in a thread of its own, one connection after another. Requests that may take long have a
// second thread, so that they keep nobody else waiting: one is answered at a time, and a client
// that comes meanwhile with another one is told to try again.
class ControlServer {
 public:
  // True when nobody waits for the answer any more: the client has gone, or the server stops.
  using Gone = std::function<bool()>;
  using Handler = std::function<std::string(const std::string& request, const Gone& gone)>;
  struct LongRequests {
    std::function<bool(const std::string& request)> is_long;
    std::string busy;  // the answer while another long request is being answered
  };

  // The server's threads call `handler`, for a long request until it sees that the client is gone.
  // Its answer must not contain a line end.
  ControlServer(std::string data_folder, Handler handler, Log& log,
                std::optional<LongRequests> long_requests = std::nullopt);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // REQUIRES: the caller owns the data folder's store, so that an existing socket is stale.
  absl::Status Start();
  void Stop();

 private:
  class Descriptor;
  struct Job {
    std::shared_ptr<Descriptor> connection;
    std::string request;
  };
  void Serve();
  void ServeLong();
  void Answer(const std::shared_ptr<Descriptor>& connection);
  std::string AnswerOf(const Job& job) const;

  const std::string data_folder_;
  const Handler handler_;
  Log& log_;
  const std::optional<LongRequests> long_requests_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};  // a pipe; closing it stops the server
  std::atomic<bool> stopping_ = false;
  std::thread thread_;

  std::thread long_thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> job_;  // guarded by mutex_: the long request that is being answered
};

// NotFound when no service listens there. PermissionDenied, with the remedy, when another user owns
// the folder. Unavailable when the service does not answer within `patience`.
absl::StatusOr<std::string> CallControl(const std::string& data_folder, const std::string& request,
                                        absl::Duration patience = absl::Seconds(60));

// PermissionDenied, with the remedy, when the folder exists and belongs to another user id.
absl::Status CheckOwner(const std::string& data_folder);

}  // namespace retainer::cli
