// Limits for clients that have not proved anything yet: their connections, and the memory for their
// bodies.
//
// For one thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace retainer::api {

// Limits the connections that one client network (client_address.h) may have at a time.
class ConnectionGate {
 public:
  // 0: no limit.
  explicit ConnectionGate(std::size_t limit) : limit_(limit) {}

  // False when the address's network has reached the limit. True: the caller must call Leave.
  bool Enter(const std::string& address);
  void Leave(const std::string& address);

 private:
  const std::size_t limit_;
  std::map<std::string, std::size_t> held_;
};

struct BodyLimits {
  std::size_t all = 256 * 1024 * 1024;         // bytes of all bodies in progress
  std::size_t per_network = 64 * 1024 * 1024;  // and of one client network's
  std::size_t small = 1024 * 1024;             // a larger body counts as a large one
  // Reserved for small bodies: of `all`, and the same fraction of `per_network`.
  std::size_t kept_for_small = 64 * 1024 * 1024;
};

// Reserves memory for bodies before their bytes arrive. A part of the memory, in total and in each
// network's share, is reserved for small bodies.
class BodyBudget {
 public:
  explicit BodyBudget(const BodyLimits& limits);

  // The reservation of one body.
  struct Hold {
    std::string network;
    std::size_t bytes = 0;
  };
  enum class Answer {
    kYes,
    // The network's share is used up: memory that others release does not help.
    kShareSpent,
    kFull,
  };
  // Increases the reservation to `bytes` in total. On failure it stays as it was. REQUIRES: `bytes`
  // is not less than the reservation.
  Answer Grow(Hold& hold, std::size_t bytes);
  void Release(Hold& hold);

  std::size_t held() const { return everybody_.all; }

 private:
  struct Pot {
    std::size_t all = 0;
    std::size_t large = 0;
  };
  std::size_t Large(std::size_t bytes) const { return bytes > limits_.small ? bytes : 0; }

  const BodyLimits limits_;
  const std::size_t large_of_all_;
  const std::size_t large_of_network_;
  Pot everybody_;
  std::map<std::string, Pot> networks_;
};

}  // namespace retainer::api
