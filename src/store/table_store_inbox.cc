// TableStore: deliveries. The inbox, set-aside deliveries, and expiry.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "src/store/codec/body.h"
#include "src/store/codec/keys.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// Expire: rows per write, and rows per call.
constexpr std::size_t kExpireChunk = 256;
constexpr std::size_t kExpireLimit = 10'000;
// A page of the inbox ends after the entry at which the bodies reach this size.
constexpr std::size_t kPageBytes = std::size_t{32} << 20;

std::string BodyKey(std::uint64_t seq) { return KeyWriter().U64(seq).Take(); }

std::string ExpiryKey(absl::Time received, const std::string& forge, const std::string& id) {
  return KeyWriter().Instant(received).Text(forge).Text(id).Take();
}

// Nullopt if the body is missing or cannot be read.
absl::StatusOr<std::optional<std::string>> ReadBody(View& view, std::uint64_t seq) {
  auto frame = view.Get(Table::kBodies, BodyKey(seq));
  if (!frame.ok()) return frame.status();
  if (!*frame) return std::nullopt;
  return DecompressBody(**frame);
}

InboxEntry MakeEntry(const std::string& forge, std::uint64_t seq, DeliveryRecord record,
                     std::string body) {
  InboxEntry entry;
  entry.seq = seq;
  entry.delivery.forge = forge;
  entry.delivery.id = std::move(record.id);
  entry.delivery.event_type = std::move(record.event_type);
  entry.delivery.received = record.received;
  entry.delivery.bound = record.bound;
  entry.delivery.origin = record.origin;
  entry.delivery.trace = std::move(record.trace);
  entry.delivery.body = std::move(body);
  return entry;
}

}  // namespace

absl::StatusOr<Store::Put> TableStore::PutDelivery(const Delivery& delivery) {
  auto put = PutDeliveries({delivery});
  if (!put.ok()) return put.status();
  return put->front();
}

absl::StatusOr<std::vector<Store::Put>> TableStore::PutDeliveries(
    const std::vector<Delivery>& deliveries) {
  std::vector<std::string> names;
  std::vector<std::string> id_keys;
  for (const Delivery& delivery : deliveries) {
    names.push_back(DeliveryLockName(delivery.forge, delivery.id));
    id_keys.push_back(KeyWriter().Text(delivery.forge).Text(delivery.id).Take());
  }
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  std::vector<Put> puts(deliveries.size(), Put::kKnown);
  std::vector<std::size_t> fresh;
  {
    const auto view = engine_->Read();
    auto there = view->GetMany(Table::kDeliveries, id_keys);
    if (!there.ok()) return there.status();
    std::set<std::string_view> met;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      if (!(*there)[i] && met.insert(id_keys[i]).second) fresh.push_back(i);
    }
  }
  if (fresh.empty()) return puts;
  // Compress before taking numbers, so that no reader waits for a number while a large body is
  // compressed.
  std::vector<std::string> frames;
  const std::shared_ptr<const Forgotten> forgotten = this->forgotten();
  for (const std::size_t i : fresh) {
    if (forgotten->empty()) {
      frames.push_back(CompressBody(deliveries[i].body));
      continue;
    }
    std::string body = deliveries[i].body;
    forgotten->ApplyToBody(deliveries[i].forge, &body);
    frames.push_back(CompressBody(body));
  }
  std::vector<InboxNumbers::Taken> numbers;
  Batch batch;
  for (std::size_t n = 0; n < fresh.size(); ++n) {
    const Delivery& delivery = deliveries[fresh[n]];
    auto number = numbers_.Take();
    if (!number.ok()) return number.status();
    const std::uint64_t seq = number->seq();
    numbers.push_back(*std::move(number));
    DeliveryRecord record;
    record.id = delivery.id;
    record.event_type = delivery.event_type;
    record.received = delivery.received;
    record.bound = delivery.bound;
    record.origin = delivery.origin;
    record.trace = delivery.trace;
    batch.Put(Table::kDeliveries, std::move(id_keys[fresh[n]]), KeyWriter().U64(seq).Take());
    batch.Put(Table::kExpiry, ExpiryKey(delivery.received, delivery.forge, delivery.id),
              KeyWriter().U64(seq).Take());
    batch.Put(Table::kBodies, BodyKey(seq), std::move(frames[n]));
    batch.Put(Table::kInbox, EntryKey(delivery.forge, seq), EncodeRecord(record));
    puts[fresh[n]] = Put::kStored;
  }
  batch.Add(Counter::kInbox, static_cast<std::int64_t>(fresh.size()));
  if (absl::Status status = engine_->Write(batch); !status.ok()) return status;
  for (InboxNumbers::Taken& number : numbers) number.Arrived();
  return puts;
}

