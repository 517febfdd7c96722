// Problem details (RFC 9457): the body of every error of the API.
#pragma once

#include <string>
#include <string_view>

namespace retainer::api {

inline constexpr char kProblemType[] = "application/problem+json";

// `detail` is for the client and holds nothing internal. The extension members `request_id` (the
// request's id in the log) and `code` (for programs) are left out when empty.
std::string ProblemJson(int status, std::string_view detail, std::string_view request_id = {},
                        std::string_view code = {});

// `Not Found` for 404.
std::string_view StatusTitle(int status);

}  // namespace retainer::api
