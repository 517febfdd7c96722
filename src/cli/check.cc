// retainer check: is the policy what its owner meant?
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "src/cli/command.h"
#include "src/cli/consistency.h"
#include "src/cli/loading.h"
#include "src/policy/examples.h"

namespace retainer::cli {
namespace {

struct Options {
  std::string policy;
  std::string config;
};

void Check(const Options& options) {
  int code = kDone;
  const auto policy = LoadPolicyFolder(options.policy);
  if (!policy.ok()) {
    std::cout << std::string(policy.status().message()) << "\n";
    code = absl::IsNotFound(policy.status()) ? kWrongUsage : kAnswerIsNo;
  } else {
    const auto terms = CompileTerms(policy->id, absl::Now(), policy->policy);
    if (!terms.ok()) Fail(terms.status());
    for (const PromiseExample& example : PromiseExamples(**terms, absl::Now())) {
      std::cout << example.text << "\n";
    }
    std::cout << "The policy is good: version " << policy->id.substr(0, 12) << ", "
              << policy->policy.plans.size() << " plans, " << policy->policy.customers.size()
              << " customers.\n";
  }
  if (!options.config.empty()) {
    const auto config = LoadConfigFile(options.config);
    if (!config.ok()) {
      std::cout << std::string(config.status().message()) << "\n";
      code = kAnswerIsNo;
    } else {
      std::cout << "The configuration is good: " << config->forges.size() << " forges.\n";
      for (const std::string& warning : WarningsOf(*config)) {
        std::cout << "warning: " << warning << "\n";
      }
      for (const std::string& wrong : WrongSinks(*config)) {
        std::cout << wrong << "\n";
        code = kAnswerIsNo;
      }
      if (policy.ok()) {
        for (const std::string& wrong : Compare(policy->policy, *config).wrong) {
          std::cout << wrong << "\n";
          code = kAnswerIsNo;
        }
      }
    }
  }
  throw ExitWith{code};
}

}  // namespace

void RegisterCheck(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("check", "Validates a policy and shows each promise as an example");
  command->add_option("--policy", options->policy, "The policy's folder")->required();
  command->add_option("--config", options->config, "Validate this configuration too");
  command->footer("Example: retainer check --policy policy --config retainer.yaml");
  command->callback([options] { Check(*options); });
}

}  // namespace retainer::cli
