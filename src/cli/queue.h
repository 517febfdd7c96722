// What to answer next: tickets with a promise to keep by due time, then those of the community that
// wait longest. Reads only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"
#include "retainer/store.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

struct QueueOptions {
  // Tickets with a member of this team; of those that nobody has, those that its labels name, or
  // that no team's labels do. Empty: all.
  std::string team;
  std::string customer;  // id or alias; empty: all, and the community
  std::size_t limit = 50;
};

// Something that waits for us.
struct QueuedPromise {
  std::string customer;  // id; empty: the community's objective
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  ClockState state = ClockState::kRunning;
  absl::Time due;
};

struct QueueItem {
  TicketRef ticket;
  std::string title;
  std::string url;
  bool open = true;  // on the forge; a question on a closed ticket wants an answer too
  absl::Time since;  // waits since
  std::vector<std::string> customers;  // ids, of claims in force; empty: a community ticket
  std::vector<std::string> aliases;    // in step
  std::vector<std::string> priorities;
  std::vector<std::string> with;        // assignees, else who answered last
  std::vector<QueuedPromise> promises;  // by due; the first is what the ticket is queued by
  bool community() const { return customers.empty(); }
  absl::Time due() const {
    return promises.empty() ? absl::InfiniteFuture() : promises.front().due;
  }
};

// The overdue first, then by due instant; at one instant commitments before targets. A tenth of the
// places is the community's where it waits, the longest waiting first, so that it is not starved.
// InvalidArgument for a team or customer that the policy does not have; FailedPrecondition while no
// policy is in force; else the store's errors.
absl::StatusOr<std::vector<QueueItem>> ReadQueue(Desk& desk, Store& store, absl::Time now,
                                                 const QueueOptions& options);

std::string QueueText(const std::vector<QueueItem>& items, absl::Time now);
std::string QueueJson(const std::vector<QueueItem>& items, absl::Time now);  // an array

}  // namespace retainer::cli
