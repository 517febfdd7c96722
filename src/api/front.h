// The fronts of the two listeners: deliveries, the routes of the API, health, metrics.
//
// Thread-safe. All arguments must outlive it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "src/api/attempts.h"
#include "src/api/client_address.h"
#include "src/api/exchange.h"
#include "src/api/http_front.h"
#include "src/api/routes.h"
#include "src/pages/page_front.h"
#include "src/pipeline/desk.h"
#include "src/pipeline/throttle.h"

namespace retainer::api {

// Makes problem documents of errors, counts and logs. Derived classes serve the requests.
class Front : public HttpFront {
 public:
  Front(pipeline::Desk& desk, Clock& clock, Log& log, Metrics& metrics,
        const TrustedProxies& proxies);

  void Answer(HttpRequest& request, Done done) override;
  HttpAnswer Refuse(const HttpRequest* request, Refusal why) final;
  void Answered(const HttpRequest* request, const HttpAnswer& answer) final;

 protected:
  static constexpr char kOtherRoute[] = "other";

  // May throw.
  virtual HttpAnswer Serve(HttpRequest& request) = 0;
  // A label with few values, whatever the path is.
  virtual std::string RouteOf(const std::string& path) const = 0;

  HttpAnswer FailedInside(const HttpRequest& request);
  static HttpAnswer Problem(const HttpRequest& request, int status, std::string_view detail,
                            std::string_view code = {});
  static HttpAnswer Nothing(const HttpRequest& request);
  static HttpAnswer Alive();
  HttpAnswer Ready(bool details);
  // Sets the body, compressed if the client accepts it. `packed` is the result of an earlier
  // Gzip(), if there was one.
  static void SetBody(const HttpRequest& request, std::string body, std::string type,
                      std::optional<std::string> packed, HttpAnswer* answer);
  // The client's address.
  std::string ClientOf(const HttpRequest& request) const;

  pipeline::Desk& desk_;
  Clock& clock_;
  Log& log_;
  pipeline::Throttle failures_;

 private:
  Metrics& metrics_;
  const TrustedProxies& proxies_;
};

// The front of the public listener.
class PublicFront final : public Front {
 public:
  struct Options {
    std::uint64_t max_body = 0;
    AttemptLimits attempts;
    OidcVerifier* oidc = nullptr;
    ApiRouteOptions routes;
    const pages::Pages* pages = nullptr;  // nullptr: there are none
    similar::Similar* similar = nullptr;  // nullptr: nothing is searched
  };
  PublicFront(pipeline::Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
              const TrustedProxies& proxies, Options options);

  Plan Look(HttpRequest& request) override;
  void Answer(HttpRequest& request, Done done) override;

 private:
  HttpAnswer Serve(HttpRequest& request) override;
  std::string RouteOf(const std::string& path) const override;

  Plan LookAtDelivery(const HttpRequest& request) const;
  // Answers after the delivery is on disk, in one write with others that came meanwhile.
  void TakeDelivery(const HttpRequest& request, Done done);
  static HttpAnswer AnswerOf(const HttpRequest& request, const pipeline::IntakeAnswer& taken);
  static HttpAnswer Dress(ApiAnswer given, const HttpRequest& request);
  HttpAnswer AnswerRoute(const Route& route, std::string varying, const HttpRequest& request);
  bool IsPage(const std::string& path) const {
    return options_.pages != nullptr && options_.pages->RouteOf(path).has_value();
  }
  // A route of the API that takes a POST.
  bool IsPosted(const std::string& path) const {
    std::string varying;
    const Route* route = FindRoute(routes_, path, &varying);
    return route != nullptr && route->post;
  }
  HttpAnswer AnswerPage(const HttpRequest& request);
  bool MustAuthenticate(const Route& route, const HttpRequest& request) const;
  void LogRefusedJob(const std::string& why, const std::string& client, const std::string& request);

  Store& store_;
  const Options options_;
  const ApiContext context_;
  const std::vector<Route> routes_;
  FailedAttempts attempts_;
  FailedAttempts guesses_;  // of the pages' secret links
};

// The front for operators and scrapers.
class OperatorsFront final : public Front {
 public:
  // `exposition` renders the metrics in Prometheus' text format, `open` in OpenMetrics', for
  // scrapers that accept it; null: nobody gets that.
  OperatorsFront(pipeline::Desk& desk, Clock& clock, Log& log, Metrics& metrics,
                 const TrustedProxies& proxies, std::function<std::string()> exposition,
                 std::function<std::string()> open);

  Plan Look(HttpRequest& request) override;

 private:
  HttpAnswer Serve(HttpRequest& request) override;
  std::string RouteOf(const std::string& path) const override;

  const std::function<std::string()> exposition_;
  const std::function<std::string()> open_;
};

}  // namespace retainer::api
