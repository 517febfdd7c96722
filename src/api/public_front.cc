#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/api/filters.h"
#include "src/api/front.h"
#include "src/api/tokens.h"
#include "src/base/view.h"

namespace retainer::api {
namespace {

constexpr std::string_view kDeliveries = "/webhooks/";

using base::View;

// The name of a forge, if it has the form that a configuration allows.
std::optional<std::string_view> ForgeOf(std::string_view path) {
  constexpr std::size_t kLongest = 64;
  if (!path.starts_with(kDeliveries)) return std::nullopt;
  path.remove_prefix(kDeliveries.size());
  const bool named =
      !path.empty() && path.size() <= kLongest && std::all_of(path.begin(), path.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
               c == '-';
      });
  return named ? std::optional(path) : std::nullopt;
}

}  // namespace

PublicFront::PublicFront(pipeline::Desk& desk, Store& store, Clock& clock, Log& log,
                         Metrics& metrics, const TrustedProxies& proxies, Options options)
    : Front(desk, clock, log, metrics, proxies),
      store_(store),
      options_(options),
      context_{desk, store, clock, log, options_.similar},
      routes_(MakeRoutes(options_.routes)),
      attempts_(options_.attempts),
      guesses_(options_.attempts) {}

HttpFront::Plan PublicFront::Look(HttpRequest& request) {
  if (request.method == "POST" && ForgeOf(request.path)) return LookAtDelivery(request);
  Plan plan;
  std::string varying;
  if (IsPage(request.path) && request.method == "POST") {
    plan.max_body = pages::kLongestForm;
    plan.client = ClientOf(request);
    return plan;
  }
  if (request.method == "POST" && IsPosted(request.path)) {
    plan.max_body = kLongestBody;
    plan.client = ClientOf(request);
    return plan;
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && request.path == "/healthz") {
    plan.answer = Alive();
  } else if (!reads || (request.path != "/readyz" && !IsPage(request.path) &&
                        FindRoute(routes_, request.path, &varying) == nullptr)) {
    plan.answer = Nothing(request);
  }
  return plan;
}

HttpAnswer PublicFront::Serve(HttpRequest& request) {
  if (request.path == "/readyz") return Ready(/*details=*/false);
  if (IsPage(request.path)) return AnswerPage(request);
  std::string varying;
  const Route* route = FindRoute(routes_, request.path, &varying);
  return route == nullptr ? Nothing(request) : AnswerRoute(*route, std::move(varying), request);
}

std::string PublicFront::RouteOf(const std::string& path) const {
  if (path.starts_with(kDeliveries)) return "/webhooks/{forge}";
  for (const char* known : {"/healthz", "/readyz", "/metrics"}) {
    if (path == known) return known;
  }
  std::string varying;
  if (const Route* route = FindRoute(routes_, path, &varying)) return route->path;
  if (IsPage(path)) return *options_.pages->RouteOf(path);
  return kOtherRoute;
}

HttpFront::Plan PublicFront::LookAtDelivery(const HttpRequest& request) const {
  Plan plan;
  plan.where = Where::kLoop;
  plan.max_body = options_.max_body;
  plan.client = ClientOf(request);
  // The signature covers the bytes as sent, and no forge compresses them: nothing is decompressed.
  const std::string_view encoding = request.Find("Content-Encoding");
  const std::string_view type = request.Find("Content-Type");
  if (request.length > options_.max_body) {
    plan.answer = Problem(request, 413, "A delivery may have 25 MiB at most.");
  } else if (!encoding.empty() && !absl::EqualsIgnoreCase(View(encoding), "identity")) {
    plan.answer = Problem(request, 415, "Send the body without a Content-Encoding.");
  } else if (absl::StartsWithIgnoreCase(View(type), "multipart/")) {
    plan.answer = Problem(request, 415, "Send application/json.");
  }
  return plan;
}

void PublicFront::Answer(HttpRequest& request, Done done) {
  if (request.method != "POST" || !ForgeOf(request.path)) {
    return Front::Answer(request, std::move(done));
  }
  try {
    TakeDelivery(request, done);
  } catch (const std::exception&) {
    done(FailedInside(request));
  }
}

void PublicFront::TakeDelivery(const HttpRequest& request, Done done) {
  Headers headers;
  for (const HttpField& field : request.fields) {
    headers.try_emplace(std::string(field.name), field.value);
  }
  desk_.AcceptLater(*ForgeOf(request.path), headers, request.body, ClientOf(request),
                    [&request, done = std::move(done)](const pipeline::IntakeAnswer& taken) {
                      done(AnswerOf(request, taken));
                    });
}

HttpAnswer PublicFront::AnswerOf(const HttpRequest& request, const pipeline::IntakeAnswer& taken) {
  HttpAnswer answer;
  if (taken.http_status >= 400) {
    answer = Problem(request, taken.http_status, taken.problem);
  } else {
    answer.status = taken.http_status;
    answer.type = kTextType;
    answer.body = absl::StrCat(taken.reason, "\n");
  }
  if (taken.retry_after) {
    answer.fields.emplace_back("Retry-After",
                               absl::StrCat(absl::ToInt64Seconds(*taken.retry_after)));
  }
  return answer;
}

