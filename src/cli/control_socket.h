// The control socket, through which a command reaches the service that owns the data folder.
//
// A Unix socket `control.sock` in the data folder (0700), mode 0600. Each connection carries one
// request and one answer, each a line of text. It serves only the service's own user id and root.
//
// Rationale: cpp-httplib would create the socket readable by everybody for an instant, and it
// cannot identify the user at the other end.
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

// Serves in a thread of its own, one connection after another.
class ControlServer {
 public:
  using Handler = std::function<std::string(const std::string& request)>;

  // The server's thread calls `handler`. Its answer must not contain a line end.
  ControlServer(std::string data_folder, Handler handler, Log& log);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // REQUIRES: the caller owns the data folder's store, so that an existing socket is stale.
  absl::Status Start();
  void Stop();

 private:
  void Serve();
  void Answer(int connection);

  const std::string data_folder_;
  const Handler handler_;
  Log& log_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};  // a pipe; closing it stops the server
  std::thread thread_;
};

// NotFound when no service listens there. PermissionDenied, with the remedy, when another user owns
// the folder. Unavailable when the service does not answer.
absl::StatusOr<std::string> CallControl(const std::string& data_folder, const std::string& request);

// PermissionDenied, with the remedy, when the folder exists and belongs to another user id.
absl::Status CheckOwner(const std::string& data_folder);

}  // namespace retainer::cli
