#include "src/store/index_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"

namespace retainer::store {
namespace {

using Rows = std::map<std::pair<Table, std::string>, std::string>;

void AddRow(Rows* rows, Table table, std::string key, std::string value = "") {
  rows->emplace(std::pair(table, std::move(key)), std::move(value));
}

// The lists of one scope: a whole ticket or one customer's claim.
class Lists {
 public:
  Lists(const TicketRecord& record, std::string_view customer, absl::Time due, Rows* rows)
      : record_(record), customer_(customer), due_(due), rows_(rows) {}

  void Add(Dimension dimension, std::string_view value) {
    AddTo(ListPrefix(dimension, customer_, value), due_);
    AddTo(ListPrefix(dimension, customer_, value, ListOrder::kOpened), record_.opened_at);
    AddTo(ListPrefix(dimension, customer_, value, ListOrder::kUpdated), record_.updated_at);
  }
  void AddPlace() {
    Add(Dimension::kOpen, record_.open ? "open" : "closed");
    Add(Dimension::kProject, IndexProject(record_.key.forge, record_.key.project));
  }
  void AddPriority(std::string_view priority) {
    Add(Dimension::kPriority, priority);
    Add(Dimension::kProjectPriority,
        IndexProjectPriority(IndexProject(record_.key.forge, record_.key.project), priority));
  }
  void AddMetrics(const ClaimRecord& claim) {
    for (const OpenPromise& promise : claim.promises) {
      Add(Dimension::kMetric, MetricName(promise.metric));
    }
  }

 private:
  void AddTo(const std::string& list, absl::Time at) {
    AddRow(rows_, Table::kIndexes, KeyWriter().Raw(list).Instant(at).Ticket(record_.key).Take());
  }

