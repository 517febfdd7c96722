// How much of their plans' allowances customers use.
//
// A ticket is over an allowance by the tickets that were opened before it, whatever came when. So
// each decision that changes what a ticket uses wakes the customer's later tickets.
//
// Thread-safe. Errors are the store's.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/draft.h"

namespace retainer::pipeline {

class Allowances {
 public:
  // The most tickets that are counted for one customer. A larger allowance is never used up.
  static constexpr std::size_t kMostCounted = 1000;
  // The most later tickets that one decision wakes. No limit of a policy is larger, so the tickets
  // after these are over the allowance before and after.
  static constexpr std::size_t kMostWoken = kMostCounted;
  // The use of a ticket's opening is not computed again later than this: the ticket keeps what it
  // had.
  static constexpr absl::Duration kSettled = absl::Hours(62 * 24);

  explicit Allowances(Store& store) : store_(store) {}

  // Sets what the customers of this standing had used when the ticket was opened: the claimants,
  // and those whose allowance it is over. Customers whose plan has no allowance are left out.
  // Returns whether that changed the context: the ticket is then evaluated again.
  absl::StatusOr<bool> Find(const Standing& standing, const TermsHistory& terms, absl::Time now,
                            TicketContext* context);
  // What a customer uses at an instant.
  absl::StatusOr<AllowanceUse> UseAt(const Customer& customer, absl::Time at) {
    return UseOf(customer, {}, at);
  }
  // Sets the wake-up of the later tickets of a customer to now, in the same write, if a ticket uses
  // more or less of the customer's allowance than before. And that of the ticket itself to a moment
  // later when it begins to use some: another one may have been decided at the same time.
  absl::Status Wake(const std::vector<Draft>& drafts, const TermsHistory& terms, absl::Time now,
                    std::vector<DecisionWrite>* writes);

 private:
  absl::StatusOr<AllowanceUse> UseOf(const Customer& customer, const TicketKey& key,
                                     absl::Time opened);
  // Wakes the tickets of a list that were opened later than a ticket.
  absl::Status WakeLater(const std::string& list, const TicketRecord& than, absl::Time now,
                         std::vector<DecisionWrite>* writes);

  Store& store_;
};

}  // namespace retainer::pipeline
