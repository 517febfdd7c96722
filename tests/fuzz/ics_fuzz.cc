// Any bytes as a policy's calendar file: days or a problem, in bounded time. An accepted policy is
// accepted again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "src/policy/policy_parser.h"

namespace {

constexpr char kPolicy[] = R"(version: 1
projects: ["github:acme/opendb"]
calendars:
  office: {time_zone: Europe/Paris, hours: {mon-fri: ["09:00-17:00"]}, holidays: ["days.ics"]}
priorities: [{name: P1}]
plans:
  gold: {calendars: [office], promises: {P1: {first_response: 1h}}}
customers: [{id: acme, plan: gold}]
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto read = [&] {
    return retainer::policy::ParsePolicy({{"p.yaml", kPolicy}, {"days.ics", text}});
  };
  const retainer::policy::PolicyResult result = read();
  if (result.policy.has_value() != result.problems.empty()) std::abort();
  const retainer::policy::PolicyResult again = read();
  if (again.problems.size() != result.problems.size()) std::abort();
  if (!result.policy) return 0;
  const auto& office = result.policy->calendars.at("office");
  if (office.holidays != again.policy->calendars.at("office").holidays) std::abort();
  if (!retainer::CompileTerms("id", absl::UnixEpoch(), *result.policy).ok()) std::abort();
  return 0;
}
