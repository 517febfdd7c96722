// One ticket of a write while it is decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retainer/core.h"
#include "retainer/store.h"

namespace retainer::pipeline {

struct News {
  std::vector<Fact> facts;
  // What a delivery showed of the ticket and its project.
  std::optional<TicketInfo> ticket;
  std::optional<ProjectRecord> project;
  // What becomes of the face is shown at the steady pace of the backlog: none of it has happened
  // just now.
  bool backlog = false;
  // The inbox entry that is done with this decision.
  std::optional<std::uint64_t> inbox_seq;
  // It was read back from the forge: of what was due before now, nobody is told.
  bool read_back = false;
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
  absl::Time ask_again = absl::InfiniteFuture();  // what the forge has not answered
  // Something is to be asked for the sake of private customers, now that the face is decided.
  bool follow_up = false;
};

DecisionWrite MakeWrite(const Draft& draft, const TermsHistory& terms, absl::Time now);

}  // namespace retainer::pipeline
