// TableStore: erasing a person's data, from the beginning to the end.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/base/digest.h"
#include "src/store/codec/forgotten_records.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr char kKeyName[] = "forget_key";
constexpr char kProgressName[] = "forgetting";
constexpr char kLock[] = "forgetting";
constexpr std::size_t kKeyBytes = 32;

// What is done one after another. Persisted: numbers never change.
enum class Phase : std::uint32_t {
  kTerms = 1,
  kTickets = 2,
  kCustomers = 3,
  kPeople = 4,
  kQueue = 5,
  kTold = 6,
  kDead = 7,
  kInbox = 8,
  kSetAside = 9,
  kHeld = 10,
  kLedger = 11,
  kDisk = 12,
};

absl::Status Nobody() { return absl::CancelledError("nobody waits for the answer any more"); }

}  // namespace

std::shared_ptr<const Forgotten> TableStore::forgotten() const {
  const std::lock_guard lock(forgotten_mutex_);
  return forgotten_;
}

absl::Status TableStore::LoadForgotten() {
  std::map<std::string, Forgotten::Name> names;
  std::string key;
  std::string under_way;
  {
    const auto view = engine_->Read();
    const auto progress = ReadRecord<ForgetProgress>(*view, Table::kMeta, kProgressName);
    if (!progress.ok()) return progress.status();
    // Once only the files are left, all facts have the new name, and decisions can go on.
    if (*progress && (*progress)->phase < static_cast<std::uint32_t>(Phase::kDisk)) {
      under_way = (*progress)->pseudonym;
    }
    const auto stored = view->Get(Table::kMeta, kKeyName);
    if (!stored.ok()) return stored.status();
    if (*stored) {
      if ((*stored)->size() != kKeyBytes) return Unreadable(Table::kMeta, kKeyName);
      key = **stored;
    }
    absl::Status unreadable;
    const absl::Status walked =
        view->Walk(Table::kForgotten, {}, {}, [&](std::string_view row, std::string_view value) {
          auto name = DecodeRecord<Forgotten::Name>(value);
          if (!name) {
            unreadable = Unreadable(Table::kForgotten, row);
            return false;
          }
          names.emplace(std::string(row), *std::move(name));
          return true;
        });
    if (!walked.ok()) return walked;
    if (!unreadable.ok()) return unreadable;
  }
  auto fresh = std::make_shared<const Forgotten>(KeyedBy(std::move(key)), std::move(names),
                                                 std::move(under_way));
  const std::lock_guard lock(forgotten_mutex_);
  forgotten_ = std::move(fresh);
  return absl::OkStatus();
}

absl::StatusOr<Person> TableStore::FindPerson(const Person& known,
                                              const std::function<bool()>& goes_on) {
  Person person = known;
  const auto view = engine_->Read();
  absl::Status trouble;
  // All accounts that facts of this forge name.
  const auto each_account = [&](const std::function<void(const Actor&)>& take,
                                const std::function<void(const Fact&)>& look) {
    const std::string prefix = KeyWriter().Text(known.forge).Take();
    const absl::Status walked =
        view->Walk(Table::kFacts, prefix, PrefixEnd(prefix),
                   [&](std::string_view key, std::string_view value) {
                     if (!goes_on()) {
                       trouble = Nobody();
                       return false;
                     }
                     const auto stored = DecodeRecord<StoredFact>(value);
                     if (!stored) {
                       trouble = Unreadable(Table::kFacts, key);
                       return false;
                     }
                     for (const Actor* actor :
                          {&stored->fact.actor, &stored->fact.author, &stored->fact.assignee}) {
                       take(*actor);
                     }
                     look(stored->fact);
                     return true;
                   });
    return walked.ok() ? trouble : walked;
  };
  const auto has_login = [&](const std::string& login) {
    return !login.empty() && person.logins.contains(FoldName(login));
  };
  if (known.ids.empty()) {
    absl::Status walked = each_account(
        [&](const Actor& actor) {
          if (!actor.id.empty() && has_login(actor.login)) person.ids.insert(actor.id);
        },
        [](const Fact&) {});
    if (!walked.ok()) return walked;
    walked = view->Walk(Table::kPins, {}, {}, [&](std::string_view key, std::string_view value) {
      KeyReader reader(key);
      std::string forge;
      std::string login;
      if (reader.Text(&forge) && reader.Text(&login) && forge == known.forge && has_login(login)) {
        person.ids.insert(std::string(value));
      }
      return true;
    });
    if (!walked.ok()) return walked;
  }
  // Customers' facts and sessions may know an account that no ticket names.
  const auto customers = ListStoredCustomers();
  if (!customers.ok()) return customers.status();
  for (const StoredCustomer& customer : *customers) {
    for (const CustomerFact& fact : customer.facts) {
      const Actor& actor = fact.account.actor;
      if (fact.account.forge != known.forge || actor.id.empty()) continue;
      if (known.ids.empty() && has_login(actor.login)) person.ids.insert(actor.id);
    }
  }
  const absl::Status walked = each_account(
      [&](const Actor& actor) {
        if (!actor.id.empty() && person.ids.contains(actor.id) && !actor.login.empty()) {
          person.logins.insert(FoldName(actor.login));
        }
      },
      [&](const Fact& fact) {
        if (fact.kind != FactKind::kProfile || fact.value.empty()) return;
        const bool by_login = fact.subject.starts_with('@') && has_login(fact.subject.substr(1));
        if (person.ids.contains(fact.subject) || by_login) {
          person.mails.insert(FoldName(fact.value));
        }
      });
  if (!walked.ok()) return walked;
  return person;
}

