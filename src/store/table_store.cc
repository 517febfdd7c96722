// Opening, decisions and tickets.
#include "src/store/table_store.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/reads.h"

namespace retainer {
namespace {

constexpr std::string_view kSchemaKey = "schema";

std::string TicketRowKey(const TicketKey& key) { return KeyWriter().Ticket(key).Take(); }

// The rows of other tables that a ticket's record stands for.
std::set<std::pair<Table, std::string>> DerivedRows(const TicketRecord& record) {
  std::set<std::pair<Table, std::string>> rows;
  if (record.open) rows.emplace(Table::kOpenTickets, TicketRowKey(record.key));
  if (record.wake_at && *record.wake_at != absl::InfiniteFuture()) {
    rows.emplace(Table::kWakeups, KeyWriter().Instant(*record.wake_at).Ticket(record.key).Take());
  }
  const absl::Time due = record.next_due.value_or(absl::InfiniteFuture());
  const auto index = [&](Dimension dimension, std::string_view value) {
    rows.emplace(Table::kIndexes, KeyWriter()
                                      .U8(static_cast<std::uint8_t>(dimension))
                                      .Text(value)
                                      .Instant(due)
                                      .Ticket(record.key)
                                      .Take());
  };
  index(Dimension::kState, record.open ? "open" : "closed");
  index(Dimension::kProject, record.key.forge + "/" + record.key.project);
  for (const std::string& customer : record.customers) index(Dimension::kCustomer, customer);
  for (const std::string& priority : record.priorities) index(Dimension::kPriority, priority);
  if (record.worst) index(Dimension::kWorst, ClockStateName(*record.worst));
  return rows;
}

bool Matches(const TicketQuery& query, const TicketRecord& record) {
  if (query.project &&
      (record.key.forge != query.project->forge || record.key.project != query.project->id)) {
    return false;
  }
  if (query.open && record.open != *query.open) return false;
  if (query.worst && record.worst != query.worst) return false;
  if (query.due_before && !(record.next_due && *record.next_due < *query.due_before)) return false;
  if (query.customer.empty() && query.priority.empty()) return true;
  for (std::size_t i = 0; i < record.customers.size(); ++i) {
    const bool customer = query.customer.empty() || record.customers[i] == query.customer;
    const bool priority = query.priority.empty() ||
                          (i < record.priorities.size() && record.priorities[i] == query.priority);
    if (customer && priority) return true;
  }
  return false;
}

// The index rows that hold every answer to a query, in its order, each as a prefix: one, or two
// where only the order is asked for.
std::vector<std::string> IndexPrefixes(const TicketQuery& query) {
  const auto prefix = [](Dimension dimension, std::string_view value) {
    return KeyWriter().U8(static_cast<std::uint8_t>(dimension)).Text(value).Take();
  };
  if (!query.customer.empty()) return {prefix(Dimension::kCustomer, query.customer)};
  if (query.worst) return {prefix(Dimension::kWorst, ClockStateName(*query.worst))};
  if (query.project) {
    return {prefix(Dimension::kProject, query.project->forge + "/" + query.project->id)};
  }
  if (!query.priority.empty()) return {prefix(Dimension::kPriority, query.priority)};
  std::vector<std::string> prefixes;
  if (query.open.value_or(true)) prefixes.push_back(prefix(Dimension::kState, "open"));
  if (!query.open.value_or(false)) prefixes.push_back(prefix(Dimension::kState, "closed"));
  return prefixes;
}

}  // namespace

std::string LockName(const TicketKey& key) { return absl::StrCat("ticket ", ToString(key)); }
std::string LockName(const ProjectKey& key) {
  return absl::StrCat("project ", key.forge, "/", key.id);
}
std::string InboxLockName(const std::string& forge, std::uint64_t seq) {
  return absl::StrCat("inbox ", forge, "/", seq);
}
std::string DeliveryLockName(const std::string& forge, const std::string& id) {
  return absl::StrCat("delivery ", forge, "/", id);
}

TableStore::TableStore(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)), numbers_(*engine_), ledger_(*engine_) {}

absl::Status TableStore::Open() {
  std::optional<std::string> stored;
  {
    const auto view = engine_->Read();
    auto schema = view->Get(Table::kMeta, kSchemaKey);
    if (!schema.ok()) return schema.status();
    stored = *std::move(schema);
  }
  if (!stored) {
    Batch batch;
    batch.Put(Table::kMeta, std::string(kSchemaKey), absl::StrCat(kSchemaVersion));
    if (absl::Status status = engine_->Write(batch); !status.ok()) return status;
  } else {
    std::uint64_t version = 0;
    if (!absl::SimpleAtoi(*stored, &version)) return Unreadable(Table::kMeta, kSchemaKey);
    if (version > kSchemaVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the store has schema ", version, ", this program knows schemas up to ", kSchemaVersion,
          ": start the newer version of retainer that wrote it, or restore a backup made before"));
    }
  }
  return numbers_.Load();
}

