// Faults on demand: which of the next requests fail, and how. Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>

#include "src/sandbox/message.h"
#include "src/sandbox/sandbox.h"

namespace retainer::sandbox {

class Faults {
 public:
  void Add(const std::string& method, const std::string& path_prefix, const Fault& fault);
  void Clear() { waiting_.clear(); }
  std::size_t played() const { return played_; }
  // The fault for this request, whose count goes down by one; nullopt when the request succeeds.
  std::optional<Fault> Take(const Request& request, ForgeKind forge);

 private:
  struct Waiting {
    std::string method;
    std::string path_prefix;
    Fault fault;
  };
  std::list<Waiting> waiting_;
  std::size_t played_ = 0;
};

// True when the request must not be carried out.
bool Prevents(FaultKind kind);
// The fault's answer: either a new one, or `served` with changes.
Response Bend(const Fault& fault, ForgeKind forge, absl::Time now, Response served);

}  // namespace retainer::sandbox
