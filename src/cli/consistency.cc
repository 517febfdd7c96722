#include "src/cli/consistency.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/clock.h"
#include "src/sinks/sinks.h"

namespace retainer::cli {
namespace {

// A host, perhaps with a port and a path.
bool IsLoopback(const std::string& host) {
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]") ||
         host == "::1";
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
        "`listen` is this machine's own address, so a proxy stands before it, and "
        "`trusted_proxies` "
        "does not name it: all clients have its address, and too many failed attempts of one count "
        "for all; write trusted_proxies: [127.0.0.1] (or [\"::1\"]) and let the proxy set "
        "X-Forwarded-For");
  }
  return warnings;
}

std::vector<std::string> WrongSinks(const Config& config) {
  std::vector<std::string> wrong;
  SystemClock clock;
  const auto transport = std::make_shared<const Transport>();
  for (const auto& [name, sink_config] : config.sinks) {
    const auto sink = MakeSink(name, sink_config, clock, transport, [](const TicketKey& key) {
      return TicketName{ToString(key), ""};
    });
    if (!sink.ok()) wrong.push_back(std::string(sink.status().message()));
  }
  return wrong;
}

Disagreements Compare(const Policy& policy, const Config& config) {
  Disagreements found;
  for (const auto& [name, team] : policy.teams) {
    for (const std::string& sink : team.sinks) {
      if (config.sinks.contains(sink)) continue;
      found.wrong.push_back(
          absl::StrCat("the policy's team ", name, " has the sink ", sink,
                       ", which the configuration lacks: its notices go to the log alone; add ",
                       sink, " under `sinks`, or take it from the team"));
    }
  }

  std::set<std::string> known;
  for (const ForgeConfig& forge : config.forges) known.insert(forge.name);
  std::set<std::pair<std::string, std::string>> lacking;  // forge, first place that names it
  const auto look = [&](const std::string& forge, const std::string& where) {
    if (known.insert(forge).second) lacking.emplace(forge, where);
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
  for (const auto& [forge, where] : lacking) {
    found.wrong.push_back(absl::StrCat(
        "the policy names the forge ", forge, " (", where,
        "), which the configuration lacks: nothing of it is ever seen; add it under `forges`, or "
        "mend its name"));
  }
  found.warnings = WarningsOf(config);
  return found;
}

}  // namespace retainer::cli
