// retainer doctor: finds problems and says how to fix them.
#include "src/cli/doctor.h"

#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "src/cli/command.h"
#include "src/cli/consistency.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/cli/policy_project.h"
#include "src/cli/policy_repository.h"
#include "src/cli/stream_log.h"
#include "src/forge/clients.h"
#include "src/sinks/sinks.h"

namespace retainer::cli {
namespace {

constexpr absl::Duration kBearableSkew = absl::Seconds(30);
constexpr std::size_t kMostProjects = 50;
constexpr std::uint64_t kLittleDisk = 1ull << 30;

struct DoctorOptions {
  std::string config;
  bool json = false;
};

class Findings {
 public:
  void Good(const std::string& area, const std::string& what) { Add(area, "ok", what); }
  // Works, but perhaps not as intended. Does not change the exit code.
  void Warn(const std::string& area, const std::string& what) { Add(area, "warning", what); }
  void Bad(const std::string& area, const std::string& what) {
    Add(area, "wrong", what);
    bad_ = true;
  }
  void Unreachable(const std::string& area, const std::string& what) {
    Add(area, "unreachable", what);
    unreachable_ = true;
  }
  // An error of something that was asked.
  void Trouble(const std::string& area, const absl::Status& status) {
    const std::string message(status.message());
    if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
      Unreachable(area, message);
    } else {
      Bad(area, message);
    }
  }
  int ExitCode() const { return unreachable_ ? kUnreachable : bad_ ? kAnswerIsNo : kDone; }
  void Print(bool as_json) const {
    if (as_json) {
      std::cout << list_.dump(2) << "\n";
      return;
    }
    for (const auto& finding : list_) {
      std::cout << finding["state"].get<std::string>() << "\t" << finding["area"].get<std::string>()
                << "\t" << finding["what"].get<std::string>() << "\n";
    }
  }

