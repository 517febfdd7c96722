// What `retainer setup gitlab` does: it asks GitLab about the token, makes the webhooks and the
// application with which people sign in, and writes the secrets and the entry.
//
// Everything may be repeated: a webhook that goes to the service is changed and none is added, and
// the secret that was made once is kept.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retainer::cli {

// Holds secrets.
struct GitLabSetup {
  std::string name = "gitlab";                        // of the forge in the configuration
  std::string api_url = "https://gitlab.com/api/v4";  // without a trailing slash
  std::string web_url;                                // follows from `api_url`
  std::string public_url;                             // of the service, without a trailing slash
  std::vector<std::string> projects;                  // paths; their webhooks are made
  std::vector<std::string> groups;                    // the same; GitLab Premium
  std::string token_source;  // where the service finds its token: `env:NAME`, `file:PATH`
  std::string token;         // of the service
  std::string owner_token;   // makes webhooks and application, and is not kept; may be `token`
};

// Reads `env:NAME` or `file:PATH` (relative to the configuration's folder). InvalidArgument,
// without the value.
absl::StatusOr<std::string> ReadSource(const std::string& source, const std::string& config);

// Before GitLab is asked anything. FailedPrecondition, with what to do: the entry cannot be written
// into the configuration, or the configuration has a forge of this name that was set up otherwise.
absl::Status CheckConfigFor(const GitLabSetup& setup, const std::string& config);

// What is done, line by line, for the person who set it up. Each is done before the next begins: an
// error leaves what was done, and a repetition continues.
// PermissionDenied: a token is refused or may too little; the message says what to do.
// InvalidArgument: GitLab refuses the service's address. Unavailable: it does not answer.
absl::StatusOr<std::vector<std::string>> SetUp(const GitLabSetup& setup, const std::string& config);

}  // namespace retainer::cli
