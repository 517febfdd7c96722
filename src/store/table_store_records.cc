// TableStore: terms, projects, pins, forges, tokens and figures.
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/store/codec/counter.h"
#include "src/store/codec/keys.h"
#include "src/store/index_rows.h"
#include "src/store/lock_names.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr std::string_view kProbeKey = "probe";
constexpr std::string_view kReevaluationKey = "reevaluation";
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

std::string ProjectRowKey(const ProjectKey& key) {
  return KeyWriter().Text(key.forge).Text(key.id).Take();
}

std::string PathKey(const std::string& forge, const std::string& path) {
  return KeyWriter().Text(forge).Text(FoldName(path)).Take();
}

std::string ForgeKey(const std::string& name) { return "forge/" + KeyWriter().Text(name).Take(); }

// Visits the received instants of the first rows of each group of a table. A group is all keys with
// the same `leading` part.
template <class Leading, class Visit>
absl::Status WalkGroups(View& view, Table table, const Leading& leading, const Visit& visit) {
  std::string from;
  bool found = true;
  absl::Status trouble;
  while (found) {
    found = false;
    const absl::Status walked =
        view.Walk(table, from, {}, [&](std::string_view key, std::string_view value) {
          const std::optional<std::string> group = leading(key);
          if (!group || !visit(key, value)) {
            trouble = Unreadable(table, key);
            return false;
          }
          from = PrefixEnd(*group);
          found = !from.empty();
          return false;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
  }
  return absl::OkStatus();
}

// The instant that follows `prefix` in the first such key; nullopt if there is none.
absl::Status FirstInstant(View& view, Table table, const std::string& prefix,
                          std::optional<absl::Time>* instant) {
  absl::Status unreadable;
  const absl::Status walked =
      view.Walk(table, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
        KeyReader reader(key.substr(prefix.size()));
        if (!reader.Instant(&instant->emplace())) unreadable = Unreadable(table, key);
        return false;
      });
  return walked.ok() ? unreadable : walked;
}

void TakeEarlier(absl::Time at, std::optional<absl::Time>* earliest) {
  if (!*earliest || at < **earliest) *earliest = at;
}

// When the oldest of `count` dead items was given up. They are ordered by key, not by age. Only a
// limited number is read, so no index is needed; more than that are a disaster of hours, whatever
// their age.
template <class Dead>
absl::Status OldestDead(View& view, Table table, std::uint64_t count,
                        std::optional<absl::Time>* oldest) {
  if (count == 0) return absl::OkStatus();
  std::size_t looked = 0;
  return view.Walk(table, {}, {}, [&](std::string_view, std::string_view value) {
    // An unreadable one has no time. Listing reports it.
    if (auto dead = DecodeRecord<Dead>(value)) TakeEarlier(dead->at, oldest);
    return ++looked < StoreStats::kDeadLooked;
  });
}

}  // namespace

// ---- Terms

absl::Status TableStore::AppendTerms(const StoredTerms& terms) {
  const LockStripes::Hold hold = locks_.Acquire({kTermsLock});
  // A full disk does not matter if there is nothing to write.
  const absl::Status prepared = Prepare();
  if (!prepared.ok() && !absl::IsResourceExhausted(prepared)) return prepared;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto history = ReadAll<StoredTerms>(*view, Table::kTerms, kAll);
    if (!history.ok()) return history.status();
    StoredTerms next = terms;
    if (!history->empty()) {
      if (history->back().id == terms.id) return absl::OkStatus();
      next.effective = std::max(next.effective, history->back().effective);
    }
    batch.Put(Table::kTerms, KeyWriter().U64(history->size() + 1).Take(), EncodeRecord(next));
  }
  return prepared.ok() ? engine_->Write(batch) : prepared;
}

absl::StatusOr<std::vector<StoredTerms>> TableStore::LoadTerms() {
  const auto view = engine_->Read();
  return ReadAll<StoredTerms>(*view, Table::kTerms, kAll);
}

// ---- Projects, pins, forges

