// ProjectWatch: checks which projects the policy covers, when either changes and every minute.
//
// - It starts a resync when the policy begins to cover a project (adoption), also for one that the
// policy names, or covers by a pattern, and that sent no delivery yet.
// - It puts deliveries that were held until then back into the inbox.
// - It starts a resync of all projects after the service was down for long.
// - It warns about what would cost customers their promises unnoticed: a policy that names a
// project by an old name, and coverage that ended.
// - It asks who can read the private customers' own projects, because GitLab sends no event when
// that changes.
//
// One thread calls RunOnce; Poke is thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/resync.h"

namespace retainer::pipeline {

class ProjectWatch {
 public:
  static constexpr absl::Duration kEvery = absl::Minutes(1);
  // After a downtime longer than this, deliveries of that time may be lost.
  static constexpr absl::Duration kAway = absl::Minutes(10);
  static constexpr std::size_t kReleasedAtOnce = 1000;
  // How often a forge is asked for the projects that our account reaches, if a pattern may cover
  // some. It is asked at once when the policy changes.
  static constexpr absl::Duration kListedEvery = absl::Hours(1);
  // How often the forge is asked whether still only members can read a project, if a private
  // customer's promises are shown for that reason.
  static constexpr absl::Duration kMembersAskedEvery = absl::Minutes(10);

  // `released`: called with a forge whose held deliveries are back in the inbox. `changed`: called
  // with a project whose readers change. All arguments must outlive this object.
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

  // Something changed: the next RunOnce checks at once.
  void Poke() { poked_ = true; }

  // Does the checks that are due. Returns when the next is due (Steady).
  absl::StatusOr<absl::Time> RunOnce();

 private:
  absl::Status Look(const TermsHistory& terms);
  // Finds projects that the policy names and that sent no delivery yet.
  absl::Status FindNamed(absl::Time now, const Terms& terms);
  // Finds projects that a pattern of the policy covers and that sent no delivery yet, among those
  // that our account reaches.
  absl::Status FindMatching(absl::Time now, const Terms& terms);
  // Asks whether still only members can read the projects in which promises are shown for that
  // reason.
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
  bool looked_ = false;                     // checked once since the start
  std::set<std::string> said_;              // logged already
  std::set<std::string> forges_;            // forges that ever had held deliveries, for the figures
  std::map<std::string, absl::Time> ask_again_;  // project in the policy -> ask not before (Steady)
  // forge -> version of the policy, ask not before (Steady); for FindMatching
  std::map<std::string, std::pair<std::string, absl::Time>> list_again_;
  std::map<ProjectKey, absl::Time> members_again_;  // the same for AskMembers
};

}  // namespace retainer::pipeline
