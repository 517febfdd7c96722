// TableStore: notices. Those in the queue, those that were told, and those that were given up.
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// The state of a notice's id.
struct NoticeFate {
  enum class State : std::uint8_t { kWaits, kTold, kFree };
  State state = State::kTold;
  std::string at;             // kWaits: the beginning of its key in the queue
  std::uint32_t telling = 0;  // kTold: number of the last telling; kFree: of the next
};

constexpr std::uint8_t kFreeMark = 1;

std::string ToldFate(std::uint32_t telling) {
  return telling == 0 ? std::string() : KeyWriter().U64(telling).Take();
}

std::string FreeFate(std::uint32_t telling) {
  return KeyWriter().U8(kFreeMark).U64(telling).Take();
}

absl::StatusOr<std::optional<NoticeFate>> ReadFate(View& view, const std::string& id) {
  auto value = view.Get(Table::kNoticeIds, id);
  if (!value.ok()) return value.status();
  if (!*value) return std::optional<NoticeFate>();
  NoticeFate fate;
  if ((*value)->empty()) return std::optional<NoticeFate>(fate);
  KeyReader reader(**value);
  std::uint64_t telling = 0;
  std::uint8_t mark = 0;
  absl::Time at;
  if ((*value)->size() == ToldFate(1).size()) {
    reader.U64(&telling);
  } else if ((*value)->size() == FreeFate(1).size()) {
    fate.state = NoticeFate::State::kFree;
    if (reader.U8(&mark) && mark == kFreeMark) reader.U64(&telling);
  } else {
    fate.state = NoticeFate::State::kWaits;
    fate.at = **value;
    reader.Instant(&at);
  }
  if (!reader.AtEnd() || telling > std::numeric_limits<std::uint32_t>::max()) {
    return Unreadable(Table::kNoticeIds, id);
  }
  fate.telling = static_cast<std::uint32_t>(telling);
  return std::optional<NoticeFate>(std::move(fate));
}

void StageWaiting(const NoticeRecord& record, Batch* batch) {
  const std::string at = KeyWriter().Instant(record.notice.at).Take();
  batch->Put(Table::kNoticeIds, record.notice.id, at);
  batch->Put(Table::kNoticeQueue, at + record.notice.id, EncodeRecord(record));
  batch->Add(Counter::kPendingNotices, 1);
}

bool IsToldAsBreach(const Notice& notice) {
  return notice.kind != NoticeKind::kWarning && notice.at >= notice.due;
}

// The ticket's told notices for which `chosen` returns true.
absl::StatusOr<std::vector<NoticeRecord>> ReadTold(
    View& view, const TicketKey& key, const std::function<bool(const Notice&)>& chosen) {
  const std::string row = KeyWriter().Ticket(key).Take();
  std::vector<NoticeRecord> records;
  absl::Status unreadable;
  const absl::Status walked = view.Walk(Table::kToldNotices, row, PrefixEnd(row),
                                        [&](std::string_view told, std::string_view value) {
                                          auto record = DecodeRecord<NoticeRecord>(value);
                                          if (!record) {
                                            unreadable = Unreadable(Table::kToldNotices, told);
                                            return false;
                                          }
                                          if (chosen(record->notice))
                                            records.push_back(*std::move(record));
                                          return true;
                                        });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return records;
}

}  // namespace

absl::Status TableStore::StageNotice(View& view, const Notice& notice, Staged* staged) {
  auto known = ReadFate(view, notice.id);
  if (!known.ok()) return known.status();
  const bool is_new = !*known || (*known)->state == NoticeFate::State::kFree;
  if (!is_new || !staged->notices.insert(notice.id).second) return absl::OkStatus();
  NoticeRecord record{.notice = notice};
  record.notice.telling = *known ? (*known)->telling : 0;
  StageWaiting(record, &staged->batch);
  return absl::OkStatus();
}

absl::Status TableStore::AddNotices(const std::vector<Notice>& notices) {
  if (notices.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Notice& notice : notices) names.push_back("notice " + notice.id);
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Staged staged;
  {
    const auto view = engine_->Read();
    for (const Notice& notice : notices) {
      if (absl::Status status = StageNotice(*view, notice, &staged); !status.ok()) return status;
    }
  }
  if (staged.notices.empty()) return absl::OkStatus();
  return engine_->Write(staged.batch);
}

