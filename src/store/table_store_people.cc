// TableStore: customers' facts, the contacts that follow from them, and sessions.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "retainer/names.h"
#include "src/base/view.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/forget_rows.h"
#include "src/store/lock_names.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

std::string CustomerPrefix(const std::string& customer) {
  return KeyWriter().Text(customer).Take();
}

std::string FactRowKey(const CustomerFact& fact) {
  return KeyWriter().Text(fact.customer).Text(fact.id).Take();
}

std::string ContactRowKey(const Account& account, const std::string& customer) {
  return KeyWriter().Text(account.forge).Text(account.actor.id).Text(customer).Take();
}

// What happened, without persons: the ledger has only a digest of the fact.
std::string ChangeOf(const CustomerFact& fact) {
  const std::string invitation = absl::StrCat("invitation ", fact.invitation);
  switch (fact.kind) {
    case CustomerFactKind::kInvited:
      return absl::StrCat(invitation, " made for ", fact.uses, " accounts until ",
                          Rfc3339(fact.expires));
    case CustomerFactKind::kInvitationRevoked:
      return absl::StrCat(invitation, " revoked");
    case CustomerFactKind::kJoined:
      return absl::StrCat("a contact joined by ", invitation);
    case CustomerFactKind::kRemoved:
      return "a contact was removed";
    case CustomerFactKind::kWorkLogged:
      return absl::StrCat(fact.minutes, " minutes of work logged, ", fact.accounted,
                          " accounted, entry ", fact.entry);
    case CustomerFactKind::kWorkCorrected:
      return absl::StrCat("entry ", fact.entry, " corrected to ", fact.minutes, " minutes, ",
                          fact.accounted, " accounted");
    case CustomerFactKind::kSponsorship:
      return "news of a sponsorship";
    case CustomerFactKind::kPurchase:
      return "news of a purchase on the forge's marketplace";
  }
  return "";
}

LedgerEntry EntryOf(const CustomerFact& fact) {
  LedgerFact written;
  written.digest = Sha256(EncodeRecord(fact));
  written.name = absl::StrCat("customer:~", absl::BytesToHexString(written.digest).substr(0, 16));
  LedgerEntry entry;
  entry.ticket = {"", "", TicketKind::kIssue, 0};
  entry.at = fact.at;
  entry.facts.push_back(std::move(written));
  entry.changes.push_back(absl::StrCat("customer ", fact.customer, ": ", ChangeOf(fact)));
  return entry;
}

LedgerEntry LinkEntry(absl::Time at, const std::string& what) {
  LedgerEntry entry;
  entry.ticket = {"", "", TicketKind::kIssue, 0};
  entry.at = at;
  entry.changes.push_back(what);
  return entry;
}

absl::StatusOr<std::vector<CustomerFact>> ReadFacts(View& view, const std::string& from,
                                                    const std::string& end) {
  std::vector<CustomerFact> facts;
  absl::Status unreadable;
  const absl::Status walked = view.Walk(Table::kCustomerFacts, from, end,
                                        [&](std::string_view key, std::string_view value) {
                                          auto fact = DecodeRecord<CustomerFact>(value);
                                          if (!fact) {
                                            unreadable = Unreadable(Table::kCustomerFacts, key);
                                            return false;
                                          }
                                          facts.push_back(*std::move(fact));
                                          return true;
                                        });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return facts;
}

// Stages the rows of the accounts that the new facts name.
void StageContacts(const std::string& customer, const std::vector<CustomerFact>& all,
                   const std::vector<CustomerFact>& fresh, Batch* batch) {
  std::map<std::string, ContactRow> rows;
  for (const CustomerFact& fact : fresh) {
    if (!fact.account.actor.id.empty()) rows[ContactRowKey(fact.account, customer)];
  }
  if (rows.empty()) return;
  for (const Contact& contact : ReadCustomerFacts(all).contacts) {
    const auto row = rows.find(ContactRowKey(contact.account, customer));
    if (row == rows.end()) continue;
    row->second.times.push_back({customer, contact.since, contact.until});
  }
  for (auto& [key, row] : rows) {
    if (row.times.empty()) continue;  // it was removed without having joined
    batch->Put(Table::kContacts, key, EncodeRecord(row));
  }
}

}  // namespace

