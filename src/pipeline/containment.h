// Containment: which tickets' fixes are part of a ref (a tag, a branch), as the forge knows it.
//
// A fix is a merged change of the ref's own project that says it fixes the ticket. The forge is
// asked for at most kMaxCalls commits and kBudget a question; what it has answered is remembered
// for kRemembered, that it did not answer for kPause. Thread-safe: one question at a time, the
// others wait as long as their budget allows.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer {

struct RefFixes {
  std::set<TicketKey> fixed;
  // What kept us from asking about all: empty where every ticket was looked at.
  std::string incomplete;
};

class Containment {
 public:
  static constexpr std::size_t kMaxCalls = 20;
  static constexpr std::size_t kMaxChanges = 8;  // of one ticket
  static constexpr absl::Duration kBudget = absl::Seconds(5);
  static constexpr absl::Duration kRemembered = absl::Minutes(1);
  static constexpr absl::Duration kPause = absl::Seconds(15);
  static constexpr std::size_t kMaxRemembered = 10000;

  // Everything outlives this object.
  Containment(Judge& judge, Store& store, Clock& clock, Log& log)
      : judge_(judge), store_(store), clock_(clock), log_(log) {}

  // Which of `tickets` a ref of the project fixes. Errors are the store's.
  absl::StatusOr<RefFixes> FixedIn(const ProjectRecord& project, const std::string& ref,
                                   const std::vector<TicketKey>& tickets);

 private:
  using Asked = std::tuple<ProjectKey, std::string, std::string>;  // ref, commit
  struct Answer {
    bool contained = false;
    bool known = true;  // the forge knows both
    absl::Time at;
  };

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  // Whose turn it is to ask. Not a timed mutex: clang 14's thread sanitizer does not see its waits.
  class Turn;
  std::mutex mutex_;
  std::condition_variable over_;
  bool asking_ = false;
  // For whom has the turn.
  std::map<Asked, Answer> answers_;
  std::map<ProjectKey, absl::Time> paused_until_;
};

}  // namespace retainer
