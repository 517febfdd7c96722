// A socket at which connections arrive, and what is done with those that are not let in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "retainer/config.h"

namespace retainer {

struct Arrival {
  int fd = -1;       // does not block; the caller's. -1: none, and `error` says why
  int error = 0;     // EAGAIN: nobody waits
  std::string peer;  // its address, plain (client_address.h)
};

// The socket, which does not block, the caller's. Unavailable where the address cannot be had;
// `key` is what the configuration calls it.
absl::StatusOr<int> ListenOn(const HostPort& at, int backlog, const std::string& key);
// Zero where the socket is none.
int PortOf(int listening);
Arrival AcceptOne(int listening);
// Says a last word without waiting for anything, as far as the socket takes it at once, and closes
// it.
void TurnAway(int fd, std::string_view answer);

}  // namespace retainer