absl::Status TableStore::Prepare() {
  const std::vector<std::uint64_t> doubts = numbers_.Doubts();
  absl::Status status = engine_->Prepare();
  if (status.ok() && !doubts.empty()) numbers_.SettleDoubts(doubts);
  return status;
}

// ---- Decisions

absl::Status TableStore::Commit(const DecisionWrite& write) { return CommitAll({write}); }

absl::Status TableStore::CommitAll(const std::vector<DecisionWrite>& writes) {
  std::vector<std::string> names;
  std::set<TicketKey> tickets;
  for (const DecisionWrite& write : writes) {
    if (!tickets.insert(write.record.key).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two decisions on ", ToString(write.record.key), " in one write"));
    }
    names.push_back(LockName(write.record.key));
    if (write.inbox_done) {
      names.push_back(InboxLockName(write.inbox_done_forge.value_or(write.record.key.forge),
                                    *write.inbox_done));
    }
    for (const Notice& notice : write.notices) names.push_back("notice " + notice.id);
    if (write.project) names.push_back(LockName(write.project->key));
    for (const auto& [login, id] : write.pins) {
      names.push_back(absl::StrCat("pin ", login.forge, "/", absl::AsciiStrToLower(login.name)));
    }
  }
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Staged staged;
  {
    const auto view = engine_->Read();
    for (const DecisionWrite& write : writes) {
      if (absl::Status status = StageDecision(*view, write, &staged); !status.ok()) return status;
    }
  }
  return ledger_.Write(std::move(staged.batch), staged.ledger);
}

absl::Status TableStore::StageDecision(View& view, const DecisionWrite& write, Staged* staged) {
  const std::string key = TicketRowKey(write.record.key);
  auto old = ReadRecord<TicketRecord>(view, Table::kTickets, key);
  if (!old.ok()) return old.status();
  const std::uint64_t version = *old ? (*old)->version : 0;
  if (version != write.record.version) {
    return absl::AbortedError(absl::StrCat(ToString(write.record.key), " is at version ", version,
                                           ", the decision was made on ", write.record.version,
                                           ": load it, decide and commit again"));
  }
  TicketRecord record = write.record;
  ++record.version;
  StageTicket(*old, record, &staged->batch);
  for (const Fact& fact : write.facts) {
    staged->batch.Put(Table::kFacts, key + fact.id, EncodeRecord(StoredFact{fact}));
  }
  if (absl::Status status = StageFace(view, write, &staged->batch); !status.ok()) return status;
  for (const Notice& notice : write.notices) {
    if (absl::Status status = StageNotice(view, notice, staged); !status.ok()) return status;
  }
  if (std::optional<LedgerEntry> entry = MakeLedgerEntry(write)) {
    staged->ledger.push_back(*std::move(entry));
  }
  if (write.inbox_done) {
    absl::Status status =
        StageInboxDone(view, write.inbox_done_forge.value_or(write.record.key.forge),
                       *write.inbox_done, &staged->batch);
    if (!status.ok()) return status;
  }
  if (write.project) {
    absl::Status status = StageProject(view, *write.project, &staged->batch);
    if (!status.ok()) return status;
  }
  for (const auto& [login, id] : write.pins) {
    std::string pin = KeyWriter().Text(login.forge).Text(absl::AsciiStrToLower(login.name)).Take();
    auto there = view.Get(Table::kPins, pin);
    if (!there.ok()) return there.status();
    if (*there || !staged->pins.insert(pin).second) continue;
    staged->batch.Put(Table::kPins, std::move(pin), id);
  }
  return absl::OkStatus();
}

void TableStore::StageTicket(const std::optional<TicketRecord>& old, const TicketRecord& record,
                             Batch* batch) {
  const auto now = DerivedRows(record);
  const auto before = old ? DerivedRows(*old) : std::set<std::pair<Table, std::string>>();
  for (const auto& [table, key] : before) {
    if (!now.contains({table, key})) batch->Delete(table, key);
  }
  for (const auto& [table, key] : now) {
    if (!before.contains({table, key})) batch->Put(table, key, "");
  }
  batch->Put(Table::kTickets, TicketRowKey(record.key), EncodeRecord(record));
}

// ---- Reading tickets

