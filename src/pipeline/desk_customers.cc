// Desk: changes of what is known of a customer.
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/pipeline/desk.h"

namespace retainer::pipeline {

absl::StatusOr<CustomerFact> Desk::ChangeCustomer(const std::string& customer,
                                                  const DecideFact& decide) {
  for (;;) {
    const auto stored = ports_.store.LoadCustomer(customer);
    if (!stored.ok()) return stored.status();
    auto fact = decide(ReadCustomerFacts(stored->facts));
    if (!fact.ok()) return fact.status();
    const bool is_work = fact->kind == CustomerFactKind::kWorkLogged ||
                         fact->kind == CustomerFactKind::kWorkCorrected;
    const Account& account = fact->account;
    // What an account pays for moves tickets only if it grants something: see ChangeSubscriber.
    const bool moves = !account.actor.id.empty() && !fact->subscription;
    // Before, so that a crash does not lose it; after, because a ticket that was judged in between
    // did not see the change.
    if (moves) reconciler_.AccountChanged(account.forge, account.actor.id);
    const absl::Status added = ports_.store.AddCustomerFacts(customer, stored->version, {*fact});
    if (absl::IsAborted(added)) continue;
    if (!added.ok()) return added;
    if (moves) reconciler_.AccountChanged(account.forge, account.actor.id);
    if (reconciler_thread_ != nullptr) reconciler_thread_->wakeable.Wake();
    if (is_work) {
      // The entry is on disk. If this fails, the tickets show it when they are next judged, and the
      // team is told at the next look.
      absl::Status told = judge_.HoursChanged(customer);
      told.Update(judge_.TellOfCustomer(customer));
      if (!told.ok()) LogTrouble("balance of hours could not be told", "", told);
      ports_.metrics.Count(
          "retainer_work_entries_total",
          {{"result", fact->kind == CustomerFactKind::kWorkLogged ? "logged" : "corrected"}});
      if (notifier_thread_ != nullptr) notifier_thread_->wakeable.Wake();
      if (timers_thread_ != nullptr) timers_thread_->wakeable.Wake();
    }
    if (fact->kind == CustomerFactKind::kRemoved) {
      if (absl::Status ended = ports_.store.EndSessionsOf(account); !ended.ok()) return ended;
    }
    return fact;
  }
}

absl::Status Desk::Tell(const std::vector<Notice>& notices) {
  if (notices.empty()) return absl::OkStatus();
  if (absl::Status added = ports_.store.AddNotices(notices); !added.ok()) return added;
  if (notifier_thread_ != nullptr) notifier_thread_->wakeable.Wake();
  return absl::OkStatus();
}

absl::StatusOr<Customer> Desk::CustomerInForce(const std::string& customer) const {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) {
    return absl::FailedPreconditionError(
        "no valid policy is in force yet: `retainer check` says what is wrong with it");
  }
  const Customer* entry = terms.back()->policy.FindCustomer(customer);
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat("the policy has no customer \"", customer, "\""));
  }
  return *entry;
}

absl::StatusOr<HoursEntry> Desk::ReadEntry(const Customer& customer, const std::string& entry) {
  const auto stored = ports_.store.LoadCustomer(customer.id);
  if (!stored.ok()) return stored.status();
  const HoursBook book =
      ReadHours(customer.hours, stored->facts, DayFor(customer, ports_.clock.Now()));
  const HoursEntry* found = book.Find(entry);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("no entry ", entry));
  return *found;
}

absl::StatusOr<HoursEntry> Desk::LogWork(const std::string& customer, Work work) {
  const auto entry = CustomerInForce(customer);
  if (!entry.ok()) return entry.status();
  const bool may_repeat = !work.entry.empty();
  if (!may_repeat) {
    auto id = base::RandomHex(6);
    if (!id.ok()) return id.status();
    work.entry = *std::move(id);
  }
  const auto fact = ChangeCustomer(entry->id, [&](const CustomerBook& book) {
    return MakeWorkLogged(*entry, book.work, work, ports_.clock.Now());
  });
  if (!fact.ok() && !(may_repeat && absl::IsAlreadyExists(fact.status()))) return fact.status();
  return ReadEntry(*entry, work.entry);
}

absl::StatusOr<HoursEntry> Desk::CorrectWork(const std::string& customer, const std::string& entry,
                                             WorkTime time, const std::string& why,
                                             const std::string& by) {
  const auto known = CustomerInForce(customer);
  if (!known.ok()) return known.status();
  const auto fact = ChangeCustomer(known->id, [&](const CustomerBook& book) {
    return MakeWorkCorrected(*known, book.work, entry, time, why, by, ports_.clock.Now());
  });
  if (!fact.ok()) return fact.status();
  return ReadEntry(*known, entry);
}

}  // namespace retainer::pipeline
