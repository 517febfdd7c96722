// A GitHub ticket's facts out of what its API answered. Pure functions. Private to this room.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "retainer/event.h"
#include "retainer/fact.h"
#include "retainer/forge.h"
#include "src/forge/json.h"

namespace retainer::forge {

Actor GitHubActor(const Json& user);
ProjectInfo GitHubProject(const Json& repository);

struct GitHubAnswers {
  Json repository;
  Json issue;                         // an issue, or the issue side of a pull request
  std::vector<Json> comments;         // /issues/N/comments
  std::vector<Json> events;           // /issues/N/events
  std::vector<Json> reviews;          // /pulls/N/reviews
  std::vector<Json> review_comments;  // /pulls/N/comments
};

// Rationale: the API shows texts as they are now, not as they were written; a comment that was
// edited counts from its creation with today's words. A webhook's fact of the same thing, where it
// comes, replaces this one (Provenance).
Backfill ReadGitHub(const GitHubAnswers& answers, absl::Time received);

}  // namespace retainer::forge
