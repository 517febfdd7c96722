#include "src/cli/fork.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace retainer::cli {
namespace {

std::string EnvironmentValue(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The id of the repository at one end of a pull request; null when it is gone.
nlohmann::json RepositoryAt(const nlohmann::json& pull, const char* end) {
  const nlohmann::json at = pull.value(end, nlohmann::json::object());
  const auto repository = at.is_object() ? at.find("repo") : at.end();
  if (repository == at.end() || !repository->is_object()) return nullptr;
  return repository->value("id", nlohmann::json(nullptr));
}

bool IsForksOnGitHub() {
  const std::string event = EnvironmentValue("GITHUB_EVENT_NAME");
  if (event != "pull_request" && event != "pull_request_target") return false;
  std::ifstream in(EnvironmentValue("GITHUB_EVENT_PATH"));
  const nlohmann::json payload = nlohmann::json::parse(in, nullptr, false);
  if (!payload.is_object()) return false;
  const auto pull = payload.find("pull_request");
  if (pull == payload.end() || !pull->is_object()) return false;
  const nlohmann::json base = RepositoryAt(*pull, "base");
  return !base.is_null() && RepositoryAt(*pull, "head") != base;
}

bool IsForksOnGitLab() {
  const std::string source = EnvironmentValue("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
  const std::string target = EnvironmentValue("CI_MERGE_REQUEST_PROJECT_ID");
  return !source.empty() && !target.empty() && source != target;
}

}  // namespace

bool IsForksPullRequest() { return IsForksOnGitHub() || IsForksOnGitLab(); }

}  // namespace retainer::cli
