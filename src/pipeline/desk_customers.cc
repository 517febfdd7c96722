// Desk: changes of what is known of a customer.
#include "src/pipeline/desk.h"

namespace retainer::pipeline {

absl::StatusOr<CustomerFact> Desk::ChangeCustomer(const std::string& customer,
                                                  const DecideFact& decide) {
  for (;;) {
    const auto stored = ports_.store.LoadCustomer(customer);
    if (!stored.ok()) return stored.status();
    auto fact = decide(ReadCustomerFacts(stored->facts));
    if (!fact.ok()) return fact.status();
    const Account& account = fact->account;
    const bool moves = !account.actor.id.empty();
    // Before, so that a crash does not lose it; after, because a ticket that was judged in between
    // did not see the change.
    if (moves) reconciler_.AccountChanged(account.forge, account.actor.id);
    const absl::Status added = ports_.store.AddCustomerFacts(customer, stored->version, {*fact});
    if (absl::IsAborted(added)) continue;
    if (!added.ok()) return added;
    if (moves) reconciler_.AccountChanged(account.forge, account.actor.id);
    if (reconciler_thread_ != nullptr) reconciler_thread_->wakeable.Wake();
    if (fact->kind == CustomerFactKind::kRemoved) {
      if (absl::Status ended = ports_.store.EndSessionsOf(account); !ended.ok()) return ended;
    }
    return fact;
  }
}

}  // namespace retainer::pipeline
