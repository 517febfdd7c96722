#include "src/forge/github_health.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace retainer::forge {
namespace {

struct Need {
  const char* permission;
  const char* level;
  const char* title;  // as on the app's settings page
  const char* why;
};

// The permissions that webhooks/github/app-manifest.json requests.
constexpr std::array<Need, 7> kNeeds = {{
    {"issues", "write", "Issues", "to comment, label and assign"},
    {"pull_requests", "write", "Pull requests", "to do so on pull requests"},
    {"metadata", "read", "Metadata", "to read repositories and who may write"},
    {"members", "read", "Members (organization)", "to tell customers' and team members"},
    {"contents", "read", "Contents", "to tell which fixes a release contains"},
    {"checks", "write", "Checks", "to show on pull requests which promises depend on them"},
    {"statuses", "write", "Commit statuses", "to say whether a commit of the policy is valid"},
}};

constexpr std::array<const char*, 8> kAppEvents = {
    "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment",
    "label",  "repository",    "push"};

bool IsUsed(const Need& need, const ForgeUse& use) {
  const std::string_view permission = need.permission;
  if (permission == "statuses") return !use.policy.empty();
  return permission != "checks" || use.checks;
}

bool Grants(const std::string& have, const std::string& need) {
  if (need == "read") return have == "read" || have == "write" || have == "admin";
  return have == "write" || have == "admin";
}

void LackOf(const Json& permissions, const std::string& whose, const std::string& mend,
            const ForgeUse& use, std::vector<std::string>* missing) {
  for (const Need& need : kNeeds) {
    if (!IsUsed(need, use) || Grants(StringAt(permissions, need.permission), need.level)) continue;
    missing->push_back(absl::StrCat(whose, " lacks the permission ", need.title, ": ", need.level,
                                    ", ", need.why, "; ", mend));
  }
}

absl::StatusOr<std::vector<std::string>> MissingOfApp(const ApiCalls& calls,
                                                      const std::string& forge,
                                                      const ForgeUse& use) {
  const Scope as_app{Scope::Kind::kApp};
  auto app = calls.GetJson(as_app, "/app");
  if (!app.ok()) return app.status();
  std::vector<std::string> missing;
  LackOf(At(*app, "permissions"), absl::StrCat(forge, ": the app"),
         "grant it on the app's page under \"Permissions & events\"", use, &missing);
  std::set<std::string> events;
  if (const Json& list = At(*app, "events"); list.is_array()) {
    for (const Json& event : list)
      if (event.is_string()) events.insert(event.get<std::string>());
  }
  for (const char* event : kAppEvents) {
    // Only the policy's repository has pushes that matter.
    if (use.policy.empty() && std::string_view(event) == "push") continue;
    if (events.contains(event)) continue;
    missing.push_back(absl::StrCat(forge, ": the app is not subscribed to the event ", event,
                                   "; tick it on the app's page under \"Permissions & events\""));
  }
  auto installations = calls.GetPages(as_app, "/app/installations", "");
  if (!installations.ok()) return installations.status();
  if (installations->empty()) {
    missing.push_back(
        absl::StrCat(forge, ": the app is installed nowhere; install it on a repository"));
  }
  const std::size_t of_app = missing.size();
  for (const Json& installation : *installations) {
    const std::string whose = absl::StrCat(forge, ": the installation on ",
                                           StringAt(At(installation, "account"), "login"));
    if (!StringAt(installation, "suspended_at").empty()) {
      missing.push_back(absl::StrCat(whose, " is suspended; its owner can lift that"));
    } else if (of_app == 0) {
      LackOf(At(installation, "permissions"), whose,
             "its owner must accept the app's new permissions", use, &missing);
    }
  }
  return missing;
}

absl::StatusOr<std::vector<std::string>> MissingOfToken(const ApiCalls& calls,
                                                        const std::string& forge) {
  ApiRequest request;
  request.path = "/user";
  auto response = calls.Call({}, request);
  if (!response.ok()) return response.status();
  std::vector<std::string> missing;
  const auto header = response->headers.find("X-OAuth-Scopes");
  if (header == response->headers.end() || absl::StripAsciiWhitespace(header->second).empty())
    return missing;  // fine-grained tokens do not report scopes
  std::set<std::string> scopes;
  for (absl::string_view scope : absl::StrSplit(header->second, ','))
    scopes.insert(std::string(absl::StripAsciiWhitespace(scope)));
  if (!scopes.contains("repo") && !scopes.contains("public_repo")) {
    missing.push_back(absl::StrCat(forge,
                                   ": the token lacks the scope repo (or public_repo, where "
                                   "every repository is public), to comment and label; "
                                   "make one with it"));
  }
  if (!scopes.contains("read:org") && !scopes.contains("write:org") &&
      !scopes.contains("admin:org")) {
    missing.push_back(absl::StrCat(forge,
                                   ": the token lacks the scope read:org, to tell private "
                                   "members of organizations; make one with it"));
  }
  return missing;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> MissingOf(const ApiCalls& calls, const std::string& forge,
                                                   bool is_app, const ForgeUse& use) {
  return is_app ? MissingOfApp(calls, forge, use) : MissingOfToken(calls, forge);
}

}  // namespace retainer::forge
