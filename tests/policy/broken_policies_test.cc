// Policies that are wrong, or hardly as meant, each with everything that is said about it. A file
// of tests/policy/broken ends with that:
//
//     # problem LINE:COLUMN PATH | WHAT; MEND
//     # warning LINE:COLUMN PATH | WHAT; MEND
//
// PATH is `-` for the top of the file, and where it is unknown.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/policy/policy_parser.h"
#include "tests/fakes/places.h"
#include "tests/policy/schemas.h"

namespace retainer::policy {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> BrokenPolicies() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SourceDir() + "/tests/policy/broken")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string TextOf(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ExpectedIn(const std::string& text) {
  std::istringstream lines(text);
  std::string expected;
  for (std::string line; std::getline(lines, line);) {
    if (absl::StartsWith(line, "# problem ") || absl::StartsWith(line, "# warning ")) {
      absl::StrAppend(&expected, line, "\n");
    }
  }
  return expected;
}

std::string Listed(const char* kind, const std::vector<Problem>& problems) {
  std::string text;
  for (Problem problem : Sorted(problems)) {
    problem.file.clear();
    absl::StrAppend(&text, "# ", kind, " ", problem.line, ":", problem.column, " ",
                    problem.path.empty() ? "-" : problem.path, " | ", FormatProblem(problem), "\n");
  }
  return text;
}

class BrokenPolicyTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(BrokenPolicyTest, IsToldWithEveryMessagePlaceAndPath) {
  const std::string text = TextOf(GetParam());
  const PolicyResult result = ParsePolicy({{"policy.yaml", text}});
  const bool doubtful = absl::StartsWith(GetParam().filename().string(), "doubt_");
  EXPECT_EQ(result.policy.has_value(), doubtful);
  const std::string told =
      result.policy ? Listed("warning", result.warnings) : Listed("problem", result.problems);
  EXPECT_EQ(told, ExpectedIn(text));
  EXPECT_NE(told, "");
  for (const Problem& problem : result.problems) EXPECT_EQ(problem.file, "policy.yaml");
}

// An editor that follows the schema never complains about what the program takes.
TEST_P(BrokenPolicyTest, WhatTheSchemaRefusesTheLoaderRefuses) {
  const std::string text = TextOf(GetParam());
  const PolicyResult result = ParsePolicy({{"policy.yaml", text}});
  if (!result.policy) return;
  EXPECT_EQ(WhySchemaRefuses(ReadSchema("policy.schema.json"), YamlToJson(text)), "");
}

INSTANTIATE_TEST_SUITE_P(All, BrokenPolicyTest, ::testing::ValuesIn(BrokenPolicies()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(BrokenPoliciesTest, AreMany) { EXPECT_GE(BrokenPolicies().size(), 50u); }

}  // namespace
}  // namespace retainer::policy
