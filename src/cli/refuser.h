// What answers while the service cannot start yet.
#pragma once

#include <memory>
#include <thread>

#include "retainer/config.h"
#include "retainer/log.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace retainer::cli {

// Answers 503 with Retry-After to every request while it lives, so that forges keep their
// deliveries and load balancers see why. Where the address cannot be listened on, it says so in the
// log: a refused connection tells forges the same.
class Refuser {
 public:
  Refuser(const HostPort& listen, Log& log);
  ~Refuser();
  Refuser(const Refuser&) = delete;
  Refuser& operator=(const Refuser&) = delete;

  // Where it listens; any free one for port 0, -1 where it does not.
  int port() const { return port_; }

 private:
  const std::unique_ptr<httplib::Server> server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace retainer::cli
