// Worker: empties one forge's inbox: each ticket's entries in the order of arrival, tickets side by
// side. What may change more than a ticket (news of a project, a label's new name, a path or a
// visibility that is not the known one) has all before it done, and nothing behind it begun.
//
// Each entry ends in exactly one of: a committed decision, a finish without one (nothing to do),
// held (the policy does not cover its project: it is read once the policy does), or set aside with
// the reason. One that cannot be decided never stands in the way of the next. Trouble of the store
// leaves the entry where it is. Without terms nothing is read: deliveries wait.
//
// Which project a path belongs to is not taken from a delivery alone. Rationale: a secret bound to
// one project's path would else let its holder write into another project's tickets by giving that
// project's id, and a late delivery would bring back a name that the project has no more. Where a
// delivery's pair of id and path differs from what is known (or is new, and only bound secrets
// vouch for it), the forge is asked for the project at that path:
//   the forge gives the same id     the pair is believed, with the path that the forge gives
//   another id, or no such project  a delivery that an unbound secret vouches for is decided under
//                                   the path known for its id, where there is one; any other is set
//                                   aside
//   the forge does not answer       the delivery waits in the inbox, a day at most
//   no client for the forge         the pair is believed (replay)
// That a project is public now, and what is told late of who may read it, is asked of the forge
// too: a delivery can be sent again by whoever has its bytes. Until the forge says so it stays
// private.
//
// One thread calls RunOnce; different workers may run at once. Observer, ProjectChanged and
// ProjectCovered are called from the lanes' threads, the observer from one at a time.
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

struct WorkerOptions {
  // How many tickets are decided at once: as many threads, which come and go with each page.
  std::function<std::size_t()> lanes = [] { return std::size_t{1}; };
  // Called before each entry: waits while something else is to go first.
  std::function<void()> give_way = [] {};
};

class Worker {
 public:
  // Entries that are looked at together.
  static constexpr std::size_t kPage = 64;
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
         Observer observer = nullptr, ProjectCovered covered = nullptr, WorkerOptions options = {});

  // Works through at most `limit` entries; how many were done. An error of the store stops it.
  absl::StatusOr<std::size_t> RunOnce(std::size_t limit = 128);

 private:
  // What a call of RunOnce has come to. Guarded by mutex_ while lanes run.
  struct Round {
    std::size_t done = 0;
    absl::Status trouble;  // of single tickets
    absl::Status stopped;  // the store's, which ends it
  };
  absl::Status ProcessPage(const std::vector<InboxEntry>& entries, Round* round);
  // The name of what it is about (a ticket, or itself) where it changes nothing else; else nullopt.
  absl::StatusOr<std::optional<std::string>> StandsAlone(const absl::StatusOr<Event>& event,
                                                         const InboxEntry& entry);
  // False: nothing more is to be begun.
  bool End(const InboxEntry& entry, absl::StatusOr<Event> event, Round* round);
  absl::Status Process(const InboxEntry& entry, absl::StatusOr<Event> event);
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
  // Nullopt: not yet. `asked_at`: when it said so.
  std::optional<absl::StatusOr<ProjectInfo>> Ask(const std::string& path, const Delivery& delivery,
                                                 absl::Time* asked_at);
  // Was it not said before?
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
  std::mutex mutex_;            // of what lanes share; held while the observer is called
  std::set<std::string> said_;  // in the log, once; guarded by mutex_
  std::mutex asking_;           // held while a forge is asked; guards what follows
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