absl::StatusOr<std::vector<InboxEntry>> TableStore::ReadInbox(const std::string& forge,
                                                              std::uint64_t after,
                                                              std::size_t limit) {
  std::vector<InboxEntry> entries;
  std::size_t bytes = 0;
  std::vector<std::uint64_t> unreadable;
  // A delivery whose write failed may exist anyway, and the forge may count it as delivered: it
  // must not wait for the next delivery. If the disk still has an error, older entries can be read
  // nevertheless.
  if (!numbers_.Doubts().empty()) Prepare().IgnoreError();
  ForgetLosses();
  // Read this before opening the view: entries that settle in between are then in the view.
  const std::uint64_t settled = numbers_.Settled();
  const InboxFronts::Front front = fronts_.Get(forge);
  const std::uint64_t from = std::max(after + 1, front.seq);
  if (limit == 0 || from >= settled) return entries;
  std::uint64_t first = settled;
  {
    const auto view = engine_->Read();
    absl::Status trouble;
    const std::string prefix = KeyWriter().Text(forge).Take();
    const absl::Status walked = view->Walk(
        Table::kInbox, EntryKey(forge, from), EntryKey(forge, settled),
        [&](std::string_view key, std::string_view value) {
          std::uint64_t seq = 0;
          KeyReader reader(key.substr(prefix.size()));
          if (!reader.U64(&seq) || !reader.AtEnd()) {
            trouble = Unreadable(Table::kInbox, key);
            return false;
          }
          first = std::min(first, seq);
          auto record = DecodeRecord<DeliveryRecord>(value);
          auto body = ReadBody(*view, seq);
          if (!body.ok() && !absl::IsDataLoss(body.status())) {
            trouble = body.status();
            return false;
          }
          if (!record || !body.ok() || !*body) {
            unreadable.push_back(seq);
            return true;
          }
          bytes += (*body)->size();
          entries.push_back(MakeEntry(forge, seq, *std::move(record), **std::move(body)));
          return entries.size() < limit && bytes < kPageBytes;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
  }
  const bool from_the_front = after < std::max<std::uint64_t>(front.seq, 1);
  if (from_the_front) fronts_.Raise(forge, front, first);
  // One unreadable record must not block the entries after it.
  for (std::uint64_t seq : unreadable) {
    absl::Status status = MoveAside(forge, seq,
                                    "the stored delivery cannot be read: have the forge "
                                    "send it again",
                                    std::nullopt);
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  return entries;
}

absl::Status TableStore::StageInboxDone(View& view, const std::string& forge, std::uint64_t seq,
                                        Batch* batch) {
  std::string key = EntryKey(forge, seq);
  auto there = view.Get(Table::kInbox, key);
  if (!there.ok()) return there.status();
  if (!*there) return absl::OkStatus();
  batch->Delete(Table::kInbox, std::move(key));
  batch->Delete(Table::kBodies, BodyKey(seq));
  batch->Add(Counter::kInbox, -1);
  return absl::OkStatus();
}

absl::Status TableStore::FinishDelivery(const std::string& forge, std::uint64_t seq,
                                        const std::optional<ProjectRecord>& project) {
  std::vector<std::string> names = {InboxLockName(forge, seq)};
  if (project) names.push_back(LockName(project->key));
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    absl::Status status = StageInboxDone(*view, forge, seq, &batch);
    if (!status.ok()) return status;
    if (project) status = StageProject(*view, *project, &batch);
    if (!status.ok()) return status;
  }
  return batch.empty() ? absl::OkStatus() : engine_->WriteUnsynced(batch);
}

absl::Status TableStore::SetAside(const std::string& forge, std::uint64_t seq,
                                  const std::string& reason, absl::Time now) {
  return MoveAside(forge, seq, reason, now);
}

absl::Status TableStore::MoveAside(const std::string& forge, std::uint64_t seq,
                                   const std::string& reason, std::optional<absl::Time> now) {
  const LockStripes::Hold hold = locks_.Acquire({InboxLockName(forge, seq)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const std::string key = EntryKey(forge, seq);
  Batch batch;
  {
    const auto view = engine_->Read();
    auto value = view->Get(Table::kInbox, key);
    if (!value.ok()) return value.status();
    if (!*value) {
      return absl::NotFoundError(absl::StrCat("no entry ", seq, " in the inbox of ", forge));
    }
    auto decoded = DecodeRecord<DeliveryRecord>(**value);
    DeliveryRecord record = decoded ? *std::move(decoded) : DeliveryRecord();
    // Only the number of an unreadable record is known.
    if (record.id.empty()) record.id = absl::StrCat("unreadable ", seq);
    record.reason = reason;
    record.set_aside_at = now.value_or(record.received);
    batch.Delete(Table::kInbox, key);
    batch.Put(Table::kSetAside, key, EncodeRecord(record));
    // The row of its id may have expired already. Expire finds set-aside deliveries by this row.
    batch.Put(Table::kExpiry, ExpiryKey(record.received, forge, record.id),
              KeyWriter().U64(seq).Take());
    batch.Add(Counter::kInbox, -1);
    batch.Add(Counter::kSetAside, 1);
  }
  return engine_->WriteUnsynced(batch);
}

absl::StatusOr<std::vector<SetAsideEntry>> TableStore::ListSetAside(std::size_t limit) {
  std::vector<SetAsideEntry> entries;
  std::size_t bytes = 0;
  if (limit == 0) return entries;
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(Table::kSetAside, {}, {}, [&](std::string_view key, std::string_view value) {
        KeyReader reader(key);
        std::string forge;
        std::uint64_t seq = 0;
        auto record = DecodeRecord<DeliveryRecord>(value);
        if (!reader.Text(&forge) || !reader.U64(&seq) || !reader.AtEnd() || !record) {
          trouble = Unreadable(Table::kSetAside, key);
          return false;
        }
        // Even without its body an entry shows that a delivery came and why it was set aside.
        auto body = ReadBody(*view, seq);
        SetAsideEntry entry;
        entry.reason = record->reason;
        entry.at = record->set_aside_at;
        entry.entry = MakeEntry(forge, seq, *std::move(record),
                                body.ok() && *body ? **std::move(body) : std::string());
        bytes += entry.entry.delivery.body.size();
        entries.push_back(std::move(entry));
        return entries.size() < limit && bytes < kPageBytes;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return entries;
}

absl::Status TableStore::Requeue(const std::string& forge, std::uint64_t seq) {
  const LockStripes::Hold hold = locks_.Acquire({InboxLockName(forge, seq)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const std::string key = EntryKey(forge, seq);
  Batch batch;
  {
    const auto view = engine_->Read();
    auto record = ReadRecord<DeliveryRecord>(*view, Table::kSetAside, key);
    if (!record.ok()) return record.status();
    if (!*record) {
      return absl::NotFoundError(absl::StrCat("no entry ", seq, " of ", forge, " is set aside"));
    }
    (*record)->reason.clear();
    (*record)->set_aside_at = absl::Time();
    batch.Delete(Table::kSetAside, key);
    batch.Put(Table::kInbox, key, EncodeRecord(**record));
    batch.Add(Counter::kInbox, 1);
    batch.Add(Counter::kSetAside, -1);
  }
  const absl::Status status = engine_->Write(batch);
  fronts_.PutBack(forge, seq);
  return status;
}

absl::StatusOr<std::size_t> TableStore::Expire(absl::Time before) {
  std::size_t total = 0;
  bool more = true;
  while (more && total < kExpireLimit) {
    auto some = ExpireSome(before, kExpireChunk, &more);
    if (!some.ok()) return some.status();
    total += *some;
  }
  return total;
}

absl::StatusOr<std::size_t> TableStore::ExpireSome(absl::Time before, std::size_t limit,
                                                   bool* more) {
  struct Row {
    std::string key;
    std::string forge;
    std::string id;
    std::uint64_t seq = 0;
  };
  std::vector<Row> rows;
  std::vector<std::string> names;
  {
    const auto view = engine_->Read();
    absl::Status trouble;
    const absl::Status walked = view->Walk(
        Table::kExpiry, {}, KeyWriter().Instant(before).Take(),
        [&](std::string_view key, std::string_view value) {
          Row row;
          row.key = key;
          absl::Time received;
          KeyReader reader(key);
          KeyReader number(value);
          if (!reader.Instant(&received) || !reader.Text(&row.forge) || !reader.Text(&row.id) ||
              !reader.AtEnd() || !number.U64(&row.seq) || !number.AtEnd()) {
            trouble = Unreadable(Table::kExpiry, key);
            return false;
          }
          names.push_back(DeliveryLockName(row.forge, row.id));
          names.push_back(InboxLockName(row.forge, row.seq));
          rows.push_back(std::move(row));
          return rows.size() < limit;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
  }
  *more = rows.size() == limit;
  if (rows.empty()) return 0;

  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  std::size_t forgotten = 0;
  Batch batch;
  {
    const auto view = engine_->Read();
    for (const Row& row : rows) {
      batch.Delete(Table::kExpiry, row.key);
      std::string id_key = KeyWriter().Text(row.forge).Text(row.id).Take();
      auto seq = view->Get(Table::kDeliveries, id_key);
      if (!seq.ok()) return seq.status();
      // A different number: the id had expired and arrived again since.
      if (*seq && **seq == KeyWriter().U64(row.seq).Take()) {
        batch.Delete(Table::kDeliveries, std::move(id_key));
        ++forgotten;
      }
      std::string entry_key = EntryKey(row.forge, row.seq);
      auto aside = view->Get(Table::kSetAside, entry_key);
      if (!aside.ok()) return aside.status();
      if (*aside) {
        batch.Delete(Table::kSetAside, std::move(entry_key));
        batch.Delete(Table::kBodies, BodyKey(row.seq));
        batch.Add(Counter::kSetAside, -1);
        ++forgotten;
      }
      bool held = false;
      if (absl::Status staged = StageHeldForgotten(*view, row.forge, row.seq, &batch, &held);
          !staged.ok()) {
        return staged;
      }
      forgotten += held ? 1 : 0;
    }
  }
  if (absl::Status status = engine_->Write(batch); !status.ok()) return status;
  return forgotten;
}

}  // namespace retainer::store