absl::StatusOr<std::map<std::string, Forgotten::Name>> TableStore::NamesFor(
    const Person& person, std::string_view key, std::string* pseudonym) {
  std::map<std::string, Forgotten::Name> names;
  const std::shared_ptr<const Forgotten> before = forgotten();
  const Forgotten::Keyed keyed = KeyedBy(std::string(key));
  for (const std::string& id : person.ids) {
    if (const auto* known = before->FindId(person.forge, id)) *pseudonym = *known;
  }
  if (pseudonym->empty() && person.ids.empty()) {
    for (const std::string& login : person.logins) {
      if (const auto* known = before->FindLogin(person.forge, login)) *pseudonym = *known;
    }
  }
  const auto random = base::RandomHex(4);
  if (!random.ok()) return random.status();
  // Forgotten for the second time, under a further login: the plain pseudonym stands for the first.
  std::string suffix;
  if (pseudonym->empty()) {
    *pseudonym = absl::StrCat("forgotten-", *random);
  } else {
    suffix = absl::StrCat("-", *random);
  }
  const auto add = [&](Forgotten::Kind kind, const std::string& name, std::string stands_for) {
    names[Forgotten::Digest(keyed, kind, kind == Forgotten::Kind::kMail ? "" : person.forge,
                            name)] = {std::move(stands_for), name.size(), person.ids.empty()};
  };
  for (const std::string& id : person.ids) {
    if (before->FindId(person.forge, id) == nullptr) add(Forgotten::Kind::kId, id, *pseudonym);
  }
  // A policy that lists two logins of one person would not be read if both became one.
  int number = 1;
  for (const std::string& login : person.logins) {
    if (before->FindLogin(person.forge, login) != nullptr) continue;
    add(Forgotten::Kind::kLogin, login,
        absl::StrCat(*pseudonym, suffix, number == 1 ? "" : absl::StrCat("-", number)));
    ++number;
  }
  for (const std::string& mail : person.mails) {
    // The part behind the `@` stays: a customer may own its addresses' domain.
    add(Forgotten::Kind::kMail, mail,
        absl::StrCat(*pseudonym, mail.substr(std::min(mail.find('@'), mail.size()))));
  }
  return names;
}

Forgotten::Keyed KeyedBy(std::string key) {
  return [key = std::move(key)](std::string_view text) {
    return base::ToBytes(base::HmacSha256(key, {text}));
  };
}

absl::StatusOr<Traces> TableStore::CountTraces(const Person& person,
                                               const std::function<bool()>& goes_on) {
  auto key = base::RandomBytes(kKeyBytes);
  if (!key.ok()) return key.status();
  std::string pseudonym = "forgotten-00000000";
  auto names = NamesFor(person, *key, &pseudonym);
  if (!names.ok()) return names.status();
  const Forgotten who(KeyedBy(*key), *std::move(names));
  ForgetPart part{who, person.forge, pseudonym};
  for (auto phase = static_cast<std::uint32_t>(Phase::kTerms);
       phase < static_cast<std::uint32_t>(Phase::kDisk); ++phase) {
    part.after.clear();
    for (;;) {
      if (!goes_on()) return Nobody();
      const auto ended = ForgetPhase(phase, &part);
      if (!ended.ok()) return ended.status();
      if (*ended) break;
    }
  }
  return part.traces;
}