absl::StatusOr<StoredTicket> TableStore::LoadTicket(const TicketKey& key) {
  const std::string row = TicketRowKey(key);
  const auto view = engine_->Read();
  auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, row);
  if (!record.ok()) return record.status();
  StoredTicket ticket;
  ticket.record.key = key;
  if (!*record) return ticket;
  ticket.record = **std::move(record);
  absl::Status unreadable;
  const absl::Status walked = view->Walk(Table::kFacts, row, PrefixEnd(row),
                                         [&](std::string_view fact_key, std::string_view value) {
                                           auto stored = DecodeRecord<StoredFact>(value);
                                           if (!stored) {
                                             unreadable = Unreadable(Table::kFacts, fact_key);
                                             return false;
                                           }
                                           ticket.facts.Add(std::move(stored->fact));
                                           return true;
                                         });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return ticket;
}

absl::StatusOr<std::vector<std::pair<absl::Time, TicketKey>>> TableStore::DueWakeups(
    absl::Time until, std::size_t limit) {
  std::vector<std::pair<absl::Time, TicketKey>> due;
  if (limit == 0) return due;
  absl::Status unreadable;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(Table::kWakeups, {}, {}, [&](std::string_view key, std::string_view) {
        KeyReader reader(key);
        std::pair<absl::Time, TicketKey> entry;
        if (!reader.Instant(&entry.first) || !reader.Ticket(&entry.second) || !reader.AtEnd()) {
          unreadable = Unreadable(Table::kWakeups, key);
          return false;
        }
        if (entry.first > until) return false;
        due.push_back(std::move(entry));
        return due.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return due;
}

absl::StatusOr<absl::Time> TableStore::NextWakeup() {
  auto first = DueWakeups(absl::InfiniteFuture(), 1);
  if (!first.ok()) return first.status();
  return first->empty() ? absl::InfiniteFuture() : first->front().first;
}

absl::StatusOr<std::vector<TicketRecord>> TableStore::ListTickets(
    const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
    std::size_t limit, bool open_only) {
  std::vector<TicketRecord> records;
  if (limit == 0) return records;
  KeyWriter writer;
  writer.Text(forge);
  if (!project.empty()) writer.Text(project);
  const std::string prefix = writer.Take();
  std::string from = prefix;
  // The least key behind another is that key and a zero byte.
  if (after) from = std::max(from, TicketRowKey(*after) + '\0');
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(open_only ? Table::kOpenTickets : Table::kTickets, from, PrefixEnd(prefix),
                 [&](std::string_view key, std::string_view) {
                   auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, key);
                   if (!record.ok() || !*record) {
                     trouble = record.ok() ? Unreadable(Table::kTickets, key) : record.status();
                     return false;
                   }
                   records.push_back(**std::move(record));
                   return records.size() < limit;
                 });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return records;
}

absl::StatusOr<std::vector<TicketRecord>> TableStore::FindTickets(const TicketQuery& query) {
  std::vector<TicketRecord> found;
  if (query.limit == 0) return found;
  absl::Status trouble;
  const auto view = engine_->Read();
  for (const std::string& prefix : IndexPrefixes(query)) {
    std::string from = prefix;
    if (query.after) {
      from = KeyWriter()
                 .Raw(prefix)
                 .Instant(query.after->first)
                 .Ticket(query.after->second)
                 .Raw(std::string_view("\0", 1))
                 .Take();
    }
    const std::string until = query.due_before
                                  ? KeyWriter().Raw(prefix).Instant(*query.due_before).Take()
                                  : PrefixEnd(prefix);
    std::size_t here = 0;
    const absl::Status walked =
        view->Walk(Table::kIndexes, from, until, [&](std::string_view key, std::string_view) {
          KeyReader reader(key.substr(prefix.size()));
          absl::Time due;
          TicketKey ticket;
          if (!reader.Instant(&due) || !reader.Ticket(&ticket) || !reader.AtEnd()) {
            trouble = Unreadable(Table::kIndexes, key);
            return false;
          }
          const std::string row = TicketRowKey(ticket);
          auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, row);
          if (!record.ok() || !*record) {
            trouble = record.ok() ? Unreadable(Table::kTickets, row) : record.status();
            return false;
          }
          if (!Matches(query, **record)) return true;
          found.push_back(**std::move(record));
          return ++here < query.limit;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
  }
  std::sort(found.begin(), found.end(), [](const TicketRecord& a, const TicketRecord& b) {
    return std::make_pair(a.next_due.value_or(absl::InfiniteFuture()), a.key) <
           std::make_pair(b.next_due.value_or(absl::InfiniteFuture()), b.key);
  });
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

}  // namespace retainer
