// Where notices go.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "retainer/standing.h"

namespace retainer {

// Told at least once. What is told hangs on the notice alone, and so does the id that it bears
// outside: a repetition is the same message under the same id, and whatever says something else, or
// says it again after it was taken back, has another. Thread-safe.
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
  // Do people read it, who would rather have one message than many at once?
  virtual bool WantsDigest() const { return false; }
  // All of them in one message where WantsDigest. Errors as Tell's, of all of them at once.
  virtual absl::Status TellTogether(const std::vector<Notice>& notices) {
    for (const Notice& notice : notices) {
      if (absl::Status told = Tell(notice); !told.ok()) return told;
    }
    return absl::OkStatus();
  }
};

}  // namespace retainer
