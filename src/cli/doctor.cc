// retainer doctor: what is wrong, and the mend.
#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/cli/stream_log.h"
#include "src/forge/clients.h"

namespace retainer::cli {
namespace {

constexpr absl::Duration kBearableSkew = absl::Seconds(30);
constexpr std::uint64_t kLittleDisk = 1ull << 30;

struct Options {
  std::string config;
  bool json = false;
};

class Findings {
 public:
  void Good(const std::string& area, const std::string& what) { Add(area, "ok", what); }
  void Bad(const std::string& area, const std::string& what) {
    Add(area, "wrong", what);
    bad_ = true;
  }
  void Unreachable(const std::string& area, const std::string& what) {
    Add(area, "unreachable", what);
    unreachable_ = true;
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

void LookAtPolicy(const Config& config, Findings* findings) {
  const auto policy = LoadPolicyFolder(config.policy);
  if (policy.ok()) {
    findings->Good("policy", absl::StrCat("version ", policy->id.substr(0, 12)));
  } else {
    findings->Bad("policy", std::string(policy.status().message()));
  }
}

void LookAtForge(const ForgeConfig& config, Findings* findings) {
  const std::string area = absl::StrCat("forge ", config.name);
  SystemClock clock;
  StreamLog log(LogFormat::kText, LogLevel::kError);
  auto forge = MakeForge(config, clock, log);
  if (!forge.ok()) {
    findings->Bad(area, std::string(forge.status().message()));
    return;
  }
  const auto health = (*forge)->Check();
  if (!health.ok()) {
    const std::string message(health.status().message());
    if (absl::IsUnavailable(health.status()) || absl::IsResourceExhausted(health.status())) {
      findings->Unreachable(area, absl::StrCat(config.api_url, ": ", message));
    } else {
      findings->Bad(area, message);
    }
    return;
  }
  findings->Good(area, absl::StrCat(config.api_url, " answers; we write as ", health->self.login));
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

void LookAtDesk(const Config& config, Findings* findings) {
  const auto answered = Ask(config, R"({"op":"state"})");
  if (!answered.ok()) {
    findings->Bad("store", std::string(answered.status().message()));
    return;
  }
  const auto state = nlohmann::json::parse(answered->data);
  for (const auto& trouble : state["trouble"]) {
    findings->Bad("store", trouble.get<std::string>());
  }
  findings->Good("store",
                 absl::StrCat(state["inbox"].get<std::uint64_t>(), " deliveries and ",
                              state["dirty_faces"].get<std::uint64_t>(), " status comments wait"));
}

void Doctor(const Options& options) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  Findings findings;
  findings.Good("configuration", options.config);
  LookAtPolicy(*config, &findings);
  LookAtDisk(*config, &findings);
  LookAtDesk(*config, &findings);
  for (const ForgeConfig& forge : config->forges) LookAtForge(forge, &findings);
  findings.Print(options.json);
  throw ExitWith{findings.ExitCode()};
}

}  // namespace

void RegisterDoctor(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("doctor", "What is wrong, and the mend");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: retainer doctor --config retainer.yaml");
  command->callback([options] { Doctor(*options); });
}

}  // namespace retainer::cli
