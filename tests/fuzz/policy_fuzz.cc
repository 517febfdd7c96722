// Any text as a policy, as one customer's file of a policy, or as a configuration: a value or a
// problem. A policy without problems compiles, and does not differ from itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "retainer/policy_changes.h"
#include "src/policy/config_parser.h"
#include "src/policy/policy_parser.h"

namespace {

// What a customer's file needs beside it.
constexpr char kRest[] = R"(version: 1
projects: ["github:acme/opendb"]
calendars: {always: {time_zone: UTC, hours: always}}
priorities: [{name: P1}]
plans: {gold: {calendars: [always], promises: {P1: {first_response: 1h}}}}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const retainer::policy::PolicyResult result =
      retainer::policy::ParsePolicy({{"policy.yaml", text}, {"days.ics", text}});
  if (result.policy.has_value() != result.problems.empty()) std::abort();
  if (result.policy && !retainer::CompileTerms("id", absl::UnixEpoch(), *result.policy).ok()) {
    std::abort();
  }
  for (const retainer::Audience audience :
       {retainer::Audience::kTeam, retainer::Audience::kOutsiders}) {
    if (result.policy &&
        !retainer::PolicyChanges(*result.policy, *result.policy, audience).empty()) {
      std::abort();
    }
  }
  const retainer::policy::PolicyResult split =
      retainer::policy::ParsePolicy({{"policy.yaml", kRest}, {"customers/acme.yml", text}});
  if (split.policy.has_value() != split.problems.empty()) std::abort();
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
