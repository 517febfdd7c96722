#include "src/store/ledger.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/base/view.h"
#include "src/store/codec/keys.h"
#include "src/store/reads.h"

namespace retainer::store {
namespace {

constexpr std::string_view kHeadKey = "ledger_head";
// Limits the size of one write, not the number of writers.
constexpr std::size_t kMaxGroup = 256;
constexpr std::size_t kSaltBytes = 16;

bool MayNamePerson(FactKind kind) {
  switch (kind) {
    case FactKind::kAssigned:
    case FactKind::kUnassigned:
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile:
    case FactKind::kOperator:
    case FactKind::kAction:
      return true;
    case FactKind::kOpened:
    case FactKind::kComment:
    case FactKind::kCommentEdited:
    case FactKind::kCommentDeleted:
    case FactKind::kTextEdited:
    case FactKind::kLabelAdded:
    case FactKind::kLabelRemoved:
    case FactKind::kLabels:
    case FactKind::kClosed:
    case FactKind::kReopened:
    case FactKind::kMoved:
    case FactKind::kDeleted:
    case FactKind::kVisibility:
    case FactKind::kOwnComment:
    case FactKind::kArrived:
    case FactKind::kReference:
    case FactKind::kChangeSeen:
    case FactKind::kCame:
    case FactKind::kLabelRenamed:
    case FactKind::kWorkAnswered:
      return false;
  }
  return true;
}

}  // namespace

std::string Sha256(std::string_view bytes) { return base::ToBytes(base::Sha256({bytes})); }

std::optional<LedgerEntry> MakeLedgerEntry(const DecisionWrite& write) {
  if (write.ledger.facts.empty() && write.ledger.changes.empty()) return std::nullopt;
  LedgerEntry entry;
  entry.ticket = write.ledger.ticket;
  entry.at = write.ledger.at;
  entry.changes = write.ledger.changes;
  entry.terms_id = write.ledger.terms_id;
  entry.commit = write.ledger.commit;
  for (const std::string& id : write.ledger.facts) {
    const auto fact = std::find_if(write.facts.begin(), write.facts.end(),
                                   [&](const Fact& f) { return f.id == id; });
    LedgerFact stored;
    if (fact == write.facts.end()) {
      stored.name = absl::StrCat("~", absl::BytesToHexString(Sha256(id)).substr(0, 16));
    } else {
      stored.digest = Sha256(EncodeRecord(StoredFact{*fact}));
      stored.name = MayNamePerson(fact->kind)
                        ? absl::StrCat(base::View(FactKindName(fact->kind)), ":~",
                                       absl::BytesToHexString(stored.digest).substr(0, 16))
                        : id;
    }
    entry.facts.push_back(std::move(stored));
  }
  return entry;
}

absl::Status LedgerWriter::Write(Batch batch, const std::vector<LedgerEntry>& entries) {
  return entries.empty() ? engine_.Write(batch) : Queue(std::move(batch), entries, true);
}

absl::Status LedgerWriter::WriteUnsynced(Batch batch, const std::vector<LedgerEntry>& entries) {
  return entries.empty() ? engine_.WriteUnsynced(batch) : Queue(std::move(batch), entries, false);
}

absl::Status LedgerWriter::Queue(Batch batch, const std::vector<LedgerEntry>& entries,
                                 bool synced) {
  Waiting self;
  self.synced = synced;
  self.batch = std::move(batch);
  for (LedgerEntry entry : entries) {
    auto salt = base::RandomBytes(kSaltBytes);
    if (!salt.ok()) return salt.status();
    entry.salt = *std::move(salt);
    self.contents.push_back(EncodeRecord(entry));
  }

  std::unique_lock lock(mutex_);
  queue_.push_back(&self);
  turn_.wait(lock, [&] { return self.done || queue_.front() == &self; });
  if (self.done) return self.status;

  // The first of the queue stays in the queue while it writes, so that no other thread becomes the
  // first.
  std::vector<Waiting*> group;
  std::copy_n(queue_.begin(), std::min(queue_.size(), kMaxGroup), std::back_inserter(group));
  lock.unlock();
  const absl::Status status = WriteGroup(group);
  lock.lock();
  for (Waiting* member : group) {
    member->status = status;
    member->done = true;
    queue_.pop_front();
  }
  turn_.notify_all();
  return self.status;
}

absl::Status LedgerWriter::WriteGroup(const std::vector<Waiting*>& group) {
  StoredLedgerHead head;
  if (absl::Status status = engine_.Prepare(); !status.ok()) return status;
  {
    // Read it again each time: after a failed write the stored value is unknown.
    const auto view = engine_.Read();
    auto stored = ReadStoredLedgerHead(*view);
    if (!stored.ok()) return stored.status();
    head = *std::move(stored);
  }
  Batch all;
  for (Waiting* member : group) {
    all.Append(std::move(member->batch));
    for (std::string& content : member->contents) {
      LedgerRecord record;
      record.digest = Sha256(head.digest + content);
      record.content = std::move(content);
      head.digest = record.digest;
      ++head.length;
      all.Put(Table::kLedger, KeyWriter().U64(head.length).Take(), EncodeRecord(record));
    }
  }
  all.Put(Table::kMeta, std::string(kHeadKey), EncodeRecord(head));
  const bool synced =
      std::any_of(group.begin(), group.end(), [](const Waiting* member) { return member->synced; });
  return synced ? engine_.Write(all) : engine_.WriteUnsynced(all);
}

absl::StatusOr<StoredLedgerHead> ReadStoredLedgerHead(View& view) {
  auto head = ReadRecord<StoredLedgerHead>(view, Table::kMeta, kHeadKey);
  if (!head.ok()) return head.status();
  return head->value_or(StoredLedgerHead());
}

std::optional<LedgerEntry> DecodeEntry(const LedgerRecord& record) {
  return DecodeRecord<LedgerEntry>(IsErased(record) ? record.rest : record.content);
}

absl::StatusOr<StoredLedgerHead> FindLedgerHeadAt(View& view, absl::Time at) {
  auto head = ReadStoredLedgerHead(view);
  if (!head.ok()) return head.status();
  // Records 1..low are not later than `at`; those from `high` on are.
  std::uint64_t low = 0;
  std::uint64_t high = head->length + 1;
  StoredLedgerHead found;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto record = ReadRecord<LedgerRecord>(view, Table::kLedger, KeyWriter().U64(middle).Take());
    if (!record.ok()) return record.status();
    const auto entry = *record ? DecodeEntry(**record) : std::optional<LedgerEntry>();
    if (!entry) {
      return absl::DataLossError(absl::StrCat("ledger record ", middle, " cannot be read"));
    }
    if (entry->at > at) {
      high = middle;
    } else {
      low = middle;
      found = {middle, (*record)->digest};
    }
  }
  return found;
}

