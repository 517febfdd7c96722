// retainer gate: asks whether promises allow a release.
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

// What a job does when there is no verdict. kUnsaid: it goes on when nobody answers, and stops when
// the server answers that it cannot tell.
enum class OnUnreachable { kUnsaid, kWarn, kFail };

struct GateOptions {
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
  bool warn_only = false;
  OnUnreachable on_unreachable = OnUnreachable::kUnsaid;
};

std::string Target(const GateOptions& options) {
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

// The remedy when the token is refused; "" when the answer has another reason. 429 is not a network
// problem: requests with a valid token are always answered, so 429 must not count as unreachable.
std::string TokenMend(const GateOptions& options, const forge::HttpResponse& response) {
  if (response.status != 401 && response.status != 403 && response.status != 429) return "";
  std::string mend = absl::StrCat(
      " Check the token (see `retainer token list`); for a job's own, this project's id under "
      "`oidc` "
      "in Retainer's configuration and the audience ",
      options.audience, ".");
  if (response.status != 429) return mend;
  const auto after = response.headers.find("Retry-After");
  std::int64_t seconds = 0;
  if (after != response.headers.end() && absl::SimpleAtoi(after->second, &seconds) && seconds > 0) {
    return absl::StrCat(mend, " Then ask again in ", seconds, " s.");
  }
  return absl::StrCat(mend, " Then ask again in a minute.");
}

void WriteSummary(const std::string& markdown) {
  const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') return;
  std::ofstream out(path, std::ios::app);
  out << markdown;
  out.flush();
  if (!out) std::cerr << "retainer: warning: the job's summary cannot be written\n";
}

void SayGoingOn(const GateOptions& options) {
  // Programs read the other formats.
  (options.format == GateFormat::kGitHub ? std::cout : std::cerr)
      << "this job goes on (on-unreachable: warn)\n";
}

// There is no verdict; --on-unreachable decides what follows.
[[noreturn]] void GoOnOrFail(const GateOptions& options, const std::string& text, bool goes_on,
                             int code) {
  if (options.format == GateFormat::kGitHub) {
    std::cout << Annotation(goes_on ? "warning" : "error", "retainer gate", PrintableLine(text));
    WriteSummary(TroubleMarkdown(text));
  }
  if (!goes_on) Fail(code, text);
  std::cerr << "retainer: warning: " << PrintableLine(text) << "\n";
  SayGoingOn(options);
  throw ExitWith{kDone};
}
[[noreturn]] void Unreachable(const GateOptions& options, const std::string& text) {
  GoOnOrFail(options, text, options.on_unreachable != OnUnreachable::kFail, kUnreachable);
}
[[noreturn]] void CannotTell(const GateOptions& options, const std::string& text) {
  GoOnOrFail(options, text, options.on_unreachable == OnUnreachable::kWarn, kWrongUsage);
}
[[noreturn]] void Refuse(const GateOptions& options, const std::string& text) {
  GoOnOrFail(options, text, false, kWrongUsage);
}

// What is wrong with --url, and the remedy; empty when it is right.
std::string UrlTrouble(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::string rest = scheme == url.npos ? url : url.substr(scheme + 3);
  if (absl::StartsWith(url, "https://") || absl::StartsWith(url, "http://127.0.0.1:") ||
      absl::StartsWith(url, "http://localhost:") || absl::StartsWith(url, "http://[::1]:")) {
    return "";
  }
  return absl::StrCat(
      "url must begin with https://, so that the token is not seen on the way: write "
      "https://",
      rest.empty() ? "support.example.com" : rest);
}

void Ask(const GateOptions& options) {
  if (const auto project = ParseProjectRef(options.project); !project.ok()) Fail(project.status());
  std::string origin = options.url;
  while (origin.ends_with('/')) origin.pop_back();
  if (const std::string trouble = UrlTrouble(origin); !trouble.empty()) {
    Refuse(options, "--" + trouble);
  }
  auto transport = forge::MakeHttplibTransport(origin, {});
  if (!transport.ok()) {
    std::string why(transport.status().message());
    if (absl::StartsWith(why, "api_url")) why = "--url" + why.substr(7);
    Refuse(options, why);
  }
  const auto token = GateToken(options.token_file, options.audience);
  if (absl::IsUnavailable(token.status())) {
    std::cerr << "retainer: " << Printable(std::string(token.status().message())) << "\n";
    Unreachable(options, "GitHub gave the job no OIDC token.");
  }
  if (absl::IsNotFound(token.status()) && IsForksPullRequest()) {
    const GateVerdict neutral = NotAsked(options.project);
    std::cout << GateReport(neutral, options.format);
    if (options.format == GateFormat::kGitHub) WriteSummary(GateMarkdown(neutral));
    throw ExitWith{kDone};
  }
  if (!token.ok()) Refuse(options, std::string(token.status().message()));
  forge::HttpRequest request;
  request.method = "GET";
  request.target = Target(options);
  request.headers.emplace("Authorization", absl::StrCat("Bearer ", *token));
  request.headers.emplace("Accept", "application/json");
  const auto response = (*transport)->Send(request);
  if (!response.ok()) {
    std::cerr << "retainer: " << Printable(std::string(response.status().message())) << "\n";
    Unreachable(options, absl::StrCat("Retainer did not answer: no connection to ", origin, "."));
  }
  const std::string detail = JsonText(response->body, "detail");
  const std::string said =
      absl::StrCat("HTTP ", response->status, detail.empty() ? "." : ": ", detail);
  if (response->status >= 500)
    Unreachable(options, absl::StrCat("Retainer did not answer: ", said));
  if (response->status == 404 && !JsonText(response->body, "code").empty()) {
    CannotTell(options, absl::StrCat("The gate cannot tell: ", said));
  }
  if (response->status != 200) {
    Refuse(options, absl::StrCat("The gate refuses: ", said, TokenMend(options, *response)));
  }
  const auto verdict = ParseVerdict(response->body);
  if (!verdict.ok()) Refuse(options, std::string(verdict.status().message()));
  const GateLeniency leniency = options.warn_only ? GateLeniency::kWarnOnly : GateLeniency::kNone;
  std::cout << GateReport(*verdict, options.format, leniency);
  if (options.format == GateFormat::kGitHub) WriteSummary(GateMarkdown(*verdict));
  int code = ExitCodeOf(*verdict);
  if (code == kAnswerIsNo && options.warn_only) code = kDone;
  if (code == kWrongUsage && options.on_unreachable == OnUnreachable::kWarn) {
    SayGoingOn(options);
    code = kDone;
  }
  throw ExitWith{code};
}

}  // namespace

