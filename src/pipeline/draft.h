// One ticket of a write while it is decided.
#pragma once

#include <cstdint>
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
  // The facts are answers of the forge: nothing has happened by them.
  bool answers = false;
  // What there was to ask for this sake was asked: the decision waits for no more of it.
  std::optional<Sake> asked;
  // Logins of the policy, with whose accounts the forge says they are.
  std::vector<std::pair<Login, std::string>> pins;
};

struct Draft {
  TicketKey key;
  StoredTicket stored;
  TicketContext context;
  Decision decision;
  News news;
  std::vector<std::pair<Login, std::string>> pins;
  // What it says it fixes, with the versions that were read.
  std::vector<std::pair<TicketKey, std::uint64_t>> rides;
  OpenQuestions asks;
  absl::Time ask_again = absl::InfiniteFuture();  // what the forge has not answered
};

DecisionWrite MakeWrite(const Draft& draft, const TermsHistory& terms, absl::Time now);

}  // namespace retainer::pipeline
