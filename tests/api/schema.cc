#include "tests/api/schema.h"

#include <algorithm>
#include <iterator>
#include <regex>

namespace retainer::api {
namespace {

using nlohmann::json;

bool IsOfType(const json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

bool HasFormat(const std::string& text, const std::string& format) {
  if (format == "date-time") {
    return std::regex_match(text, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"));
  }
  return format == "date" && std::regex_match(text, std::regex(R"(\d{4}-\d\d-\d\d)"));
}

}  // namespace

const json& Schemas::Resolve(const json& node) const {
  if (!node.is_object() || !node.contains("$ref")) return node;
  const std::string ref = node["$ref"];
  return Resolve(document_.at(json::json_pointer(ref.substr(1))));
}

std::optional<std::string> Schemas::Check(const json& value, const json& given,
                                          const std::string& at) const {
  const json& schema = Resolve(given);
  static constexpr const char* kKnown[] = {
      "type",      "properties", "required",    "additionalProperties",
      "items",     "enum",       "const",       "oneOf",
      "format",    "pattern",    "minimum",     "maximum",
      "maxLength", "default",    "description", "propertyNames"};
  for (const auto& [key, unused] : schema.items()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), key) == std::end(kKnown)) {
      return at + ": the schema has the unknown word " + key;
    }
  }
  if (schema.contains("type")) {
    const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
    if (std::none_of(types.begin(), types.end(),
                     [&](const json& type) { return IsOfType(value, type); })) {
      return at + ": is no " + types.dump() + ": " + value.dump();
    }
  }
  if (schema.contains("enum")) {
    const json& all = schema["enum"];
    if (std::find(all.begin(), all.end(), value) == all.end()) {
      return at + ": is none of " + all.dump() + ": " + value.dump();
    }
  }
  if (schema.contains("const") && schema["const"] != value) return at + ": is " + value.dump();
  if (schema.contains("oneOf")) {
    int held = 0;
    std::string all;
    for (const json& one : schema["oneOf"]) {
      const auto wrong = Check(value, one, at);
      if (wrong) {
        all += "; " + *wrong;
      } else {
        ++held;
      }
    }
    if (held != 1) return at + ": holds " + std::to_string(held) + " of oneOf" + all;
  }
  if (value.is_string()) {
    const std::string text = value;
    if (schema.contains("format") && !HasFormat(text, schema["format"])) {
      return at + ": is no " + schema["format"].dump() + ": " + text;
    }
    if (schema.contains("pattern") &&
        !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
      return at + ": does not match " + schema["pattern"].dump() + ": " + text;
    }
  }
  if (value.is_number()) {
    if (schema.contains("minimum") && value < schema["minimum"]) return at + ": is too small";
    if (schema.contains("maximum") && value > schema["maximum"]) return at + ": is too large";
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto wrong = Check(value[i], schema["items"], at + "[" + std::to_string(i) + "]");
      if (wrong) return wrong;
    }
  }
  if (!value.is_object()) return std::nullopt;
  for (const json& name : schema.value("required", json::array())) {
    if (!value.contains(name)) return at + ": has no " + name.dump();
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, member] : value.items()) {
    if (schema.contains("propertyNames")) {
      if (auto wrong = Check(json(name), schema["propertyNames"], at)) return wrong;
    }
    const std::string inside = at + "." + name;
    if (properties.contains(name)) {
      if (auto wrong = Check(member, properties[name], inside)) return wrong;
    } else if (schema.contains("additionalProperties")) {
      const json& more = schema["additionalProperties"];
      if (more.is_boolean()) {
        if (!more.get<bool>()) return inside + ": is not in the schema";
      } else if (auto wrong = Check(member, more, inside)) {
        return wrong;
      }
    }
  }
  return std::nullopt;
}

}  // namespace retainer::api