absl::StatusOr<StoredCustomer> TableStore::LoadCustomer(const std::string& customer) {
  const auto view = engine_->Read();
  const std::string prefix = CustomerPrefix(customer);
  auto facts = ReadFacts(*view, prefix, PrefixEnd(prefix));
  if (!facts.ok()) return facts.status();
  return StoredCustomer{customer, facts->size(), *std::move(facts)};
}

absl::StatusOr<std::vector<StoredCustomer>> TableStore::ListStoredCustomers() {
  const auto view = engine_->Read();
  auto facts = ReadFacts(*view, "", "");
  if (!facts.ok()) return facts.status();
  std::vector<StoredCustomer> customers;
  for (CustomerFact& fact : *facts) {
    if (customers.empty() || customers.back().customer != fact.customer) {
      customers.push_back({fact.customer, 0, {}});
    }
    ++customers.back().version;
    customers.back().facts.push_back(std::move(fact));
  }
  return customers;
}

absl::Status TableStore::StageCustomerFacts(View& view, const StoredCustomer& added,
                                            Staged* staged) const {
  const std::string& customer = added.customer;
  for (const CustomerFact& fact : added.facts) {
    if (fact.customer != customer || fact.id.empty()) {
      return absl::InvalidArgumentError("a fact of another customer, or without id");
    }
  }
  const std::string prefix = CustomerPrefix(customer);
  auto all = ReadFacts(view, prefix, PrefixEnd(prefix));
  if (!all.ok()) return all.status();
  if (all->size() != added.version) {
    return absl::AbortedError(absl::StrCat("the facts of ", customer, " are at version ",
                                           all->size(), ", not ", added.version,
                                           ": load and decide again"));
  }
  std::set<std::string> known;
  for (const CustomerFact& fact : *all) known.insert(fact.id);
  std::vector<CustomerFact> fresh;
  const std::shared_ptr<const Forgotten> forgotten = this->forgotten();
  for (CustomerFact fact : added.facts) {
    ForgetIn(*forgotten, &fact);
    if (!known.insert(fact.id).second) continue;
    staged->batch.Put(Table::kCustomerFacts, FactRowKey(fact), EncodeRecord(fact));
    if (fact.kind == CustomerFactKind::kInvited) {
      staged->batch.Put(Table::kInvitations, fact.hash, customer);
    }
    staged->ledger.push_back(EntryOf(fact));
    fresh.push_back(fact);
    all->push_back(fact);
  }
  StageContacts(customer, *all, fresh, &staged->batch);
  return absl::OkStatus();
}

