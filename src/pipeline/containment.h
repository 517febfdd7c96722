// Containment: which tickets' fixes are contained in a ref (a tag or branch), according to the
// forge.
//
// A fix is a merged change of the ref's own project that says it fixes the ticket. For one query
// the forge is asked about at most kMaxCalls commits, for at most kBudget. Answers are cached for
// kRemembered, failures for kPause. Thread-safe: one query at a time; others wait as long as their
// budget allows.
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
#include "src/base/bounded_map.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {

struct RefFixes {
  std::set<TicketKey> fixed;
  // Why not every ticket was checked; empty if all were.
  std::string incomplete;
};

class Containment {
 public:
  static constexpr std::size_t kMaxCalls = 20;
  static constexpr std::size_t kMaxChanges = 8;  // per ticket
  static constexpr absl::Duration kBudget = absl::Seconds(5);
  static constexpr absl::Duration kRemembered = absl::Minutes(1);
  static constexpr absl::Duration kPause = absl::Seconds(15);
  static constexpr std::size_t kMaxRemembered = 10000;

  // All arguments must outlive this object.
  Containment(Judge& judge, Store& store, Clock& clock, Log& log)
      : judge_(judge), store_(store), clock_(clock), log_(log) {}

  // Which of `tickets` are fixed in a ref of the project. Errors are those of the store.
  absl::StatusOr<RefFixes> FixedIn(const ProjectRecord& project, const std::string& ref,
                                   const std::vector<TicketKey>& tickets);

 private:
  using Asked = std::tuple<ProjectKey, std::string, std::string>;  // ref, commit
  struct Answer {
    bool contained = false;
    bool known = true;  // the forge knows both ref and commit
    absl::Time at;
  };

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  // A lock with a time-out. Not a timed mutex, because clang 14's thread sanitizer does not support
  // its waits.
  class Turn;
  std::mutex mutex_;
  std::condition_variable over_;
  bool asking_ = false;
  // Only for the holder of the lock.
  base::BoundedMap<Asked, Answer> answers_{kMaxRemembered};
  std::map<ProjectKey, absl::Time> paused_until_;
};

}  // namespace retainer::pipeline
