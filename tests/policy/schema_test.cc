// The policy's JSON Schema, by which editors complete and check, accepts the examples that the
// program accepts.
#include "tests/api/schema.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/fakes/places.h"

namespace retainer::policy {
namespace {

// As an editor reads YAML: a plain number, `true` and `false` are no strings.
nlohmann::json ToJson(const YAML::Node& node) {
  static const std::regex kNumber(R"(-?\d+)");
  if (node.IsSequence()) {
    nlohmann::json list = nlohmann::json::array();
    for (const YAML::Node& item : node) list.push_back(ToJson(item));
    return list;
  }
  if (node.IsMap()) {
    nlohmann::json map = nlohmann::json::object();
    for (const auto& entry : node) map[entry.first.as<std::string>()] = ToJson(entry.second);
    return map;
  }
  if (!node.IsScalar()) return nullptr;
  const std::string& text = node.Scalar();
  const bool is_quoted = node.Tag() == "!";
  if (!is_quoted && std::regex_match(text, kNumber)) return std::stoll(text);
  if (!is_quoted && (text == "true" || text == "false")) return text == "true";
  return text;
}

std::vector<std::filesystem::path> ExamplePolicies() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(SourceDir() + "/deploy/examples")) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".yaml" && path.filename() != "retainer.yaml") files.push_back(path);
  }
  return files;
}

TEST(SchemaTest, EveryExampleIsAsTheSchemaSays) {
  std::ifstream file(SourceDir() + "/deploy/policy.schema.json");
  const api::Schemas schemas(nlohmann::json::parse(file));
  const std::vector<std::filesystem::path> examples = ExamplePolicies();
  ASSERT_GE(examples.size(), 6u);
  for (const std::filesystem::path& example : examples) {
    const nlohmann::json value = ToJson(YAML::LoadFile(example.string()));
    const auto wrong = schemas.Check(value, schemas.document());
    EXPECT_FALSE(wrong) << example << ": " << *wrong;
    nlohmann::json other = value;
    other["priorites"] = nlohmann::json::array();
    EXPECT_TRUE(schemas.Check(other, schemas.document())) << "an editor says that it is unknown";
  }
}

}  // namespace
}  // namespace retainer::policy
