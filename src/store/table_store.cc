// TableStore: opening, decisions and tickets.
#include "src/store/table_store.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/store/codec/keys.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/store_schema.h"

namespace retainer::store {
namespace {

// The key range of a forge's tickets, or of one project's tickets, after `after`.
std::pair<std::string, std::string> RangeOf(const std::string& forge, const std::string& project,
                                            const std::optional<TicketKey>& after) {
  KeyWriter writer;
  writer.Text(forge);
  if (!project.empty()) writer.Text(project);
  const std::string prefix = writer.Take();
  std::string from = prefix;
  // The smallest key after another is that key plus a zero byte.
  if (after) from = std::max(from, TicketRowKey(*after) + '\0');
  return {std::move(from), PrefixEnd(prefix)};
}

// The tickets at the ends of the keys in [from, end), behind `before_ticket` bytes.
absl::StatusOr<std::vector<TicketKey>> ReadKeys(View& view, Table table, std::size_t before_ticket,
                                                const std::string& from, const std::string& end,
                                                std::size_t limit) {
  std::vector<TicketKey> keys;
  if (limit == 0) return keys;
  absl::Status trouble;
  const absl::Status walked =
      view.Walk(table, from, end, [&](std::string_view row, std::string_view) {
        KeyReader reader(row.substr(before_ticket));
        TicketKey key;
        if (!reader.Ticket(&key) || !reader.AtEnd()) {
          trouble = Unreadable(table, row);
          return false;
        }
        keys.push_back(std::move(key));
        return keys.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return keys;
}

}  // namespace

std::string LockName(const TicketKey& key) { return absl::StrCat("ticket ", ToString(key)); }
std::string LockName(const ProjectKey& key) {
  return absl::StrCat("project ", key.forge, "/", key.id);
}
std::string CustomerLockName(const std::string& customer) {
  return absl::StrCat("customer ", customer);
}
std::string InboxLockName(const std::string& forge, std::uint64_t seq) {
  return absl::StrCat("inbox ", forge, "/", seq);
}
std::string DeliveryLockName(const std::string& forge, const std::string& id) {
  return absl::StrCat("delivery ", forge, "/", id);
}

TableStore::TableStore(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)), numbers_(*engine_), ledger_(*engine_) {}

absl::Status TableStore::Open(const std::string& folder, Log* log) {
  const absl::Status schema = BringTo(PresentSchema(), *engine_, folder, log);
  if (!schema.ok()) return schema;
  if (absl::Status status = shifts_.Load(engine_.get()); !status.ok()) return status;
  if (absl::Status status = LoadForgotten(); !status.ok()) return status;
  return numbers_.Load();
}

absl::Status TableStore::Prepare() {
  const std::vector<std::uint64_t> doubts = numbers_.Doubts();
  absl::Status status = engine_->Prepare();
  ForgetLosses();
  if (status.ok() && !doubts.empty()) numbers_.SettleDoubts(doubts);
  return status;
}

void TableStore::ForgetLosses() {
  const std::uint64_t losses = engine_->Losses();
  if (losses_.exchange(losses) == losses) return;
  fronts_.Forget();
  pins_.Written(/*failed=*/true, /*with_pins=*/true);
  for (std::atomic<std::uint64_t>& version : project_versions_) ++version;
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
    for (const auto& [key, version] : write.relies_on) names.push_back(LockName(key));
    if (write.inbox_done) {
      names.push_back(InboxLockName(write.inbox_done_forge.value_or(write.record.key.forge),
                                    *write.inbox_done));
    }
    for (const Notice& notice : write.notices) names.push_back("notice " + notice.id);
    for (const StoredCustomer& added : write.customers) {
      names.push_back(CustomerLockName(added.customer));
    }
    if (write.project) names.push_back(LockName(write.project->key));
    for (const auto& [login, id] : write.pins) {
      names.push_back(absl::StrCat("pin ", login.forge, "/", FoldName(login.name)));
    }
  }
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Staged staged;
  // Several decisions of one write may add facts to one customer.
  std::map<std::string, StoredCustomer> customers;
  for (const DecisionWrite& write : writes) {
    for (const StoredCustomer& added : write.customers) {
      StoredCustomer& all =
          customers.try_emplace(added.customer, StoredCustomer{added.customer, added.version, {}})
              .first->second;
      if (all.version != added.version) {
        return absl::AbortedError(absl::StrCat("two versions of ", added.customer,
                                               " in one write: load, decide and commit again"));
      }
      all.facts.insert(all.facts.end(), added.facts.begin(), added.facts.end());
    }
  }
  {
    const auto view = engine_->Read();
    for (const DecisionWrite& write : writes) {
      if (absl::Status status = StageDecision(*view, write, &staged); !status.ok()) return status;
    }
    for (const auto& [customer, added] : customers) {
      if (absl::Status status = StageCustomerFacts(*view, added, &staged); !status.ok()) {
        return status;
      }
    }
  }
  const absl::Status status = ledger_.WriteUnsynced(std::move(staged.batch), staged.ledger);
  pins_.Written(!status.ok(), !staged.pins.empty() || !customers.empty());
  for (const DecisionWrite& write : writes) {
    RaiseProjectVersion({write.record.key.forge, write.record.key.project});
  }
  return status;
}

absl::Status TableStore::StageDecision(View& view, const DecisionWrite& write,
                                       Staged* staged) const {
  const std::string key = TicketRowKey(write.record.key);
  auto old = ReadRecord<TicketRecord>(view, Table::kTickets, key);
  if (!old.ok()) return old.status();
  const std::uint64_t version = *old ? (*old)->version : 0;
  if (version != write.record.version) {
    return absl::AbortedError(absl::StrCat(ToString(write.record.key), " is at version ", version,
                                           ", the decision was made on ", write.record.version,
                                           ": load it, decide and commit again"));
  }
  for (const auto& [other, read] : write.relies_on) {
    auto there = ReadRecord<TicketRecord>(view, Table::kTickets, TicketRowKey(other));
    if (!there.ok()) return there.status();
    const std::uint64_t now = *there ? (*there)->version : 0;
    if (now == read) continue;
    return absl::AbortedError(absl::StrCat(ToString(other), " is at version ", now,
                                           ", the decision was made by ", read,
                                           " of it: load, decide and commit again"));
  }
  TicketRecord record = write.record;
  ++record.version;
  StageTicket(*old, std::move(record), &staged->batch);
  // Decisions are made without the names of forgotten people. One may have begun before a person
  // was forgotten.
  const std::shared_ptr<const Forgotten> forgotten = this->forgotten();
  std::vector<Fact> facts = write.facts;
  for (Fact& fact : facts) {
    forgotten->Apply(write.record.key.forge, &fact);
    staged->batch.Put(Table::kFacts, key + fact.id, EncodeRecord(StoredFact{fact}));
    StageTakesPart(write.record.key, fact, &staged->batch);
  }
  absl::Status said = StageTexts(view, write.record.key, facts, &staged->batch);
  if (!said.ok()) return said;
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
    if (forgotten->FindId(login.forge, id) != nullptr) continue;
    std::string pin = KeyWriter().Text(login.forge).Text(FoldName(login.name)).Take();
    auto there = view.Get(Table::kPins, pin);
    if (!there.ok()) return there.status();
    if (*there || !staged->pins.insert(pin).second) continue;
    staged->batch.Put(Table::kPins, std::move(pin), id);
  }
  return absl::OkStatus();
}

