#include "src/cli/fact_pages.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kTicketsAtOnce = 100;

nlohmann::ordered_json FactJson(const TicketRef& ticket, const Fact& fact) {
  nlohmann::ordered_json commands = nlohmann::ordered_json::array();
  for (const Command& command : fact.text.commands) commands.push_back(ToString(command));
  return {{"ticket", ToString(ticket)},
          {"id", fact.id},
          {"kind", std::string(FactKindName(fact.kind))},
          {"at", Rfc3339(fact.at)},
          {"by_delivery", fact.provenance == Provenance::kWebhook},
          {"actor", fact.actor.login},
          {"machine", fact.actor.machine},
          {"author", fact.author.login},
          {"subject", fact.subject},
          {"value", fact.value},
          {"internal", fact.internal},
          {"substance", fact.text.substance},
          {"thanks", fact.text.thanks},
          {"asks", fact.text.asks},
          {"commands", std::move(commands)},
          {"labels", fact.labels}};
}

}  // namespace

absl::StatusOr<OperationResult> ListFacts(Store& store, const nlohmann::ordered_json& request) {
  const std::string forge = request.at("forge");
  const auto after = pipeline::ParseTicketKey(request.value("after", ""));
  const auto page = store.ListTickets(forge, "", after, kTicketsAtOnce, /*open_only=*/false);
  if (!page.ok()) return page.status();
  nlohmann::ordered_json facts = nlohmann::ordered_json::array();
  for (const TicketRecord& record : *page) {
    const auto stored = store.LoadTicket(record.key);
    if (!stored.ok()) return stored.status();
    const TicketRef ref{record.key.forge, record.project_path, record.key.kind, record.key.number};
    for (const Fact* fact : stored->facts.InOrder()) facts.push_back(FactJson(ref, *fact));
  }
  OperationResult result;
  result.data = {{"facts", std::move(facts)}};
  if (page->size() == kTicketsAtOnce) result.data["last"] = ToString(page->back().key);
  return result;
}

}  // namespace retainer::cli
