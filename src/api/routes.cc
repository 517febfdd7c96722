#include "src/api/routes.h"

namespace retainer::api {

std::vector<Route> MakeRoutes(const ApiRouteOptions& options) {
  std::vector<Route> routes;
  AddTicketRoutes(&routes);
  AddGateRoute(options, &routes);
  AddDeskRoutes(&routes);
  AddFigureRoutes(&routes);
  AddSimilarRoute(&routes);
  AddHoursRoutes(&routes);
  AddBadgeRoute(&routes);
  routes.push_back({"/openapi.json", Access::kOpen, {}, [](const ApiContext&, const ApiRequest&) {
                      ApiAnswer answer;
                      answer.body = std::string(OpenApiDocument());
                      answer.stable = answer.body;
                      answer.headers = {{"Cache-Control", "public, max-age=3600"}};
                      return answer;
                    }});
  return routes;
}

const Route* FindRoute(const std::vector<Route>& routes, std::string_view path,
                       std::string* varying) {
  constexpr std::size_t kLongest = 200;
  for (const Route& route : routes) {
    const std::size_t varies = route.path.find('{');
    if (varies == std::string::npos) {
      if (path == route.path) return &route;
      continue;
    }
    if (!path.starts_with(std::string_view(route.path).substr(0, varies))) continue;
    const std::string_view last = path.substr(varies);
    if (last.empty() || last.size() > kLongest || last.find('/') != last.npos) continue;
    *varying = std::string(last);
    return &route;
  }
  return nullptr;
}

}  // namespace retainer::api
