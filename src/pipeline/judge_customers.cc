// Judge: what follows from a customer's hours, allowances and terms.
#include <algorithm>
#include <optional>
#include <utility>

#include "retainer/customer_notices.h"
#include "retainer/entitlement.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kWokenAtOnce = 100;

// Sets the wake-ups of these tickets to `now`.
absl::Status WakeNow(Store& store, const std::vector<TicketKey>& keys, int most_races,
                     absl::Time now) {
  if (keys.empty()) return absl::OkStatus();
  for (int race = 0; race < most_races; ++race) {
    auto records = store.LoadRecords(keys);  // those of a list are not complete
    if (!records.ok()) return records.status();
    std::vector<DecisionWrite> writes;
    for (TicketRecord& record : *records) {
      record.wake_at = std::min(record.wake_at.value_or(now), now);
      writes.emplace_back().record = std::move(record);
    }
    const absl::Status written = store.CommitAll(writes);
    if (!absl::IsAborted(written)) return written;
  }
  // A ticket that changes all the time is judged under the terms in force anyway.
  return absl::OkStatus();
}

}  // namespace

absl::Status Judge::PlansChanged(const std::vector<std::string>& customers,
                                 const std::optional<absl::Time>& since) {
  std::vector<TicketQuery> lists;
  for (const std::string& customer : customers) lists.emplace_back().customer = customer;
  if (since) lists.emplace_back();
  for (TicketQuery& list : lists) {
    list.open = true;
    list.order = TicketOrder::kOpened;
    list.descending = true;
    list.limit = kWokenAtOnce;
    for (bool more = true; more;) {
      const auto page = store_.FindTickets(list);
      if (!page.ok()) return page.status();
      more = page->size() == list.limit;
      std::vector<TicketKey> keys;
      for (const TicketRecord& record : *page) {
        list.after = PlaceOf(list, record);
        const bool wanted = !list.customer.empty() || record.opened_at >= *since;
        more &= wanted;
        if (wanted) keys.push_back(record.key);
      }
      if (auto woken = WakeNow(store_, keys, kMaxRaces, clock_.Now()); !woken.ok()) return woken;
    }
  }
  return absl::OkStatus();
}

absl::Status Judge::HoursChanged(const std::string& customer) {
  for (int race = 0; race < kMaxRaces; ++race) {
    const TermsHistory terms = terms_.Get();
    if (terms.empty()) return absl::OkStatus();
    std::vector<DecisionWrite> writes;
    absl::Status status = work_log_.WakeTickets(customer, terms, clock_.Now(), &writes);
    if (status.ok() && !writes.empty()) status = store_.CommitAll(writes);
    if (!absl::IsAborted(status)) return status;
  }
  // A ticket that changes all the time is judged with what is left anyway.
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Notice>> Judge::NoticesOf(const Policy& policy, const Customer& customer,
                                                     absl::Time now) {
  HoursBook book;
  if (!customer.hours.empty()) {
    const auto stored = store_.LoadCustomer(customer.id);
    if (!stored.ok()) return stored.status();
    book = ReadHours(customer.hours, stored->facts, DayFor(customer, now));
  }
  std::optional<AllowanceUse> used;
  const Plan* plan = PlanFor(policy, customer, now);
  if (plan != nullptr && !plan->allowance.empty()) {
    auto use = allowances_.UseAt(customer, now);
    if (!use.ok()) return use.status();
    used = *std::move(use);
  }
  return CustomerNotices(policy, customer, book, used, now);
}

absl::Status Judge::TellOfCustomer(const std::string& customer) {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::OkStatus();
  const Policy& policy = terms.back()->policy;
  const Customer* entry = policy.FindCustomer(customer);
  if (entry == nullptr) return absl::OkStatus();
  const auto notices = NoticesOf(policy, *entry, clock_.Now());
  if (!notices.ok()) return notices.status();
  return store_.AddNotices(*notices);
}

absl::Status Judge::TellOfCustomers() {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::OkStatus();
  const Policy& policy = terms.back()->policy;
  std::vector<Notice> all;
  for (const Customer& customer : policy.customers) {
    auto notices = NoticesOf(policy, customer, clock_.Now());
    if (!notices.ok()) return notices.status();
    std::move(notices->begin(), notices->end(), std::back_inserter(all));
  }
  return store_.AddNotices(all);
}

absl::StatusOr<NoticeReview::Word> Judge::ReviewOfCustomer(const TermsHistory& terms,
                                                           Notice* notice) {
  const Policy& policy = terms.back()->policy;
  const Customer* customer = policy.FindCustomer(notice->customer);
  if (customer == nullptr || customer->id != notice->customer) return Word::kDrop;
  const auto notices = NoticesOf(policy, *customer, clock_.Now());
  if (!notices.ok()) return notices.status();
  const auto still = std::find_if(notices->begin(), notices->end(),
                                  [&](const Notice& one) { return one.id == notice->id; });
  if (still == notices->end()) return Word::kDrop;
  if (!notice->told_since) {
    notice->text = still->text;
    notice->teams = still->teams;
    notice->crm = still->crm;
  }
  notice->is_private = notice->is_private || still->is_private;
  return Word::kTell;
}

absl::Status Judge::DecideAgain(const TicketKey& key) {
  // Nothing that was told about a customer or a week is taken back.
  if (key.forge.empty()) return absl::OkStatus();
  return Decide(key, {}).status();
}

}  // namespace retainer::pipeline
