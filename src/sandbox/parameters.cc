#include "src/sandbox/parameters.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace retainer::sandbox {

using nlohmann::json;

json ReadParameters(const Request& request) {
  json out = json::object();
  for (const auto& [name, value] : request.query) out[name] = value;
  if (absl::StrContains(request.Header("content-type"), "json") && !request.body.empty()) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return nullptr;
    out.update(body);
    return out;
  }
  Request form;
  form.target = "?" + request.body;
  ReadTarget(form);
  for (const auto& [name, value] : form.query) out[name] = value;
  return out;
}

std::vector<std::string> SplitNames(const json& value) {
  std::vector<std::string> out;
  if (value.is_array()) {
    for (const json& name : value) {
      if (name.is_string()) out.push_back(name.get<std::string>());
    }
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
      out.emplace_back(absl::StripAsciiWhitespace(part));
    }
  }
  return out;
}

}  // namespace retainer::sandbox
