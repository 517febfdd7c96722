// The control socket: how a command reaches the service that owns the data folder.
//
// A Unix socket `control.sock` in the data folder (0700), mode 0600. One request and one answer a
// connection, each a line of text. Only the service's own user id (and root) is served.
//
// Rationale: cpp-httplib would create the socket readable by everybody for an instant, and its
// connections have no notion of who is at the other end.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/log.h"

namespace retainer::cli {

inline constexpr char kControlSocketName[] = "control.sock";

// Serves on a thread of its own, a connection after the other.
class ControlServer {
 public:
  using Handler = std::function<std::string(const std::string& request)>;

  // `handler` is called on the server's thread; its answer must not hold a line end.
  ControlServer(std::string data_folder, Handler handler, Log& log);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // REQUIRES: the caller owns the data folder's store, so that a socket found there is stale.
  absl::Status Start();
  void Stop();

 private:
  void Serve();
  void Answer(int connection);

  const std::string data_folder_;
  const Handler handler_;
  Log& log_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};  // a pipe: closed to stop
  std::thread thread_;
};

// NotFound when no service listens there; PermissionDenied, with the mend, when the folder is
// another user's; Unavailable when the service does not answer.
absl::StatusOr<std::string> CallControl(const std::string& data_folder, const std::string& request);

// PermissionDenied, with the mend, when the folder exists and belongs to another user id.
absl::Status CheckOwner(const std::string& data_folder);

}  // namespace retainer::cli