absl::Status TableStore::StageProject(View& view, const ProjectRecord& project, Batch* batch) {
  const std::string key = ProjectRowKey(project.key);
  auto old = ReadRecord<ProjectRecord>(view, Table::kProjects, key);
  if (!old.ok()) return old.status();
  const ProjectRecord record = *old ? JoinProject(**old, project) : project;
  if (*old && record == **old) return absl::OkStatus();
  batch->Put(Table::kProjects, key, EncodeRecord(record));
  // A project's earlier name leads to it until another project takes that name.
  const std::string path = PathKey(project.key.forge, record.path);
  if (!record.path.empty() && (!*old || path != PathKey(project.key.forge, (*old)->path))) {
    batch->Put(Table::kProjectPaths, path, project.key.id);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ProjectRecord>> TableStore::FindProject(const ProjectKey& key) {
  const auto view = engine_->Read();
  return ReadRecord<ProjectRecord>(*view, Table::kProjects, ProjectRowKey(key));
}

absl::StatusOr<std::optional<ProjectRecord>> TableStore::FindProjectByPath(const ProjectRef& ref) {
  const auto view = engine_->Read();
  auto id = view->Get(Table::kProjectPaths, PathKey(ref.forge, ref.path));
  if (!id.ok()) return id.status();
  if (!*id) return std::optional<ProjectRecord>();
  return ReadRecord<ProjectRecord>(*view, Table::kProjects, ProjectRowKey({ref.forge, **id}));
}

absl::Status TableStore::SaveProject(const ProjectRecord& project) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(project.key)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    absl::Status status = StageProject(*view, project, &batch);
    if (!status.ok()) return status;
  }
  return batch.empty() ? absl::OkStatus() : engine_->Write(batch);
}

absl::StatusOr<std::vector<ProjectRecord>> TableStore::ListProjects() {
  const auto view = engine_->Read();
  return ReadAll<ProjectRecord>(*view, Table::kProjects, kAll);
}

