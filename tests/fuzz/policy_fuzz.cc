// Any text as a policy or a configuration: a value or a problem. A policy without problems
// compiles.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "src/policy/config_parser.h"
#include "src/policy/policy_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const retainer::policy::PolicyResult result =
      retainer::policy::ParsePolicy({{"policy.yaml", text}, {"days.ics", text}});
  if (result.policy.has_value() != result.problems.empty()) std::abort();
  if (result.policy && !retainer::CompileTerms("id", absl::UnixEpoch(), *result.policy).ok()) {
    std::abort();
  }
  retainer::policy::ConfigSources none;
  none.environment = [](const std::string&) { return std::nullopt; };
  none.read_file = [](const std::string&) -> absl::StatusOr<std::string> {
    return absl::NotFoundError("no such file");
  };
  const retainer::policy::ConfigResult config =
      retainer::policy::ParseConfig("retainer.yaml", text, "/nowhere", none);
  if (config.config.has_value() != config.problems.empty()) std::abort();
  return 0;
}
