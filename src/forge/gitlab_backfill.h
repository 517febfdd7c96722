// Makes a GitLab ticket's facts from the API's answers. Pure functions. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/event.h"
#include "retainer/fact.h"
#include "retainer/forge.h"
#include "src/forge/json.h"

namespace retainer::forge {

Actor GitLabActor(const Json& user);
ProjectInfo GitLabProject(const Json& project);

// The JSON library's move constructor is declared noexcept, and asserts.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct GitLabAnswers {
  std::string forge;  // its configured name
  Json project;
  TicketKind kind = TicketKind::kIssue;
  Json ticket;                         // an issue or a merge request
  std::vector<Json> notes;             // both people's notes and system notes
  std::vector<Json> label_events;      // resource_label_events
  std::vector<Json> state_events;      // resource_state_events
  std::vector<Json> milestone_events;  // resource_milestone_events
  TicketKey moved_to;                  // number 0: not known
};

// Where the ticket was moved to, according to a system note. nullopt when it was not moved or no
// note says so.
//
// Rationale: the ticket itself names its successor only by an id of the whole instance.
struct Destination {
  std::string path;
  std::int64_t number = 0;
};
std::optional<Destination> MovedTo(const GitLabAnswers& answers);

// GitLab's REST API has no events for assignments; they are read from system notes.
Backfill ReadGitLab(const GitLabAnswers& answers, absl::Time received);

}  // namespace retainer::forge
