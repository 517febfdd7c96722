#include "src/api/problem_answer.h"

#include "nlohmann/json.hpp"

namespace retainer::api {

std::string_view StatusTitle(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 409:
      return "Conflict";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return status >= 500 ? "Internal Server Error" : "Error";
  }
}

std::string ProblemJson(int status, std::string_view detail, std::string_view request_id,
                        std::string_view code) {
  nlohmann::json problem = {
      {"type", "about:blank"}, {"title", std::string(StatusTitle(status))}, {"status", status}};
  if (!request_id.empty()) problem["request_id"] = std::string(request_id);
  if (!code.empty()) problem["code"] = std::string(code);
  if (!detail.empty()) problem["detail"] = std::string(detail);
  return problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace retainer::api
