// retainer check: validates the policy and shows its meaning to its author.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "retainer/instant_text.h"
#include "src/cli/command.h"
#include "src/cli/consistency.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/policy/examples.h"

namespace retainer::cli {
namespace {

struct CheckOptions {
  std::string policy;
  std::string config;
  bool json = false;
};

// The findings: printed line by line, or as one document at the end.
class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}

  // `places` are the same findings as values; empty when they have no place.
  void Error(const std::string& text, const std::vector<policy::Problem>& places = {},
             ExitCode code = kAnswerIsNo) {
    Add(text, places, &errors_);
    if (!as_json_) std::cout << text << "\n";
    code_ = code;
  }
  void Warning(const std::string& text) {
    Add(text, {}, &warnings_);
    if (!as_json_) std::cout << "warning: " << text << "\n";
  }
  void Warnings(const std::vector<policy::Problem>& places) {
    if (places.empty()) return;
    Add("", places, &warnings_);
    if (as_json_) return;
    for (const policy::Problem& problem : places)
      std::cout << "warning: " << policy::FormatProblem(problem) << "\n";
  }
  void Errors(const std::vector<policy::Problem>& places) {
    for (const policy::Problem& problem : places) Error(policy::FormatProblem(problem), {problem});
  }
  // These go to standard error, as in every command that reads a configuration.
  void Warning(const std::vector<policy::Problem>& places) {
    if (places.empty()) return;
    Add("", places, &warnings_);
    if (as_json_) return;
    for (const policy::Problem& problem : places)
      std::cerr << "warning: " << policy::FormatProblem(problem) << "\n";
  }
  void Example(const policy::PromiseExample& example) {
    if (!as_json_) std::cout << example.text << "\n";
    examples_.push_back({{"plan", example.plan},
                         {"customer", example.customer},
                         {"priority", example.priority},
                         {"metric", MetricName(example.metric)},
                         {"target", example.target.text},
                         {"calendars", example.calendars},
                         {"opened", Rfc3339(example.opened)},
                         {"due", Rfc3339(example.due)},
                         {"told", Rfc3339(example.told)},
                         {"text", example.text}});
  }
  void Policy(const LoadedPolicy& policy) {
    policy_ = {{"version", policy.id},
               {"plans", policy.policy.plans.size()},
               {"customers", policy.policy.customers.size()}};
    good_.push_back(absl::StrCat("The policy is good: version ", policy.id.substr(0, 12), ", ",
                                 Counted(policy.policy.plans.size(), "plan"), ", ",
                                 Counted(policy.policy.customers.size(), "customer"), "."));
  }
  // Said at the end if nothing is wrong.
  void Good(const std::string& text) { good_.push_back(text); }
  static std::string Counted(std::size_t count, const std::string& what) {
    return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
  }
  [[noreturn]] void End() const {
    if (as_json_) {
      const nlohmann::ordered_json document = {{"valid", code_ == kDone},
                                               {"errors", errors_},
                                               {"warnings", warnings_},
                                               {"policy", policy_},
                                               {"examples", examples_}};
      std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
    } else if (code_ == kDone) {
      for (const std::string& good : good_) std::cout << good << "\n";
    }
    throw ExitWith{code_};
  }

 private:
  static void Add(const std::string& text, const std::vector<policy::Problem>& places,
                  nlohmann::ordered_json* list) {
    for (const policy::Problem& problem : places) {
      nlohmann::ordered_json finding = {{"file", problem.file},
                                        {"line", problem.line},
                                        {"column", problem.column},
                                        {"message", problem.what}};
      if (!problem.path.empty()) finding["path"] = problem.path;
      if (!problem.mend.empty()) finding["mend"] = problem.mend;
      list->push_back(std::move(finding));
    }
    if (places.empty()) list->push_back({{"message", text}});
  }

  const bool as_json_;
  int code_ = kDone;
  nlohmann::ordered_json errors_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json warnings_ = nlohmann::ordered_json::array();
  std::vector<std::string> good_;
  nlohmann::ordered_json policy_;  // null when it is not valid
  nlohmann::ordered_json examples_ = nlohmann::ordered_json::array();
};

bool IsSameFolder(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

// What the policy would change for the projects that the service knows. Reports nothing when there
// is no store yet, or when it cannot be asked from here.
void CheckProjects(const Config& config, const LoadedPolicy& policy, Report* report) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.data, ignored)) return;
  StoreTalk talk(config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  const auto answered =
      talk.Ask(nlohmann::ordered_json{{"op", "compare projects"}, {"files", policy.files}}.dump());
  if (!answered.ok()) return;
  const auto found = nlohmann::ordered_json::parse(answered->data);
  for (const auto& warning : found["warnings"]) report->Warning(warning.get<std::string>());
}

