#include "src/cli/fork.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace retainer::cli {
namespace {

using nlohmann::json;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The id of the repository at one end of a pull request; null when it is gone.
json RepositoryAt(const json& pull, const char* end) {
  const json at = pull.value(end, json::object());
  const auto repository = at.is_object() ? at.find("repo") : at.end();
  if (repository == at.end() || !repository->is_object()) return nullptr;
  return repository->value("id", json(nullptr));
}

bool IsForksOnGitHub() {
  const std::string event = Variable("GITHUB_EVENT_NAME");
  if (event != "pull_request" && event != "pull_request_target") return false;
  std::ifstream in(Variable("GITHUB_EVENT_PATH"));
  const json payload = json::parse(in, nullptr, false);
  if (!payload.is_object()) return false;
  const auto pull = payload.find("pull_request");
  if (pull == payload.end() || !pull->is_object()) return false;
  const json base = RepositoryAt(*pull, "base");
  return !base.is_null() && RepositoryAt(*pull, "head") != base;
}

bool IsForksOnGitLab() {
  const std::string source = Variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
  const std::string target = Variable("CI_MERGE_REQUEST_PROJECT_ID");
  return !source.empty() && !target.empty() && source != target;
}

}  // namespace

bool IsForksPullRequest() { return IsForksOnGitHub() || IsForksOnGitLab(); }

}  // namespace retainer::cli
