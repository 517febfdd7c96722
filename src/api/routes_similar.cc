// Solved tickets that are like another one: for the project's people alone.
#include <nlohmann/json.hpp>

#include "retainer/instant_text.h"
#include "src/api/exchange.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/similar/similar.h"

namespace retainer::api {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);

TicketRef NameOf(const TicketRecord& record) {
  return {record.key.forge, record.project_path, record.key.kind, record.key.number};
}

ApiAnswer ShowSimilar(const ApiContext& context, const ApiRequest& request) {
  const Caller& caller = *request.caller;
  // A project's token answers what may become public, and a customer is no responder.
  if (caller.bound())
    return Refuse(403, "Only a token without a project and a customer gets this.");
  const auto ref = ParseTicketRef(request.Get("ref"));
  if (!ref.ok()) return Refuse(400, "`ref` is a ticket like github:owner/repo#12.");
  const auto project = context.store.FindProjectByPath({ref->forge, ref->path});
  if (!project.ok()) return Trouble(context, request, "similar", project.status(), "");
  const char* const unknown = "Nothing is known of this ticket.";
  if (!*project) return Refuse(404, unknown);
  if (context.similar == nullptr) return Refuse(404, "Nothing is searched here.");
  similar::Asking asking;
  asking.reader = caller.reader();
  asking.patience = kPatience;
  const auto found =
      context.similar->FindFor({ref->forge, (*project)->key.id, ref->kind, ref->number}, asking);
  if (!found.ok()) return Trouble(context, request, "similar", found.status(), unknown);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const similar::SimilarTicket& one : *found) {
    list.push_back({{"ticket", ToString(NameOf(one.record))},
                    {"title", one.record.title},
                    {"url", one.record.url},
                    {"solved", std::string(similar::SolvedName(one.solved))},
                    {"score", one.score},
                    {"updated_at", Rfc3339(one.record.updated_at)}});
  }
  return JsonAnswer({{"ticket", ToString(*ref)}, {"similar", list}});
}

}  // namespace

void AddSimilarRoute(std::vector<Route>* routes) {
  routes->push_back({"/api/v1/similar", Access::kToken, {"ref"}, ShowSimilar});
}

}  // namespace retainer::api