// Warns of what customers lose who are only in the policy in force, if a store of the configuration
// knows one.
void CheckLeaving(const Config& config, const Policy& policy, Report* report) {
  std::error_code error;
  if (!std::filesystem::exists(config.data, error)) return;
  nlohmann::json kept = nlohmann::json::array();
  for (const Customer& customer : policy.customers) kept.push_back(customer.id);
  StoreTalk talk(config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  const auto answered = talk.Ask(nlohmann::json{{"op", "leaving"}, {"customers", kept}}.dump());
  if (!answered.ok()) {
    report->Warning(
        absl::StrCat("cannot tell which customers of the policy in force this one lacks: ",
                     std::string(answered.status().message())));
    return;
  }
  for (const absl::string_view line : absl::StrSplit(answered->text, '\n', absl::SkipEmpty())) {
    report->Warning(std::string(line));
  }
}

// Names the contacts that joined, and what is wrong with them under this policy.
void CheckJoined(const Config& config, const Policy& policy, Report* report) {
  std::error_code error;
  if (!std::filesystem::exists(config.data, error)) return;
  nlohmann::json kept = nlohmann::json::array();
  for (const Customer& customer : policy.customers) kept.push_back(customer.id);
  StoreTalk talk(config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  const auto answered = talk.Ask(nlohmann::json{{"op", "joined"}, {"customers", kept}}.dump());
  if (!answered.ok()) return;  // CheckLeaving has said why
  const auto found = nlohmann::ordered_json::parse(answered->data);
  for (const auto& each : found["contacts"]) {
    report->Good(absl::StrCat("Joined ", each["customer"].get<std::string>(), ": ",
                              absl::StrJoin(each["accounts"].get<std::vector<std::string>>(), ", "),
                              "."));
  }
  for (const auto& warning : found["warnings"]) report->Warning(warning.get<std::string>());
}

void CheckConfig(const CheckOptions& options, const absl::StatusOr<LoadedPolicy>& policy,
                 Report* report) {
  FileFindings findings;
  const auto config = LoadConfigFile(options.config, &findings);
  report->Warning(findings.warnings);
  if (!config.ok()) {
    report->Error(std::string(config.status().message()), findings.problems);
    return;
  }
  report->Good(absl::StrCat(
      "The configuration is good: ", Report::Counted(config->forges.size(), "forge"), "."));
  for (const std::string& warning : WarningsOf(*config)) report->Warning(warning);
  for (const std::string& wrong : WrongSinks(*config)) report->Error(wrong);
  const auto missing =
      config->policy_git ? std::nullopt : MissingPolicyFolder(*config, findings.policy);
  if (missing) report->Errors({*missing});
  // The folder that is checked may be a clone of the repository.
  if (!config->policy_git && !missing && policy.ok() &&
      !IsSameFolder(config->policy, options.policy)) {
    report->Warnings(
        {policy::ProblemAt(findings.policy,
                           absl::StrCat("the service reads the policy in ", config->policy,
                                        ", not the one checked here, ", options.policy),
                           "ignore this if it is intended")});
  }
  if (!policy.ok()) return;
  report->Errors(Lacking(policy->policy, *config, policy->places));
  CheckProjects(*config, *policy, report);
  CheckLeaving(*config, policy->policy, report);
  CheckJoined(*config, policy->policy, report);
}

void Check(const CheckOptions& options) {
  Report report(options.json);
  FileFindings findings;
  const auto policy = LoadPolicyFolder(options.policy, &findings);
  if (!policy.ok()) {
    report.Error(std::string(policy.status().message()), findings.problems,
                 absl::IsNotFound(policy.status()) ? kWrongUsage : kAnswerIsNo);
  } else {
    const auto terms = CompileTerms(policy->id, absl::Now(), policy->policy);
    if (!terms.ok()) {
      report.Error(std::string(terms.status().message()), {}, kWrongUsage);
    } else {
      for (const policy::PromiseExample& example : policy::PromiseExamples(**terms, absl::Now())) {
        report.Example(example);
      }
      report.Policy(*policy);
      report.Warnings(policy->warnings);
      report.Warnings(OutOfDate(policy->policy, policy->places, absl::Now()));
    }
  }
  if (!options.config.empty()) CheckConfig(options, policy, &report);
  report.End();
}

}  // namespace

void RegisterCheck(CLI::App& app) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "Validates a policy and shows each promise as an example");
  command->add_option("--policy", options->policy, "The policy's folder")->required();
  command->add_option("--config", options->config, "Validate this configuration too");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->footer("Example: retainer check --policy policy --config retainer.yaml");
  command->callback([options] { Check(*options); });
}

}  // namespace retainer::cli
