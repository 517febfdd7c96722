// retainer upgrade --check: whether this version can take over from the one that ran before.
#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "src/base/version.h"
#include "src/cli/command.h"
#include "src/cli/control_socket.h"
#include "src/cli/loading.h"
#include "src/cli/restoring.h"
#include "src/store/codec/tables.h"
#include "src/store/rocksdb_store.h"
#include "src/store/store_schema.h"

namespace retainer::cli {
namespace {

struct UpgradeOptions {
  std::string config;
  bool check = false;
};

constexpr std::uint64_t kLeastRoom = std::uint64_t{100} << 20;

// How many bytes the user of this process may still write on the folder's disk; nullopt: unknown.
std::optional<std::uint64_t> RoomOf(const std::string& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

// What this version would do to the store; an error if it cannot open it.
absl::StatusOr<std::string> Plan(const std::string& data) {
  std::error_code ignored;
  if (!std::filesystem::exists(data, ignored) || std::filesystem::is_empty(data, ignored)) {
    return "there is no store yet: the first start makes one";
  }
  if (absl::Status whole = CheckNotRestoring(data); !whole.ok()) return whole;
  const auto schema = store::SchemaOf(data);
  if (!schema.ok()) return schema.status();
  if (*schema > store::kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store has schema ", *schema, ", this version knows schemas up to ",
                     store::kSchemaVersion, ": it would not start"));
  }
  if (*schema == store::kSchemaVersion) {
    return absl::StrCat("schema ", *schema, ", as before: the version before can still open it");
  }
  return absl::StrCat("schema ", *schema, " becomes ", store::kSchemaVersion,
                      ": the first start copies the store to ",
                      (std::filesystem::path(data) / store::CheckpointBefore(*schema)).string(),
                      " first");
}

void Check(const UpgradeOptions& options) {
  FileFindings findings;
  const auto config = LoadConfigFile(options.config, &findings, Secrets::kLeft);
  bool good = config.ok();
  std::cout << "retainer " << base::kVersion << "\n";
  std::cout << "configuration: "
            << (good ? std::string("good") : Printable(std::string(config.status().message())))
            << "\n";
  if (config.ok() && !config->policy_git) {
    const auto policy = LoadPolicyFolder(config->policy);
    good = good && policy.ok();
    std::cout << "policy: "
              << (policy.ok() ? std::string("good")
                              : Printable(std::string(policy.status().message())))
              << "\n";
  }
  const std::string data = config.ok() ? config->data : findings.data;
  if (!data.empty()) {
    if (absl::Status owner = CheckOwner(data); !owner.ok()) Fail(owner);
    const auto plan = Plan(data);
    std::cout << "store: "
              << (plan.ok() ? *plan : PrintableLine(std::string(plan.status().message()))) << "\n";
    good = good && plan.ok();
    if (const auto room = RoomOf(data); room && *room < kLeastRoom) {
      std::cout << "disk: only " << (*room >> 20) << " MiB are left: make room\n";
      good = false;
    }
  }
  if (!good) throw ExitWith{config.ok() ? kAnswerIsNo : kWrongUsage};
  std::cout << "Make a backup (`retainer backup`), stop the service, start this version.\n";
}

}  // namespace

void RegisterUpgrade(CLI::App& app) {
  auto options = std::make_shared<UpgradeOptions>();
  CLI::App* command = app.add_subcommand(
      "upgrade", "Says whether this version can take over the store, and what it would do to it");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--check", options->check, "Only look; nothing is changed")->required();
  command->footer(
      "Run it with the new program, while the old service may still run.\n"
      "Exit codes: 0 it can, 1 it cannot, 2 the configuration is not valid for it.\n"
      "Example: retainer upgrade --check --config /etc/retainer/retainer.yaml");
  command->callback([options] { Check(*options); });
}

}  // namespace retainer::cli