 private:
  void Add(const std::string& area, const std::string& state, const std::string& what) {
    list_.push_back({{"area", area}, {"state", state}, {"what", what}});
  }
  nlohmann::ordered_json list_ = nlohmann::ordered_json::array();
  bool bad_ = false;
  bool unreachable_ = false;
};

void LookAtPolicy(const Config& config, const absl::StatusOr<LoadedPolicy>& policy,
                  const TermsSource& source, Findings* findings) {
  if (!policy.ok()) {
    findings->Trouble("policy", policy.status());
    return;
  }
  findings->Good("policy", absl::StrCat("version ", policy->id.substr(0, 12),
                                        source.commit.empty() ? "" : " of commit ",
                                        source.commit.substr(0, 12)));
  for (const policy::Problem& wrong : Lacking(policy->policy, config, policy->places)) {
    findings->Bad("policy", policy::FormatProblem(wrong));
  }
  for (const policy::Problem& warning : policy->warnings)
    findings->Warn("policy", policy::FormatProblem(warning));
  for (const policy::Problem& warning : OutOfDate(policy->policy, policy->places, absl::Now())) {
    findings->Warn("policy", policy::FormatProblem(warning));
  }
}

// The projects with a known name: those that have sent deliveries, and those that the policy names.
using Projects = std::map<std::string, std::set<std::string>>;  // by forge

Projects NamedProjects(const LoadedPolicy& policy) {
  Projects projects;
  for (const ProjectRef& project : policy.policy.projects) {
    if (project.path.find('*') == std::string::npos) projects[project.forge].insert(project.path);
  }
  for (const Customer& customer : policy.policy.customers) {
    for (const ProjectRef& project : customer.projects) {
      if (project.path.find('*') != std::string::npos ||
          !Covers(policy.policy, policy.id, {project.forge, project.path}))
        continue;
      projects[project.forge].insert(project.path);
    }
  }
  return projects;
}

void LookAtHooks(const Config& config, const ForgeConfig& forge_config, Forge& forge,
                 const std::set<std::string>& projects, Findings* findings) {
  const std::string area = absl::StrCat("webhooks ", forge_config.name);
  const std::string url = config.public_url.empty()
                              ? std::string()
                              : absl::StrCat(absl::StripSuffix(config.public_url, "/"),
                                             "/webhooks/", forge_config.name);
  std::vector<std::string> paths(projects.begin(), projects.end());
  if (paths.size() > kMostProjects) {
    findings->Warn(area, absl::StrCat("only ", kMostProjects, " of ", paths.size(),
                                      " projects' webhooks are checked"));
    paths.resize(kMostProjects);
  }
  const auto health = forge.CheckHooks(url, paths);
  if (!health.ok()) {
    findings->Trouble(area, health.status());
    return;
  }
  for (const std::string& wrong : health->wrong) findings->Bad(area, wrong);
  for (const std::string& unseen : health->unseen) findings->Warn(area, unseen);
  if (health->wrong.empty() && health->unseen.empty() && (!url.empty() || !paths.empty())) {
    findings->Good(area, url.empty() ? "no problem found" : absl::StrCat("go to ", url));
  }
}

// On GitLab, our account has a role in each project.
void LookAtRoles(const ForgeConfig& forge_config, Forge& forge,
                 const std::set<std::string>& projects, bool checks, Findings* findings) {
  if (forge_config.kind != ForgeKind::kGitLab) return;
  const std::string area = absl::StrCat("role ", forge_config.name);
  std::vector<std::string> paths(projects.begin(), projects.end());
  if (paths.size() > kMostProjects) {
    findings->Warn(area, absl::StrCat("our account's role is checked in only ", kMostProjects,
                                      " of ", paths.size(), " projects"));
    paths.resize(kMostProjects);
  }
  const auto health = forge.CheckAccess(paths);
  if (!health.ok()) {
    findings->Trouble(area, health.status());
    return;
  }
  for (const std::string& wrong : health->wrong) findings->Bad(area, wrong);
  if (checks) {
    for (const std::string& weaker : health->weaker) findings->Warn(area, weaker);
  }
  if (!paths.empty() && health->wrong.empty() && (!checks || health->weaker.empty())) {
    findings->Good(area, "is sufficient in each project that we know by name");
  }
}

// Warns about memberships that our account cannot see: people who hide them do not count as
// contacts.
void LookAtMembers(const std::string& forge_name, Forge& forge,
                   const std::set<std::string>& projects, const LoadedPolicy& policy,
                   Findings* findings) {
  const std::string area = absl::StrCat("contacts ", forge_name);
  std::map<std::string, std::vector<std::string>> organizations;  // organization -> customers
  for (const Customer& customer : policy.policy.customers) {
    for (const Login& organization : customer.contacts.organizations) {
      if (organization.forge == forge_name) organizations[organization.name].push_back(customer.id);
    }
  }
  RemoteTicket at;
  if (!projects.empty()) at.path = *projects.begin();
  for (const auto& [organization, customers] : organizations) {
    const std::string whose = absl::StrJoin(customers, ", ");
    const auto sees = forge.SeesMembers(at, organization);
    if (absl::IsNotFound(sees.status())) {
      findings->Bad(area, absl::StrCat(std::string(sees.status().message()), ", which ", whose,
                                       " names: correct the name in the policy"));
    } else if (!sees.ok()) {
      findings->Warn(
          area, absl::StrCat("whether the members of ", organization, " (", whose,
                             ") can be seen is not known: ", std::string(sees.status().message())));
    } else if (!*sees) {
      findings->Warn(area, absl::StrCat("members of ", organization, " (", whose,
                                        ") who hide it cannot be seen by our account and count as "
                                        "community: list them by login in the policy"));
    } else {
      findings->Good(area,
                     absl::StrCat("all members of ", organization, " (", whose, ") can be seen"));
    }
  }
}

void LookAtForge(const Config& config, const ForgeConfig& forge_config,
                 const std::set<std::string>& projects, const absl::StatusOr<LoadedPolicy>& policy,
                 Findings* findings) {
  const std::string area = absl::StrCat("forge ", forge_config.name);
  SystemClock clock;
  StreamLog log(LogFormat::kText, LogLevel::kError);
  forge::ForgeOptions options;
  const bool checks = !policy.ok() || policy->policy.checks != CheckMode::kOff;
  options.use.checks = checks;
  if (const auto project = FindPolicyProject(config);
      project && project->forge == forge_config.name) {
    options.use.policy = project->path;
  }
  auto forge = forge::MakeForge(forge_config, clock, log, options);
  if (!forge.ok()) {
    findings->Bad(area, std::string(forge.status().message()));
    return;
  }
  const auto health = (*forge)->Check();
  if (!health.ok()) {
    findings->Trouble(area, health.status());
    return;
  }
  findings->Good(area,
                 absl::StrCat(forge_config.api_url, " answers; we write as ", health->self.login));
  for (const std::string& missing : health->missing) findings->Bad(area, missing);
  if (health->clock_skew && absl::AbsDuration(*health->clock_skew) > kBearableSkew) {
    findings->Bad(area, absl::StrCat("its clock and ours differ by ",
                                     absl::FormatDuration(*health->clock_skew),
                                     ": set this machine's clock by NTP"));
  }
  if (health->rate_remaining && *health->rate_remaining < 100) {
    findings->Bad(area, absl::StrCat("only ", *health->rate_remaining,
                                     " calls are left in this hour's budget"));
  }
  LookAtHooks(config, forge_config, **forge, projects, findings);
  LookAtRoles(forge_config, **forge, projects, checks, findings);
  if (policy.ok()) LookAtMembers(forge_config.name, **forge, projects, *policy, findings);
}

// Checks the sinks without sending a notice.
void LookAtSinks(const Config& config, const std::set<std::string>& troubled, Findings* findings) {
  SystemClock clock;
  const auto transport = std::make_shared<const sinks::Transport>();
  for (const auto& [name, sink_config] : config.sinks) {
    const std::string area = absl::StrCat("sink ", name);
    const auto sink = sinks::MakeSink(name, sink_config, clock, transport);
    const absl::Status status = sink.ok() ? (*sink)->Check() : sink.status();
    // A successful connection says little about a sink that accepts no notice.
    if (status.ok() && troubled.contains(name)) continue;
    if (status.ok()) {
      findings->Good(area,
                     absl::StrCat(sinks::HostOf(sink_config.url), " answers; nothing was sent"));
    } else {
      findings->Trouble(area, status);
    }
  }
}

void LookAtDisk(const Config& config, Findings* findings) {
  std::filesystem::path folder = config.data;
  std::error_code ignored;
  while (!folder.empty() && !std::filesystem::exists(folder, ignored))
    folder = folder.parent_path();
  struct statvfs disk {};
  if (statvfs(folder.empty() ? "." : folder.c_str(), &disk) != 0) return;
  const std::uint64_t left = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::string what = absl::StrCat(left >> 20, " MiB left for ", config.data);
  if (left < kLittleDisk) {
    findings->Bad("disk", what + ": make room; a full disk answers 503 to the forges");
  } else {
    findings->Good("disk", what);
  }
}

void LookAtDesk(const Config& config, Projects* projects, std::set<std::string>* troubled_sinks,
                Findings* findings) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.data, ignored)) {
    findings->Warn("store",
                   absl::StrCat(config.data, " does not exist yet: the service creates it"));
    return;
  }
  const auto answered = Ask(config, R"({"op":"state"})");
  if (!answered.ok()) {
    findings->Trouble("store", answered.status());
    return;
  }
  const auto state = nlohmann::json::parse(answered->data);
  if (!answered->by_service) {
    findings->Warn("store", absl::StrCat("no service runs on ", config.data));
  }
  for (const auto& trouble : state["trouble"]) findings->Bad("store", trouble.get<std::string>());
  if (const auto wrong = state["policy_trouble"].get<std::string>(); !wrong.empty()) {
    findings->Bad("policy", absl::StrCat("the service says: ", wrong));
  }
  for (const auto& warning : state["warnings"]) {
    findings->Warn("projects", warning.get<std::string>());
  }
  for (const auto& gap : state["gaps"]) findings->Warn("deliveries", gap.get<std::string>());
  findings->Good("store",
                 absl::StrCat(state["inbox"].get<std::uint64_t>(), " deliveries, ",
                              state["dirty_faces"].get<std::uint64_t>(), " tickets to show and ",
                              state["pending_notices"].get<std::uint64_t>(), " notices wait"));
  for (const auto& sink : state["sinks"]) {
    const auto name = sink["sink"].get<std::string>();
    troubled_sinks->insert(name);
    const auto waiting = sink["notices"].get<std::size_t>();
    findings->Bad(
        absl::StrCat("sink ", name),
        absl::StrCat(
            waiting, waiting == 1 ? " notice waits since " : " notices wait since ",
            sink["since"].get<std::string>(), ", the last answer: ", sink["why"].get<std::string>(),
            ": check that service, or correct ", name,
            " under `sinks` and run `retainer reload`; the waiting notices are sent then"));
  }
  const auto ledger_error = state["ledger_error"].get<std::string>();
  if (ledger_error.empty()) {
    findings->Good("ledger",
                   absl::StrCat("the chain of ", state["ledger_length"].get<std::uint64_t>(),
                                " records holds"));
  } else {
    findings->Bad("ledger", absl::StrCat(ledger_error,
                                         ": restore the data folder from a backup, "
                                         "and find out who changed it"));
  }
  for (const auto& project : state["projects"]) {
    (*projects)[project["forge"].get<std::string>()].insert(project["path"].get<std::string>());
  }
}

