// Whose a ticket is among the project's people.
#include <algorithm>

#include "retainer/core.h"
#include "retainer/names.h"

namespace retainer {
namespace {

bool HasOneOf(const Team& team, const std::string& forge, const std::vector<std::string>& logins) {
  return std::any_of(team.members.begin(), team.members.end(), [&](const Login& member) {
    return member.forge == forge &&
           std::any_of(logins.begin(), logins.end(),
                       [&](const std::string& login) { return SameName(login, member.name); });
  });
}

bool IsLabelled(const Team& team, const std::vector<std::string>& labels) {
  return std::any_of(team.labels.begin(), team.labels.end(), [&](const std::string& label) {
    return std::any_of(labels.begin(), labels.end(),
                       [&](const std::string& there) { return SameName(there, label); });
  });
}

}  // namespace

std::vector<std::string> TeamsOf(const Standing& standing, const Policy& policy) {
  const std::string& forge = standing.ticket.forge;
  std::vector<std::string> teams;
  const auto take = [&](const auto& is_theirs) {
    for (const auto& [name, team] : policy.teams) {
      if (is_theirs(team)) teams.push_back(name);
    }
    return !teams.empty();
  };
  if (take([&](const Team& team) { return HasOneOf(team, forge, standing.assignees); }) ||
      take([&](const Team& team) { return IsLabelled(team, standing.labels); }) ||
      standing.answered_by.empty()) {
    return teams;
  }
  take([&](const Team& team) { return HasOneOf(team, forge, {standing.answered_by}); });
  return teams;
}

std::vector<std::string> WithWhom(const Standing& standing) {
  if (!standing.assignees.empty() || standing.answered_by.empty()) return standing.assignees;
  return {standing.answered_by};
}

}  // namespace retainer
