// Who is let in, and how much room they get, while nothing of them is proved yet.
//
// One thread uses these.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace retainer {

// How many connections a client's network (client_address.h) may hold at a time.
class ConnectionGate {
 public:
  // 0: any number.
  explicit ConnectionGate(std::size_t limit) : limit_(limit) {}

  // False where the address's network has as many as it may; else Leave is owed.
  bool Enter(const std::string& address);
  void Leave(const std::string& address);

 private:
  const std::size_t limit_;
  std::map<std::string, std::size_t> held_;
};

struct BodyLimits {
  std::size_t all = 256 * 1024 * 1024;            // bytes of all bodies under way
  std::size_t per_network = 64 * 1024 * 1024;     // and of one client network's
  std::size_t small = 1024 * 1024;                // a body of more bytes is a large one
  std::size_t kept_for_small = 64 * 1024 * 1024;  // of `all`, and as large a part of `per_network`
};

// Memory for bodies that are being received, in advance of their bytes. Large ones leave a part of
// it, of all and of each network's share, to small ones.
class BodyBudget {
 public:
  explicit BodyBudget(const BodyLimits& limits);

  // What a body holds.
  struct Hold {
    std::string network;
    std::size_t bytes = 0;
  };
  enum class Answer {
    kYes,
    kShareSpent,  // its network's: whatever others give back does not help
    kFull,
  };
  // From what it holds to `bytes` in all; otherwise it holds what it did. REQUIRES: not less.
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

}  // namespace retainer
