// The routes of the REST API, in a table: what they are called, who may ask, what they take. The
// server serves exactly these beside deliveries and health, and openapi.json describes the same.
//
// Handlers are thread-safe and see a request whose token holds, whose parameters are named here and
// occur once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"

namespace retainer {

enum class Access {
  kToken,  // of scope read or more
  kGate,   // any token
  kBadge,  // a token, save where the policy says `badge: public`
  kOpen,
};

struct Route {
  // As openapi.json writes it: `/api/v1/customers/{id}`. What varies is the last segment, of at
  // most 200 bytes.
  std::string path;
  Access access = Access::kToken;
  std::vector<std::string> parameters;  // of the query
  std::function<ApiAnswer(const ApiContext&, const ApiRequest&)> handle;
};

struct ApiRouteOptions {
  // A delivery that waits longer than this may hold what a question is about.
  absl::Duration backlog_bound = absl::Minutes(2);
};

std::vector<Route> MakeRoutes(const ApiRouteOptions& options);

// Nullptr where none has this path (decoded). `varying`: what stands for the part in braces.
const Route* FindRoute(const std::vector<Route>& routes, std::string_view path,
                       std::string* varying);

// Its parts.
void AddTicketRoutes(std::vector<Route>* routes);
void AddGateRoute(const ApiRouteOptions& options, std::vector<Route>* routes);
void AddDeskRoutes(std::vector<Route>* routes);
void AddBadgeRoute(std::vector<Route>* routes);

// The document itself.
std::string_view OpenApiDocument();

}  // namespace retainer
