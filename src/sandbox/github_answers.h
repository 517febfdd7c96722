// Answers as GitHub's API words them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/sandbox/message.h"

namespace retainer::sandbox {

inline constexpr char kDocumentation[] = "https://docs.github.com/rest";

Response Json(int status, const nlohmann::json& body);
Response Problem(int status, const std::string& message);
Response NotFound();
// 422: what is wrong with a field.
Response Invalid(const std::string& resource, const std::string& field, const std::string& code,
                 const std::string& message = "");

}  // namespace retainer::sandbox
