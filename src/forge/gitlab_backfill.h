// A GitLab ticket's facts out of what its API answered. Pure functions. Private to this room.
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

struct GitLabAnswers {
  std::string forge;  // its configured name
  Json project;
  TicketKind kind = TicketKind::kIssue;
  Json ticket;                         // an issue or a merge request
  std::vector<Json> notes;             // people's and the system's
  std::vector<Json> label_events;      // resource_label_events
  std::vector<Json> state_events;      // resource_state_events
  std::vector<Json> milestone_events;  // resource_milestone_events
  TicketKey moved_to;                  // number 0: not known
};

// Where a system note says that the ticket was moved to; nullopt where it was not, or none says.
// Rationale: the ticket itself holds but a number of the whole instance.
struct Destination {
  std::string path;
  std::int64_t number = 0;
};
std::optional<Destination> MovedTo(const GitLabAnswers& answers);

// Assignments have no events of their own in GitLab's REST: they are read from its system notes.
Backfill ReadGitLab(const GitLabAnswers& answers, absl::Time received);

}  // namespace retainer::forge
