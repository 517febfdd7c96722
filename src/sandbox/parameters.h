// The parameters of a request to GitLab's API. Private to the sandbox.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "src/sandbox/message.h"

namespace retainer::sandbox {

// From JSON, a form or the query, as GitLab accepts them: an object. Null: the body is no JSON
// object.
nlohmann::json ReadParameters(const Request& request);
// The names in a list, or in a text with commas.
std::vector<std::string> SplitNames(const nlohmann::json& value);

}  // namespace retainer::sandbox
