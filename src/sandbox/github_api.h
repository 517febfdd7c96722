// GitHub's REST as far as Retainer calls it. Inside the sandbox only; the caller holds the lock.
#pragma once

#include <string>

#include "src/sandbox/github_shapes.h"
#include "src/sandbox/message.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

// Counts content that credentials create: GitHub stops at 80 a minute and 500 an hour.
class ContentLimit {
 public:
  // Counts one at `now` unless the limit is reached.
  bool Take(absl::Time now);

 private:
  std::deque<absl::Time> taken_;
};

// Answers `request`, whose segments begin after the API's root. Sets status, body, and the headers
// that every answer of GitHub's carries. `limit` may be null.
Response AnswerGitHub(World& world, const GitHubShapes& shapes, const std::string& api_url,
                      ContentLimit* limit, const Request& request);

}  // namespace retainer::sandbox