absl::StatusOr<Pins> TableStore::LoadPins() {
  PinsCache::Kept kept = pins_.Get();
  if (kept.pins) return *std::move(kept.pins);
  Pins pins;
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(Table::kPins, {}, {}, [&](std::string_view key, std::string_view value) {
        KeyReader reader(key);
        Login login;
        if (!reader.Text(&login.forge) || !reader.Text(&login.name) || !reader.AtEnd()) {
          trouble = Unreadable(Table::kPins, key);
          return false;
        }
        pins.Add(std::move(login), std::string(value));
        return true;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  if (absl::Status contacts = ReadContacts(*view, &pins); !contacts.ok()) return contacts;
  pins_.Keep(pins, kept.change);
  return pins;
}

absl::Status TableStore::RegisterForges(const std::map<std::string, std::string>& forges) {
  const LockStripes::Hold hold = locks_.Acquire({"forges"});
  // A full disk does not matter if there is nothing to write.
  const absl::Status prepared = Prepare();
  if (!prepared.ok() && !absl::IsResourceExhausted(prepared)) return prepared;
  Batch batch;
  {
    const auto view = engine_->Read();
    std::map<std::string, std::string> known;
    absl::Status trouble;
    const absl::Status walked =
        view->Walk(Table::kMeta, "forge/", PrefixEnd("forge/"),
                   [&](std::string_view key, std::string_view value) {
                     KeyReader reader(key.substr(std::string_view("forge/").size()));
                     std::string name;
                     if (!reader.Text(&name) || !reader.AtEnd()) {
                       trouble = Unreadable(Table::kMeta, key);
                       return false;
                     }
                     known.emplace(std::move(name), std::string(value));
                     return true;
                   });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
    for (const auto& [name, kind] : known) {
      bool holds_tickets = false;
      const std::string prefix = KeyWriter().Text(name).Take();
      const absl::Status looked = view->Walk(Table::kTickets, prefix, PrefixEnd(prefix),
                                             [&](std::string_view, std::string_view) {
                                               holds_tickets = true;
                                               return false;
                                             });
      if (!looked.ok()) return looked;
      const auto configured = forges.find(name);
      if (!holds_tickets) {
        if (configured == forges.end()) batch.Delete(Table::kMeta, ForgeKey(name));
      } else if (configured == forges.end()) {
        return absl::FailedPreconditionError(
            absl::StrCat("the store holds tickets of the forge \"", name,
                         "\", which the configuration does not ",
                         "name: a forge's name is part of its tickets' keys, so put `name: ", name,
                         "` back under `forges`"));
      } else if (configured->second != kind) {
        return absl::FailedPreconditionError(
            absl::StrCat("the store holds tickets of the forge \"", name, "\" as kind ", kind,
                         ", the configuration says ", configured->second, ": set `kind: ", kind,
                         "` again and give the other forge a name of its own"));
      }
    }
    for (const auto& [name, kind] : forges) {
      const auto there = known.find(name);
      if (there == known.end() || there->second != kind) {
        batch.Put(Table::kMeta, ForgeKey(name), kind);
      }
    }
  }
  if (batch.empty()) return absl::OkStatus();
  return prepared.ok() ? engine_->Write(batch) : prepared;
}

// ---- Questions

absl::StatusOr<std::vector<TicketRecord>> TableStore::FindAsks(
    const std::string& forge, const std::optional<TicketKey>& after, std::size_t limit) {
  std::vector<TicketRecord> tickets;
  if (limit == 0) return tickets;
  const std::string prefix = AsksPrefix(forge);
  const std::string from = after ? KeyWriter().Raw(prefix).Ticket(*after).Take() + '\0' : prefix;
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked = view->Walk(
      Table::kIndexes, from, PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
        KeyReader reader(key.substr(prefix.size()));
        TicketKey ticket;
        if (!reader.Ticket(&ticket) || !reader.AtEnd()) {
          trouble = Unreadable(Table::kIndexes, key);
          return false;
        }
        auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, TicketRowKey(ticket));
        if (!record.ok() || !*record) {
          trouble = record.ok() ? Unreadable(Table::kIndexes, key) : record.status();
          return false;
        }
        tickets.push_back(**std::move(record));
        return tickets.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return tickets;
}

// ---- Re-evaluation

absl::StatusOr<Reevaluation> TableStore::LoadReevaluation() {
  const auto view = engine_->Read();
  auto stored = ReadRecord<Reevaluation>(*view, Table::kMeta, kReevaluationKey);
  if (!stored.ok()) return stored.status();
  return *stored ? **std::move(stored) : Reevaluation();
}

absl::Status TableStore::SaveReevaluation(const Reevaluation& reevaluation) {
  const LockStripes::Hold hold = locks_.Acquire({"reevaluation"});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Put(Table::kMeta, std::string(kReevaluationKey), EncodeRecord(reevaluation));
  return engine_->Write(batch);
}

// ---- Tokens, ledger, figures

absl::Status TableStore::SaveToken(const TokenRecord& token) {
  const LockStripes::Hold hold = locks_.Acquire({"token " + token.id});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto old = ReadRecord<TokenRecord>(*view, Table::kTokens, token.id);
    if (!old.ok()) return old.status();
    if (*old && (*old)->hash != token.hash) batch.Delete(Table::kTokenHashes, (*old)->hash);
    batch.Put(Table::kTokens, token.id, EncodeRecord(token));
    batch.Put(Table::kTokenHashes, token.hash, token.id);
  }
  return engine_->Write(batch);
}

absl::StatusOr<std::vector<TokenRecord>> TableStore::ListTokens() {
  const auto view = engine_->Read();
  return ReadAll<TokenRecord>(*view, Table::kTokens, kAll);
}

absl::StatusOr<std::optional<TokenRecord>> TableStore::FindToken(const std::string& hash) {
  const auto view = engine_->Read();
  auto id = view->Get(Table::kTokenHashes, hash);
  if (!id.ok()) return id.status();
  if (!*id) return std::optional<TokenRecord>();
  return ReadRecord<TokenRecord>(*view, Table::kTokens, **id);
}

absl::StatusOr<LedgerHead> TableStore::ReadLedgerHead() {
  return ReadLedgerHeadAt(absl::InfiniteFuture());
}

absl::StatusOr<LedgerHead> TableStore::ReadLedgerHeadAt(absl::Time at) {
  absl::StatusOr<StoredLedgerHead> stored;
  {
    const auto view = engine_->Read();
    stored =
        at == absl::InfiniteFuture() ? ReadStoredLedgerHead(*view) : FindLedgerHeadAt(*view, at);
  }
  if (!stored.ok()) return stored.status();
  if (absl::Status durable = MakeDurable(); !durable.ok()) return durable;
  LedgerHead head;
  head.length = stored->length;
  head.digest = absl::BytesToHexString(stored->digest);
  return head;
}

absl::Status TableStore::WalkLedger(std::uint64_t from,
                                    const std::function<bool(LedgerLine&)>& visit) {
  std::uint64_t length = 0;
  {
    const auto view = engine_->Read();
    const auto head = ReadStoredLedgerHead(*view);
    if (!head.ok()) return head.status();
    length = head->length;
  }
  if (absl::Status durable = MakeDurable(); !durable.ok()) return durable;
  const auto view = engine_->Read();
  absl::Status damage;
  const absl::Status walked =
      view->Walk(Table::kLedger, KeyWriter().U64(from).Take(), KeyWriter().U64(length + 1).Take(),
                 [&](std::string_view key, std::string_view value) {
                   LedgerLine line;
                   KeyReader reader(key);
                   auto record = DecodeRecord<LedgerRecord>(value);
                   auto entry = record ? DecodeEntry(*record) : std::nullopt;
                   if (!reader.U64(&line.number) || !entry) {
                     damage = Unreadable(Table::kLedger, key);
                     return false;
                   }
                   line.content = std::move(record->content);
                   line.leaf = std::move(record->leaf);
                   line.digest = std::move(record->digest);
                   line.ticket = std::move(entry->ticket);
                   line.at = entry->at;
                   line.changes = std::move(entry->changes);
                   for (LedgerFact& fact : entry->facts) line.facts.push_back(std::move(fact.name));
                   line.terms_id = std::move(entry->terms_id);
                   line.commit = std::move(entry->commit);
                   return visit(line);
                 });
  return damage.ok() ? walked : damage;
}

absl::Status TableStore::VerifyLedger() {
  return VerifyLedgerWhile([] { return true; });
}

absl::Status TableStore::VerifyLedgerWhile(const std::function<bool()>& goes_on) {
  const auto view = engine_->Read();
  return retainer::store::VerifyLedger(*view, goes_on);
}

absl::Status TableStore::CheckWritable() {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Put(Table::kMeta, std::string(kProbeKey), "");
  return engine_->Write(batch);
}

absl::Status TableStore::MakeDurable() { return engine_->MakeDurable(); }

absl::StatusOr<StoreStats> TableStore::Stats() {
  StoreStats stats;
  const auto view = engine_->Read();
  const std::pair<Counter, std::uint64_t*> counters[] = {
      {Counter::kInbox, &stats.inbox},
      {Counter::kSetAside, &stats.set_aside},
      {Counter::kHeld, &stats.held},
      {Counter::kDirtyFaces, &stats.dirty_faces},
      {Counter::kBacklogFaces, &stats.backlog_faces},
      {Counter::kDeadFaces, &stats.dead_faces},
      {Counter::kPendingNotices, &stats.pending_notices},
      {Counter::kDeadNotices, &stats.dead_notices}};
  for (const auto& [counter, figure] : counters) {
    auto value = view->Get(Table::kCounters, std::string(1, static_cast<char>(counter)));
    if (!value.ok()) return value.status();
    *figure = *value ? DecodeCounter(**value) : 0;
  }
  const std::pair<Table, std::optional<absl::Time>*> deliveries[] = {
      {Table::kInbox, &stats.oldest_inbox}, {Table::kSetAside, &stats.oldest_set_aside}};
  for (const auto& [table, oldest] : deliveries) {
    std::optional<absl::Time>* const earliest = oldest;
    const absl::Status walked = WalkGroups(
        *view, table,
        [](std::string_view key) -> std::optional<std::string> {
          KeyReader reader(key);
          std::string forge;
          if (!reader.Text(&forge)) return std::nullopt;
          return KeyWriter().Text(forge).Take();
        },
        [&](std::string_view, std::string_view value) {
          // An unreadable entry has no time. ReadInbox sets it aside.
          if (auto record = DecodeRecord<DeliveryRecord>(value)) {
            TakeEarlier(record->received, earliest);
          }
          return true;
        });
    if (!walked.ok()) return walked;
  }
  const std::string by_age = KeyWriter().U8(static_cast<std::uint8_t>(DirtyQueue::kByAge)).Take();
  absl::Status found = FirstInstant(*view, Table::kDirty, by_age, &stats.oldest_dirty);
  if (found.ok()) found = FirstInstant(*view, Table::kNoticeQueue, "", &stats.oldest_notice);
  if (found.ok()) {
    found =
        OldestDead<DeadFace>(*view, Table::kDeadFaces, stats.dead_faces, &stats.oldest_dead_face);
  }
  if (found.ok()) {
    found = OldestDead<DeadNotice>(*view, Table::kDeadNotices, stats.dead_notices,
                                   &stats.oldest_dead_notice);
  }
  if (!found.ok()) return found;
  return stats;
}

}  // namespace retainer::store
