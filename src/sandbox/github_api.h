// The part of GitHub's REST API that Retainer calls. Private to the sandbox; the caller holds the
// lock.
#pragma once

#include <string>

#include "src/sandbox/github_shapes.h"
#include "src/sandbox/message.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// Limits the content that one credential creates: 80 a minute and 500 an hour, as on GitHub.
class ContentLimit {
 public:
  // Counts one item at `now` and returns true, or returns false when the limit is reached.
  bool Take(absl::Time now);

 private:
  std::deque<absl::Time> taken_;
};

// Answers `request`. Its segments start after the API's root. Sets status, body, and the headers
// that every answer of GitHub has. `limit` may be null.
Response AnswerGitHub(World& world, const GitHubShapes& shapes, const std::string& api_url,
                      ContentLimit* limit, const Request& request);

}  // namespace retainer::sandbox
