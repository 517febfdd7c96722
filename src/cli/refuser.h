// Answers requests while the service cannot start yet.
#pragma once

#include <memory>
#include <thread>

#include "retainer/config.h"
#include "retainer/log.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace retainer::cli {

// Answers 503 with Retry-After to every request, so that forges keep their deliveries and load
// balancers see the reason. If it cannot listen on the address, it logs that; forges react to a
// refused connection in the same way.
class Refuser {
 public:
  Refuser(const HostPort& listen, Log& log);
  ~Refuser();
  Refuser(const Refuser&) = delete;
  Refuser& operator=(const Refuser&) = delete;

  // The port on which it listens (a free one if the port was 0); -1 when it does not listen.
  int port() const { return port_; }

 private:
  const std::unique_ptr<httplib::Server> server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace retainer::cli
