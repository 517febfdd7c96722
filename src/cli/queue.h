// What to answer next: tickets with a promise to keep, ordered by due time, then the community's
// tickets that have waited longest. Reads only.
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
  // Only tickets that belong to this team: a member is assigned; if nobody is assigned, its labels
  // or a member's answer decide. Tickets that belong to no team are included. Empty: all tickets.
  std::string team;
  std::string customer;  // id or alias; empty: all customers and the community
  std::size_t limit = 50;
};

// A promise that waits for us.
struct QueuedPromise {
  std::string customer;  // id; empty: an objective for the community
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  ClockState state = ClockState::kRunning;
  absl::Time due;
};

struct QueueItem {
  TicketRef ticket;
  std::string title;
  std::string url;
  // Whether the ticket is open on the forge. A question on a closed ticket also needs an answer.
  bool open = true;
  absl::Time since;  // waiting since
  // Ids of the customers with claims in force; empty: a community ticket.
  std::vector<std::string> customers;
  std::vector<std::string> aliases;  // parallel to `customers`
  std::vector<std::string> priorities;
  std::vector<std::string> with;  // assignees; without any, the last responder
  // Ordered by due instant. The first one decides the ticket's place in the queue.
  std::vector<QueuedPromise> promises;
  bool community() const { return customers.empty(); }
  absl::Time due() const {
    return promises.empty() ? absl::InfiniteFuture() : promises.front().due;
  }
};

// Overdue tickets first, then by due instant; at the same instant commitments come before targets.
// A tenth of the places is reserved for the community's tickets, the longest waiting first, so that
// they are not starved. InvalidArgument for a team or customer that the policy does not have;
// FailedPrecondition while no policy is in force; otherwise the store's errors.
absl::StatusOr<std::vector<QueueItem>> ReadQueue(pipeline::Desk& desk, Store& store, absl::Time now,
                                                 const QueueOptions& options);

std::string QueueText(const std::vector<QueueItem>& items, absl::Time now);
// A JSON array.
std::string QueueJson(const std::vector<QueueItem>& items, absl::Time now);

}  // namespace retainer::cli
