// Worker: empties one forge's inbox, in the order of arrival.
//
// Each entry ends in exactly one of: a committed decision, a finish without one (nothing to do), held
// (the policy does not cover its project: it is read once the policy does), or set aside with the
// reason.
// One that cannot be decided never stands in the way of the next. Trouble of the store leaves the
// entry where it is. Without terms nothing is read: deliveries wait.
//
// Which project a path belongs to is not taken from a delivery alone. Rationale: a secret bound to
// one project's path would else let its holder write into another project's tickets by giving that
// project's id, and a late delivery would bring back a name that the project has no more. Where a
// delivery's pair of id and path differs from what is known (or is new, and only bound secrets vouch
// for it), the forge is asked for the project at that path:
//   the forge gives the same id     the pair is believed, with the path that the forge gives
//   another id, or no such project  a delivery that an unbound secret vouches for is decided under the
//                                   path known for its id, where there is one; any other is set aside
//   the forge does not answer       the delivery waits in the inbox, a day at most
//   no client for the forge         the pair is believed (replay)
// That a project is public now, and what is told late of who may read it, is asked of the forge too:
// a delivery can be sent again by whoever has its bytes. Until the forge says so it stays private.
//
// One thread calls RunOnce; different workers may run at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/webhook.h"
#include "src/pipeline/judge.h"

namespace retainer {

// What became of an entry.
struct WorkDone {
  enum class Kind { kDecided, kNothing, kNotCovered, kSetAside };
  Kind kind = Kind::kNothing;
  Delivery delivery;
  std::optional<Event> event;    // nullopt where it could not be parsed
  std::string reason;            // why set aside, or why nothing
  std::optional<Judged> judged;  // kDecided
};

class Worker {
 public:
  // How long an entry waits for the forge to confirm its project.
  static constexpr absl::Duration kConfirmPatience = absl::Hours(24);
  // A forge may not know for a moment what it has just announced.
  static constexpr absl::Duration kFresh = absl::Minutes(2);
  // The least time between two questions about one path.
  static constexpr absl::Duration kAskPause = absl::Seconds(10);
  static constexpr std::size_t kReleasedAtOnce = 1000;
  // Of all paths together: made-up ones must not use up the forge's patience with us.
  static constexpr int kAsksAMinute = 60;

  using Observer = std::function<void(const WorkDone&)>;
  // Called with a project whose path or visibility changes, before and after that is committed.
  using ProjectChanged = std::function<void(const ProjectKey&)>;
  // Called with a project that the policy covers and did not cover, as far as we knew, until now.
  using ProjectCovered = std::function<void(const ProjectKey&)>;

  Worker(const WebhookReceiver& receiver, Judge& judge, Store& store, Clock& clock, Log& log,
         Metrics& metrics, const TermsHolder& terms, ProjectChanged project_changed = nullptr,
         Observer observer = nullptr, ProjectCovered covered = nullptr);

  // Works through at most `limit` entries; how many were done. An error of the store stops it.
  absl::StatusOr<std::size_t> RunOnce(std::size_t limit = 32);

 private:
  absl::Status Process(const InboxEntry& entry);
  // What is new of a project, before it is written down.
  struct ProjectNews {
    bool changed = false;
    bool covered = false;
    bool covered_now = false;  // and was not, or was not known
  };
  absl::StatusOr<ProjectNews> Compare(const ProjectRecord& project);
  // After it was written down.
  absl::Status Tell(const ProjectNews& news, const ProjectRecord& project);
  absl::Status ProcessTicket(const InboxEntry& entry, Event event, WorkDone* done);
  absl::StatusOr<std::optional<ProjectRecord>> Project(const ProjectInfo& info,
                                                       const Delivery& delivery, bool certain);
  // Nullopt: `info` can be believed now. Otherwise why not; `later`: the forge has yet to answer.
  struct Doubt {
    bool later = false;
    std::string reason;
  };
  // What a delivery says of who may read a project: nothing; how it is; that it has changed.
  enum class Showing { kNot, kBeside, kAnnounced };
  absl::StatusOr<std::optional<Doubt>> Confirm(ProjectInfo* info, Showing showing,
                                               const Delivery& delivery);
  absl::StatusOr<std::optional<Doubt>> ConfirmAll(Event* event, const Delivery& delivery);
  // What the forge says of a path, asked anew where the last answer is older than the delivery.
  // Nullopt: not yet.
  std::optional<absl::StatusOr<ProjectInfo>> Ask(const std::string& path, const Delivery& delivery);
  absl::Status PutAside(const InboxEntry& entry, const std::string& reason, WorkDone* done);

  const WebhookReceiver& receiver_;
  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const ProjectChanged project_changed_;
  const Observer observer_;
  const ProjectCovered covered_;
  std::set<std::string> said_;  // in the log, once
  struct Asked {
    absl::StatusOr<ProjectInfo> answer;
    absl::Time at;
    absl::Time not_before;  // (Steady)
    int failures = 0;
  };
  std::map<std::string, Asked> asked_;            // by path
  absl::Time asks_since_ = absl::InfinitePast();  // (Steady)
  int asks_ = 0;                                  // since then
};

}  // namespace retainer
