// One ticket of a write while it is decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retainer/core.h"
#include "retainer/store.h"

namespace retainer {

struct News {
  std::vector<Fact> facts;
  // What a delivery showed of the ticket and its project.
  std::optional<TicketInfo> ticket;
  std::optional<ProjectRecord> project;
  // What becomes of the face is shown at the steady pace of the backlog: none of it has happened just
  // now.
  bool backlog = false;
  // The inbox entry that is done with this decision.
  std::optional<std::uint64_t> inbox_seq;
};

struct Draft {
  TicketKey key;
  StoredTicket stored;
  TicketContext context;
  Decision decision;
  News news;
  std::optional<ProjectRecord> project;
  std::string installation_id;
  std::vector<std::pair<Login, std::string>> pins;
  bool unanswered = false;
};

// `retry_at`: when a question that the forge has not answered is to be asked again; infinite where
// none is, or nobody can answer.
DecisionWrite MakeWrite(const Draft& draft, const TermsHistory& terms, absl::Time retry_at,
                        absl::Time now);

}  // namespace retainer
