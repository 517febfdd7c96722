// ProjectWatch: which projects the policy covers, looked at when either changes and every minute.
//
// It has a project read back when the policy comes to cover it (adoption: also one that the policy
// names and that was never heard of), reads deliveries that were held until then, reads back all
// projects after the service was away for long, and says loudly what would otherwise cost customers
// their promises in silence: a policy that names a project by an old name, coverage that ended. It
// asks who reads the private customers' own projects: GitLab sends nothing when that changes.
//
// One thread calls RunOnce; Poke is thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/resync.h"

namespace retainer {

class ProjectWatch {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);
  // Away for longer than this, what the forges sent meanwhile may be lost.
  static constexpr absl::Duration kAway = absl::Minutes(10);
  static constexpr std::size_t kReleasedAtOnce = 1000;
  // So often it is asked whether members alone still read a project, where that is why a private
  // customer's promises stand in it.
  static constexpr absl::Duration kMembersAskedEvery = absl::Minutes(10);

  // `released`: called with a forge whose held deliveries are back in the inbox. `changed`: with a
  // project that is to be read by others than before. Everything outlives this object.
  ProjectWatch(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
               const TermsHolder& terms, Resync& resync,
               std::function<void(const std::string&)> released = nullptr,
               std::function<void(const ProjectKey&)> changed = nullptr)
      : judge_(judge),
        store_(store),
        clock_(clock),
        log_(log),
        metrics_(metrics),
        terms_(terms),
        resync_(resync),
        released_(std::move(released)),
        changed_(std::move(changed)) {}

  // Something changed: RunOnce looks at once.
  void Poke() { poked_ = true; }

  // Looks where its time has come; when the next is due (Steady).
  absl::StatusOr<absl::Time> RunOnce();

 private:
  absl::Status Look(const TermsHistory& terms);
  // Projects that the policy names, and that no delivery told of yet.
  absl::Status FindNamed(absl::Time now, const Terms& terms);
  // Do members alone still read those that promises stand in for that?
  absl::Status AskMembers(absl::Time now, const Terms& terms);
  absl::Status NoticeAbsence(absl::Time now);
  absl::Status Adopt(const ProjectRecord& project);
  absl::Status EndCoverage(const ProjectRecord& project, const Terms& terms);
  bool SaidFirst(const std::string& what) { return said_.insert(what).second; }

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  Resync& resync_;
  const std::function<void(const std::string&)> released_;
  const std::function<void(const ProjectKey&)> changed_;
  std::atomic<bool> poked_ = true;
  absl::Time next_ = absl::InfinitePast();  // (Steady)
  bool looked_ = false;                     // once since the start
  std::set<std::string> said_;              // in the log, once
  std::set<std::string> forges_;            // that ever had held deliveries, for the figures
  std::map<std::string, absl::Time>
      ask_again_;  // a project that the policy names -> not before (Steady)
  std::map<ProjectKey, absl::Time> members_again_;  // likewise, of AskMembers
};

}  // namespace retainer
