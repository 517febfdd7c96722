// retainer init: a policy and a configuration to start from.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/practices.h"

namespace retainer::cli {
namespace {

struct InitOptions {
  std::string folder;
  std::string like;
};

// A word of a command as a shell reads it.
std::string Quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+@:,";
  const bool plain = !word.starts_with('-') && word.find_first_not_of(kPlain) == word.npos;
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

// The secrets that the new configuration names and that are not there, with their places.
std::vector<policy::Problem> MissingSecrets(const std::string& config) {
  FileFindings findings;
  // Without its secrets it must be good: the tests see to that.
  if (const auto good = LoadConfigFile(config, Secrets::kLeft); !good.ok()) Fail(good.status());
  if (LoadConfigFile(config, &findings).ok()) return {};
  return findings.problems;
}

void Init(const InitOptions& options) {
  const Practice* practice = &Practices().front();
  for (const Practice& each : Practices()) {
    if (each.name == options.like) practice = &each;
  }
  if (absl::Status written = WritePractice(*practice, options.folder); !written.ok()) {
    Fail(absl::IsUnavailable(written) ? kUnreachable : kWrongUsage, std::string(written.message()));
  }
  const std::filesystem::path folder = options.folder;
  const std::string config = (folder / "retainer.yaml").string();
  const std::string policy = (folder / "policy").string();
  std::cout << "Written:\n";
  for (const PracticeFile& file : practice->files) {
    std::cout << "  " << PrintableLine((folder / file.path).string()) << "\n";
  }
  const std::string policy_word = PrintableLine(Quoted(policy));
  const std::string config_word = PrintableLine(Quoted(config));
  std::cout
      << "\n1. Put your own projects, people and customers into the policy; its comments say "
         "how. Then\n\n"
      << "    retainer check --policy " << policy_word << "\n\n"
      << "   says what is wrong, and shows each promise as a worked example.\n"
      << "\n2. Put your own addresses into the configuration. The entry of a GitHub App you can "
         "take out:\n   `retainer setup github --config "
      << config_word
      << "` creates the app in your\n   browser, and writes its entry, key and secrets.";
  if (const std::vector<policy::Problem> missing = MissingSecrets(config); !missing.empty()) {
    std::cout << " These secrets are missing:\n\n";
    for (const policy::Problem& problem : missing) {
      std::cout << "    line " << problem.line << ": " << PrintableLine(problem.what) << "\n";
    }
    std::cout << "\n   The comments beside them say where each comes from. Give a variable with\n"
                 "   `export NAME=VALUE` or in the service's secrets.env, and a file beside the\n"
                 "   configuration, with mode 0600.";
  }
  std::cout << " Then\n\n"
            << "    retainer check --policy " << policy_word << " --config " << config_word << "\n"
            << "    retainer doctor --config " << config_word << "\n\n"
            << "   say what is still wrong here, and at the forge.\n"
            << "\n3. Start. It only observes, until you write `mode: full`:\n\n"
            << "    retainer serve --config " << config_word << "\n";
}

}  // namespace

void RegisterInit(CLI::App& app) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command =
      app.add_subcommand("init", "Writes a commented policy and configuration to start from");
  std::vector<std::string> names;
  for (const Practice& practice : Practices()) {
    if (&practice != &Practices().front()) names.emplace_back(practice.name);
  }
  command->add_option("DIR", options->folder, "A new folder, or an empty one")->required();
  command
      ->add_option("--like", options->like,
                   "opendb: subscriptions for companies and persons beside a community; openerp: "
                   "levels, trials, partners, trainings; datasphere: free basic support for all, "
                   "paid advanced support. Without it: a small one")
      ->check(CLI::IsMember(names));
  command->footer("Example: retainer init desk --like opendb");
  command->callback([options] { Init(*options); });
}

}  // namespace retainer::cli