absl::Status VerifyLedger(View& view, const std::function<bool()>& goes_on) {
  auto head = ReadStoredLedgerHead(view);
  if (!head.ok()) return head.status();
  std::uint64_t number = 0;
  std::string digest;
  absl::Status verdict;
  // Erased records that no later record has named yet, as they are now.
  std::map<std::uint64_t, ErasedRecord> erased;
  const auto wrong = [&](std::string_view what) {
    verdict = absl::DataLossError(
        absl::StrCat("ledger record ", number, " ", base::View(what),
                     ": it or its predecessor was changed after it was written"));
    return false;
  };
  const absl::Status walked =
      view.Walk(Table::kLedger, {}, {}, [&](std::string_view key, std::string_view value) {
        if (!goes_on()) {
          verdict = absl::CancelledError("ended before the whole ledger was read");
          return false;
        }
        ++number;
        KeyReader reader(key);
        std::uint64_t stored_number = 0;
        if (!reader.U64(&stored_number) || !reader.AtEnd() || stored_number != number) {
          return wrong("is missing");
        }
        const auto record = DecodeRecord<LedgerRecord>(value);
        if (!record) return wrong("cannot be read");
        if (IsErased(*record)) {
          // The next record follows from its digest. A later one says what it and the digest of
          // its predecessor have to be.
          if (!record->content.empty() || !DecodeEntry(*record)) return wrong("cannot be read");
          erased[number] = {number, record->leaf, digest, record->digest};
          digest = record->digest;
          return true;
        }
        digest = Sha256(digest + record->content);
        if (digest != record->digest) return wrong("does not follow from its predecessor");
        const auto entry = DecodeRecord<LedgerEntry>(record->content);
        if (!entry) return wrong("cannot be read");
        for (const ErasedRecord& one : entry->erased) {
          const auto there = erased.find(one.number);
          if (there == erased.end() || there->second.leaf != one.leaf) {
            return wrong(absl::StrCat("says that record ", one.number,
                                      " was erased, which has another leaf or its content"));
          }
          if (there->second.before != one.before || there->second.digest != one.digest) {
            return wrong(absl::StrCat("says that record ", one.number,
                                      " was erased, which has another digest or predecessor"));
          }
          erased.erase(there);
        }
        return true;
      });
  if (!walked.ok()) return walked;
  if (!verdict.ok()) return verdict;
  if (!erased.empty()) {
    return absl::DataLossError(absl::StrCat("ledger record ", erased.begin()->first,
                                            " has lost its content: no record says that it was "
                                            "erased"));
  }
  if (number != head->length || digest != head->digest) {
    return absl::DataLossError(absl::StrCat("the ledger ends at record ", number,
                                            ", its head says ", head->length,
                                            ": records were removed or changed"));
  }
  return absl::OkStatus();
}

}  // namespace retainer::store
