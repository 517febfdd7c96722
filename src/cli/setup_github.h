// What `retainer setup github` does, without its server: the manifest, the exchange of the code,
// and the files that it writes.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retainer::cli {

struct GitHubSetup {
  std::string name = "github";                     // of the forge in the configuration
  std::string api_url = "https://api.github.com";  // without a trailing slash
  std::string web_url = "https://github.com";      // follows from `api_url`
  std::string organization;                        // empty: the app belongs to the account itself
  std::string public_url;                          // of the service, without a trailing slash
};

// The new app, as the forge describes it. Holds secrets.
struct GitHubApp {
  std::string id;
  std::string client_id;
  std::string client_secret;
  std::string webhook_secret;
  std::string pem;
  std::string html_url;
};

// The app's manifest (webhooks/github/app-manifest.json) for this service. `back`: where the forge
// leads the browser with the code.
std::string ManifestOf(const GitHubSetup& setup, const std::string& back);
// Where the manifest is posted, with the state that the forge repeats.
std::string ManifestTarget(const GitHubSetup& setup, const std::string& state);
// The page whose one button posts the manifest.
std::string ManifestPage(const GitHubSetup& setup, const std::string& state,
                         const std::string& back);

// Exchanges the code, which works once and for an hour. PermissionDenied: the forge refuses it.
// Unavailable: it does not answer, or not understandably.
absl::StatusOr<GitHubApp> ConvertManifest(const GitHubSetup& setup, const std::string& code);

// FailedPrecondition, with what to do: the configuration has a forge of this name, its `forges` are
// not one entry a line, or a file that would be written is there.
absl::Status CheckConfigFor(const GitHubSetup& setup, const std::string& path);
// Writes the app's key and secrets beside the configuration (0600), and the entry into it; a
// configuration that does not exist is created. Nothing is overwritten. The entry is the last step.
absl::Status WriteConfigFor(const GitHubSetup& setup, const GitHubApp& app,
                            const std::string& path);

}  // namespace retainer::cli