absl::Status TableStore::AddCustomerFacts(const std::string& customer, std::uint64_t version,
                                          const std::vector<CustomerFact>& facts) {
  const LockStripes::Hold hold = locks_.Acquire({CustomerLockName(customer)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Staged staged;
  {
    const auto view = engine_->Read();
    if (absl::Status status = StageCustomerFacts(*view, {customer, version, facts}, &staged);
        !status.ok()) {
      return status;
    }
  }
  if (staged.ledger.empty()) return absl::OkStatus();
  const absl::Status written = ledger_.Write(std::move(staged.batch), staged.ledger);
  pins_.Written(!written.ok(), /*with_pins=*/true);
  return written;
}

absl::StatusOr<std::optional<std::string>> TableStore::FindInvited(const std::string& hash) {
  return engine_->Read()->Get(Table::kInvitations, hash);
}

absl::Status TableStore::ReadContacts(View& view, Pins* pins) {
  absl::Status unreadable;
  const absl::Status walked =
      view.Walk(Table::kContacts, {}, {}, [&](std::string_view key, std::string_view value) {
        KeyReader reader(key);
        std::string forge;
        std::string id;
        std::string customer;
        auto row = DecodeRecord<ContactRow>(value);
        if (!reader.Text(&forge) || !reader.Text(&id) || !reader.Text(&customer) ||
            !reader.AtEnd() || !row) {
          unreadable = Unreadable(Table::kContacts, key);
          return false;
        }
        for (JoinedTime& time : row->times) pins->Join(forge, id, std::move(time));
        return true;
      });
  return walked.ok() ? unreadable : walked;
}

absl::Status TableStore::SaveSession(const Session& session) {
  const LockStripes::Hold hold = locks_.Acquire({kSessionsLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto all = ReadAll<Session>(*view, Table::kSessions, SIZE_MAX);
    if (!all.ok()) return all.status();
    for (const Session& old : *all) {
      if (old.expires <= session.created) batch.Delete(Table::kSessions, old.hash);
    }
  }
  Session kept = session;
  forgotten()->Apply(kept.account.forge, &kept.account.actor);
  batch.Put(Table::kSessions, kept.hash, EncodeRecord(kept));
  return engine_->Write(batch);
}

absl::StatusOr<std::optional<Session>> TableStore::FindSession(const std::string& hash) {
  return ReadRecord<Session>(*engine_->Read(), Table::kSessions, hash);
}

absl::Status TableStore::EndSession(const std::string& hash) {
  const LockStripes::Hold hold = locks_.Acquire({kSessionsLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Delete(Table::kSessions, hash);
  return engine_->Write(batch);
}

absl::Status TableStore::EndSessionsOf(const Account& account) {
  const LockStripes::Hold hold = locks_.Acquire({kSessionsLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto all = ReadAll<Session>(*view, Table::kSessions, SIZE_MAX);
    if (!all.ok()) return all.status();
    for (const Session& session : *all) {
      if (session.account.forge == account.forge && session.account.actor.id == account.actor.id) {
        batch.Delete(Table::kSessions, session.hash);
      }
    }
  }
  return batch.empty() ? absl::OkStatus() : engine_->Write(batch);
}

absl::Status TableStore::PinLogin(const Login& login, const std::string& id) {
  if (forgotten()->FindId(login.forge, id) != nullptr) return absl::OkStatus();
  const std::string name = FoldName(login.name);
  const std::string row = KeyWriter().Text(login.forge).Text(name).Take();
  const LockStripes::Hold hold = locks_.Acquire({absl::StrCat("pin ", login.forge, "/", name)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const auto there = engine_->Read()->Get(Table::kPins, row);
  if (!there.ok()) return there.status();
  if (*there) return absl::OkStatus();
  Batch batch;
  batch.Put(Table::kPins, row, id);
  const absl::Status written = engine_->Write(batch);
  pins_.Written(!written.ok(), /*with_pins=*/true);
  return written;
}

absl::Status TableStore::SaveAdminLink(const AdminLink& link) {
  const LockStripes::Hold hold = locks_.Acquire({kAdminLinksLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto all = ReadAll<AdminLink>(*view, Table::kAdminLinks, SIZE_MAX);
    if (!all.ok()) return all.status();
    for (const AdminLink& old : *all) {
      if (old.expires <= link.created) batch.Delete(Table::kAdminLinks, old.hash);
    }
  }
  batch.Put(Table::kAdminLinks, link.hash, EncodeRecord(link));
  return ledger_.Write(std::move(batch), {LinkEntry(link.created, "an admin link was made")});
}

absl::StatusOr<std::optional<AdminLink>> TableStore::TakeAdminLink(const std::string& hash,
                                                                   absl::Time now) {
  const LockStripes::Hold hold = locks_.Acquire({kAdminLinksLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const auto link = ReadRecord<AdminLink>(*engine_->Read(), Table::kAdminLinks, hash);
  if (!link.ok()) return link.status();
  if (!*link || (*link)->expires <= now) return std::optional<AdminLink>();
  Batch batch;
  batch.Delete(Table::kAdminLinks, hash);
  const absl::Status written =
      ledger_.Write(std::move(batch), {LinkEntry(now, "an admin link was followed")});
  if (!written.ok()) return written;
  return *link;
}

}  // namespace retainer::store