  const TicketRecord& record_;
  const std::string_view customer_;
  const absl::Time due_;
  Rows* const rows_;
};

void AddOwed(const TicketRecord& record, const ClaimRecord& claim, Rows* rows) {
  absl::Time broken = absl::InfiniteFuture();
  absl::Time at_risk = absl::InfiniteFuture();
  for (const OpenPromise& promise : claim.promises) {
    if (promise.kind != PromiseKind::kCommitment) continue;
    broken = std::min(broken, promise.due);
    at_risk = std::min(
        {at_risk, promise.due, promise.paused ? absl::InfiniteFuture() : promise.at_risk_at});
  }
  const std::string project = IndexProject(record.key.forge, record.key.project);
  const std::string value = EncodeRecord(OwedRecord{record.url, claim.promises});
  const auto add = [&](OwedAt which, absl::Time at) {
    if (at == absl::InfiniteFuture()) return;
    for (const Dimension dimension : {Dimension::kOwed, Dimension::kOwedInOpen}) {
      if (dimension == Dimension::kOwedInOpen && claim.hidden) continue;
      AddRow(rows, Table::kIndexes,
             KeyWriter()
                 .U8(static_cast<std::uint8_t>(dimension))
                 .Text(project)
                 .Text(claim.plan)
                 .Text(claim.priority)
                 .U8(static_cast<std::uint8_t>(which))
                 .Instant(at)
                 .Ticket(record.key)
                 .Text(claim.customer)
                 .Take(),
             value);
    }
    AddRow(rows, Table::kIndexes,
           KeyWriter()
               .U8(static_cast<std::uint8_t>(Dimension::kOwedTo))
               .Text(project)
               .Text(claim.customer)
               .Text(claim.plan)
               .Text(claim.priority)
               .U8(static_cast<std::uint8_t>(which))
               .Instant(at)
               .Ticket(record.key)
               .Take(),
           value);
  };
  add(OwedAt::kBroken, broken);
  add(OwedAt::kAtRisk, at_risk);
}

void AddHiddenOwed(const TicketRecord& record, Rows* rows) {
  const HiddenOwed& owed = *record.hidden_owed;
  const auto add = [&](OwedAt which, HiddenEnd end, absl::Time at) {
    AddRow(
        rows, Table::kIndexes,
        KeyWriter()
            .Raw(HiddenOwedPrefix(IndexProject(record.key.forge, record.key.project), which, end))
            .Instant(at)
            .Ticket(record.key)
            .Take());
  };
  for (const auto& [which, span] :
       {std::pair(OwedAt::kBroken, owed.broken), std::pair(OwedAt::kAtRisk, owed.at_risk)}) {
    if (span.since != absl::InfiniteFuture()) {
      add(which, HiddenEnd::kFrom, CoarseAt(span.since, owed.shift_seconds));
    }
    if (span.until != absl::InfinitePast()) add(which, HiddenEnd::kUntil, span.until);
  }
}

}  // namespace

std::string HiddenOwedPrefix(std::string_view project, OwedAt which, HiddenEnd end) {
  return KeyWriter()
      .U8(static_cast<std::uint8_t>(Dimension::kHiddenOwed))
      .Text(project)
      .U8(static_cast<std::uint8_t>(which))
      .U8(static_cast<std::uint8_t>(end))
      .Take();
}

std::string TicketRowKey(const TicketKey& key) { return KeyWriter().Ticket(key).Take(); }

std::string EntryKey(const std::string& forge, std::uint64_t seq) {
  return KeyWriter().Text(forge).U64(seq).Take();
}

std::string IndexProject(const std::string& forge, const std::string& project) {
  return absl::StrCat(forge, "/", project);
}

std::string IndexTurn(Turn turn) { return absl::StrCat(static_cast<int>(turn)); }

std::string IndexProjectPriority(std::string_view project, std::string_view priority) {
  return KeyWriter().Text(project).Text(priority).Take();
}

std::string ListPrefix(Dimension dimension, std::string_view customer, std::string_view value,
                       std::optional<ListOrder> order) {
  KeyWriter writer;
  if (order) {
    writer.U8(static_cast<std::uint8_t>(Dimension::kOrdered));
    writer.U8(static_cast<std::uint8_t>(*order));
  }
  return writer.U8(static_cast<std::uint8_t>(dimension)).Text(customer).Text(value).Take();
}

std::string AsksPrefix(const std::string& forge) {
  return KeyWriter().U8(static_cast<std::uint8_t>(Dimension::kAsks)).Text(forge).Take();
}

std::string FixesPrefix(const TicketKey& fixed, ChangeState state) {
  return KeyWriter()
      .U8(static_cast<std::uint8_t>(Dimension::kFixedBy))
      .Ticket(fixed)
      .U8(static_cast<std::uint8_t>(state))
      .Take();
}

Rows DerivedRows(const TicketRecord& record) {
  Rows rows;
  if (record.open) AddRow(&rows, Table::kOpenTickets, TicketRowKey(record.key));
  const bool wakes = record.wake_at && *record.wake_at != absl::InfiniteFuture();
  if (wakes) {
    AddRow(&rows, Table::kWakeups, KeyWriter().Instant(*record.wake_at).Ticket(record.key).Take());
  }
  const std::vector<ClaimRecord> claims = ClaimsInForce(record);
  Lists ticket(record, "", DueIn(record, ""), &rows);
  ticket.AddPlace();
  std::set<std::string> priorities(record.priorities.begin(), record.priorities.end());
  if (priorities.size() > 1) priorities.erase("");
  if (priorities.empty()) priorities.insert("");
  for (const std::string& priority : priorities) ticket.AddPriority(priority);
  if (record.worst) ticket.Add(Dimension::kWorst, ClockStateName(*record.worst));
  for (const ClaimRecord& claim : claims) {
    ticket.AddMetrics(claim);
    Lists mine(record, claim.customer, DueIn(record, claim.customer), &rows);
    mine.AddPlace();
    mine.AddMetrics(claim);
    mine.AddPriority(claim.priority);
    if (const auto worst = StateAt(claim, record.decided_at)) {
      mine.Add(Dimension::kWorst, ClockStateName(*worst));
    }
  }
  const auto turn = TurnOf(record);
  if (turn) ticket.Add(Dimension::kTurn, IndexTurn(*turn));
  if (record.tracked && (record.open || record.next_due || turn)) {
    for (const std::string& team : record.teams) ticket.Add(Dimension::kTeam, team);
    if (record.teams.empty()) ticket.Add(Dimension::kTeam, "");
  }
  for (const std::string& customer : record.over) {
    const std::string list = OverAllowanceOf(customer);
    Lists(record, list, DueIn(record, list), &rows).AddPlace();
  }
  if (record.tracked) {
    for (const ClaimRecord& claim : claims) AddOwed(record, claim, &rows);
  }
  if (record.hidden_owed) AddHiddenOwed(record, &rows);
  const std::string project = IndexProject(record.key.forge, record.key.project);
  if (record.tracked && record.questions > 0 && (record.open || wakes)) {
    AddRow(&rows, Table::kIndexes,
           KeyWriter()
               .U8(static_cast<std::uint8_t>(Dimension::kQuestions))
               .Text(project)
               .Ticket(record.key)
               .Take());
  }
  if (record.tracked && record.outside_questions > 0 && (record.open || wakes)) {
    AddRow(&rows, Table::kIndexes,
           KeyWriter()
               .U8(static_cast<std::uint8_t>(Dimension::kQuestionsOutside))
               .Text(project)
               .Ticket(record.key)
               .Take());
  }
  if (record.tracked && (record.open || wakes)) {
    // A record that names customers without their claims has to be judged again.
    const bool known = record.claims.size() == record.customers.size();
    AddRow(&rows, Table::kIndexes,
           KeyWriter()
               .U8(static_cast<std::uint8_t>(Dimension::kJudgedUnder))
               .Text(project)
               .Text(known ? std::string_view(record.terms_id) : "")
               .Ticket(record.key)
               .Take());
  }
  if (record.asks.ask_everybody || record.asks.ask_hidden) {
    AddRow(&rows, Table::kIndexes,
           KeyWriter().Raw(AsksPrefix(record.key.forge)).Ticket(record.key).Take());
  }
  if (record.change) {
    for (const TicketKey& fixed : record.change->fixes) {
      AddRow(&rows, Table::kIndexes,
             KeyWriter().Raw(FixesPrefix(fixed, record.change->state)).Ticket(record.key).Take());
    }
  }
  return rows;
}

std::string TakesPartPrefix(const std::string& forge) {
  return KeyWriter().U8(static_cast<std::uint8_t>(Dimension::kTakesPart)).Text(forge).Take();
}

std::string TakesPartPrefix(const std::string& forge, const std::string& account) {
  return KeyWriter().Raw(TakesPartPrefix(forge)).Text(account).Take();
}

void StageTakesPart(const TicketKey& ticket, const Fact& fact, Batch* batch) {
  for (const std::string& account : AccountsIn(fact)) {
    batch->Put(Table::kIndexes,
               KeyWriter().Raw(TakesPartPrefix(ticket.forge, account)).Ticket(ticket).Take(), "");
  }
}

std::map<std::string, std::int64_t> EndingRows(const TicketRecord& record) {
  std::map<std::string, std::int64_t> rows;
  for (const EndingCount& ending : record.endings) {
    rows[KeyWriter()
             .U8(static_cast<std::uint8_t>(Counter::kEndings))
             .Text(ending.customer)
             .Text(IndexProject(record.key.forge, record.key.project))
             .U64(static_cast<std::uint64_t>(std::max(ending.day, 0)))
             .U8(static_cast<std::uint8_t>(ending.metric))
             .U8(static_cast<std::uint8_t>(ending.ending))
             .U8(ending.took)
             .U8(ending.trial ? 1 : 0)
             .Take()] += ending.count;
  }
  return rows;
}

std::map<std::string, std::int64_t> OpenRows(const TicketRecord& record) {
  std::map<std::string, std::int64_t> rows;
  if (!record.open || !record.tracked) return rows;
  std::vector<ClaimRecord> claims = ClaimsInForce(record);
  if (claims.empty()) claims.emplace_back();
  for (const ClaimRecord& claim : claims) {
    const auto state = StateAt(claim, record.decided_at);
    ++rows[KeyWriter()
               .U8(static_cast<std::uint8_t>(Counter::kOpenTickets))
               .Text(claim.plan)
               .Text(claim.priority)
               .U8(state ? static_cast<std::uint8_t>(*state) : 0)
               .Take()];
  }
  return rows;
}

void StageDerived(const std::optional<TicketRecord>& old, const TicketRecord& record,
                  Batch* batch) {
  const Rows now = DerivedRows(record);
  const Rows before = old ? DerivedRows(*old) : Rows();
  for (const auto& [row, value] : before) {
    if (!now.contains(row)) batch->Delete(row.first, row.second);
  }
  for (const auto& [row, value] : now) {
    const auto there = before.find(row);
    if (there == before.end() || there->second != value) batch->Put(row.first, row.second, value);
  }
  std::map<std::string, std::int64_t> counts = EndingRows(record);
  if (old) {
    for (const auto& [key, count] : EndingRows(*old)) counts[key] -= count;
    for (const auto& [key, count] : OpenRows(*old)) counts[key] -= count;
  }
  for (const auto& [key, count] : OpenRows(record)) counts[key] += count;
  for (const auto& [key, by] : counts) {
    if (by != 0) batch->AddTo(key, by);
  }
}

}  // namespace retainer::store
