// retainer policy log, show, diff, accept.
#include "src/cli/policy_versions.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct PolicyOptions : AskOptions {
  std::string version;
  std::string from;
  std::string to;
  std::string commit;
};

CLI::App* AddPolicyAction(CLI::App* policy, const std::string& name, const std::string& about,
                          const std::shared_ptr<PolicyOptions>& options) {
  CLI::App* action = policy->add_subcommand(name, about);
  AddAskOptions(action, options.get());
  return action;
}

}  // namespace

void AddPolicyVersions(CLI::App* policy) {
  auto options = std::make_shared<PolicyOptions>();

  CLI::App* log = AddPolicyAction(
      policy, "log", "Lists the versions, the newest first: since when, and from which commit",
      options);
  log->footer("Example: retainer policy log --config retainer.yaml");
  log->callback([options] { AskAndPrint(*options, R"({"op":"policy log"})"); });

  CLI::App* show = AddPolicyAction(policy, "show", "Prints the files of a version", options);
  show->add_option("VERSION", options->version,
                   "Its number, or the beginning of its id or commit; else the newest");
  show->footer("Example: retainer policy show --config retainer.yaml 3");
  show->callback([options] {
    AskAndPrint(*options,
                nlohmann::json{{"op", "policy show"}, {"version", options->version}}.dump());
  });

  CLI::App* diff =
      AddPolicyAction(policy, "diff", "Says what changed between two versions", options);
  diff->add_option("A", options->from, "The earlier version, as `show` takes it")->required();
  diff->add_option("B", options->to, "The later version; else the newest");
  diff->footer("Example: retainer policy diff --config retainer.yaml 2 3");
  diff->callback([options] {
    AskAndPrint(
        *options,
        nlohmann::json{{"op", "policy diff"}, {"from", options->from}, {"to", options->to}}.dump());
  });

  CLI::App* accept = AddPolicyAction(
      policy, "accept", "Lets the running service take a commit although the branch was rewritten",
      options);
  accept->add_option("COMMIT", options->commit, "At least 7 digits of its id")->required();
  accept->footer("Example: retainer policy accept --config retainer.yaml 3f2a91c");
  accept->callback([options] {
    AskAndPrint(*options,
                nlohmann::json{{"op", "policy accept"}, {"commit", options->commit}}.dump());
  });
}

}  // namespace retainer::cli
