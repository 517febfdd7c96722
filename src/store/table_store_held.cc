// TableStore: held deliveries of projects that the policy does not cover, and resyncs.
#include <limits>

#include "absl/strings/str_cat.h"
#include "src/store/codec/counter.h"
#include "src/store/codec/keys.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr std::string_view kAliveKey = "alive";

std::string HeldCounterKey(const std::string& forge, const std::string& project) {
  return KeyWriter()
      .U8(static_cast<std::uint8_t>(Counter::kHeldOf))
      .Text(forge)
      .Text(project)
      .Take();
}

std::string ResyncKey(const ProjectKey& key) {
  return KeyWriter().Text(key.forge).Text(key.id).Take();
}

}  // namespace

absl::Status TableStore::Hold(const std::string& forge, std::uint64_t seq,
                              const ProjectRecord& project) {
  const LockStripes::Hold hold = locks_.Acquire({InboxLockName(forge, seq), LockName(project.key)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const std::string key = EntryKey(forge, seq);
  Batch batch;
  {
    const auto view = engine_->Read();
    auto record = ReadRecord<DeliveryRecord>(*view, Table::kInbox, key);
    if (!record.ok()) return record.status();
    if (!*record) {
      return absl::NotFoundError(absl::StrCat("no entry ", seq, " in the inbox of ", forge));
    }
    (*record)->project = project.key.id;
    batch.Delete(Table::kInbox, key);
    batch.Put(Table::kHeld, key, EncodeRecord(**record));
    // The row of its id may have expired already. Held deliveries are found by Expire too.
    batch.Put(Table::kExpiry,
              KeyWriter().Instant((*record)->received).Text(forge).Text((*record)->id).Take(),
              KeyWriter().U64(seq).Take());
    batch.Add(Counter::kInbox, -1);
    batch.Add(Counter::kHeld, 1);
    batch.AddTo(HeldCounterKey(forge, project.key.id), 1);
    absl::Status status = StageProject(*view, project, &batch);
    if (!status.ok()) return status;
  }
  return engine_->WriteUnsynced(batch);
}

absl::StatusOr<std::vector<HeldDeliveries>> TableStore::ListHeld() {
  std::vector<HeldDeliveries> held;
  const std::string prefix = KeyWriter().U8(static_cast<std::uint8_t>(Counter::kHeldOf)).Take();
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked = view->Walk(
      Table::kCounters, prefix, PrefixEnd(prefix),
      [&](std::string_view key, std::string_view value) {
        KeyReader reader(key.substr(prefix.size()));
        HeldDeliveries one;
        if (!reader.Text(&one.project.forge) || !reader.Text(&one.project.id) || !reader.AtEnd()) {
          trouble = Unreadable(Table::kCounters, key);
          return false;
        }
        one.count = DecodeCounter(value);
        if (one.count > 0) held.push_back(std::move(one));
        return true;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return held;
}

absl::StatusOr<std::size_t> TableStore::ReleaseHeld(const ProjectKey& project, std::size_t limit) {
  std::vector<std::uint64_t> numbers;
  {
    const auto view = engine_->Read();
    auto count = view->Get(Table::kCounters, HeldCounterKey(project.forge, project.id));
    if (!count.ok()) return count.status();
    if (!*count || DecodeCounter(**count) == 0) return 0;
    const std::string prefix = KeyWriter().Text(project.forge).Take();
    const absl::Status walked = view->Walk(
        Table::kHeld, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
          std::uint64_t seq = 0;
          KeyReader reader(key.substr(prefix.size()));
          const auto record = DecodeRecord<DeliveryRecord>(value);
          // An unreadable record stays until it expires.
          if (!record || !reader.U64(&seq) || record->project != project.id) return true;
          numbers.push_back(seq);
          return numbers.size() < limit;
        });
    if (!walked.ok()) return walked;
  }
  std::size_t released = 0;
  for (const std::uint64_t seq : numbers) {
    const LockStripes::Hold hold = locks_.Acquire({InboxLockName(project.forge, seq)});
    if (absl::Status status = Prepare(); !status.ok()) return status;
    const std::string key = EntryKey(project.forge, seq);
    Batch batch;
    {
      const auto view = engine_->Read();
      auto record = ReadRecord<DeliveryRecord>(*view, Table::kHeld, key);
      if (!record.ok()) return record.status();
      if (!*record) continue;
      (*record)->project.clear();
      batch.Delete(Table::kHeld, key);
      batch.Put(Table::kInbox, key, EncodeRecord(**record));
      batch.Add(Counter::kInbox, 1);
      batch.Add(Counter::kHeld, -1);
      batch.AddTo(HeldCounterKey(project.forge, project.id), -1);
    }
    const absl::Status status = engine_->Write(batch);
    fronts_.PutBack(project.forge, seq);
    if (!status.ok()) return status;
    ++released;
  }
  return released;
}

absl::Status TableStore::StageHeldForgotten(View& view, const std::string& forge, std::uint64_t seq,
                                            Batch* batch, bool* was_there) {
  const std::string key = EntryKey(forge, seq);
  auto held = view.Get(Table::kHeld, key);
  if (!held.ok()) return held.status();
  *was_there = held->has_value();
  if (!*held) return absl::OkStatus();
  batch->Delete(Table::kHeld, key);
  batch->Delete(Table::kBodies, KeyWriter().U64(seq).Take());
  batch->Add(Counter::kHeld, -1);
  if (const auto record = DecodeRecord<DeliveryRecord>(**held)) {
    batch->AddTo(HeldCounterKey(forge, record->project), -1);
  }
  return absl::OkStatus();
}

absl::Status TableStore::SaveResync(const ResyncRecord& resync) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(resync.project)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Put(Table::kResyncs, ResyncKey(resync.project), EncodeRecord(resync));
  return engine_->Write(batch);
}

absl::StatusOr<std::vector<ResyncRecord>> TableStore::ListResyncs() {
  const auto view = engine_->Read();
  return ReadAll<ResyncRecord>(*view, Table::kResyncs, std::numeric_limits<std::size_t>::max());
}

absl::Status TableStore::MarkAlive(absl::Time now) {
  const LockStripes::Hold hold = locks_.Acquire({std::string(kAliveKey)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Put(Table::kMeta, std::string(kAliveKey), KeyWriter().Instant(now).Take());
  return engine_->Write(batch);
}

absl::StatusOr<std::optional<absl::Time>> TableStore::LastAlive() {
  const auto view = engine_->Read();
  auto value = view->Get(Table::kMeta, std::string(kAliveKey));
  if (!value.ok()) return value.status();
  if (!*value) return std::optional<absl::Time>();
  absl::Time at;
  KeyReader reader(**value);
  if (!reader.Instant(&at) || !reader.AtEnd()) return Unreadable(Table::kMeta, kAliveKey);
  return std::optional<absl::Time>(at);
}

}  // namespace retainer::store
