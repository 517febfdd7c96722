#include "src/forge/gitlab_hooks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// The events that webhooks/gitlab/hook-settings.json requests.
constexpr std::array<std::pair<const char*, const char*>, 5> kHookEvents = {{
    {"issues_events", "issues"},
    {"confidential_issues_events", "confidential issues"},
    {"note_events", "comments"},
    {"confidential_note_events", "confidential comments"},
    {"merge_requests_events", "merge requests"},
}};

// Of the policy's repository.
constexpr std::array<std::pair<const char*, const char*>, 2> kPolicyEvents = {{
    {"push_events", "pushes"},
    {"merge_requests_events", "merge requests"},
}};

template <typename Events>
std::vector<std::string> LackedOf(const Events& events, const Json& hook) {
  std::vector<std::string> lacked;
  for (const auto& [key, title] : events) {
    const Json& value = At(hook, key);
    if (value.is_boolean() && !value.template get<bool>()) lacked.emplace_back(title);
  }
  return lacked;
}

// `supported`: tickets are opened in its project; `policy`: it has the policy's repository.
void LookAt(const Json& hook, const std::string& whose, bool supported, bool policy,
            HookHealth* health) {
  const std::string state = StringAt(hook, "alert_status");
  const std::string until = StringAt(hook, "disabled_until");
  if (state == "disabled" || state == "temporarily_disabled") {
    health->wrong.push_back(absl::StrCat(
        whose, " is switched off by GitLab ",
        state == "disabled" || until.empty() ? "until somebody tests it"
                                             : absl::StrCat("until ", until),
        ", after failures: make sure that it is answered, then press Test on its page"));
  }
  std::vector<std::string> lacking;
  if (supported) lacking = LackedOf(kHookEvents, hook);
  if (policy) {
    for (const std::string& title : LackedOf(kPolicyEvents, hook)) {
      const bool told = std::find(lacking.begin(), lacking.end(), title) != lacking.end();
      if (!told) lacking.push_back(title);
    }
  }
  if (!lacking.empty()) {
    health->wrong.push_back(absl::StrCat(whose, " does not tell of ", absl::StrJoin(lacking, ", "),
                                         ": tick them on its page"));
  }
  const Json& verifies = At(hook, "enable_ssl_verification");
  if (verifies.is_boolean() && !verifies.get<bool>()) {
    health->wrong.push_back(absl::StrCat(whose, " does not verify TLS: enable SSL verification"));
  }
}

}  // namespace

absl::StatusOr<HookHealth> HooksOfProjects(const ApiCalls& calls, const std::string& forge,
                                           const std::string& url,
                                           const std::vector<std::string>& projects,
                                           const std::string& policy) {
  HookHealth health;
  std::vector<std::string> all = projects;
  const auto known = std::find(projects.begin(), projects.end(), policy);
  if (!policy.empty() && known == projects.end()) all.push_back(policy);
  for (const std::string& project : all) {
    ApiRequest request;
    request.path = absl::StrCat("/projects/", PercentEncode(project), "/hooks");
    request.query = absl::StrCat("per_page=", kPageSize);
    request.expected = {401, 403, 404};
    auto hooks = calls.GetJson({}, request);
    if (!hooks.ok()) return hooks.status();
    if (!hooks->is_array()) {
      health.unseen.push_back(absl::StrCat(
          forge, ": our account may not look at the webhooks of ", project,
          " (that takes a maintainer); look at \"Recent events\" under Settings, Webhooks"));
      continue;
    }
    bool any = false;
    for (const Json& hook : *hooks) {
      if (url.empty() ? hooks->size() != 1 : StringAt(hook, "url") != url) continue;
      any = true;
      LookAt(hook, absl::StrCat(forge, ": the webhook of ", project),
             /*supported=*/project != policy || known != projects.end(),
             /*policy=*/project == policy, &health);
    }
    if (!any) {
      health.unseen.push_back(absl::StrCat(forge, ": no webhook of ", project, " goes to ",
                                           url.empty() ? "a place that we know" : url,
                                           "; add one, unless its group has one"));
    }
  }
  return health;
}

}  // namespace retainer::forge
