#include "src/forge/github_hooks.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// The log holds three days. Reading more pages than this is not worth the calls.
constexpr int kMostPages = 50;
constexpr absl::Duration kLookBack = absl::Hours(24);
// The pause between the n-th attempt (n from 1) and the request for the next one.
constexpr std::array<absl::Duration, kMostAttempts - 1> kPauses = {
    absl::ZeroDuration(), absl::Minutes(10), absl::Hours(1), absl::Hours(6)};

const Scope kAsApp{Scope::Kind::kApp};

// All attempts at one delivery.
struct Sent {
  std::string event;
  std::string project;
  std::string id;  // id of the last attempt
  std::int64_t status = 0;
  absl::Time first = absl::InfiniteFuture();
  absl::Time last = absl::InfinitePast();
  std::size_t attempts = 0;
  bool taken = false;
};

// Returns the log by GUID. Unimplemented when this instance keeps no log.
absl::StatusOr<std::map<std::string, Sent>> ReadLog(const ApiCalls& calls, const std::string& forge,
                                                    absl::Time since) {
  int pages = 0;
  auto log = calls.GetPages(kAsApp, "/app/hook/deliveries", "", [&](const Json& last) {
    const auto at = TimeAt(last, "delivered_at");
    return ++pages >= kMostPages || (at && *at < since);
  });
  if (absl::IsNotFound(log.status())) {
    return absl::UnimplementedError(
        absl::StrCat(forge, ": this instance keeps no log of the app's deliveries"));
  }
  if (!log.ok()) return log.status();
  std::map<std::string, Sent> all;
  for (const Json& attempt : *log) {
    const auto at = TimeAt(attempt, "delivered_at");
    if (!at || *at < since) continue;
    Sent& sent = all[StringAt(attempt, "guid")];
    ++sent.attempts;
    const std::int64_t status = NumberAt(attempt, "status_code");
    sent.taken |= status >= 200 && status <= 299;
    sent.first = std::min(sent.first, *at);
    if (*at >= sent.last) {
      sent.last = *at;
      sent.id = IdAt(attempt, "id");
      sent.status = status;
      sent.event = StringAt(attempt, "event");
      sent.project = IdAt(attempt, "repository_id");
    }
  }
  return all;
}

std::string MendOf(std::int64_t status) {
  switch (status) {
    case 401:
      return "the secret there and webhook_secrets here differ";
    case 404:
      return "the path is /webhooks/ and the forge's configured name";
    case 503:
      return "the service could not store it: see its log, and the disk";
    default:
      return status == 0 || status >= 500 ? "can the forge reach this address?"
                                          : "see the service's log at that time";
  }
}

void LookAtConfig(const Json& config, const std::string& whose, const std::string& url,
                  HookHealth* health) {
  const std::string there = StringAt(config, "url");
  if (!url.empty() && there != url) {
    health->wrong.push_back(absl::StrCat(whose, " goes to ", there.empty() ? "nowhere" : there,
                                         ", not to ", url, ": set its URL"));
  }
  if (StringAt(config, "secret").empty()) {
    health->wrong.push_back(absl::StrCat(
        whose, " has no secret, so that every delivery is refused: set the configured one"));
  }
  const Json& insecure = At(config, "insecure_ssl");
  if (insecure == Json("1") || insecure == Json(1)) {
    health->wrong.push_back(absl::StrCat(whose, " does not verify TLS: enable SSL verification"));
  }
}

}  // namespace

absl::StatusOr<HookHealth> HooksOfApp(const ApiCalls& calls, const std::string& forge,
                                      const std::string& url, absl::Time now) {
  HookHealth health;
  const std::string whose = absl::StrCat(forge, ": the app's webhook");
  ApiRequest request;
  request.path = "/app/hook/config";
  request.expected = {404};
  auto config = calls.GetJson(kAsApp, request);
  if (!config.ok()) return config.status();
  if (config->is_null()) {
    health.unseen.push_back(absl::StrCat(whose, " cannot be looked at on this instance"));
  } else {
    LookAtConfig(*config, whose, url, &health);
  }

  auto log = ReadLog(calls, forge, now - kLookBack);
  if (absl::IsUnimplemented(log.status())) {
    health.unseen.push_back(std::string(log.status().message()));
    return health;
  }
  if (!log.ok()) return log.status();
  std::size_t missed = 0;
  const Sent* last = nullptr;
  for (const auto& [guid, sent] : *log) {
    if (sent.taken) continue;
    ++missed;
    if (last == nullptr || sent.last > last->last) last = &sent;
  }
  if (last != nullptr) {
    health.wrong.push_back(absl::StrCat(
        forge, ": ", missed, " of the last ", log->size(),
        " deliveries were not accepted; the last, of ", last->event, " at ", Rfc3339(last->last),
        ", got ", last->status == 0 ? std::string("no answer") : absl::StrCat(last->status), ": ",
        MendOf(last->status), "; a running service requests them again"));
  }
  return health;
}

