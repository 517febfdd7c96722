#include "src/cli/consistency.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/clock.h"
#include "src/policy/doubts.h"
#include "src/policy/policy_source.h"
#include "src/policy/reader.h"
#include "src/sinks/sinks.h"

namespace retainer::cli {
namespace {

// `host` may have a port and a path.
bool IsLoopback(const std::string& host) {
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]") ||
         host == "::1";
}

// `did you mean "ops"?`; nullopt when no name is near.
std::optional<std::string> Nearest(const std::string& name,
                                   const std::vector<std::string_view>& known) {
  std::string mend = policy::DidYouMean(name, known);
  if (!mend.starts_with("did you mean")) return std::nullopt;
  return mend;
}

bool HoldsPolicyFile(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::directory_iterator it(folder, ignored);
  for (; !ignored && it != std::filesystem::directory_iterator(); it.increment(ignored)) {
    if (policy::IsPolicyFile(it->path().filename().string())) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> WarningsOf(const Config& config) {
  std::vector<std::string> warnings;
  if (config.observe) {
    warnings.push_back(
        "mode: observe: everything is decided, nothing is written to any forge; write `mode: full` "
        "to begin");
  }
  const std::string& url = config.public_url;
  const std::size_t host = url.find("://");
  if (host != std::string::npos && !IsLoopback(url.substr(host + 3)) &&
      IsLoopback(config.listen.host) &&
      std::none_of(config.trusted_proxies.begin(), config.trusted_proxies.end(), IsLoopback)) {
    warnings.push_back(
        "`listen` is a loopback address, so there is a proxy in front of it, but `trusted_proxies` "
        "does not list it: all clients have its address, and the failed attempts of one count for "
        "all; write trusted_proxies: [127.0.0.1] (or [\"::1\"]) and let the proxy set "
        "X-Forwarded-For");
  }
  return warnings;
}

std::vector<std::string> WrongSinks(const Config& config) {
  std::vector<std::string> wrong;
  SystemClock clock;
  const auto transport = std::make_shared<const sinks::Transport>();
  for (const auto& [name, sink_config] : config.sinks) {
    const auto sink = sinks::MakeSink(name, sink_config, clock, transport);
    if (!sink.ok()) wrong.push_back(std::string(sink.status().message()));
  }
  return wrong;
}

std::vector<policy::Problem> Lacking(const Policy& policy, const Config& config,
                                     const policy::PolicyPlaces& places) {
  std::vector<policy::Problem> lacking;
  const auto add = [&](const policy::Place& place, std::string what, std::string mend) {
    lacking.push_back(policy::ProblemAt(place, std::move(what), std::move(mend)));
  };
  std::vector<std::string_view> sinks;
  for (const auto& [name, sink] : config.sinks) sinks.push_back(name);
  for (const auto& [name, team] : policy.teams) {
    for (const std::string& sink : team.sinks) {
      if (config.sinks.contains(sink)) continue;
      const auto place = places.sinks.find({name, sink});
      add(place == places.sinks.end() ? policy::Place() : place->second,
          absl::StrCat("the policy's team ", name, " has the sink ", sink,
                       ", which the configuration lacks: its notices go only to the log"),
          Nearest(sink, sinks)
              .value_or(absl::StrCat("add ", sink, " under `sinks`, or take it from the team")));
    }
  }

  std::set<std::string> known;
  std::vector<std::string> names;
  for (const ForgeConfig& forge : config.forges) {
    if (known.insert(forge.name).second) names.push_back(forge.name);
  }
  std::set<std::pair<std::string, std::string>>
      missing;  // forge, and the first place that names it
  const auto look = [&](const std::string& forge, const std::string& where) {
    if (known.insert(forge).second) missing.emplace(forge, where);
  };
  for (const ProjectRef& project : policy.projects) look(project.forge, "projects");
  for (const auto& [name, team] : policy.teams) {
    for (const Login& member : team.members) look(member.forge, absl::StrCat("teams.", name));
  }
  for (const Login& bot : policy.bots) look(bot.forge, "bots");
  for (const Customer& customer : policy.customers) {
    const std::string where = absl::StrCat("customers, ", customer.id);
    for (const Login& login : customer.contacts.logins) look(login.forge, where);
    for (const Login& login : customer.contacts.organizations) look(login.forge, where);
    for (const ProjectRef& project : customer.projects) look(project.forge, where);
  }
  for (const auto& [forge, where] : missing) {
    const auto place = places.forges.find(forge);
    add(place == places.forges.end() ? policy::Place() : place->second,
        absl::StrCat("the policy names the forge ", forge, " (", where,
                     "), which the configuration lacks: nothing from it is ever seen"),
        Nearest(forge, {names.begin(), names.end()})
            .value_or(
                absl::StrCat("add it under `forges`, or correct its name (the configuration has ",
                             names.empty() ? "none" : absl::StrJoin(names, ", "), ")")));
  }
  return lacking;
}

std::vector<policy::Problem> EndedTerms(const Policy& policy, const policy::PolicyPlaces& places,
                                        absl::Time now) {
  std::vector<policy::Problem> ended;
  for (const Customer& customer : policy.customers) {
    const Entitlement* last = customer.EntitlementFor(now);
    if (customer.EntitlementAt(now) != nullptr || last == nullptr) continue;
    if (last->bought) continue;  // whoever stops paying means it
    // A term that begins later has not ended.
    const bool begins_later = std::any_of(
        customer.entitlements.begin(), customer.entitlements.end(),
        [&](const Entitlement& held) { return held.term && held.term->from > last->term->until; });
    if (begins_later || absl::FromCivil(last->term->from, absl::UTCTimeZone()) > now) continue;
    const auto found = places.terms.find(customer.id);
    const policy::Place place = found == places.terms.end() ? policy::Place() : found->second;
    ended.push_back(policy::ProblemAt(
        place,
        absl::StrCat("the term of customer \"", customer.id, "\" ended on ",
                     absl::FormatCivilTime(last->term->until),
                     ": tickets that its contacts open after that are community tickets"),
        "move `until` if the customer has renewed; if not, leave the entry, which "
        "keeps the history"));
  }
  return ended;
}

std::vector<policy::Problem> OutOfDate(const Policy& policy, const policy::PolicyPlaces& places,
                                       absl::Time now) {
  std::vector<policy::Problem> found = EndedTerms(policy, places, now);
  for (policy::Problem& past : policy::PastHolidays(policy, places, now)) {
    found.push_back(std::move(past));
  }
  return found;
}

std::optional<policy::Problem> MissingPolicyFolder(const Config& config,
                                                   const policy::Place& place) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(config.policy, ignored)) return std::nullopt;
  // Other folders beside it that may have been meant.
  std::vector<std::string> folders;
  fs::directory_iterator it(fs::path(config.policy).parent_path(), ignored);
  for (; !ignored && it != fs::directory_iterator(); it.increment(ignored)) {
    if (folders.size() < 20 && HoldsPolicyFile(it->path())) {
      folders.push_back(it->path().filename().string());
    }
  }
  std::sort(folders.begin(), folders.end());
  return policy::ProblemAt(
      place,
      absl::StrCat("there is no policy folder ", config.policy,
                   ": the service would start without a policy"),
      folders.empty() ? "write the path of the folder that holds the policy"
                      : absl::StrCat("beside it there is: ", absl::StrJoin(folders, ", ")));
}

Disagreements Compare(const Policy& policy, const Config& config) {
  Disagreements found;
  for (const policy::Problem& problem : Lacking(policy, config, {})) {
    found.wrong.push_back(policy::FormatProblem(problem));
  }
  found.warnings = WarningsOf(config);
  return found;
}

}  // namespace retainer::cli