HttpAnswer PublicFront::AnswerPage(const HttpRequest& request) {
  pages::PageRequest asked;
  asked.method = request.method;
  asked.path = request.path;
  for (const auto& [name, value] : request.parameters) asked.query.try_emplace(name, value);
  asked.cookies = absl::StrJoin(request.FindAll("Cookie"), "; ");
  asked.body = request.body;
  // Rationale: before the look-up, so that guessing gets nowhere. A link is long, and whoever
  // shares the address of somebody who guesses waits a minute.
  const std::string client = ClientOf(request);
  const bool blocked = guesses_.Blocked(client, clock_.Steady()).has_value();
  pages::PageAnswer given = blocked ? options_.pages->TooMany() : options_.pages->Answer(asked);
  if (given.guessed) guesses_.Failed(client, clock_.Steady());
  HttpAnswer answer;
  answer.status = given.status;
  answer.fields = std::move(given.headers);
  if (given.compressible) {
    answer.fields.emplace_back("Vary", "Accept-Encoding");
    SetBody(request, std::move(given.body), std::move(given.type), std::nullopt, &answer);
  } else {
    answer.type = std::move(given.type);
    answer.body = std::move(given.body);
  }
  return answer;
}

// Serves a route of the REST API: authenticates, checks the parameters, answers, and encodes the
// answer.
HttpAnswer PublicFront::AnswerRoute(const Route& route, std::string varying,
                                    const HttpRequest& request) {
  ApiRequest asked;
  asked.id = request.id;
  const absl::Time now = clock_.Now();
  if (MustAuthenticate(route, request)) {
    // Rationale: authenticate before counting the address's failures, because others share the
    // address.
    std::string why;
    auto caller = Authenticate(store_, options_.oidc, request.Find("Authorization"), now, &why);
    if (absl::IsUnauthenticated(caller.status())) {
      const std::string client = ClientOf(request);
      if (!why.empty()) LogRefusedJob(why, client, asked.id);
      if (const auto wait = attempts_.Blocked(client, clock_.Steady())) {
        HttpAnswer answer = Problem(request, 429, "Too many failed attempts; try again later.");
        answer.fields.emplace_back(
            "Retry-After", absl::StrCat(std::max<std::int64_t>(1, absl::ToInt64Seconds(*wait))));
        return answer;
      }
      attempts_.Failed(client, clock_.Steady());
      const absl::string_view message = caller.status().message();
      HttpAnswer answer = Problem(request, 401, {message.data(), message.size()});
      answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"retainer\"");
      return answer;
    }
    if (!caller.ok()) {
      return Dress(Trouble(context_, asked, "token", caller.status(), ""), request);
    }
    asked.caller = *std::move(caller);
    if (route.access == Access::kToken && asked.caller->for_gate_alone()) {
      return Problem(
          request, 403,
          "This token is only for the gate and badges; a token with scope read may ask this.");
    }
  }
  // An unknown parameter is refused. If it were ignored, a misspelt filter would not narrow
  // anything.
  if (request.method == "POST" && !request.parameters.empty()) {
    return Problem(request, 400, "What is posted stands in the body, not in the address.");
  }
  for (const auto& [name, value] : request.parameters) {
    if (std::find(route.parameters.begin(), route.parameters.end(), name) ==
        route.parameters.end()) {
      return Problem(request, 400, NoSuchParameter(name, route.parameters));
    }
    if (!asked.parameters.emplace(name, value).second) {
      return Problem(request, 400, GivenTwice(name));
    }
  }
  asked.in_path = std::move(varying);
  if (request.method != "POST") return Dress(route.handle(context_, asked), request);
  if (!absl::StartsWithIgnoreCase(View(request.Find("Content-Type")), "application/json")) {
    return Problem(request, 415, "Send application/json.");
  }
  asked.body = request.body;
  return Dress(route.post(context_, asked), request);
}

// Only logged, because a forger must not learn the reason.
void PublicFront::LogRefusedJob(const std::string& why, const std::string& client,
                                const std::string& request) {
  if (const auto kept_back = failures_.Allow("oidc", clock_.Steady())) {
    log_.Warning("a job's token was refused", {{"why", why},
                                               {"from", client},
                                               {"request", request},
                                               {"more_like_it", absl::StrCat(*kept_back)}});
  }
}

bool PublicFront::MustAuthenticate(const Route& route, const HttpRequest& request) const {
  if (route.access == Access::kOpen) return false;
  if (route.access != Access::kBadge || request.Has("Authorization")) return true;
  const TermsHistory terms = desk_.terms();
  return terms.empty() || !terms.back()->policy.public_badge;
}

HttpAnswer PublicFront::Dress(ApiAnswer given, const HttpRequest& request) {
  HttpAnswer answer;
  if (given.status >= 400) {
    answer = Problem(request, given.status, given.body, given.code);
    answer.fields = std::move(given.headers);
    answer.fields.emplace_back("Cache-Control", "no-store");
    return answer;
  }
  answer.fields = std::move(given.headers);
  answer.fields.emplace_back("Vary", "Accept-Encoding, Authorization");
  if (std::none_of(answer.fields.begin(), answer.fields.end(),
                   [](const auto& field) { return field.first == "Cache-Control"; })) {
    // May be cached, but must be revalidated each time, because states change with time.
    answer.fields.emplace_back("Cache-Control", "private, no-cache");
  }
  if (!given.stable.empty()) {
    const std::string tag = given.tag.empty() ? EntityTag(given.stable) : given.tag;
    answer.fields.emplace_back("ETag", tag);
    if (NamesTag(request.Find("If-None-Match"), tag)) {
      answer.status = 304;
      return answer;
    }
  }
  answer.status = given.status;
  SetBody(request, std::move(given.body), std::move(given.type), std::move(given.packed), &answer);
  return answer;
}

}  // namespace retainer::api
