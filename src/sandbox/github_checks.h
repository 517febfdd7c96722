// Check runs and comparisons of GitHub's API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/sandbox/message.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// Creates a check run from a request's body (`known` is null), or changes `known`.
Response WriteCheckRun(World& world, Project& project, const User& by, Check* known,
                       const nlohmann::json& body, const std::string& repository_url);
nlohmann::json CheckRunOf(World& world, const Check& check, const std::string& repository_url);
// The check runs of a commit; only those with `name` if it is not empty.
Response ListCheckRuns(World& world, const Project& project, const std::string& commit,
                       const std::string& name, const std::string& repository_url);
// Sets a commit status.
Response WriteStatus(World& world, Project& project, const User& by, const std::string& commit,
                     const nlohmann::json& body);
// The comparison `base...head`.
Response Compare(const Project& project, const std::string& range);

}  // namespace retainer::sandbox