absl::StatusOr<HookHealth> HooksOfRepositories(const ApiCalls& calls, const std::string& forge,
                                               const std::string& url,
                                               const std::vector<std::string>& projects) {
  HookHealth health;
  for (const std::string& project : projects) {
    const std::size_t slash = project.find('/');
    if (slash == std::string::npos) continue;
    ApiRequest request;
    request.path = absl::StrCat("/repos/", PercentEncode(project.substr(0, slash)), "/",
                                PercentEncode(project.substr(slash + 1)), "/hooks");
    request.query = absl::StrCat("per_page=", kPageSize);
    request.expected = {403, 404};
    auto hooks = calls.GetJson({Scope::Kind::kProject, project}, request);
    if (!hooks.ok()) return hooks.status();
    if (!hooks->is_array()) {
      health.unseen.push_back(absl::StrCat(
          forge, ": our account may not look at the webhooks of ", project,
          "; look at \"Recent Deliveries\" under the repository's Settings, Webhooks"));
      continue;
    }
    const Json* ours = nullptr;
    for (const Json& hook : *hooks) {
      if (url.empty() ? hooks->size() == 1 : StringAt(At(hook, "config"), "url") == url) {
        ours = &hook;
      }
    }
    if (ours == nullptr) {
      health.unseen.push_back(absl::StrCat(forge, ": no webhook of ", project, " goes to ",
                                           url.empty() ? "a place that we know" : url,
                                           "; add one, unless its organization has one"));
      continue;
    }
    const std::string whose = absl::StrCat(forge, ": the webhook of ", project);
    LookAtConfig(At(*ours, "config"), whose, url, &health);
    if (!BoolAt(*ours, "active")) {
      health.wrong.push_back(absl::StrCat(whose, " is switched off: tick Active"));
    }
    const Json& response = At(*ours, "last_response");
    const std::int64_t code = NumberAt(response, "code");
    const std::string state = StringAt(response, "status");
    const bool never = state.empty() || state == "unused" || state == "pending";
    if (!never && (code < 200 || code > 299)) {
      health.wrong.push_back(absl::StrCat(
          whose, ": its last delivery got ",
          code == 0 ? std::string("no answer") : absl::StrCat(code), ": ", MendOf(code),
          "; then send it again under Settings, Webhooks, Recent Deliveries"));
    }
  }
  return health;
}

absl::StatusOr<Redelivered> RedeliverOfApp(const ApiCalls& calls, const std::string& forge,
                                           const RedeliverRequest& request, absl::Time now) {
  auto log = ReadLog(calls, forge, request.since);
  if (!log.ok()) return log.status();
  Redelivered result;
  std::vector<std::pair<const Sent*, std::size_t>> due;  // and its place in `missed`, if it has one
  constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);
  for (const auto& [guid, sent] : *log) {
    if (sent.id.empty() || request.settled.contains(guid)) continue;
    const bool lost = sent.taken && sent.last < request.lost_before;
    if (sent.taken && !lost) continue;
    std::size_t place = kNoPlace;
    if (!sent.taken) {
      place = result.missed.size();
      result.missed.push_back(
          {guid, sent.id, sent.event, sent.project, sent.first, sent.attempts, false});
    }
    if (sent.attempts >= kMostAttempts) continue;
    if (!lost && sent.last + kPauses[sent.attempts - 1] > now) continue;
    due.emplace_back(&sent, place);
  }
  std::sort(due.begin(), due.end(),
            [](const auto& a, const auto& b) { return a.first->first < b.first->first; });
  for (const auto& [sent, place] : due) {
    if (result.asked == request.limit) break;
    ApiRequest again;
    again.method = "POST";
    again.path = absl::StrCat("/app/hook/deliveries/", PercentEncode(sent->id), "/attempts");
    again.expected = {400, 404, 422};  // too old: it cannot be sent again
    auto response = calls.Call(kAsApp, again);
    if (!response.ok()) return response.status();
    if (response->status == 202) {
      ++result.asked;
    } else if (place != kNoPlace) {
      result.missed[place].refused = true;
    }
  }
  std::sort(result.missed.begin(), result.missed.end(),
            [](const MissedDelivery& a, const MissedDelivery& b) {
              return std::tie(a.sent, a.id) < std::tie(b.sent, b.id);
            });
  return result;
}

absl::Status NoLogForTokens(const std::string& forge) {
  return absl::UnimplementedError(
      absl::StrCat(forge, ": only an app may read its log of deliveries"));
}

absl::StatusOr<LoggedDelivery> ReadDeliveryOfApp(const ApiCalls& calls, const std::string& forge,
                                                 const std::string& log_id) {
  auto entry = calls.GetJson(kAsApp, absl::StrCat("/app/hook/deliveries/", PercentEncode(log_id)));
  if (!entry.ok()) return entry.status();
  const Json& request = At(*entry, "request");
  const Json& payload = At(request, "payload");
  const Json& headers = At(request, "headers");
  if (!payload.is_object() || !headers.is_object()) {
    return absl::NotFoundError(absl::StrCat(forge, ": the log has only the name of delivery ",
                                            log_id, ", not its content"));
  }
  LoggedDelivery logged;
  for (const auto& [name, value] : headers.items()) {
    if (value.is_string()) logged.headers.emplace(name, value.get<std::string>());
  }
  logged.body = Dump(payload);
  return logged;
}

}  // namespace retainer::forge
