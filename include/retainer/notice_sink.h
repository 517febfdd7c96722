// The NoticeSink port: where notices are sent.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "retainer/standing.h"

namespace retainer {

// Delivers at least once. The message and its external id depend only on the notice, so a
// repetition is the same message with the same id (the receiver can deduplicate). A message with
// other content, or one that is told again after it was taken back, has another id. Thread-safe.
class NoticeSink {
 public:
  virtual ~NoticeSink() = default;
  virtual const std::string& name() const = 0;
  // True if notices of private customers may go here.
  virtual bool takes_private() const = 0;
  // True if the sink wants notices of this kind.
  virtual bool Wants(NoticeKind) const { return true; }
  // Unavailable and ResourceExhausted: retry later. Other errors are final.
  virtual absl::Status Tell(const Notice& notice) = 0;
  // True if the sink wants one message for many waiting notices (people read it).
  virtual bool WantsDigest() const { return false; }
  // Sends all of them in one message if WantsDigest. An error applies to all of them. Errors as
  // Tell.
  virtual absl::Status TellTogether(const std::vector<Notice>& notices) {
    for (const Notice& notice : notices) {
      if (absl::Status told = Tell(notice); !told.ok()) return told;
    }
    return absl::OkStatus();
  }
};

}  // namespace retainer