void RegisterGate(CLI::App& app) {
  auto options = std::make_shared<GateOptions>();
  CLI::App* command = app.add_subcommand("gate", "For CI: is a commitment broken, or about to be?");
  // Not required by the parser, because recording an override does not need it.
  command->add_option("--url", options->url, "Retainer's address: https://support.example.com");
  command->add_option("--project", options->project, "forge:path");
  command->add_option("--fail-on", options->fail_on, "breached (default) or at_risk")
      ->transform(CLI::IsMember({"breached", "at_risk"}, CLI::ignore_case));
  command->add_option("--priority", options->priority, "Only these priorities: P1,P2");
  command->add_option("--customer", options->customer, "Only this customer: id or alias");
  command->add_option("--plan", options->plan, "Only this plan");
  command->add_option("--ref", options->ref,
                      "The tag or commit to release: tickets whose fix it contains do not count");
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
  command->add_option(
      "--token-file", options->token_file,
      "File with the token; default: RETAINER_TOKEN, then the CI job's own token (OIDC)");
  command->add_option(
      "--audience", options->audience,
      "Audience of the job's own token, as in the `oidc` entry (default: retainer)");
  command->add_flag("--warn-only", options->warn_only, "Report a broken promise, but exit with 0");
  command
      ->add_option_function<std::string>(
          "--on-unreachable",
          [options](const std::string& name) {
            options->on_unreachable = name == "fail" ? OnUnreachable::kFail : OnUnreachable::kWarn;
          },
          "warn: exit 0 with a warning where Retainer does not answer (the default) or cannot "
          "tell; "
          "fail: exit 3 or 2")
      ->transform(CLI::IsMember({"warn", "fail"}, CLI::ignore_case));
  command->footer(
      "Exit codes: 0 pass, 1 fail, 2 no verdict or wrong usage, 3 unreachable. The GitHub "
      "action "
      "and the GitLab template say the same, with the same codes.\n"
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
