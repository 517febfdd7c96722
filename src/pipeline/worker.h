// Worker: processes one forge's inbox. Entries of one ticket are processed in the order of arrival,
// different tickets in parallel. An entry that may change more than its ticket (news of a project,
// a label's new name, an unknown path or visibility) runs alone: all entries before it are done,
// and none after it has begun.
//
// Each entry ends in exactly one way: a committed decision; finished without one (nothing to do);
// held (the policy does not cover its project: it is read when the policy does); or set aside with
// the reason. An entry that cannot be decided never blocks the next one. On an error of the store
// the entry stays in the inbox. Without terms nothing is read: deliveries wait.
//
// A delivery alone does not prove which project a path belongs to. Rationale: otherwise the holder
// of a secret that is bound to one project's path could write into another project's tickets by
// giving that project's id, and a late delivery could restore a name that the project no longer
// has. If the pair of id and path in a delivery differs from what is known (or is new, and only
// bound secrets match), the forge is asked for the project at that path:
//   the forge returns the same id   the pair is believed, with the forge's path
//   another id, or no such project  with an unbound secret: decided under the known path of its id,
//                                   if there is one; otherwise set aside
//   the forge does not answer       the delivery waits in the inbox, at most a day
//   no client for the forge         the pair is believed (replay)
// The forge is also asked whether a project is public now, and about late information on who may
// read it, because anybody who has the bytes of a delivery can send it again. Until the forge
// confirms it, the project stays private.
//
// One thread calls RunOnce; several workers may run at once. Observer, ProjectChanged and
// ProjectCovered are called from the lanes' threads; the observer from one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/webhook.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/trace_book.h"

namespace retainer::pipeline {

// How an entry ended.
struct WorkDone {
  enum class Kind { kDecided, kNothing, kNotCovered, kSetAside };
  Kind kind = Kind::kNothing;
  Delivery delivery;
  std::optional<Event> event;    // nullopt if it could not be parsed
  std::string reason;            // why it was set aside, or why there was nothing to do
  std::optional<Judged> judged;  // set for kDecided
};

struct WorkerOptions {
  // How many tickets are decided in parallel. The threads are created for each page.
  std::function<std::size_t()> lanes = [] { return std::size_t{1}; };
  // Called before each entry. May wait while other work has priority.
  std::function<void()> give_way = [] {};
  // Takes news of a sponsorship or a purchase. On an error the entry stays in the inbox.
  std::function<absl::Status(const Event&, const Delivery&)> subscription =
      [](const Event&, const Delivery&) { return absl::OkStatus(); };
  TraceBook* traces = nullptr;  // null: nothing is traced
};

class Worker {
 public:
  // Number of entries read at once.
  static constexpr std::size_t kPage = 64;
  // How long an entry waits for the forge to confirm its project.
  static constexpr absl::Duration kConfirmPatience = absl::Hours(24);
  // How long a forge's API may not know yet what its delivery announced.
  static constexpr absl::Duration kFresh = absl::Minutes(2);
  // The shortest time between two questions to the forge about one path.
  static constexpr absl::Duration kAskPause = absl::Seconds(10);
  static constexpr std::size_t kReleasedAtOnce = 1000;
  // Limit for all paths together, so that invented paths cannot use up the forge's rate limit.
  static constexpr int kAsksAMinute = 60;

  using Observer = std::function<void(const WorkDone&)>;
  // Called with a project whose path or visibility changes, before and after the commit.
  using ProjectChanged = std::function<void(const ProjectKey&)>;
  // Called with a project that the policy covers now and, as far as known, did not cover before.
  using ProjectCovered = std::function<void(const ProjectKey&)>;

  Worker(const WebhookReceiver& receiver, Judge& judge, Store& store, Clock& clock, Log& log,
         Metrics& metrics, const TermsHolder& terms, ProjectChanged project_changed = nullptr,
         Observer observer = nullptr, ProjectCovered covered = nullptr, WorkerOptions options = {});

  // Processes at most `limit` entries. Returns how many were done. An error of the store stops it.
  absl::StatusOr<std::size_t> RunOnce(std::size_t limit = 128);

 private:
  // The result of a RunOnce so far. Guarded by mutex_ while lanes run.
  struct Round {
    std::size_t done = 0;
    absl::Status trouble;  // errors of single tickets
    absl::Status stopped;  // an error of the store, which ends it
  };
  absl::Status ProcessPage(const std::vector<InboxEntry>& entries, Round* round);
  // The name of the only thing that the entry changes (a ticket, or the entry itself). Nullopt if
  // it may change more.
  absl::StatusOr<std::optional<std::string>> StandsAlone(const absl::StatusOr<Event>& event,
                                                         const InboxEntry& entry);
  // Returns false if nothing more may begin.
  bool End(const InboxEntry& entry, absl::StatusOr<Event> event, Round* round);
  absl::Status Process(const InboxEntry& entry, absl::StatusOr<Event> event);
  // What is new about a project, before it is saved.
  struct ProjectNews {
    bool changed = false;
    bool covered = false;
    bool covered_now = false;  // covered now, but not before or not known before
  };
  absl::StatusOr<ProjectNews> Compare(const ProjectRecord& project);
  // Called after it was saved.
  absl::Status Tell(const ProjectNews& news, const ProjectRecord& project);
  absl::Status ProcessTicket(const InboxEntry& entry, Event event, WorkDone* done);
  absl::StatusOr<std::optional<ProjectRecord>> Project(const ProjectInfo& info,
                                                       const Delivery& delivery, bool certain);
  // Nullopt: `info` can be believed. Otherwise the reason; `later`: the forge has yet to answer.
  struct Doubt {
    bool later = false;
    std::string reason;
  };
  // How a delivery shows who may read a project: not at all, as it is, or as a change.
  enum class Showing { kNot, kBeside, kAnnounced };
  absl::StatusOr<std::optional<Doubt>> Confirm(ProjectInfo* info, Showing showing,
                                               const Delivery& delivery);
  absl::StatusOr<std::optional<Doubt>> ConfirmAll(Event* event, const Delivery& delivery);
  // The forge's answer for a path, asked again if the last answer is older than the delivery.
  // Nullopt: not yet. `asked_at`: the time of the answer.
  std::optional<absl::StatusOr<ProjectInfo>> Ask(const std::string& path, const Delivery& delivery,
                                                 absl::Time* asked_at);
  // True if this was not logged before.
  bool IsNews(const std::string& what);
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
  const WorkerOptions options_;
  std::mutex mutex_;            // guards what lanes share; held while the observer runs
  std::set<std::string> said_;  // logged already; guarded by mutex_
  std::mutex asking_;           // held while a forge is asked; guards the following
  struct Asked {
    absl::StatusOr<ProjectInfo> answer;
    absl::Time at;
    absl::Time not_before;  // (Steady)
    int failures = 0;
  };
  std::map<std::string, Asked> asked_;            // key: path
  absl::Time asks_since_ = absl::InfinitePast();  // (Steady)
  int asks_ = 0;                                  // questions since then
};

}  // namespace retainer::pipeline
