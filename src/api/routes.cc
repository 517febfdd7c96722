#include "src/api/routes.h"

namespace retainer {

std::vector<Route> MakeRoutes(const ApiRouteOptions& options) {
  std::vector<Route> routes;
  AddTicketRoutes(&routes);
  AddGateRoute(options, &routes);
  AddDeskRoutes(&routes);
  AddBadgeRoute(&routes);
  routes.push_back({"/openapi.json",
                    R"(/openapi\.json)",
                    Access::kOpen,
                    {},
                    [](const ApiContext&, const ApiRequest&) {
                      ApiAnswer answer;
                      answer.body = std::string(OpenApiDocument());
                      answer.stable = answer.body;
                      answer.headers = {{"Cache-Control", "public, max-age=3600"}};
                      return answer;
                    }});
  return routes;
}

}  // namespace retainer
