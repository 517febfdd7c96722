// Where notices go.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/standing.h"

namespace retainer {

// Told at least once, with a stable id (`Notice::id`), so that a receiver can pass over a
// repetition. Thread-safe.
class NoticeSink {
 public:
  virtual ~NoticeSink() = default;
  virtual const std::string& name() const = 0;
  // May a private customer's notice go here?
  virtual bool takes_private() const = 0;
  // Is it to hear notices of this kind?
  virtual bool Wants(NoticeKind) const { return true; }
  // Unavailable or ResourceExhausted: try again later. Anything else is final.
  virtual absl::Status Tell(const Notice& notice) = 0;
};

}  // namespace retainer