// The contacts that joined customers. What the store cannot answer, LookAtDesk has said.
void LookAtJoined(const Config& config, const LoadedPolicy& policy, Findings* findings) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.data, ignored)) return;
  nlohmann::json kept = nlohmann::json::array();
  for (const Customer& customer : policy.policy.customers) kept.push_back(customer.id);
  const auto answered = Ask(config, nlohmann::json{{"op", "joined"}, {"customers", kept}}.dump());
  if (!answered.ok()) return;
  const auto found = nlohmann::json::parse(answered->data);
  for (const auto& each : found["contacts"]) {
    const auto accounts = each["accounts"].get<std::vector<std::string>>();
    findings->Good("contacts", absl::StrCat(absl::StrJoin(accounts, ", "), " joined ",
                                            each["customer"].get<std::string>()));
  }
  for (const auto& warning : found["warnings"]) {
    findings->Warn("contacts", warning.get<std::string>());
  }
}

[[noreturn]] void Doctor(const DoctorOptions& options) {
  const auto config = LoadConfigFile(options.config);
  Findings findings;
  if (!config.ok()) {
    findings.Bad("configuration", std::string(config.status().message()));
    if (options.json) findings.Print(/*as_json=*/true);
    Fail(config.status());
  }
  findings.Good("configuration", options.config);
  for (const std::string& warning : WarningsOf(*config)) findings.Warn("configuration", warning);
  if (config->public_url.empty()) {
    findings.Warn("configuration",
                  "public_url is not set: whether the webhooks come here cannot be checked");
  }
  TermsSource source;
  const auto policy = LoadConfiguredPolicy(*config, &source);
  LookAtPolicy(*config, policy, source, &findings);
  LookAtDisk(*config, &findings);
  Projects projects = policy.ok() ? NamedProjects(*policy) : Projects();
  std::set<std::string> troubled_sinks;
  LookAtDesk(*config, &projects, &troubled_sinks, &findings);
  if (policy.ok()) LookAtJoined(*config, *policy, &findings);
  LookAtSinks(*config, troubled_sinks, &findings);
  for (const ForgeConfig& forge : config->forges) {
    LookAtForge(*config, forge, projects[forge.name], policy, &findings);
  }
  findings.Print(options.json);
  throw ExitWith{findings.ExitCode()};
}

}  // namespace

void RunDoctor(const std::string& config, bool json) { Doctor({config, json}); }

void RegisterDoctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand("doctor", "Finds problems and says how to fix them");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: retainer doctor --config retainer.yaml");
  command->callback([options] { Doctor(*options); });
}

}  // namespace retainer::cli
