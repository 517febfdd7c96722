// The listening socket, and the refusal of connections.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "retainer/config.h"

namespace retainer::api {

struct Arrival {
  // Non-blocking; the caller owns it. -1: no connection, and `error` is the reason.
  int fd = -1;
  int error = 0;     // EAGAIN: no connection is waiting
  std::string peer;  // the client's address in plain form (client_address.h)
};

// A non-blocking socket, which the caller owns. Unavailable when the address cannot be bound; `key`
// is the address's key in the configuration.
absl::StatusOr<int> ListenOn(const HostPort& at, int backlog, const std::string& key);
// The socket's port; zero when it is not a listening socket.
int PortOf(int listening);
Arrival AcceptOne(int listening);
// Sends `answer` without waiting, as much as the socket accepts at once, and closes it.
void TurnAway(int fd, std::string_view answer);

}  // namespace retainer::api
