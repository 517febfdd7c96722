// News about a ticket, and one ticket of a write while it is being decided.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retainer/core.h"
#include "retainer/store.h"
#include "src/pipeline/tries.h"

namespace retainer::pipeline {

struct News {
  std::vector<Fact> facts;
  // The ticket and its project as a delivery showed them.
  std::optional<TicketInfo> ticket;
  std::optional<ProjectRecord> project;
  // Nothing of it happened just now: the new face is shown at the backlog's steady rate.
  bool backlog = false;
  // The inbox entry that this decision finishes.
  std::optional<std::uint64_t> inbox_seq;
  // It was read back from the forge: nobody is told about what was due before now.
  bool read_back = false;
  // The facts are answers of the forge, not events.
  bool answers = false;
  // All open questions for this sake were asked: the decision no longer waits for them.
  std::optional<Sake> asked;
  // Logins of the policy with their accounts' ids, as the forge said.
  std::vector<std::pair<Login, std::string>> pins;
};

struct Draft {
  TicketKey key;
  StoredTicket stored;
  TicketContext context;
  Decision decision;
  News news;
  std::vector<std::pair<Login, std::string>> pins;
  // The tickets that it says it fixes, with the versions that were read.
  std::vector<std::pair<TicketKey, std::uint64_t>> rides;
  // Facts for customers, each with the version of the customer that was read. Key: the customer.
  std::map<std::string, StoredCustomer> customers;
  // When time alone changes what is left of the customers' hours.
  absl::Time hours_change = absl::InfiniteFuture();
  OpenQuestions asks;
  // When to ask again what the forge has not answered.
  absl::Time ask_again = absl::InfiniteFuture();
};

DecisionWrite MakeWrite(const Draft& draft, const TermsHistory& terms, absl::Time now);

}  // namespace retainer::pipeline