void TableStore::StageTicket(const std::optional<TicketRecord>& old, TicketRecord record,
                             Batch* batch) const {
  record.hidden_owed = NextHiddenOwed(old ? &*old : nullptr, record, shifts_.SecondsOf(record.key));
  StageDerived(old, record, batch);
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

absl::StatusOr<std::vector<TicketRecord>> TableStore::LoadRecords(
    const std::vector<TicketKey>& keys) {
  std::vector<TicketRecord> records;
  records.reserve(keys.size());
  const auto view = engine_->Read();
  for (const TicketKey& key : keys) {
    auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, TicketRowKey(key));
    if (!record.ok()) return record.status();
    if (*record) {
      records.push_back(**std::move(record));
    } else {
      records.emplace_back().key = key;
    }
  }
  return records;
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
  const auto [from, end] = RangeOf(forge, project, after);
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(open_only ? Table::kOpenTickets : Table::kTickets, from, end,
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

absl::StatusOr<std::vector<TicketKey>> TableStore::ListTicketKeys(
    const std::string& forge, const std::string& project, const std::optional<TicketKey>& after,
    std::size_t limit) {
  const auto [from, end] = RangeOf(forge, project, after);
  return ReadKeys(*engine_->Read(), Table::kTickets, 0, from, end, limit);
}

absl::StatusOr<std::vector<TicketKey>> TableStore::ListTicketKeysOf(
    const std::string& forge, const std::string& account, const std::optional<TicketKey>& after,
    std::size_t limit) {
  const std::string prefix = TakesPartPrefix(forge, account);
  const std::string from = after ? prefix + TicketRowKey(*after) + '\0' : prefix;
  return ReadKeys(*engine_->Read(), Table::kIndexes, prefix.size(), from, PrefixEnd(prefix), limit);
}

}  // namespace retainer::store
