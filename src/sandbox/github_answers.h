// Answers in the form of GitHub's API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/sandbox/message.h"

namespace retainer::sandbox {

inline constexpr char kDocumentation[] = "https://docs.github.com/rest";

Response Json(int status, const nlohmann::json& body);
Response Problem(int status, const std::string& message);
Response NotFound();
// 422 for a field that is wrong.
Response Invalid(const std::string& resource, const std::string& field, const std::string& code,
                 const std::string& message = "");

}  // namespace retainer::sandbox
