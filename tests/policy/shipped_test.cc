// The program reads the files that we ship with it: the example policy and configuration, the
// policy's JSON Schema, and the examples of the pages.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/policy/config_parser.h"
#include "src/policy/duration.h"
#include "src/policy/examples.h"
#include "src/policy/policy_parser.h"
#include "src/policy/policy_source.h"
#include "tests/fakes/places.h"

namespace retainer::policy {
namespace {

const std::string kDeploy = SourceDir() + "/deploy/";

// The folders of complete examples.
std::vector<std::string> Practices() {
  std::vector<std::string> practices;
  for (const auto& entry : std::filesystem::directory_iterator(kDeploy + "examples")) {
    if (std::filesystem::exists(entry.path() / "retainer.yaml")) {
      practices.push_back(entry.path().string());
    }
  }
  EXPECT_EQ(practices.size(), 4u);
  return practices;
}

std::optional<std::string> AnySecret(const std::string& name) {
  if (name == "GITLAB_SIGNING_TOKEN") return "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
  if (name == "SLACK_URL") return "https://hooks.slack.example/x";
  if (name.ends_with("_SECRET")) return "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
  return "0123456789abcdef0123456789abcdef";
}

TEST(ShippedTest, EveryExamplePolicyIsGoodAndIsNotWarnedAbout) {
  for (const std::string& practice : Practices()) {
    const auto files = ReadPolicyFolder(practice + "/policy");
    ASSERT_TRUE(files.ok()) << files.status();
    const PolicyResult result = ParsePolicy(*files);
    ASSERT_TRUE(result.policy) << practice << "\n" << FormatProblems(result.problems);
    EXPECT_TRUE(result.warnings.empty()) << practice << "\n" << FormatProblems(result.warnings);
    const auto terms = CompileTerms(PolicyId(*files), absl::UnixEpoch(), *result.policy);
    EXPECT_TRUE(terms.ok()) << terms.status();
  }
}

TEST(ShippedTest, ThePromisesOfAnExampleWorkOut) {
  const auto files = ReadPolicyFolder(kDeploy + "examples/opendb/policy");
  ASSERT_TRUE(files.ok()) << files.status();
  const auto terms = CompileTerms(PolicyId(*files), absl::UnixEpoch(), *ParsePolicy(*files).policy);
  ASSERT_TRUE(terms.ok()) << terms.status();
  const auto examples = PromiseExamples(**terms, *ParseInstant("2026-03-02T00:00:00Z"));
  std::set<std::string> texts;
  for (const PromiseExample& example : examples) texts.insert(example.text);
  EXPECT_TRUE(
      texts.contains("enterprise P3 first_response 1bd [paris]: a ticket opened Fri 2026-03-06 "
                     "17:00 CET is due Mon 2026-03-09 17:00 CET"));
  EXPECT_TRUE(
      texts.contains("enterprise P1 acknowledgement 15m [always]: a ticket opened Fri 2026-03-06 "
                     "17:00 UTC is due Fri 2026-03-06 17:15 UTC"));
}

TEST(ShippedTest, EveryExampleConfigurationIsGood) {
  ConfigSources sources = SystemSources();
  sources.environment = AnySecret;
  const auto system_read = sources.read_file;
  sources.read_file = [system_read](const std::string& path) -> absl::StatusOr<std::string> {
    if (path.ends_with("app.pem")) return "-----BEGIN RSA PRIVATE KEY-----\n";
    return system_read(path);
  };
  for (const std::string& practice : Practices()) {
    const ConfigResult result = LoadConfig(practice + "/retainer.yaml", sources);
    ASSERT_TRUE(result.config) << practice << "\n" << FormatProblems(result.problems);
    EXPECT_TRUE(std::filesystem::is_directory(result.config->policy)) << result.config->policy;
    EXPECT_TRUE(result.warnings.empty()) << FormatProblems(result.warnings);
    EXPECT_TRUE(result.config->observe) << "nothing is written before somebody says so";
  }
}

TEST(ShippedTest, TheSchemaKnowsTheKeysThatTheParserKnows) {
  std::ifstream file(kDeploy + "policy.schema.json");
  const nlohmann::json schema = nlohmann::json::parse(file);
  const auto known = KnownPolicyKeys();
  for (const auto& [name, keys] : known) {
    ASSERT_TRUE(schema["$defs"].contains(std::string(name))) << name;
    const nlohmann::json& definition = schema["$defs"][std::string(name)];
    EXPECT_EQ(definition["additionalProperties"], false) << name;
    std::set<std::string> in_schema;
    for (const auto& [key, value] : definition["properties"].items()) in_schema.insert(key);
    EXPECT_EQ(in_schema, std::set<std::string>(keys.begin(), keys.end())) << name;
  }
  for (const auto& [name, definition] : schema["$defs"].items()) {
    if (definition.contains("properties")) {
      EXPECT_TRUE(known.contains(name)) << name;
    }
  }
}

// The fenced YAML blocks of a page, without the indentation of the list around them.
std::vector<std::string> BlocksOf(const std::string& page) {
  std::ifstream file(SourceDir() + "/" + page);
  std::vector<std::string> blocks;
  std::size_t indent = 0;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    const std::size_t fence = line.find("```");
    if (fence != std::string::npos) {
      inside = line.substr(fence) == "```yaml";
      indent = fence;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line.substr(std::min(indent, line.size())) + "\n";
    }
  }
  return blocks;
}

TEST(PagesTest, EveryExampleIsAccepted) {
  ConfigSources sources = SystemSources();
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "GITLAB_SIGNING_TOKEN") return "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
    return "0123456789abcdef0123456789abcdef";
  };
  // A block that shows only the forges is completed with the rest of a configuration.
  const std::string rest =
      "public_url: https://support.example.com\nstore: rocksdb:./data\npolicy: ./policy\n";
  int policies = 0;
  int configurations = 0;
  std::vector<std::string> blocks = BlocksOf("deploy/README.md");
  for (std::string& block : BlocksOf("deploy/docs/policy.md")) blocks.push_back(std::move(block));
  for (const std::string& block : blocks) {
    if (block.starts_with("version: 1")) {
      ++policies;
      const PolicyResult result = ParsePolicy({{"policy.yaml", block}});
      EXPECT_TRUE(result.policy) << FormatProblems(result.problems) << block;
      continue;
    }
    ++configurations;
    const std::string text = block.find("policy:") == std::string::npos ? rest + block : block;
    sources.read_file = [&](const std::string& path) -> absl::StatusOr<std::string> {
      if (path.ends_with("app.pem")) return "-----BEGIN RSA PRIVATE KEY-----\n";
      return text;
    };
    const ConfigResult result = LoadConfig("retainer.yaml", sources);
    EXPECT_TRUE(result.config) << FormatProblems(result.problems) << text;
  }
  EXPECT_EQ(policies, 1);
  EXPECT_EQ(configurations, 3);
}

