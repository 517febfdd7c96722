#include "src/pipeline/work_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/hours.h"
#include "src/base/digest.h"

namespace retainer::pipeline {
namespace {

constexpr std::size_t kEntryLength = 12;

// The public id of the entry of a command. The same command always has the same id.
std::string EntryOf(const TicketKey& ticket, const std::string& subject) {
  return base::Sha256Hex(absl::StrCat(ToString(ticket), "\n", subject)).substr(0, kEntryLength);
}

std::string NameOf(const TicketContext& context) {
  return ToString(TicketRef{context.key.forge, context.path, context.key.kind, context.key.number});
}

absl::Time BeginOf(absl::CivilDay day, const Customer& customer) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(customer.time_zone, &zone)) zone = absl::UTCTimeZone();
  return absl::FromCivil(day, zone);
}

}  // namespace

absl::StatusOr<std::vector<CustomerFact>> WorkLog::FactsOf(const std::string& customer,
                                                           const Draft& draft,
                                                           std::uint64_t* version) {
  auto stored = store_.LoadCustomer(customer);
  if (!stored.ok()) return stored.status();
  *version = stored->version;
  const auto added = draft.customers.find(customer);
  if (added != draft.customers.end()) {
    // Decided on this version; if there is a newer one, the commit fails and all is done again.
    *version = added->second.version;
    stored->facts.insert(stored->facts.end(), added->second.facts.begin(),
                         added->second.facts.end());
  }
  return std::move(stored->facts);
}

absl::StatusOr<bool> WorkLog::Answer(const TermsHistory& terms, absl::Time now, Sure sure,
                                     Draft* draft, std::vector<Fact>* facts) {
  const Policy& policy = terms.back()->policy;
  const std::vector<WorkCommand> commands = draft->decision.standing.work;
  const std::size_t before = facts->size();
  for (const WorkCommand& command : commands) {
    Fact answer;
    answer.kind = FactKind::kWorkAnswered;
    answer.provenance = Provenance::kNetwork;
    answer.subject = command.subject;
    answer.id = MakeFactId(answer.kind, answer.subject, "");
    answer.at = now;
    answer.labels = {command.customer};
    const Customer* customer = policy.FindCustomer(command.customer);
    if (customer == nullptr) continue;  // the next version of the policy ends the claim
    if (customer->is_public ? !sure.everybody : !sure.hidden) continue;
    answer.internal = !customer->is_public;
    if (command.readable) {
      answer.value =
          "the customer is private and others read this: use `retainer hours log` or the API";
    } else {
      std::uint64_t version = 0;
      const auto known = FactsOf(customer->id, *draft, &version);
      if (!known.ok()) return known.status();
      Work work;
      work.entry = EntryOf(draft->key, command.subject);
      work.time = {command.minutes, true};
      work.day = std::min(DayFor(*customer, command.at), DayFor(*customer, now));
      work.by = absl::StrCat(draft->key.forge, ":",
                             command.by.login.empty() ? command.by.id : command.by.login);
      work.ticket = ToString(draft->key);
      work.ticket_name = NameOf(draft->context);
      work.text = command.text;
      auto fact = MakeWorkLogged(*customer, *known, std::move(work), now);
      if (fact.ok()) {
        StoredCustomer& added = draft->customers[customer->id];
        added.customer = customer->id;
        added.version = version;
        added.facts.push_back(*std::move(fact));
      } else if (!absl::IsAlreadyExists(fact.status())) {
        answer.value = std::string(fact.status().message());
      }
    }
    facts->push_back(std::move(answer));
  }
  return facts->size() > before;
}

absl::StatusOr<bool> WorkLog::Find(const TermsHistory& terms, absl::Time now, Draft* draft) {
  const Standing& standing = draft->decision.standing;
  const Policy& policy = terms.back()->policy;
  std::map<std::string, std::vector<HoursLeft>> hours;
  draft->hours_change = absl::InfiniteFuture();
  if (!draft->decision.face) return false;  // what is shown stays
  const bool any_request = std::any_of(policy.requests.begin(), policy.requests.end(),
                                       [](const auto& kind) { return kind.second.hours; });
  for (const std::string& id : draft->decision.face->discloses) {
    const Customer* customer = policy.FindCustomer(id);
    if (!standing.open || customer == nullptr || !customer->is_public) continue;
    if (customer->hours.empty() && !any_request) continue;
    std::uint64_t version = 0;
    const auto facts = FactsOf(customer->id, *draft, &version);
    if (!facts.ok()) return facts.status();
    const absl::CivilDay today = DayFor(*customer, now);
    hours[customer->id] = HoursLeftAt(ReadHours(customer->hours, *facts, today), today);
    for (const HoursBlock& block : customer->hours) {
      for (const absl::CivilDay day : {block.from, block.until + 1}) {
        if (day > today) {
          draft->hours_change = std::min(draft->hours_change, BeginOf(day, *customer));
        }
      }
    }
  }
  return std::exchange(draft->context.hours, hours) != hours;
}

absl::Status WorkLog::WakeTickets(const std::string& customer, const TermsHistory& terms,
                                  absl::Time now, std::vector<DecisionWrite>* writes) {
  const Customer* entry = terms.back()->policy.FindCustomer(customer);
  if (entry == nullptr || !entry->is_public || entry->hours.empty()) return absl::OkStatus();
  TicketQuery query;
  query.customer = customer;
  query.open = true;
  query.order = TicketOrder::kUpdated;
  query.descending = true;
  query.limit = kMostWoken;
  const auto found = store_.FindTickets(query);
  if (!found.ok()) return found.status();
  std::vector<TicketKey> keys;
  for (const TicketRecord& record : *found) {
    const bool written = std::any_of(writes->begin(), writes->end(), [&](const DecisionWrite& w) {
      return w.record.key == record.key;
    });
    if (!written) keys.push_back(record.key);
  }
  auto records = store_.LoadRecords(keys);  // those of a list are not complete
  if (!records.ok()) return records.status();
  for (TicketRecord& record : *records) {
    record.wake_at = std::min(record.wake_at.value_or(now), now);
    writes->emplace_back().record = std::move(record);
  }
  return absl::OkStatus();
}

absl::Status WorkLog::Wake(const std::vector<Draft>& drafts, const TermsHistory& terms,
                           absl::Time now, std::vector<DecisionWrite>* writes) {
  for (const Draft& draft : drafts) {
    for (const auto& [customer, added] : draft.customers) {
      if (auto status = WakeTickets(customer, terms, now, writes); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
