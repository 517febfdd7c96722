#include "src/api/front.h"

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "src/api/gzip.h"
#include "src/api/problem_answer.h"
#include "src/api/ticket_json.h"

namespace retainer::api {
namespace {

constexpr char kJson[] = "application/json";

HttpAnswer MakeProblem(int status, std::string_view detail, std::string_view id,
                       std::string_view code) {
  HttpAnswer answer;
  answer.status = status;
  answer.type = kProblemType;
  answer.body = ProblemJson(status, detail, id, code);
  return answer;
}

HttpAnswer MakeText(int status, std::string text) {
  HttpAnswer answer;
  answer.status = status;
  answer.type = kTextType;
  answer.body = std::move(text);
  return answer;
}

bool Asks(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Front::Front(pipeline::Desk& desk, Clock& clock, Log& log, Metrics& metrics,
             const TrustedProxies& proxies)
    : desk_(desk), clock_(clock), log_(log), metrics_(metrics), proxies_(proxies) {}

void Front::Answer(HttpRequest& request, Done done) {
  HttpAnswer answer;
  try {
    answer = Serve(request);
  } catch (const std::exception&) {
    answer = FailedInside(request);
  }
  done(std::move(answer));
}

HttpAnswer Front::FailedInside(const HttpRequest& request) {
  log_.Error("a request failed inside", {{"request", request.id}});
  return Problem(request, 500, "");
}

HttpAnswer Front::Refuse(const HttpRequest* request, Refusal why) {
  int status = 400;
  std::string_view detail;
  switch (why) {
    case Refusal::kBadRequest:
      detail = "The body is not framed as HTTP/1.1 asks.";
      break;
    case Refusal::kTooSlow:
      status = 408;
      detail = "The body came too slowly.";
      break;
    case Refusal::kIncomplete:
      status = 408;
      detail = "The body did not arrive whole.";
      break;
    case Refusal::kTooLarge:
      status = 413;
      detail = request != nullptr && request->path.starts_with("/webhooks/")
                   ? "A delivery may have 25 MiB at most."
                   : "The body is too large.";
      break;
    case Refusal::kLongTarget:
      status = 414;
      break;
    case Refusal::kExpectation:
      status = 417;
      detail = "The one expectation that is met is 100-continue.";
      break;
    case Refusal::kHead:
      status = 431;
      break;
    case Refusal::kCrowded:
      status = 503;
      detail = "Too much is being received at once; send it again later.";
      break;
  }
  const std::string id = request == nullptr ? RequestId("") : request->id;
  // If only a part of the head was read, the answer has no detail.
  HttpAnswer answer = MakeProblem(status, request == nullptr ? "" : detail, id, "");
  if (request == nullptr) answer.fields.emplace_back(kRequestId, id);
  if (status == 503) answer.fields.emplace_back("Retry-After", "10");
  return answer;
}

void Front::Answered(const HttpRequest* request, const HttpAnswer& answer) {
  const std::string status = absl::StrCat(answer.status);
  const std::string route = request == nullptr ? "none" : RouteOf(request->path);
  metrics_.Count("retainer_http_requests_total", {{"route", route}, {"status", status}});
  if (request == nullptr) return;
  // Intake has logged the deliveries that it refused.
  const bool delivery = request->path.starts_with("/webhooks/");
  const bool unread = answer.status == 408 || answer.status == 413;
  if (delivery ? !unread : answer.status < 500) return;
  if (const auto kept_back = failures_.Allow(route, clock_.Steady())) {
    log_.Warning("request failed", {{"route", route},
                                    {"status", status},
                                    {"from", ClientOf(*request)},
                                    {"request", request->id},
                                    {"more_like_it", absl::StrCat(*kept_back)}});
  }
}

HttpAnswer Front::Problem(const HttpRequest& request, int status, std::string_view detail,
                          std::string_view code) {
  return MakeProblem(status, detail, request.id, code);
}

HttpAnswer Front::Nothing(const HttpRequest& request) {
  return Problem(request, 404, "There is nothing here.");
}

HttpAnswer Front::Ready(bool details) {
  const pipeline::Health health = desk_.CheckHealth();
  HttpAnswer answer = MakeText(health.ready ? 200 : 503, health.ready ? "ready\n" : "not ready\n");
  if (details) {
    answer.type = kJson;
    answer.body = HealthJson(health);
  }
  return answer;
}

HttpAnswer Front::Alive() { return MakeText(200, "ok\n"); }

std::string Front::ClientOf(const HttpRequest& request) const {
  return proxies_.ClientOf(request.peer, request.FindAll("X-Forwarded-For"));
}

void Front::SetBody(const HttpRequest& request, std::string body, std::string type,
                    std::optional<std::string> packed, HttpAnswer* answer) {
  bool taken = false;
  for (const std::string& codings : request.FindAll("Accept-Encoding")) {
    taken = taken || TakesGzip(codings);
  }
  if (!taken) {
    packed.reset();
  } else if (!packed) {
    packed = Gzip(body);
  }
  if (packed) answer->fields.emplace_back("Content-Encoding", "gzip");
  answer->type = std::move(type);
  answer->body = packed ? *std::move(packed) : std::move(body);
}

namespace {

// A scraper that names the format gets it, unless it gives it the weight 0.
bool AcceptsOpenMetrics(const HttpRequest& request) {
  for (const std::string& accepted : request.FindAll("Accept")) {
    for (absl::string_view range : absl::StrSplit(accepted, ',')) {
      const std::vector<std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(range), ';');
      if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]),
                                  "application/openmetrics-text")) {
        continue;
      }
      double weight = 1;
      for (const std::string& part : parts) {
        absl::string_view parameter = absl::StripAsciiWhitespace(part);
        if (absl::ConsumePrefix(&parameter, "q=") && !absl::SimpleAtod(parameter, &weight)) {
          weight = 0;
        }
      }
      if (weight > 0) return true;
    }
  }
  return false;
}

}  // namespace

OperatorsFront::OperatorsFront(pipeline::Desk& desk, Clock& clock, Log& log, Metrics& metrics,
                               const TrustedProxies& proxies,
                               std::function<std::string()> exposition,
                               std::function<std::string()> open)
    : Front(desk, clock, log, metrics, proxies),
      exposition_(std::move(exposition)),
      open_(std::move(open)) {}

HttpFront::Plan OperatorsFront::Look(HttpRequest& request) {
  Plan plan;
  const bool known = RouteOf(request.path) != kOtherRoute;
  if (!Asks(request) || !known) plan.answer = Nothing(request);
  return plan;
}

HttpAnswer OperatorsFront::Serve(HttpRequest& request) {
  if (request.path == "/healthz") return Alive();
  if (request.path == "/readyz") return Ready(/*details=*/true);
  desk_.TellFigures();
  HttpAnswer answer;
  if (open_ && AcceptsOpenMetrics(request)) {
    SetBody(request, open_(), "application/openmetrics-text; version=1.0.0; charset=utf-8",
            std::nullopt, &answer);
    return answer;
  }
  SetBody(request, exposition_(), "text/plain; version=0.0.4; charset=utf-8", std::nullopt,
          &answer);
  return answer;
}

std::string OperatorsFront::RouteOf(const std::string& path) const {
  for (const char* known : {"/healthz", "/readyz", "/metrics"}) {
    if (path == known) return known;
  }
  return kOtherRoute;
}

}  // namespace retainer::api