// The label names in the pages are those of the program.
TEST(PagesTest, TheLabelsAreThoseOfThePolicy) {
  std::string shown;
  for (const char* page : {"/README.md", "/deploy/docs/maintainers.md"}) {
    std::ifstream file(SourceDir() + page);
    shown.append(std::istreambuf_iterator<char>(file), {});
  }
  const LabelNames names;
  for (const std::string& label : {names.waiting, names.workaround, std::string("priority: P1"),
                                   std::string("support: gold"), std::string("sla: {state}")}) {
    EXPECT_NE(shown.find("`" + label + "`"), std::string::npos) << label;
  }
}

TEST(PolicySourceTest, ReadsTheFolderAndNamesAVersion) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("retainer-policy-" + std::to_string(::getpid()));
  EXPECT_EQ(ReadPolicyFolder(folder.string()).status().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directories(folder);
  EXPECT_EQ(ReadPolicyFolder(folder.string()).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(folder / "b.yml") << "b";
  std::ofstream(folder / "a.yaml") << "a";
  std::ofstream(folder / "c.ics") << "c";
  std::ofstream(folder / "notes.txt") << "no";
  std::ofstream(folder / ".hidden.yaml") << "no";
  const auto files = ReadPolicyFolder(folder.string());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(*files,
            (std::map<std::string, std::string>{{"a.yaml", "a"}, {"b.yml", "b"}, {"c.ics", "c"}}));
  std::filesystem::remove_all(folder);
}

TEST(PolicySourceTest, AVersionIsItsContent) {
  const std::string id = PolicyId({{"a", "x"}});
  EXPECT_EQ(id.size(), 64u);
  EXPECT_EQ(id, PolicyId({{"a", "x"}}));
  EXPECT_NE(id, PolicyId({{"a", "y"}}));
  EXPECT_NE(PolicyId({{"a", "xb"}}), PolicyId({{"ax", "b"}}));
}

}  // namespace
}  // namespace retainer::policy
