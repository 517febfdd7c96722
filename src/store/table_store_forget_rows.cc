// TableStore: what an erasure changes, row by row. Each function may be repeated: what was changed
// names the person no more.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/store/codec/body.h"
#include "src/store/codec/forgotten_records.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/forget_rows.h"
#include "src/store/index_rows.h"
#include "src/store/lock_names.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// Rows that are looked at in one part: some milliseconds.
constexpr std::size_t kRowsAtOnce = 1000;
constexpr std::size_t kTickets = 200;

// Visits at most `most` rows of a table behind `after`, which moves on. True at the end.
absl::StatusOr<bool> WalkSome(
    View& view, Table table, std::size_t most, std::string* after,
    const std::function<void(std::string_view, std::string_view)>& visit) {
  // The smallest key after another is that key plus a zero byte.
  const std::string from = after->empty() ? "" : *after + '\0';
  std::size_t read = 0;
  const absl::Status walked =
      view.Walk(table, from, {}, [&](std::string_view key, std::string_view value) {
        visit(key, value);
        *after = std::string(key);
        return ++read < most;
      });
  if (!walked.ok()) return walked;
  return read < most;
}

// The objects whose texts a person wrote; the opening has an empty name.
void TakeWritten(const Fact& before, bool author_changed, std::set<std::string>* written) {
  switch (before.kind) {
    case FactKind::kOpened:
    case FactKind::kComment:
    case FactKind::kCommentEdited:
    case FactKind::kTextEdited:
      if (author_changed) written->insert(before.subject);
      return;
    default:
      return;
  }
}

// Gives the pseudonym to the rows of tickets in which a forgotten account takes part, also those
// whose fact was replaced since. Looks at one row of each other account.
absl::Status RenameTakesPart(View& view, const Forgotten& who, const std::string& forge,
                             Batch* batch) {
  const std::string prefix = TakesPartPrefix(forge);
  const std::string end = PrefixEnd(prefix);
  std::string from = prefix;
  for (;;) {
    std::string account;
    absl::Status walked = view.Walk(Table::kIndexes, from, end, [&](std::string_view key, auto) {
      KeyReader reader(key.substr(prefix.size()));
      reader.Text(&account);
      return false;
    });
    if (!walked.ok() || account.empty()) return walked;
    const std::string rows = TakesPartPrefix(forge, account);
    from = PrefixEnd(rows);
    const std::string* pseudonym = who.FindId(forge, account);
    if (pseudonym == nullptr) continue;
    const std::string renamed = TakesPartPrefix(forge, *pseudonym);
    walked = view.Walk(Table::kIndexes, rows, from, [&](std::string_view key, auto value) {
      batch->Delete(Table::kIndexes, std::string(key));
      batch->Put(Table::kIndexes, renamed + std::string(key.substr(rows.size())),
                 std::string(value));
      return true;
    });
    if (!walked.ok()) return walked;
  }
}

bool IsAnswerAbout(const Fact& fact) {
  return fact.kind == FactKind::kPermission || fact.kind == FactKind::kMembership ||
         fact.kind == FactKind::kProfile;
}

}  // namespace

absl::StatusOr<bool> TableStore::ForgetInTerms(ForgetPart* part) {
  const LockStripes::Hold hold = locks_.Acquire({kTermsLock});
  Batch batch;
  {
    const auto view = engine_->Read();
    const absl::Status walked =
        view->Walk(Table::kTerms, {}, {}, [&](std::string_view key, std::string_view value) {
          auto terms = DecodeRecord<StoredTerms>(value);
          // A row that cannot be read is found by the scrubber.
          if (!terms || !ForgetIn(part->who, part->forge, &*terms)) return true;
          ++part->traces.policies;
          batch.Put(Table::kTerms, std::string(key), EncodeRecord(*terms));
          return true;
        });
    if (!walked.ok()) return walked;
  }
  if (part->write && !batch.empty()) {
    if (absl::Status written = engine_->Write(batch); !written.ok()) return written;
  }
  return true;
}