absl::StatusOr<std::vector<Notice>> TableStore::ReadNotices(std::size_t limit) {
  const auto view = engine_->Read();
  auto records = ReadAll<NoticeRecord>(*view, Table::kNoticeQueue, limit);
  if (!records.ok()) return records.status();
  std::vector<Notice> notices;
  for (NoticeRecord& record : *records) notices.push_back(std::move(record.notice));
  return notices;
}

absl::StatusOr<std::optional<TableStore::Waiting>> TableStore::FindWaiting(View& view,
                                                                           const std::string& id) {
  auto fate = ReadFate(view, id);
  if (!fate.ok()) return fate.status();
  if (!*fate || (*fate)->state != NoticeFate::State::kWaits) return std::optional<Waiting>();
  Waiting waiting;
  waiting.key = (*fate)->at + id;
  auto record = ReadRecord<NoticeRecord>(view, Table::kNoticeQueue, waiting.key);
  if (!record.ok()) return record.status();
  if (!*record) return Unreadable(Table::kNoticeQueue, waiting.key);
  waiting.record = **std::move(record);
  return std::optional<Waiting>(std::move(waiting));
}

absl::StatusOr<std::optional<NoticeRecord>> TableStore::FindNotice(const std::string& id) {
  const auto view = engine_->Read();
  auto waiting = FindWaiting(*view, id);
  if (!waiting.ok()) return waiting.status();
  if (!*waiting) return std::optional<NoticeRecord>();
  return std::optional<NoticeRecord>(std::move((*waiting)->record));
}

absl::Status TableStore::SaveNotice(const NoticeRecord& record) {
  const std::string& id = record.notice.id;
  const LockStripes::Hold hold = locks_.Acquire({"notice " + id});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto waiting = FindWaiting(*view, id);
    if (!waiting.ok()) return waiting.status();
    if (!*waiting) return absl::NotFoundError(absl::StrCat("no notice ", id, " waits"));
    // The store keeps the position in the queue and the number of the telling.
    NoticeRecord saved = record;
    saved.notice.at = (*waiting)->record.notice.at;
    saved.notice.telling = (*waiting)->record.notice.telling;
    batch.Put(Table::kNoticeQueue, (*waiting)->key, EncodeRecord(saved));
  }
  return engine_->Write(batch);
}

absl::Status TableStore::FinishNotice(const std::string& id, const std::vector<std::string>& told) {
  NoticeRecord ended;
  ended.told = told;
  return EndNotice(id, ended, nullptr);
}

absl::Status TableStore::BuryNotice(const NoticeRecord& record, const std::string& reason,
                                    absl::Time now) {
  const DeadNotice dead{record, reason, now};
  return EndNotice(record.notice.id, record, &dead);
}

absl::StatusOr<std::vector<DeadNotice>> TableStore::ListDeadNotices(std::size_t limit) {
  const auto view = engine_->Read();
  return ReadAll<DeadNotice>(*view, Table::kDeadNotices, limit);
}

absl::Status TableStore::ReviveNotice(const std::string& id) {
  const LockStripes::Hold hold = locks_.Acquire({"notice " + id});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto dead = ReadRecord<DeadNotice>(*view, Table::kDeadNotices, id);
    if (!dead.ok()) return dead.status();
    if (!*dead) return absl::NotFoundError(absl::StrCat("no dead notice ", id));
    auto waiting = FindWaiting(*view, id);
    if (!waiting.ok()) return waiting.status();
    batch.Delete(Table::kDeadNotices, id);
    batch.Add(Counter::kDeadNotices, -1);
    // If the notice is in the queue again, all sinks get it anyway.
    if (!*waiting) {
      NoticeRecord record = (*dead)->record;
      record.attempts = 0;
      record.again_at.reset();
      record.failing_since.reset();
      StageWaiting(record, &batch);
    }
  }
  return engine_->Write(batch);
}