absl::StatusOr<std::string> TableStore::BeginForget(const Person& person, const std::string& by,
                                                    absl::Time now) {
  if (person.forge.empty() || (person.ids.empty() && person.logins.empty())) {
    return absl::InvalidArgumentError("nobody is named");
  }
  const LockStripes::Hold hold = locks_.Acquire({kLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  ForgetProgress progress;
  Batch batch;
  std::string key;
  {
    const auto view = engine_->Read();
    const auto under_way = ReadRecord<ForgetProgress>(*view, Table::kMeta, kProgressName);
    if (!under_way.ok()) return under_way.status();
    if (*under_way) progress = **under_way;
    const auto stored = view->Get(Table::kMeta, kKeyName);
    if (!stored.ok()) return stored.status();
    if (*stored) key = **stored;
  }
  if (key.empty()) {
    auto random = base::RandomBytes(kKeyBytes);
    if (!random.ok()) return random.status();
    key = *std::move(random);
    batch.Put(Table::kMeta, kKeyName, key);
  }
  std::string pseudonym;
  const auto names = NamesFor(person, key, &pseudonym);
  if (!names.ok()) return names.status();
  if (!progress.pseudonym.empty() && progress.pseudonym != pseudonym) {
    return absl::FailedPreconditionError(absl::StrCat("the data of ", progress.pseudonym,
                                                      " is being erased: wait until it is done"));
  }
  // It begins anew: the names may be more than those of the first time.
  progress.pseudonym = pseudonym;
  progress.phase = static_cast<std::uint32_t>(Phase::kTerms);
  progress.after.clear();
  progress.at = now;
  progress.forge = person.forge;
  LedgerEntry entry;
  entry.ticket = {"", "", TicketKind::kIssue, 0};
  entry.at = now;
  LedgerFact who;
  for (const auto& [digest, name] : *names) {
    batch.Put(Table::kForgotten, digest, EncodeRecord(name));
    who.digest = Sha256(who.digest + digest);
  }
  who.name = absl::StrCat("forgotten:~", absl::BytesToHexString(who.digest).substr(0, 16));
  entry.facts.push_back(std::move(who));
  entry.changes.push_back(
      absl::StrCat("the data of a person was erased, as ", pseudonym, ", asked by ", by));
  batch.Put(Table::kMeta, kProgressName, EncodeRecord(progress));
  if (absl::Status written = ledger_.Write(std::move(batch), {entry}); !written.ok()) {
    return written;
  }
  if (absl::Status loaded = LoadForgotten(); !loaded.ok()) return loaded;
  return pseudonym;
}

absl::StatusOr<std::string> TableStore::ForgettingWhom() {
  const auto progress = ReadRecord<ForgetProgress>(*engine_->Read(), Table::kMeta, kProgressName);
  if (!progress.ok()) return progress.status();
  return *progress ? (*progress)->pseudonym : std::string();
}

absl::StatusOr<ForgetState> TableStore::ReadForgetState() {
  const auto progress = ReadRecord<ForgetProgress>(*engine_->Read(), Table::kMeta, kProgressName);
  if (!progress.ok()) return progress.status();
  if (!*progress) return ForgetState{.done = true, .only_disk_left = true, .traces = {}};
  return ForgetState{false, (*progress)->phase >= static_cast<std::uint32_t>(Phase::kDisk),
                     (*progress)->traces};
}

absl::StatusOr<bool> TableStore::ForgetPhase(std::uint32_t phase, ForgetPart* part) {
  if (part->write) {
    if (absl::Status status = Prepare(); !status.ok()) return status;
  }
  switch (static_cast<Phase>(phase)) {
    case Phase::kTerms:
      return ForgetInTerms(part);
    case Phase::kTickets:
      return ForgetInTickets(part);
    case Phase::kCustomers:
      return ForgetInCustomers(part);
    case Phase::kPeople:
      return ForgetInPeople(part);
    case Phase::kQueue:
      return ForgetInNotices(Table::kNoticeQueue, part);
    case Phase::kTold:
      return ForgetInNotices(Table::kToldNotices, part);
    case Phase::kDead:
      return ForgetInNotices(Table::kDeadNotices, part);
    case Phase::kInbox:
      return ForgetInDeliveries(Table::kInbox, part);
    case Phase::kSetAside:
      return ForgetInDeliveries(Table::kSetAside, part);
    case Phase::kHeld:
      return ForgetInDeliveries(Table::kHeld, part);
    case Phase::kLedger:
      return ForgetInLedger(part);
    case Phase::kDisk: {
      const absl::Status dropped = engine_->DropReplaced();
      if (!dropped.ok()) return dropped;
      return true;
    }
  }
  return absl::DataLossError("the progress of an erasure cannot be read");
}

absl::StatusOr<ForgetState> TableStore::ForgetSome() {
  const LockStripes::Hold hold = locks_.Acquire({kLock});
  const auto stored = ReadRecord<ForgetProgress>(*engine_->Read(), Table::kMeta, kProgressName);
  if (!stored.ok()) return stored.status();
  if (!*stored) return ForgetState{.done = true, .only_disk_left = true, .traces = {}};
  ForgetProgress progress = **stored;
  const std::shared_ptr<const Forgotten> who = forgotten();
  ForgetPart part{*who, progress.forge, progress.pseudonym, progress.at,
                  true, progress.after, progress.traces};
  const auto ended = ForgetPhase(progress.phase, &part);
  if (!ended.ok()) return ended.status();
  progress.after = *ended ? "" : part.after;
  progress.traces = part.traces;
  if (*ended) ++progress.phase;
  const bool done = progress.phase > static_cast<std::uint32_t>(Phase::kDisk);
  Batch batch;
  if (done) {
    batch.Delete(Table::kMeta, kProgressName);
  } else {
    batch.Put(Table::kMeta, kProgressName, EncodeRecord(progress));
  }
  const absl::Status written = done ? engine_->Write(batch) : engine_->WriteUnsynced(batch);
  if (!written.ok()) return written;
  const bool only_disk_left = progress.phase >= static_cast<std::uint32_t>(Phase::kDisk);
  if (only_disk_left) {
    if (absl::Status loaded = LoadForgotten(); !loaded.ok()) return loaded;
  }
  return ForgetState{done, only_disk_left, progress.traces};
}

}  // namespace retainer::store
