// Work that is logged for customers: answers the commands on tickets, and tells tickets what is
// left of their customers' hours.
//
// A command is answered once, at the moment of logging: the answer becomes a fact of the ticket,
// and the entry a fact of the customer, in one commit. The balance is shown on the open tickets of
// public customers only.
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

class WorkLog {
 public:
  // The most open tickets of a customer on which the balance is shown anew at once.
  static constexpr std::size_t kMostWoken = 1000;

  explicit WorkLog(Store& store) : store_(store) {}

  // Whether the forge answered all on which a command depends: for public customers, what outsiders
  // see depends on; for private ones, everything.
  struct Sure {
    bool everybody = false;
    bool hidden = false;
  };
  // Answers the unanswered commands of the draft's standing: adds the answers to `facts`, and the
  // entries to `draft->customers`. Returns whether it answered any: the ticket is then evaluated
  // again.
  absl::StatusOr<bool> Answer(const TermsHistory& terms, absl::Time now, Sure sure, Draft* draft,
                              std::vector<Fact>* facts);
  // Sets what is left of the hours of the public customers that the face shows, while the ticket is
  // open, and when time alone changes it (`draft->hours_change`). Returns whether that changed the
  // context.
  absl::StatusOr<bool> Find(const TermsHistory& terms, absl::Time now, Draft* draft);
  // Sets the wake-up of the other open tickets of the customers that get entries to now, in the
  // same write.
  absl::Status Wake(const std::vector<Draft>& drafts, const TermsHistory& terms, absl::Time now,
                    std::vector<DecisionWrite>* writes);
  // The same for one customer.
  absl::Status WakeTickets(const std::string& customer, const TermsHistory& terms, absl::Time now,
                           std::vector<DecisionWrite>* writes);

 private:
  // The facts of a customer with those that the draft adds.
  absl::StatusOr<std::vector<CustomerFact>> FactsOf(const std::string& customer, const Draft& draft,
                                                    std::uint64_t* version);

  Store& store_;
};

}  // namespace retainer::pipeline
