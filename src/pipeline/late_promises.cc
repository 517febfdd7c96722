#include "src/pipeline/late_promises.h"

#include <vector>

namespace retainer::pipeline {

absl::StatusOr<LatePromises> CountLate(Store& store, const std::string& customer,
                                       const std::optional<ProjectKey>& project, absl::Time now) {
  LatePromises late;
  TicketQuery query;
  query.customer = customer;
  query.project = project;
  query.due_before = now + absl::Nanoseconds(1);
  while (true) {
    const auto page = store.FindTickets(query);
    if (!page.ok()) return page.status();
    for (const TicketRecord& record : *page) {
      for (const ClaimRecord& claim : ClaimsInForce(record)) {
        if (claim.customer != customer) continue;
        for (const OpenPromise& promise : claim.promises) {
          if (promise.due <= now) ++late[promise.metric];
        }
      }
    }
    if (page->size() < query.limit) return late;
    query.after = PlaceOf(query, page->back());
  }
}

}  // namespace retainer::pipeline
