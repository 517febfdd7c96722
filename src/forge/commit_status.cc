#include "src/forge/commit_status.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/utf8.h"
#include "src/base/view.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// The forges refuse longer descriptions.
constexpr std::size_t kGitHubDescription = 140;
constexpr std::size_t kGitLabDescription = 255;

// At most `most` characters; what is cut is replaced by an ellipsis. Counts bytes, so it may cut
// earlier than the forge would.
std::string Cut(const std::string& text, std::size_t most) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= most) return text;
  return absl::StrCat(base::View(base::CutToBytes(text, most - kEllipsis.size())), "…");
}

}  // namespace

absl::Status SetGitHubStatus(const ApiCalls& calls, const Scope& scope,
                             const std::string& repository, const CommitStatus& status) {
  const Json body = {{"state", status.good ? "success" : "failure"},
                     {"context", status.name},
                     {"description", Cut(status.description, kGitHubDescription)}};
  const auto set = calls.Mutate(
      scope, "POST", absl::StrCat(repository, "/statuses/", PercentEncode(status.commit)), body,
      CallClass::kMutation);
  if (absl::IsPermissionDenied(set.status())) {
    return absl::PermissionDeniedError(
        "the app or token lacks the permission Commit statuses: write on the policy's repository; "
        "grant it on the app's page under \"Permissions & events\", and have the installation's "
        "owner accept it");
  }
  return set.status();
}

absl::Status SetGitLabStatus(const ApiCalls& calls, const std::string& project,
                             const CommitStatus& status) {
  const Json body = {{"state", status.good ? "success" : "failed"},
                     {"name", status.name},
                     {"description", Cut(status.description, kGitLabDescription)}};
  const auto set =
      calls.Mutate({}, "POST", absl::StrCat(project, "/statuses/", PercentEncode(status.commit)),
                   body, CallClass::kMutation);
  if (absl::IsPermissionDenied(set.status())) {
    return absl::PermissionDeniedError(
        "the token may not set commit statuses on the policy's repository: it needs the scope api, "
        "and its account the role Developer in the project");
  }
  // GitLab keeps one state per commit and name, and refuses to set it to what it is.
  if (absl::IsInvalidArgument(set.status()) &&
      absl::StrContains(set.status().message(), "Cannot transition status")) {
    return absl::OkStatus();
  }
  return set.status();
}

}  // namespace retainer::forge