absl::Status TableStore::EndNotice(const std::string& id, const NoticeRecord& ended,
                                   const DeadNotice* dead) {
  // The list of what it takes back never changes, so it can be read before taking the locks.
  auto found = FindNotice(id);
  if (!found.ok()) return found.status();
  std::vector<std::string> names = {"notice " + id};
  if (*found) {
    for (const std::string& other : (*found)->notice.withdraws) {
      names.push_back("notice " + CauseOfTelling(other));
    }
  }
  const LockStripes::Hold hold = locks_.Acquire(names);
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto waiting = FindWaiting(*view, id);
    if (!waiting.ok()) return waiting.status();
    if (!*waiting) {
      const auto fate = ReadFate(*view, id);
      if (!fate.ok()) return fate.status();
      const bool is_told = *fate && (*fate)->state == NoticeFate::State::kTold;
      return is_told ? absl::OkStatus() : absl::NotFoundError(absl::StrCat("no notice ", id));
    }
    const Notice& notice = (*waiting)->record.notice;
    const std::string ticket = KeyWriter().Ticket(notice.ticket).Take();
    batch.Delete(Table::kNoticeQueue, (*waiting)->key);
    batch.Add(Counter::kPendingNotices, -1);
    if (dead != nullptr) {
      auto known = view->Get(Table::kDeadNotices, id);
      if (!known.ok()) return known.status();
      if (!*known) batch.Add(Counter::kDeadNotices, 1);
      batch.Put(Table::kDeadNotices, id, EncodeRecord(*dead));
    }
    if (notice.withdraws.empty()) {
      batch.Put(Table::kNoticeIds, id, ToldFate(notice.telling));
      if (IsToldAsBreach(notice) || !notice.run.empty()) {
        NoticeRecord told{.notice = notice};
        told.told = ended.told;
        told.troubles = ended.troubles;
        batch.Put(Table::kToldNotices, ticket + id, EncodeRecord(told));
      }
    } else {
      batch.Put(Table::kNoticeIds, id, FreeFate(notice.telling + 1));
      for (const std::string& name : notice.withdraws) {
        const std::string cause = CauseOfTelling(name);
        batch.Delete(Table::kToldNotices, ticket + cause);
        auto told = ReadFate(*view, cause);
        if (!told.ok()) return told.status();
        if (*told && (*told)->state == NoticeFate::State::kTold) {
          batch.Put(Table::kNoticeIds, cause, FreeFate((*told)->telling + 1));
        }
      }
    }
  }
  return engine_->Write(batch);
}

absl::Status TableStore::DropNotice(const std::string& id) {
  const LockStripes::Hold hold = locks_.Acquire({"notice " + id});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto waiting = FindWaiting(*view, id);
    if (!waiting.ok()) return waiting.status();
    if (!*waiting) return absl::OkStatus();
    // Somebody may have received it, so a later notice of the same cause is a new telling.
    const Notice& notice = (*waiting)->record.notice;
    const std::uint32_t next = notice.telling + (notice.told_since ? 1 : 0);
    if (next == 0) {
      batch.Delete(Table::kNoticeIds, id);
    } else {
      batch.Put(Table::kNoticeIds, id, FreeFate(next));
    }
    batch.Delete(Table::kNoticeQueue, (*waiting)->key);
    batch.Add(Counter::kPendingNotices, -1);
  }
  return engine_->Write(batch);
}

absl::StatusOr<std::vector<Notice>> TableStore::ReadToldNotices(const TicketKey& key) {
  const auto view = engine_->Read();
  auto records = ReadTold(*view, key, IsToldAsBreach);
  if (!records.ok()) return records.status();
  std::vector<Notice> notices;
  for (NoticeRecord& record : *records) notices.push_back(std::move(record.notice));
  return notices;
}

absl::StatusOr<std::vector<NoticeRecord>> TableStore::ReadToldSteps(const TicketKey& key,
                                                                    const std::string& run) {
  const auto view = engine_->Read();
  return ReadTold(*view, key, [&](const Notice& notice) { return notice.run == run; });
}

}  // namespace retainer::store
