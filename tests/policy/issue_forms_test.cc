// The issue forms that we ship, filled in as the forges do it, and read under the policy of OpenDB.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/core.h"
#include "retainer/fact_builders.h"
#include "src/policy/policy_parser.h"
#include "src/policy/policy_source.h"
#include "tests/fakes/places.h"

namespace retainer::policy {
namespace {

const std::string kExamples = SourceDir() + "/deploy/examples/";

Policy ExamplePolicy(const std::string& practice = "opendb") {
  const auto files = ReadPolicyFolder(kExamples + practice + "/policy");
  EXPECT_TRUE(files.ok()) << files.status();
  return *ParsePolicy(*files).policy;
}

Standing Opened(const Policy& policy, const std::string& text) {
  const absl::Time at = absl::FromCivil(absl::CivilDay(2026, 11, 5), absl::UTCTimeZone());
  TicketContext context;
  context.key = {"github", "77", TicketKind::kIssue, 12};
  context.path = "opendb/opendb";
  context.adopted = at;
  FactSet facts;
  facts.Add(
      MakeOpened({Provenance::kWebhook, at}, {"100", "dave", false}, Moment::At(at), text, {}));
  const auto terms = CompileTerms("v1", absl::UnixEpoch(), policy);
  EXPECT_TRUE(terms.ok()) << terms.status();
  return Evaluate(context, facts, {*terms}, Pins(), at);
}

void ExpectRead(const Policy& policy, const std::string& option, const std::string& text) {
  const Standing standing = Opened(policy, text);
  ASSERT_EQ(standing.claims.size(), 1u);
  EXPECT_EQ(standing.claims[0].priority, option.substr(0, option.find(' '))) << option;
  EXPECT_TRUE(standing.refusals.empty()) << option;
}

// The body that GitHub makes from a filled-in form; `priority` is the answer of the dropdown.
std::string FilledIn(const YAML::Node& form, const std::string& priority) {
  std::string body;
  for (const YAML::Node& field : form["body"]) {
    const YAML::Node attributes = field["attributes"];
    const std::string type = field["type"].as<std::string>();
    const std::string label = attributes["label"].as<std::string>();
    std::string answer = type == "dropdown" ? priority : "It fails.\n/usr/bin/db says P3.";
    if (attributes["render"]) {
      answer = absl::StrCat("```", attributes["render"].as<std::string>(), "\nP2\n```");
    }
    absl::StrAppend(&body, body.empty() ? "" : "\n\n", "### ", label, "\n\n", answer);
  }
  return body;
}

TEST(IssueFormsTest, EveryOptionOfGitHubsIsReadAndEveryPriorityIsThere) {
  const Policy policy = ExamplePolicy();
  const YAML::Node form = YAML::LoadFile(kExamples + "issue-forms/github/support.yml");
  const YAML::Node options = form["body"][0]["attributes"]["options"];
  ASSERT_EQ(options.size(), policy.priorities.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string option = options[i].as<std::string>();
    EXPECT_EQ(option, absl::StrCat(policy.priorities[i].name, " - ", policy.priorities[i].title));
    ExpectRead(policy, option, FilledIn(form, option));
    ExpectRead(policy, option, absl::StrReplaceAll(FilledIn(form, option), {{"\n", "\r\n"}}));
  }
  ExpectRead(policy, "P3 by default", FilledIn(form, "_No response_"));
}

TEST(IssueFormsTest, EveryBoxOfGitLabsIsRead) {
  const Policy policy = ExamplePolicy();
  std::ifstream file(kExamples + "issue-forms/gitlab/Support.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const Priority& priority : policy.priorities) {
    const std::string option = absl::StrCat(priority.name, " - ", priority.title);
    const std::string ticked = absl::StrReplaceAll(
        text, {{absl::StrCat("- [ ] ", option), absl::StrCat("- [x] ", option)}});
    ASSERT_NE(ticked, text) << option;
    ExpectRead(policy, option, ticked);
  }
  ExpectRead(policy, "P3 by default", text);
}

TEST(IssueFormsTest, AnAnswerThatMeansNothingIsToldToTheContact) {
  const Policy policy = ExamplePolicy();
  const YAML::Node form = YAML::LoadFile(kExamples + "issue-forms/github/support.yml");
  const Standing standing = Opened(policy, FilledIn(form, "P7"));
  EXPECT_EQ(standing.claims[0].priority, "P3");
  ASSERT_EQ(standing.refusals.size(), 1u);
  EXPECT_EQ(standing.refusals[0].reason, "There is no P7; use P1, P2 or P3");
}

TEST(IssueFormsTest, ATrainingGetsTheLabelOfItsKindOfRequest) {
  const YAML::Node form = YAML::LoadFile(kExamples + "issue-forms/github/training.yml");
  const std::string label = form["labels"][0].as<std::string>();
  std::ifstream file(kExamples + "issue-forms/gitlab/Training.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find(absl::StrCat("\n/label ~\"", label, "\"\n")), std::string::npos) << text;
  for (const char* practice : {"openerp", "datasphere"}) {
    const Policy policy = ExamplePolicy(practice);
    ASSERT_TRUE(policy.requests.contains("training")) << practice;
    EXPECT_EQ(policy.requests.at("training").labels, std::vector<std::string>{label}) << practice;
  }
}

}  // namespace
}  // namespace retainer::policy
