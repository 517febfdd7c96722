// retainer gate: may this be released, as far as promises go?
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/ids.h"
#include "src/cli/command.h"
#include "src/cli/fork.h"
#include "src/cli/gate_override.h"
#include "src/cli/gate_report.h"
#include "src/cli/gate_token.h"
#include "src/forge/http.h"
#include "src/forge/url.h"

namespace retainer::cli {
namespace {

struct Options {
  std::string url;
  std::string project;
  std::string fail_on = "breached";
  std::string priority;
  std::string customer;
  std::string plan;
  std::string ref;
  std::string token_file;
  std::string audience = "retainer";
  GateFormat format = GateFormat::kText;
  bool fail_unreachable = false;
};

std::string Target(const Options& options) {
  std::string target = absl::StrCat("/api/v1/gate?project=", forge::PercentEncode(options.project),
                                    "&fail_on=", forge::PercentEncode(options.fail_on));
  const std::pair<const char*, const std::string*> more[] = {{"priority", &options.priority},
                                                             {"customer", &options.customer},
                                                             {"plan", &options.plan},
                                                             {"ref", &options.ref}};
  for (const auto& [name, value] : more) {
    if (!value->empty()) absl::StrAppend(&target, "&", name, "=", forge::PercentEncode(*value));
  }
  return target;
}

// Retainer does not answer: what that means was said by --on-unreachable.
[[noreturn]] void Unreachable(const Options& options, const std::string& why) {
  const std::string text = absl::StrCat("Retainer did not answer: ", PrintableLine(why));
  if (options.format == GateFormat::kGitHub) {
    std::cout << Annotation(options.fail_unreachable ? "error" : "warning", "retainer gate", text);
  }
  if (options.fail_unreachable) Fail(kUnreachable, text);
  std::cerr << "retainer: warning: " << text << "; not in the way (--on-unreachable warn)\n";
  throw ExitWith{kDone};
}

// What helps where the token is not taken; "" where the answer is about something else. 429 is no
// trouble of the way: a token that holds is always answered, so it must not pass as unreachable.
std::string TokenMend(const Options& options, const forge::HttpResponse& response) {
  if (response.status != 401 && response.status != 403 && response.status != 429) return "";
  std::string mend = absl::StrCat(
      "check the token (--token-file or RETAINER_TOKEN; see `retainer token list`), for a job's "
      "own this project's id under `oidc` in the configuration and the audience ",
      options.audience);
  if (response.status != 429) return mend;
  const auto after = response.headers.find("Retry-After");
  std::int64_t seconds = 0;
  if (after != response.headers.end() && absl::SimpleAtoi(after->second, &seconds) && seconds > 0) {
    return absl::StrCat(mend, ", and ask again in ", seconds, " s");
  }
  return absl::StrCat(mend, ", and ask again in a minute");
}

void WriteSummary(const GateVerdict& verdict) {
  const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') return;
  std::ofstream out(path, std::ios::app);
  out << GateMarkdown(verdict);
  out.flush();
  if (!out) std::cerr << "retainer: warning: the job's summary cannot be written\n";
}

void Ask(const Options& options) {
  if (const auto project = ParseProjectRef(options.project); !project.ok()) Fail(project.status());
  std::string origin = options.url;
  while (origin.ends_with('/')) origin.pop_back();
  auto transport = forge::MakeHttplibTransport(origin, {});
  if (!transport.ok()) {
    Fail(kWrongUsage, absl::StrCat("--url: ", std::string(transport.status().message())));
  }
  const auto token = GateToken(options.token_file, options.audience);
  if (absl::IsUnavailable(token.status())) {
    Unreachable(options, std::string(token.status().message()));
  }
  if (absl::IsNotFound(token.status()) && IsForksPullRequest()) {
    const GateVerdict neutral = NotAsked(options.project);
    std::cout << GateReport(neutral, options.format);
    if (options.format == GateFormat::kGitHub) WriteSummary(neutral);
    throw ExitWith{kDone};
  }
  if (!token.ok()) Fail(kWrongUsage, std::string(token.status().message()));
  forge::HttpRequest request;
  request.method = "GET";
  request.target = Target(options);
  request.headers.emplace("Authorization", absl::StrCat("Bearer ", *token));
  request.headers.emplace("Accept", "application/json");
  const auto response = (*transport)->Send(request);
  if (!response.ok()) Unreachable(options, std::string(response.status().message()));
  if (response->status >= 500) Unreachable(options, absl::StrCat("HTTP ", response->status));
  if (response->status != 200) {
    const std::string detail = JsonText(response->body, "detail");
    const std::string mend = TokenMend(options, *response);
    Fail(kWrongUsage,
         absl::StrCat("the gate cannot tell: HTTP ", response->status, detail.empty() ? "" : ": ",
                      detail, mend.empty() ? "" : "; ", mend));
  }
  const auto verdict = ParseVerdict(response->body);
  if (!verdict.ok()) Fail(kWrongUsage, std::string(verdict.status().message()));
  std::cout << GateReport(*verdict, options.format);
  if (options.format == GateFormat::kGitHub) WriteSummary(*verdict);
  throw ExitWith{ExitCodeOf(*verdict)};
}

}  // namespace

void RegisterGate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("gate", "For CI: is a commitment broken, or about to be?");
  // Needed to ask, not to put an override on record.
  command->add_option("--url", options->url, "Where Retainer answers: https://support.example.com");
  command->add_option("--project", options->project, "forge:path");
  command->add_option("--fail-on", options->fail_on, "breached (default) or at_risk")
      ->check(CLI::IsMember({"breached", "at_risk"}));
  command->add_option("--priority", options->priority, "These alone: P1,P2");
  command->add_option("--customer", options->customer, "This customer alone: id or alias");
  command->add_option("--plan", options->plan, "This plan alone");
  command->add_option(
      "--ref", options->ref,
      "What is to be released, a tag or commit: tickets whose fix is in it do not count");
  const std::map<std::string, GateFormat> formats = {{"text", GateFormat::kText},
                                                     {"json", GateFormat::kJson},
                                                     {"junit", GateFormat::kJUnit},
                                                     {"markdown", GateFormat::kMarkdown},
                                                     {"github", GateFormat::kGitHub}};
  command
      ->add_option_function<std::string>(
          "--format",
          [options, formats](const std::string& name) { options->format = formats.at(name); },
          "text, json, junit, markdown, github (annotations and the job's summary)")
      ->check(CLI::IsMember({"text", "json", "junit", "markdown", "github"}));
  command->add_flag_callback(
      "--json", [options] { options->format = GateFormat::kJson; }, "The same as --format json");
  command->add_option("--token-file", options->token_file,
                      "Holds the token; else RETAINER_TOKEN does, else the CI job's own (OIDC)");
  command->add_option("--audience", options->audience,
                      "Of the job's own token, as in the `oidc` entry (default: retainer)");
  command
      ->add_option_function<std::string>(
          "--on-unreachable",
          [options](const std::string& name) { options->fail_unreachable = name == "fail"; },
          "warn (default): exit 0 with a warning; fail: exit 3")
      ->check(CLI::IsMember({"warn", "fail"}));
  command->footer(
      "Exit codes: 0 pass, 1 fail, 2 it cannot tell or wrong usage, 3 unreachable.\n"
      "Example: retainer gate --url https://support.example.com --project github:acme/opendb "
      "--priority P1");
  command->require_subcommand(0, 1);
  RegisterGateOverride(command);
  command->callback([options, command] {
    if (!command->get_subcommands().empty()) return;
    if (options->url.empty()) Fail(kWrongUsage, "--url is required");
    if (options->project.empty()) Fail(kWrongUsage, "--project is required");
    Ask(*options);
  });
}

}  // namespace retainer::cli
