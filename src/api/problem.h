// Problem details (RFC 9457): the body of every error that the API answers.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

inline constexpr char kProblemType[] = "application/problem+json";

// `detail` is for the client; it holds nothing internal. `request_id` and `code` (extension
// members) are what the log calls the request, and what programs tell some problems by; empty:
// none.
std::string ProblemJson(int status, std::string_view detail, std::string_view request_id = {},
                        std::string_view code = {});

// `Not Found` for 404.
std::string_view StatusTitle(int status);

}  // namespace retainer
