// The JSON Schemas know exactly what the program reads: the same examples are valid for both, and
// each map has the same keys in both.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "src/policy/config_parser.h"
#include "src/policy/policy_parser.h"
#include "src/policy/policy_source.h"
#include "tests/fakes/places.h"
#include "tests/policy/schemas.h"

namespace retainer::policy {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string ReadText(const std::string& path) {
  std::ifstream file(SourceDir() + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Problem> PolicyProblems(const std::string& text) {
  return ParsePolicy({{"p.yaml", text}}).problems;
}

std::vector<Problem> ConfigProblems(const std::string& text) {
  ConfigSources sources;
  sources.environment = [](const std::string&) -> std::optional<std::string> {
    return "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
  };
  sources.read_file = [](const std::string& path) -> absl::StatusOr<std::string> {
    if (path.ends_with(".pem")) return "-----BEGIN RSA PRIVATE KEY-----\n";
    if (path.ends_with("slack")) return "https://hooks.slack.example/x";
    return "0123456789abcdef0123456789abcdef";
  };
  return ParseConfig("retainer.yaml", text, "/etc/retainer", sources).problems;
}

// One of the two kinds of files, with an example that uses every key.
struct Kind {
  const char* schema;
  const char* complete;
  std::vector<Problem> (*problems)(const std::string& text);
};
const Kind kKinds[] = {
    {"policy.schema.json", "tests/policy/complete/policy.yaml", PolicyProblems},
    {"retainer.schema.json", "tests/policy/complete/retainer.yaml", ConfigProblems}};

class SchemaTest : public ::testing::TestWithParam<Kind> {
 protected:
  const json schema = ReadSchema(GetParam().schema);
  const json complete = YamlToJson(ReadText(GetParam().complete));
};

TEST_P(SchemaTest, TheCompleteExampleIsValidForBoth) {
  EXPECT_EQ(WhySchemaRefuses(schema, complete), "");
  EXPECT_EQ(FormatProblems(GetParam().problems(ReadText(GetParam().complete))), "");
}

// Walks the complete example beside the schema.
class Walk {
 public:
  explicit Walk(const json& schema) : schema_(schema) {}

  // Called for each map whose keys the schema lists.
  std::function<void(const json::json_pointer& at, const json& definition)> at_map;

  void Go(const json& rule, const json& value, const json::json_pointer& at) {
    const json& definition = Resolve(rule, value);
    if (value.is_array()) {
      const json none = json::object();
      const json& items = definition.contains("items") ? definition.at("items") : none;
      for (std::size_t i = 0; i < value.size(); ++i) Go(items, value[i], at / i);
    } else if (value.is_object()) {
      if (definition.contains("properties")) at_map(at, definition);
      for (const auto& [key, held] : value.items()) {
        if (definition.contains("properties") && definition.at("properties").contains(key)) {
          Go(definition.at("properties").at(key), held, at / key);
        } else if (definition.contains("additionalProperties") &&
                   definition.at("additionalProperties").is_object()) {
          Go(definition.at("additionalProperties"), held, at / key);
        }
      }
    }
  }

 private:
  // Follows references, and takes the alternative that the value satisfies.
  const json& Resolve(const json& rule, const json& value) {
    if (rule.contains("$ref")) {
      const std::string name = rule.at("$ref").get<std::string>().substr(1);
      return Resolve(schema_.at(json::json_pointer(name)), value);
    }
    for (const char* choice : {"oneOf", "anyOf", "allOf"}) {
      if (!rule.contains(choice)) continue;
      for (const json& alternative : rule.at(choice)) {
        json alone = alternative;
        alone["$defs"] = schema_.at("$defs");
        if (WhySchemaRefuses(alone, value).empty()) return Resolve(alternative, value);
      }
    }
    return rule;
  }

  const json& schema_;
};

// The keys that the program knows in a map: it lists them when it finds one that it does not know.
std::set<std::string> KeysOfTheProgram(const Kind& kind, json document,
                                       const json::json_pointer& at) {
  document[at]["zzzzzzzzzzzzzzzz"] = "x";
  for (const Problem& problem : kind.problems(document.dump(1))) {
    constexpr std::string_view kKnown = "known are: ";
    if (problem.what.find("zzzzzzzzzzzzzzzz") == std::string::npos) continue;
    EXPECT_TRUE(problem.mend.starts_with(kKnown)) << FormatProblem(problem);
    return absl::StrSplit(problem.mend.substr(kKnown.size()), ", ");
  }
  return {};
}

std::set<std::string> KeysOf(const json& map) {
  std::set<std::string> keys;
  for (const auto& [key, value] : map.items()) keys.insert(key);
  return keys;
}

TEST_P(SchemaTest, EachMapHasTheSameKeysAsInTheProgram) {
  int maps = 0;
  Walk walk(schema);
  walk.at_map = [&](const json::json_pointer& at, const json& definition) {
    ++maps;
    EXPECT_EQ(definition.value("additionalProperties", json()), json(false)) << at;
    EXPECT_EQ(KeysOf(definition.at("properties")), KeysOfTheProgram(GetParam(), complete, at))
        << "at " << at << ": a key is in the schema or in the program alone";
  };
  walk.Go(schema, complete, json::json_pointer());
  EXPECT_GE(maps, 10);
}

// Without this a part of the schema would not be held against the program.
TEST_P(SchemaTest, TheCompleteExampleUsesEveryKeyOfTheSchema) {
  std::map<std::string, std::set<std::string>> unused;  // by definition
  for (const auto& [name, definition] : schema.at("$defs").items()) {
    if (definition.contains("properties")) unused[name] = KeysOf(definition.at("properties"));
  }
  Walk walk(schema);
  walk.at_map = [&](const json::json_pointer& at, const json& definition) {
    for (const auto& [name, other] : schema.at("$defs").items()) {
      if (other != definition) continue;
      for (const std::string& key : KeysOf(complete[at])) unused[name].erase(key);
    }
  };
  walk.Go(schema, complete, json::json_pointer());
  for (const auto& [name, keys] : unused) {
    for (const std::string& key : keys) ADD_FAILURE() << name << "." << key << " is not used";
  }
}

INSTANTIATE_TEST_SUITE_P(All, SchemaTest, ::testing::ValuesIn(kKinds), [](const auto& test) {
  return std::string(test.param.schema).substr(0, std::string(test.param.schema).find('.'));
});

TEST(SchemaExamplesTest, EveryFileOfTheExamplesIsValidForTheSchemaToo) {
  const json policy = ReadSchema("policy.schema.json");
  const json configuration = ReadSchema("retainer.schema.json");
  int policies = 0;
  int configurations = 0;
  for (const auto& entry : fs::recursive_directory_iterator(SourceDir() + "/deploy/examples")) {
    const std::string name = fs::relative(entry.path(), SourceDir()).string();
    if (name.ends_with("/retainer.yaml")) {
      ++configurations;
      EXPECT_EQ(WhySchemaRefuses(configuration, YamlToJson(ReadText(name))), "") << name;
    } else if (name.find("/policy/") != std::string::npos && IsPolicyFile(name) &&
               !name.ends_with(".ics")) {
      ++policies;
      json document = YamlToJson(ReadText(name));
      EXPECT_EQ(WhySchemaRefuses(policy, document), "") << name;
      document["priorites"] = json::array();
      EXPECT_NE(WhySchemaRefuses(policy, document), "") << "an editor says that it is unknown";
    }
  }
  EXPECT_GE(policies, 6);
  EXPECT_GE(configurations, 4);
}

// Editors hold such a file against the definition of its section.
TEST(SchemaExamplesTest, AFileOfOneEntryIsValidForItsDefinition) {
  const json schema = ReadSchema("policy.schema.json");
  EXPECT_EQ(WhySchemaRefuses(schema, YamlToJson("plan: gold\nvisibility: public\n"), "customer"),
            "");
  EXPECT_NE(WhySchemaRefuses(schema, YamlToJson("plan: gold\nvisibilty: public\n"), "customer"),
            "");
  EXPECT_NE(WhySchemaRefuses(schema, YamlToJson("customers: [{plan: gold}]\n")), "")
      << "in a list a customer needs an id";
}

}  // namespace
}  // namespace retainer::policy
