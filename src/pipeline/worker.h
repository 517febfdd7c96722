// Worker: empties one forge's inbox, in the order of arrival.
//
// Each entry ends in exactly one of: a committed decision, a finish without one (nothing to do, a
// project that the policy does not cover: its facts are not kept), or set aside with the reason.
// One that cannot be decided never stands in the way of the next. Trouble of the store leaves the
// entry where it is. Without terms nothing is read: deliveries wait.
//
// One thread calls RunOnce; different workers may run at once.
#pragma once

#include <cstddef>
#include <functional>
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
  using Observer = std::function<void(const WorkDone&)>;
  // Called with a project whose path, visibility or coverage changed.
  using ProjectChanged = std::function<void(const ProjectKey&)>;

  Worker(const WebhookReceiver& receiver, Judge& judge, Store& store, Clock& clock, Log& log,
         Metrics& metrics, const TermsHolder& terms, ProjectChanged project_changed = nullptr,
         Observer observer = nullptr);

  // Works through at most `limit` entries; how many were done. An error of the store stops it.
  absl::StatusOr<std::size_t> RunOnce(std::size_t limit = 32);

 private:
  absl::Status Process(const InboxEntry& entry);
  absl::Status ProcessTicket(const InboxEntry& entry, Event event, WorkDone* done);
  absl::StatusOr<std::optional<ProjectRecord>> Project(const ProjectInfo& info,
                                                       const Delivery& delivery, bool certain);
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
  std::set<std::string> not_covered_;  // said in the log once
};

}  // namespace retainer
