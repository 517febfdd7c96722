// Faults on demand: which request goes wrong next, and how. Not thread-safe.
#pragma once

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
  // The fault for this request, counted off; nullopt where it goes well.
  std::optional<Fault> Take(const Request& request, ForgeKind forge);

 private:
  struct Waiting {
    std::string method;
    std::string path_prefix;
    Fault fault;
  };
  std::list<Waiting> waiting_;
};

// True where the fault leaves the request unserved.
bool Prevents(FaultKind kind);
// The answer that a fault gives instead of, or `served` bent by it.
Response Bend(const Fault& fault, ForgeKind forge, Response served);

}  // namespace retainer::sandbox
