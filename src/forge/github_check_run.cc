#include "src/forge/github_check_run.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

std::string ConclusionOf(CheckView::Verdict verdict) {
  switch (verdict) {
    case CheckView::Verdict::kNeutral:
      return "neutral";
    case CheckView::Verdict::kSuccess:
      return "success";
    case CheckView::Verdict::kFailure:
      return "failure";
  }
  return "neutral";
}

// Our app's check run with our name on a commit, the first when there are several; empty when there
// is none.
absl::StatusOr<std::string> FindCheckRun(const ApiCalls& calls, const Scope& scope,
                                         const std::string& repository,
                                         const std::string& app_login, const RemoteCheck& check) {
  if (app_login.empty()) return std::string();
  ApiRequest request;
  request.path = absl::StrCat(repository, "/commits/", PercentEncode(check.commit), "/check-runs");
  request.query =
      absl::StrCat("check_name=", PercentEncode(check.name), "&filter=all&per_page=100");
  request.expected = {404};
  auto response = calls.Call(scope, request);
  if (!response.ok()) return response.status();
  const Json list = ParseJson(response->body).value_or(Json());
  std::string first;
  for (const Json& run : At(list, "check_runs")) {
    const std::string slug = StringAt(At(run, "app"), "slug");
    if (StringAt(run, "name") != check.name || app_login != slug + "[bot]") continue;
    const std::string run_id = IdAt(run, "id");
    if (first.empty() || run_id.size() < first.size() ||
        (run_id.size() == first.size() && run_id < first)) {
      first = run_id;
    }
  }
  return first;
}

}  // namespace

absl::StatusOr<std::string> SetCheckRun(const ApiCalls& calls, const Scope& scope,
                                        const std::string& repository, const std::string& app_login,
                                        const RemoteCheck& check, const std::string& id) {
  const std::string runs = absl::StrCat(repository, "/check-runs");
  Json body = {{"name", check.name},
               {"status", "completed"},
               {"conclusion", ConclusionOf(check.verdict)},
               {"output", {{"title", check.text.title}, {"summary", check.text.summary}}}};
  if (!check.url.empty()) body["details_url"] = check.url;
  std::string in_place = id;
  if (in_place.empty()) {
    auto there = FindCheckRun(calls, scope, repository, app_login, check);
    if (!there.ok() && !absl::IsPermissionDenied(there.status())) return there.status();
    if (there.ok()) in_place = *std::move(there);
  }
  if (in_place.empty()) body["head_sha"] = check.commit;
  auto run = in_place.empty()
                 ? calls.Mutate(scope, "POST", runs, body, CallClass::kContent)
                 : calls.Mutate(scope, "PATCH", absl::StrCat(runs, "/", PercentEncode(in_place)),
                                body, CallClass::kMutation);
  if (absl::IsPermissionDenied(run.status())) {
    return absl::PermissionDeniedError(
        app_login.empty()
            ? "GitHub lets only apps write checks: use a GitHub App instead of a token, or "
              "`checks: off` in the policy"
            : "the app lacks the permission Checks: write; grant it on the app's page under "
              "\"Permissions & events\", and have the installation's owner accept it");
  }
  if (!run.ok()) return run.status();
  return IdAt(*run, "id");
}

}  // namespace retainer::forge
