// TableStore: gate overrides. Each is a record and a ledger entry, written together.
#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/store/codec/keys.h"
#include "src/store/lock_names.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

std::string RowKey(const GateOverride& record) {
  return KeyWriter()
      .Text(record.project.forge)
      .Text(record.project.id)
      .Instant(record.until)
      .Text(record.id)
      .Take();
}

// The ledger has only a digest of the person and the reason, as for all persons.
LedgerEntry EntryOf(const GateOverride& record, absl::Time at, const std::string& change) {
  LedgerFact fact;
  fact.digest = Sha256(EncodeRecord(record));
  fact.name = absl::StrCat("override:~", absl::BytesToHexString(fact.digest).substr(0, 16));
  LedgerEntry entry;
  entry.ticket = {record.project.forge, record.project.id, TicketKind::kIssue, 0};
  entry.at = at;
  entry.facts.push_back(std::move(fact));
  entry.changes.push_back(absl::StrCat("gate override ", record.id, ": ", change));
  return entry;
}

absl::StatusOr<std::optional<GateOverride>> FindById(View& view, const std::string& id) {
  auto all = ReadAll<GateOverride>(view, Table::kOverrides, SIZE_MAX);
  if (!all.ok()) return all.status();
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const GateOverride& record) { return record.id == id; });
  if (found == all->end()) return std::optional<GateOverride>();
  return std::optional<GateOverride>(std::move(*found));
}

}  // namespace

absl::Status TableStore::SaveOverride(const GateOverride& record) {
  if (record.reason.empty()) return absl::InvalidArgumentError("an override needs a reason");
  if (record.by.empty()) return absl::InvalidArgumentError("an override needs a name");
  if (record.until <= record.from || record.until - record.from > kLongestOverride) {
    return absl::InvalidArgumentError("an override ends within 7 days of its beginning");
  }
  const LockStripes::Hold hold = locks_.Acquire({kOverridesLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  {
    const auto view = engine_->Read();
    const auto there = FindById(*view, record.id);
    if (!there.ok()) return there.status();
    if (*there) return absl::AlreadyExistsError(absl::StrCat("override ", record.id, " is there"));
  }
  Batch batch;
  batch.Put(Table::kOverrides, RowKey(record), EncodeRecord(record));
  const absl::Status written = ledger_.Write(
      std::move(batch),
      {EntryOf(record, record.from, absl::StrCat("in force until ", Rfc3339(record.until)))});
  RaiseProjectVersion(record.project);
  return written;
}

absl::StatusOr<GateOverride> TableStore::WithdrawOverride(const std::string& id,
                                                          const std::string& by, absl::Time at) {
  const LockStripes::Hold hold = locks_.Acquire({kOverridesLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  GateOverride record;
  {
    const auto view = engine_->Read();
    auto there = FindById(*view, id);
    if (!there.ok()) return there.status();
    if (!*there) return absl::NotFoundError(absl::StrCat("no override has the id \"", id, "\""));
    record = **std::move(there);
  }
  if (record.withdrawn || record.until <= at) return record;
  record.withdrawn = at;
  record.withdrawn_by = by;
  Batch batch;
  batch.Put(Table::kOverrides, RowKey(record), EncodeRecord(record));
  const absl::Status written = ledger_.Write(std::move(batch), {EntryOf(record, at, "withdrawn")});
  RaiseProjectVersion(record.project);
  if (!written.ok()) return written;
  return record;
}

absl::StatusOr<std::vector<GateOverride>> TableStore::ListOverrides() {
  const auto view = engine_->Read();
  return ReadAll<GateOverride>(*view, Table::kOverrides, SIZE_MAX);
}

absl::StatusOr<std::optional<GateOverride>> TableStore::FindOverride(const ProjectKey& project,
                                                                     absl::Time at) {
  const std::string prefix = KeyWriter().Text(project.forge).Text(project.id).Take();
  const std::string from = KeyWriter().Raw(prefix).Instant(at + absl::Nanoseconds(1)).Take();
  std::optional<GateOverride> found;
  absl::Status unreadable;
  const auto view = engine_->Read();
  const absl::Status walked = view->Walk(Table::kOverrides, from, PrefixEnd(prefix),
                                         [&](std::string_view key, std::string_view value) {
                                           auto record = DecodeRecord<GateOverride>(value);
                                           if (!record) {
                                             unreadable = Unreadable(Table::kOverrides, key);
                                             return false;
                                           }
                                           if (record->from <= at && !record->withdrawn)
                                             found = *std::move(record);
                                           return true;
                                         });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return found;
}

}  // namespace retainer::store
