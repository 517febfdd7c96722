#include "tests/policy/schemas.h"

#include <yaml-cpp/yaml.h>

#include <fstream>
#include <regex>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "tests/fakes/places.h"

namespace retainer::policy {
namespace {

nlohmann::json ScalarToJson(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text == "true") return true;
  if (text == "false") return false;
  static const std::regex kInteger("[-+]?[0-9]+");
  static const std::regex kNumber("[-+]?([0-9]*[.])?[0-9]+([eE][-+]?[0-9]+)?");
  if (std::regex_match(text, kInteger) && text.size() < 18) return std::stoll(text);
  if (std::regex_match(text, kNumber)) return std::stod(text);
  return text;
}

nlohmann::json ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    nlohmann::json map = nlohmann::json::object();
    for (const auto& entry : node) map[entry.first.Scalar()] = ToJson(entry.second);
    return map;
  }
  if (node.IsSequence()) {
    nlohmann::json list = nlohmann::json::array();
    for (const YAML::Node& item : node) list.push_back(ToJson(item));
    return list;
  }
  return node.IsScalar() ? ScalarToJson(node) : nlohmann::json();
}

}  // namespace

nlohmann::json YamlToJson(const std::string& text) { return ToJson(YAML::Load(text)); }

nlohmann::json ReadSchema(const std::string& name) {
  std::ifstream file(SourceDir() + "/deploy/" + name);
  return nlohmann::json::parse(file);
}

std::string WhySchemaRefuses(const nlohmann::json& schema, const nlohmann::json& document,
                             const std::string& definition) {
  nlohmann::json used = schema;
  if (!definition.empty()) used["$ref"] = "#/$defs/" + definition;
  valijson::Schema parsed;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(used), parsed);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter(document), &results)) {
    return "";
  }
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) text += step;
    text += ": " + error.description + "\n";
  }
  return text.empty() ? "refused" : text;
}

}  // namespace retainer::policy
