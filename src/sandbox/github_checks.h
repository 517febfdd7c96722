// Check runs and comparisons of GitHub's API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/sandbox/message.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

// Makes a check run as a request's body says (`known` null), or changes one.
Response WriteCheckRun(World& world, Project& project, const User& by, Check* known,
                       const nlohmann::json& body, const std::string& repository_url);
nlohmann::json CheckRunOf(World& world, const Check& check, const std::string& repository_url);
// Those of a commit, and of a name where one is given.
Response ListCheckRuns(World& world, const Project& project, const std::string& commit,
                       const std::string& name, const std::string& repository_url);
// How `base...head` compare.
Response Compare(const Project& project, const std::string& range);

}  // namespace retainer::sandbox
