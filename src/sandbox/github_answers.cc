#include "src/sandbox/github_answers.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace retainer::sandbox {

using nlohmann::json;

Response Json(int status, const json& body) {
  Response response;
  response.status = status;
  if (status != 204) response.body = body.dump();
  return response;
}

Response Problem(int status, const std::string& message) {
  return Json(status, {{"message", message},
                       {"documentation_url", kDocumentation},
                       {"status", absl::StrCat(status)}});
}

Response NotFound() { return Problem(404, "Not Found"); }

Response Invalid(const std::string& resource, const std::string& field, const std::string& code,
                 const std::string& message) {
  json error = {{"resource", resource}, {"field", field}, {"code", code}};
  if (!message.empty()) error["message"] = message;
  return Json(422, {{"message", "Validation Failed"},
                    {"errors", json::array({error})},
                    {"documentation_url", kDocumentation},
                    {"status", "422"}});
}

}  // namespace retainer::sandbox
