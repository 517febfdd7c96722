// The keys of a policy in one place. The parser refuses others; the JSON Schema lists the same
// keys.
#pragma once

#include <string_view>
#include <vector>

namespace retainer::policy::policy_keys {

using Keys = std::vector<std::string_view>;

inline Keys Root() {
  return {"version",   "projects", "since", "calendars", "priorities", "plans",
          "community", "teams",    "bots",  "customers", "requests",   "feedback",
          "labels",    "commands", "badge", "checks"};
}
// The keys of the configuration, which people confuse with the policy.
inline Keys Configuration() {
  return {"listen", "metrics_listen", "public_url", "trusted_proxies", "store",
          "policy", "policy_git",     "mode",       "forges",          "admins",
          "oidc",   "sinks",          "tracing"};
}
inline Keys PolicyGit() { return {"path", "poll", "token", "ssh_key", "known_hosts", "project"}; }
inline Keys Calendar() { return {"time_zone", "hours", "holidays", "overrides", "breaks"}; }
inline Keys Days() { return {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}; }
inline Keys Priority() { return {"name", "title", "when"}; }
inline Keys Plan() {
  return {"calendars",        "kind",
          "covers",           "promises",
          "default_priority", "at_risk",
          "warn_at",          "escalation",
          "notify",           "starts",
          "contacts",         "allowance",
          "github_sponsors",  "github_marketplace"};
}
inline Keys GitHubSponsors() { return {"sponsorable", "min_monthly", "one_time"}; }
inline Keys GitHubMarketplace() { return {"plan_id"}; }
inline Keys TicketLimit() { return {"open", "per_month"}; }
inline Keys Metrics() {
  return {"acknowledgement", "first_response", "next_response",
          "update",          "workaround",     "resolution"};
}
inline Keys Promises() {
  Keys keys = Metrics();
  keys.push_back("calendars");
  return keys;
}
inline Keys Escalation() { return {"at", "metric", "notify", "mention"}; }
inline Keys Community() { return {"comment", "objectives", "calendars"}; }
inline Keys Team() { return {"members", "labels", "sinks"}; }
inline Keys Customer() {
  return {"id",       "alias",    "name",       "plan",      "time_zone", "term",
          "contacts", "projects", "visibility", "calendars", "crm",       "entitlements"};
}
inline Keys Term() { return {"from", "until"}; }
inline Keys Entitlement() { return {"plan", "term", "grace", "trial", "hours"}; }
inline Keys HoursBlock() {
  return {"block", "amount", "from", "until", "unit", "rollover", "over"};
}
inline Keys ContactLimit() { return {"max"}; }
inline Keys Request() { return {"labels", "promises", "hours"}; }
inline Keys Contacts() { return {"logins", "organizations", "emails"}; }
inline Keys Labels() { return {"waiting", "workaround", "support", "priority", "state"}; }
inline Keys Commands() { return {"bare"}; }
inline Keys Feedback() { return {"ask", "after", "scale"}; }

}  // namespace retainer::policy::policy_keys