absl::StatusOr<bool> TableStore::ForgetInTickets(ForgetPart* part) {
  std::vector<TicketKey> keys;
  absl::Status trouble;
  const auto ended = WalkSome(*engine_->Read(), Table::kTickets, kTickets, &part->after,
                              [&](std::string_view row, std::string_view) {
                                KeyReader reader(row);
                                TicketKey key;
                                if (reader.Ticket(&key) && reader.AtEnd()) keys.push_back(key);
                              });
  if (!ended.ok()) return ended;
  for (const TicketKey& key : keys) {
    if (key.forge != part->forge) continue;
    if (absl::Status done = ForgetInTicket(key, part); !done.ok()) return done;
  }
  return *ended;
}

absl::Status TableStore::ForgetInTicket(const TicketKey& key, ForgetPart* part) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(key)});
  const std::string& forge = key.forge;
  const std::string row = TicketRowKey(key);
  Batch batch;
  std::optional<TicketRecord> old;
  {
    const auto view = engine_->Read();
    auto record = ReadRecord<TicketRecord>(*view, Table::kTickets, row);
    if (!record.ok()) return record.status();
    if (!*record) return absl::OkStatus();
    old = **std::move(record);

    std::set<std::string> written;
    // The latest answer of the forge about the person, by what it is about: it stays true, because
    // nobody is asked about the person again.
    std::map<std::pair<FactKind, std::string>, StoredFact> answers;
    std::size_t facts = 0;
    absl::Status trouble;
    absl::Status walked = view->Walk(
        Table::kFacts, row, PrefixEnd(row), [&](std::string_view fact_row, std::string_view value) {
          auto stored = DecodeRecord<StoredFact>(value);
          if (!stored) {
            trouble = Unreadable(Table::kFacts, fact_row);
            return false;
          }
          Actor author = stored->fact.author;
          TakeWritten(stored->fact, part->who.Apply(forge, &author), &written);
          const std::string id = stored->fact.id;
          const std::vector<std::string> accounts = AccountsIn(stored->fact);
          if (!part->who.Apply(forge, &stored->fact)) return true;
          ++facts;
          for (const std::string& account : accounts) {
            if (part->who.FindId(forge, account) == nullptr) continue;
            batch.Delete(Table::kIndexes, TakesPartPrefix(forge, account) + row);
          }
          StageTakesPart(key, stored->fact, &batch);
          if (stored->fact.id != id) batch.Delete(Table::kFacts, std::string(fact_row));
          batch.Put(Table::kFacts, row + stored->fact.id, EncodeRecord(*stored));
          if (IsAnswerAbout(stored->fact)) {
            const auto [there, fresh] =
                answers.try_emplace({stored->fact.kind, stored->fact.subject}, *stored);
            if (!fresh && there->second.fact.at < stored->fact.at) there->second = *stored;
          }
          return true;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
    for (auto& [about, answer] : answers) {
      if (!answer.fact.expires) continue;
      answer.fact.expires = absl::InfiniteFuture();
      batch.Put(Table::kFacts, row + answer.fact.id, EncodeRecord(answer));
    }
    part->traces.facts += facts;

    walked = view->Walk(Table::kTexts, row, PrefixEnd(row),
                        [&](std::string_view text_row, std::string_view value) {
                          auto text = DecodeRecord<TicketText>(value);
                          if (!text) return true;
                          if (written.contains(text->object)) {
                            batch.Delete(Table::kTexts, std::string(text_row));
                          } else if (part->who.ApplyToProse(forge, &text->text)) {
                            batch.Put(Table::kTexts, std::string(text_row), EncodeRecord(*text));
                          } else {
                            return true;
                          }
                          ++part->traces.texts;
                          return true;
                        });
    if (!walked.ok()) return walked;

    auto face = ReadRecord<FaceRecord>(*view, Table::kFaces, row);
    if (!face.ok()) return face.status();
    if (*face) {
      DecisionWrite shown;
      shown.record.key = key;
      shown.ledger.at = old->decided_at;
      shown.face_rank = (*face)->rank;
      shown.face_turn = FaceTurn::kBacklog;
      shown.face = (*face)->face;
      // The comment on the forge is edited, in its turn.
      if (ForgetIn(part->who, forge, &*shown.face)) {
        if (absl::Status staged = StageFace(*view, shown, &batch); !staged.ok()) return staged;
      }
    }
    auto shown = ReadRecord<ShownFace>(*view, Table::kShown, row);
    if (!shown.ok()) return shown.status();
    if (*shown && ForgetIn(part->who, forge, &**shown)) {
      batch.Put(Table::kShown, row, EncodeRecord(**shown));
    }
  }
  TicketRecord record = *old;
  if (!ForgetIn(part->who, &record) && batch.empty()) return absl::OkStatus();
  ++part->traces.tickets;
  if (!part->write) return absl::OkStatus();
  // Whoever decides on what it read before has to begin again.
  ++record.version;
  StageTicket(old, std::move(record), &batch);
  const absl::Status written = engine_->WriteUnsynced(batch);
  RaiseProjectVersion({key.forge, key.project});
  return written;
}

absl::StatusOr<bool> TableStore::ForgetInCustomers(ForgetPart* part) {
  // Few, compared with tickets: all at once.
  const auto all = ListStoredCustomers();
  if (!all.ok()) return all.status();
  for (const StoredCustomer& customer : *all) {
    const LockStripes::Hold hold = locks_.Acquire({CustomerLockName(customer.customer)});
    const auto now = LoadCustomer(customer.customer);
    if (!now.ok()) return now.status();
    Batch batch;
    for (const CustomerFact& fact : now->facts) {
      CustomerFact changed = fact;
      if (!ForgetIn(part->who, &changed)) continue;
      ++part->traces.customers;
      const auto row = [&](const CustomerFact& of) {
        return KeyWriter().Text(of.customer).Text(of.id).Take();
      };
      if (changed.id != fact.id) batch.Delete(Table::kCustomerFacts, row(fact));
      batch.Put(Table::kCustomerFacts, row(changed), EncodeRecord(changed));
    }
    if (!part->write || batch.empty()) continue;
    if (absl::Status written = engine_->Write(batch); !written.ok()) return written;
  }
  Batch batch;
  {
    const auto view = engine_->Read();
    const absl::Status walked =
        view->Walk(Table::kContacts, {}, {}, [&](std::string_view key, std::string_view value) {
          KeyReader reader(key);
          std::string forge;
          std::string id;
          std::string customer;
          if (!reader.Text(&forge) || !reader.Text(&id) || !reader.Text(&customer)) return true;
          const std::string* pseudonym = part->who.FindId(forge, id);
          if (pseudonym == nullptr) return true;
          ++part->traces.customers;
          batch.Delete(Table::kContacts, std::string(key));
          batch.Put(Table::kContacts,
                    KeyWriter().Text(forge).Text(*pseudonym).Text(customer).Take(),
                    std::string(value));
          return true;
        });
    if (!walked.ok()) return walked;
  }
  if (part->write && !batch.empty()) {
    const absl::Status written = engine_->Write(batch);
    pins_.Written(!written.ok(), /*with_pins=*/true);
    if (!written.ok()) return written;
  }
  return true;
}

absl::StatusOr<bool> TableStore::ForgetInPeople(ForgetPart* part) {
  const LockStripes::Hold hold = locks_.Acquire({kSessionsLock, kAdminLinksLock, kOverridesLock});
  Batch batch;
  {
    const auto view = engine_->Read();
    absl::Status walked =
        view->Walk(Table::kPins, {}, {}, [&](std::string_view key, std::string_view value) {
          KeyReader reader(key);
          std::string forge;
          std::string login;
          if (!reader.Text(&forge) || !reader.Text(&login)) return true;
          const std::string* id = part->who.FindId(forge, value);
          const std::string* name = part->who.FindLogin(forge, login);
          if (id == nullptr) return true;
          ++part->traces.rows;
          batch.Delete(Table::kPins, std::string(key));
          // What the policies of the past gave to the login, they give to the pseudonym.
          if (name != nullptr) {
            batch.Put(Table::kPins, KeyWriter().Text(forge).Text(*name).Take(), *id);
          }
          return true;
        });
    if (!walked.ok()) return walked;
    walked =
        view->Walk(Table::kSessions, {}, {}, [&](std::string_view key, std::string_view value) {
          auto session = DecodeRecord<Session>(value);
          if (!session) return true;
          const bool mine = part->who.Apply(session->account.forge, &session->account.actor);
          if (!mine && !part->who.ApplyToText(part->forge, &session->by_link)) return true;
          ++part->traces.rows;
          if (mine) {
            batch.Delete(Table::kSessions, std::string(key));
          } else {
            batch.Put(Table::kSessions, std::string(key), EncodeRecord(*session));
          }
          return true;
        });
    if (!walked.ok()) return walked;
    walked =
        view->Walk(Table::kAdminLinks, {}, {}, [&](std::string_view key, std::string_view value) {
          auto link = DecodeRecord<AdminLink>(value);
          if (!link || !part->who.ApplyToText(part->forge, &link->by)) return true;
          ++part->traces.rows;
          batch.Put(Table::kAdminLinks, std::string(key), EncodeRecord(*link));
          return true;
        });
    if (!walked.ok()) return walked;
    walked =
        view->Walk(Table::kOverrides, {}, {}, [&](std::string_view key, std::string_view value) {
          auto record = DecodeRecord<GateOverride>(value);
          if (!record || !ForgetIn(part->who, part->forge, &*record)) return true;
          ++part->traces.rows;
          batch.Put(Table::kOverrides, std::string(key), EncodeRecord(*record));
          return true;
        });
    if (!walked.ok()) return walked;
    walked = RenameTakesPart(*view, part->who, part->forge, &batch);
    if (!walked.ok()) return walked;
  }
  if (part->write && !batch.empty()) {
    const absl::Status written = engine_->Write(batch);
    pins_.Written(!written.ok(), /*with_pins=*/true);
    if (!written.ok()) return written;
  }
  return true;
}

absl::StatusOr<bool> TableStore::ForgetInNotices(Table table, ForgetPart* part) {
  std::vector<std::pair<std::string, std::string>> found;  // key and id
  const auto change =
      [&](std::string_view value) -> std::optional<std::pair<std::string, std::string>> {
    if (table == Table::kDeadNotices) {
      auto dead = DecodeRecord<DeadNotice>(value);
      if (!dead || !ForgetIn(part->who, &dead->record)) return std::nullopt;
      return std::pair(dead->record.notice.id, EncodeRecord(*dead));
    }
    auto record = DecodeRecord<NoticeRecord>(value);
    if (!record || !ForgetIn(part->who, &*record)) return std::nullopt;
    return std::pair(record->notice.id, EncodeRecord(*record));
  };
  const auto ended = WalkSome(*engine_->Read(), table, kRowsAtOnce, &part->after,
                              [&](std::string_view key, std::string_view value) {
                                if (auto changed = change(value)) {
                                  found.emplace_back(std::string(key), changed->first);
                                }
                              });
  if (!ended.ok()) return ended;
  part->traces.notices += found.size();
  if (!part->write) return *ended;
  for (const auto& [key, id] : found) {
    const LockStripes::Hold hold = locks_.Acquire({"notice " + id});
    const auto now = engine_->Read()->Get(table, key);
    if (!now.ok()) return now.status();
    // It may have been told meanwhile, and is then in a later table.
    const auto changed = *now ? change(**now) : std::nullopt;
    if (!changed) continue;
    Batch batch;
    batch.Put(table, key, changed->second);
    if (absl::Status written = engine_->WriteUnsynced(batch); !written.ok()) return written;
  }
  return *ended;
}

absl::StatusOr<bool> TableStore::ForgetInDeliveries(Table table, ForgetPart* part) {
  std::vector<std::pair<std::string, std::uint64_t>> entries;
  const auto ended =
      WalkSome(*engine_->Read(), table, kRowsAtOnce, &part->after,
               [&](std::string_view key, std::string_view) {
                 KeyReader reader(key);
                 std::string forge;
                 std::uint64_t seq = 0;
                 if (reader.Text(&forge) && reader.U64(&seq) && forge == part->forge) {
                   entries.emplace_back(forge, seq);
                 }
               });
  if (!ended.ok()) return ended;
  for (const auto& [forge, seq] : entries) {
    const LockStripes::Hold hold = locks_.Acquire({InboxLockName(forge, seq)});
    const std::string key = EntryKey(forge, seq);
    const std::string body_key = KeyWriter().U64(seq).Take();
    Batch batch;
    {
      const auto view = engine_->Read();
      const auto record = ReadRecord<DeliveryRecord>(*view, table, key);
      // What cannot be read is found by the scrubber, and expires.
      if (!record.ok() || !*record) continue;
      DeliveryRecord changed = **record;
      if (part->who.ApplyToText(forge, &changed.reason)) {
        batch.Put(table, key, EncodeRecord(changed));
      }
      const auto stored = view->Get(Table::kBodies, body_key);
      if (!stored.ok()) return stored.status();
      auto body = *stored ? DecompressBody(**stored) : std::nullopt;
      if (body && part->who.ApplyToBody(forge, &*body)) {
        batch.Put(Table::kBodies, body_key, CompressBody(*body));
      }
    }
    if (batch.empty()) continue;
    ++part->traces.deliveries;
    if (!part->write) continue;
    if (absl::Status written = engine_->WriteUnsynced(batch); !written.ok()) return written;
  }
  return *ended;
}

absl::StatusOr<bool> TableStore::ForgetInLedger(ForgetPart* part) {
  Batch batch;
  LedgerEntry act;
  act.ticket = {"", "", TicketKind::kIssue, 0};
  act.at = part->at;
  absl::Status trouble;
  // The view ends before the write, which may wait until nobody reads.
  const auto ended = [&] {
    const auto view = engine_->Read();
    return WalkSome(
        *view, Table::kLedger, kRowsAtOnce, &part->after,
        [&](std::string_view key, std::string_view value) {
          KeyReader reader(key);
          std::uint64_t number = 0;
          auto record = DecodeRecord<LedgerRecord>(value);
          if (!record || IsErased(*record) || !reader.U64(&number)) return;
          auto entry = DecodeRecord<LedgerEntry>(record->content);
          if (!entry || !ForgetIn(part->who, &*entry)) return;
          std::string before;
          if (number > 1) {
            const auto last =
                ReadRecord<LedgerRecord>(*view, Table::kLedger, KeyWriter().U64(number - 1).Take());
            if (!last.ok()) trouble = last.status();
            // One that is missing is found by VerifyLedger.
            if (last.ok() && *last) before = (*last)->digest;
          }
          entry->salt.clear();
          record->leaf = Sha256(absl::StrCat(std::string(1, '\0'), record->content));
          record->content.clear();
          record->rest = EncodeRecord(*entry);
          act.erased.push_back({number, record->leaf, std::move(before), record->digest});
          batch.Put(Table::kLedger, std::string(key), EncodeRecord(*record));
        });
  }();
  if (!ended.ok()) return ended;
  if (!trouble.ok()) return trouble;
  part->traces.ledger += act.erased.size();
  if (!part->write || batch.empty()) return *ended;
  act.changes.push_back(absl::StrCat(act.erased.size(),
                                     " records of the ledger were erased: they "
                                     "named ",
                                     part->pseudonym));
  if (absl::Status written = ledger_.Write(std::move(batch), {act}); !written.ok()) return written;
  return *ended;
}

}  // namespace retainer::store
