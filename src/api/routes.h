// The table of the REST API's routes: paths, who may ask, parameters. Besides deliveries and
// health, the server serves exactly these, and openapi.json describes the same.
//
// Handlers are thread-safe. They see only requests with a valid token and with parameters that this
// table allows, without repetition.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"

namespace retainer::api {

enum class Access {
  kToken,  // a token with scope read or more
  kGate,   // any token
  kBadge,  // a token, unless the policy says `badge: public`
  kOpen,
};

struct Route {
  // As in openapi.json: `/api/v1/customers/{id}`. Only the last segment may vary; it has at most
  // 200 bytes.
  std::string path;
  Access access = Access::kToken;
  std::vector<std::string> parameters;  // allowed in the query
  std::function<ApiAnswer(const ApiContext&, const ApiRequest&)> handle;
  // Answers a POST, which has no parameters; unset: there is none. A body has at most kLongestBody
  // bytes.
  std::function<ApiAnswer(const ApiContext&, const ApiRequest&)> post = {};
};
inline constexpr std::size_t kLongestBody = 16 * 1024;

struct ApiRouteOptions {
  // When a delivery has waited longer than this, the gate answers `unknown`, because the delivery
  // may matter.
  absl::Duration backlog_bound = absl::Minutes(2);
};

std::vector<Route> MakeRoutes(const ApiRouteOptions& options);

// Nullptr when no route has this (decoded) path. Sets `varying` to the value of the part in braces.
const Route* FindRoute(const std::vector<Route>& routes, std::string_view path,
                       std::string* varying);

// The parts of the table.
void AddTicketRoutes(std::vector<Route>* routes);
void AddGateRoute(const ApiRouteOptions& options, std::vector<Route>* routes);
void AddDeskRoutes(std::vector<Route>* routes);
void AddFigureRoutes(std::vector<Route>* routes);
void AddSimilarRoute(std::vector<Route>* routes);
void AddHoursRoutes(std::vector<Route>* routes);
void AddBadgeRoute(std::vector<Route>* routes);

// The text of openapi.json.
std::string_view OpenApiDocument();

}  // namespace retainer::api
