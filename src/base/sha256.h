// SHA-256 of bytes that come in pieces. For a text that is whole, see digest.h.
#pragma once

#include <memory>
#include <string_view>

#include "src/base/digest.h"

namespace retainer::base {

// For one thread.
class Sha256Sum {
 public:
  Sha256Sum();
  ~Sha256Sum();
  void Add(std::string_view bytes);
  // REQUIRES: called once, and Add is not called after it.
  Digest Take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace retainer::base
