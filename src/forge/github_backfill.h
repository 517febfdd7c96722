// Makes a GitHub ticket's facts from the API's answers. Pure functions. Private to this room.
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

// The JSON library's move constructor is declared noexcept, and asserts.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct GitHubAnswers {
  Json repository;
  Json issue;                         // an issue, or the issue side of a pull request
  std::vector<Json> comments;         // /issues/N/comments
  std::vector<Json> events;           // /issues/N/events
  std::vector<Json> reviews;          // /pulls/N/reviews
  std::vector<Json> review_comments;  // /pulls/N/comments
};

// Rationale: the API shows texts as they are now, not as they were written. An edited comment
// counts from its creation, with its present text. When a webhook brings a fact of the same thing,
// that fact replaces this one (Provenance).
Backfill ReadGitHub(const GitHubAnswers& answers, absl::Time received);

}  // namespace retainer::forge
