// TableStore: faces. What the forge should show, what it was last made to show, and where the two
// differ.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/store/codec/keys.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

std::string DirtyPrefix(const std::string& forge) {
  return KeyWriter().U8(static_cast<std::uint8_t>(DirtyQueue::kByRank)).Text(forge).Take();
}

// The key prefix of the faces of one forge and rank that are ready, or of those that were
// postponed.
std::string DirtyGroup(const std::string& forge, std::uint8_t rank, DirtyWait wait) {
  return KeyWriter().Raw(DirtyPrefix(forge)).U8(rank).U8(static_cast<std::uint8_t>(wait)).Take();
}

// The keys of a dirty face.
std::pair<std::string, std::string> DirtyKeys(const FaceRecord& record, const TicketKey& ticket) {
  const bool put_off = record.not_before > record.since;
  return {KeyWriter()
              .Raw(DirtyGroup(ticket.forge, record.rank,
                              put_off ? DirtyWait::kPutOff : DirtyWait::kReady))
              .Instant(put_off ? record.not_before : record.since)
              .Ticket(ticket)
              .Take(),
          KeyWriter()
              .U8(static_cast<std::uint8_t>(DirtyQueue::kByAge))
              .Instant(record.since)
              .Ticket(ticket)
              .Take()};
}

// Reads at most `limit` faces of a group, from `from` up to `until`.
absl::Status ReadGroup(View& view, const std::string& group, absl::Time from, absl::Time until,
                       std::size_t limit, std::vector<DirtyFace>* faces) {
  std::size_t found = 0;
  absl::Status trouble;
  const absl::Status walked =
      view.Walk(Table::kDirty, KeyWriter().Raw(group).Instant(from).Take(), PrefixEnd(group),
                [&](std::string_view key, std::string_view) {
                  KeyReader reader(key.substr(group.size()));
                  absl::Time at;
                  DirtyFace dirty;
                  if (!reader.Instant(&at) || !reader.Ticket(&dirty.ticket) || !reader.AtEnd()) {
                    trouble = Unreadable(Table::kDirty, key);
                    return false;
                  }
                  if (at > until) return false;
                  const std::string row = TicketRowKey(dirty.ticket);
                  auto record = ReadRecord<FaceRecord>(view, Table::kFaces, row);
                  if (!record.ok() || !*record) {
                    trouble = record.ok() ? Unreadable(Table::kFaces, row) : record.status();
                    return false;
                  }
                  dirty.face = std::move((*record)->face);
                  dirty.generation = (*record)->generation;
                  dirty.since = (*record)->since;
                  dirty.not_before = (*record)->not_before;
                  dirty.rank = (*record)->rank;
                  dirty.look = (*record)->look;
                  faces->push_back(std::move(dirty));
                  return ++found < limit;
                });
  return walked.ok() ? trouble : walked;
}

// The key prefix of a forge's backlog.
std::string BacklogPrefix(const std::string& forge) {
  return KeyWriter().U8(static_cast<std::uint8_t>(DirtyQueue::kBacklog)).Text(forge).Take();
}
std::string BacklogKey(const FaceRecord& record, const TicketKey& ticket) {
  return KeyWriter().Raw(BacklogPrefix(ticket.forge)).Instant(record.since).Ticket(ticket).Take();
}

// Replaces what is shown, and the rows derived from it.
absl::Status StageShown(View& view, const TicketKey& key, const ShownFace& shown, Batch* batch) {
  const std::string row = TicketRowKey(key);
  auto old = ReadRecord<ShownFace>(view, Table::kShown, row);
  // An unreadable record is replaced.
  if (!old.ok() && !absl::IsDataLoss(old.status())) return old.status();
  const bool had = old.ok() && *old && !(*old)->refused_labels.empty();
  const bool has = !shown.refused_labels.empty();
  if (has && !had) batch->Put(Table::kRefusedLabels, row, "");
  if (had && !has) batch->Delete(Table::kRefusedLabels, row);
  batch->Put(Table::kShown, row, EncodeRecord(shown));
  return absl::OkStatus();
}

absl::Status NoFace(const TicketKey& key) {
  return absl::NotFoundError(absl::StrCat(ToString(key), " has no face"));
}

// Replaces a face's record, and the rows derived from it.
void StageFaceRecord(const TicketKey& ticket, const std::optional<FaceRecord>& old,
                     const FaceRecord& record, Batch* batch) {
  const bool was_dirty = old && old->state == FaceState::kDirty;
  const bool is_dirty = record.state == FaceState::kDirty;
  if (was_dirty) {
    const auto [by_rank, by_age] = DirtyKeys(*old, ticket);
    batch->Delete(Table::kDirty, by_rank);
    batch->Delete(Table::kDirty, by_age);
  }
  if (is_dirty) {
    const auto [by_rank, by_age] = DirtyKeys(record, ticket);
    batch->Put(Table::kDirty, by_rank, "");
    batch->Put(Table::kDirty, by_age, "");
  }
  if (was_dirty != is_dirty) batch->Add(Counter::kDirtyFaces, is_dirty ? 1 : -1);

  const bool was_waiting = old && old->state == FaceState::kBacklog;
  const bool is_waiting = record.state == FaceState::kBacklog;
  if (was_waiting) batch->Delete(Table::kDirty, BacklogKey(*old, ticket));
  if (is_waiting) batch->Put(Table::kDirty, BacklogKey(record, ticket), "");
  if (was_waiting != is_waiting) batch->Add(Counter::kBacklogFaces, is_waiting ? 1 : -1);

  const bool was_dead = old && old->state == FaceState::kDead;
  const bool is_dead = record.state == FaceState::kDead;
  if (was_dead && !is_dead) batch->Delete(Table::kDeadFaces, TicketRowKey(ticket));
  if (was_dead != is_dead) batch->Add(Counter::kDeadFaces, is_dead ? 1 : -1);

  batch->Put(Table::kFaces, TicketRowKey(ticket), EncodeRecord(record));
}

}  // namespace

absl::Status TableStore::StageFace(View& view, const DecisionWrite& write, Batch* batch) {
  if (!write.face) return absl::OkStatus();
  auto old = ReadRecord<FaceRecord>(view, Table::kFaces, TicketRowKey(write.record.key));
  if (!old.ok()) return old.status();
  const bool same = *old ? (*old)->face == *write.face : *write.face == Face();
  const bool was_dirty = *old && (*old)->state == FaceState::kDirty;
  const bool was_waiting = *old && (*old)->state == FaceState::kBacklog;
  const bool is_called = was_waiting && write.face_turn == FaceTurn::kNow;
  if (same && !write.face_again && !write.face_look && !is_called) return absl::OkStatus();
  const bool waits = write.face_turn == FaceTurn::kBacklog
                         ? !was_dirty
                         : was_waiting && write.face_turn == FaceTurn::kKeep;

  FaceRecord record;
  record.face = *write.face;
  record.generation = (*old ? (*old)->generation : 0) + 1;
  record.state = waits ? FaceState::kBacklog : FaceState::kDirty;
  record.rank = static_cast<std::uint8_t>(std::clamp(write.face_rank, 0, 255));
  record.look = write.face_look && !write.face_again && same && (!was_dirty || (*old)->look);
  record.since = write.ledger.at;
  record.not_before = absl::UnixEpoch();
  if (was_dirty || (was_waiting && waits)) {
    record.since = (*old)->since;
    record.not_before = (*old)->not_before;
  }
  StageFaceRecord(write.record.key, *old, record, batch);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DirtyFace>> TableStore::ReadDirtyFaces(const std::string& forge,
                                                                  absl::Time now,
                                                                  std::size_t limit) {
  std::vector<DirtyFace> faces;
  const std::string prefix = DirtyPrefix(forge);
  const auto view = engine_->Read();
  // Rank by rank: each rank is found by the first key after the last rank.
  std::string from = prefix;
  while (faces.size() < limit && !from.empty()) {
    std::optional<std::uint8_t> rank;
    absl::Status status = view->Walk(Table::kDirty, from, PrefixEnd(prefix),
                                     [&](std::string_view key, std::string_view) {
                                       KeyReader reader(key.substr(prefix.size()));
                                       if (!reader.U8(&rank.emplace())) rank.reset();
                                       return false;
                                     });
    if (!status.ok()) return status;
    if (!rank) break;
    std::vector<DirtyFace> here;
    const std::size_t left = limit - faces.size();
    status = ReadGroup(*view, DirtyGroup(forge, *rank, DirtyWait::kReady), absl::InfinitePast(),
                       absl::InfiniteFuture(), left, &here);
    const std::string put_off = DirtyGroup(forge, *rank, DirtyWait::kPutOff);
    if (status.ok()) status = ReadGroup(*view, put_off, absl::InfinitePast(), now, left, &here);
    if (status.ok()) {
      status = ReadGroup(*view, put_off, now + kLongestFaceWait + absl::Nanoseconds(1),
                         absl::InfiniteFuture(), left, &here);
    }
    if (!status.ok()) return status;
    std::stable_sort(here.begin(), here.end(),
                     [](const DirtyFace& a, const DirtyFace& b) { return a.since < b.since; });
    if (here.size() > left) here.resize(left);
    std::move(here.begin(), here.end(), std::back_inserter(faces));
    from = PrefixEnd(KeyWriter().Raw(prefix).U8(*rank).Take());
  }
  return faces;
}

absl::StatusOr<ShownFace> TableStore::LoadShown(const TicketKey& key) {
  const auto view = engine_->Read();
  auto shown = ReadRecord<ShownFace>(*view, Table::kShown, TicketRowKey(key));
  if (!shown.ok()) return shown.status();
  return *shown ? **std::move(shown) : ShownFace();
}

absl::Status TableStore::SaveShown(const TicketKey& key, const ShownFace& shown,
                                   const std::vector<Fact>& facts) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(key)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const std::string row = TicketRowKey(key);
  Batch batch;
  {
    const auto view = engine_->Read();
    if (absl::Status status = StageShown(*view, key, shown, &batch); !status.ok()) return status;
    FactSet known;
    for (const Fact& fact : facts) {
      auto stored = ReadRecord<StoredFact>(*view, Table::kFacts, row + fact.id);
      if (!stored.ok()) return stored.status();
      if (*stored) known.Add(std::move((*stored)->fact));
    }
    bool changed = false;
    for (const Fact& fact : facts) {
      if (!known.Add(fact)) continue;
      changed = true;
      batch.Put(Table::kFacts, row + fact.id, EncodeRecord(StoredFact{*known.Find(fact.id)}));
      StageTakesPart(key, *known.Find(fact.id), &batch);
    }
    if (changed) {
      auto old = ReadRecord<TicketRecord>(*view, Table::kTickets, row);
      if (!old.ok()) return old.status();
      TicketRecord record = *old ? **old : TicketRecord();
      record.key = key;
      ++record.version;
      StageTicket(*old, std::move(record), &batch);
    }
  }
  const absl::Status status = engine_->Write(batch);
  RaiseProjectVersion({key.forge, key.project});
  return status;
}

absl::Status TableStore::ChangeFace(
    const TicketKey& key,
    absl::FunctionRef<absl::StatusOr<bool>(View& view, FaceRecord* record, Batch* batch)> change) {
  const LockStripes::Hold hold = locks_.Acquire({LockName(key)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    auto old = ReadRecord<FaceRecord>(*view, Table::kFaces, TicketRowKey(key));
    if (!old.ok()) return old.status();
    if (!*old) return NoFace(key);
    FaceRecord record = **old;
    const absl::StatusOr<bool> changed = change(*view, &record, &batch);
    if (!changed.ok()) return changed.status();
    if (*changed) StageFaceRecord(key, *old, record, &batch);
  }
  return engine_->Write(batch);
}

absl::Status TableStore::FinishFace(const TicketKey& key, std::uint64_t generation,
                                    const ShownFace& shown) {
  return ChangeFace(key, [&](View& view, FaceRecord* record, Batch* batch) -> absl::StatusOr<bool> {
    if (absl::Status status = StageShown(view, key, shown, batch); !status.ok()) return status;
    if (record->generation != generation) return false;
    record->state = FaceState::kReached;
    return true;
  });
}

absl::Status TableStore::PostponeFace(const TicketKey& key, std::uint64_t generation,
                                      absl::Time not_before, const ShownFace& shown) {
  return ChangeFace(key, [&](View& view, FaceRecord* record, Batch* batch) -> absl::StatusOr<bool> {
    if (absl::Status status = StageShown(view, key, shown, batch); !status.ok()) return status;
    if (record->generation != generation || record->state != FaceState::kDirty) return false;
    record->not_before = not_before;
    return true;
  });
}

absl::Status TableStore::BuryFace(const TicketKey& key, std::uint64_t generation,
                                  const std::string& reason, absl::Time now) {
  return ChangeFace(key, [&](View&, FaceRecord* record, Batch* batch) -> absl::StatusOr<bool> {
    // A newer face gets its own try.
    if (record->generation != generation) return false;
    record->state = FaceState::kDead;
    DeadFace dead;
    dead.ticket = key;
    dead.reason = reason;
    dead.at = now;
    batch->Put(Table::kDeadFaces, TicketRowKey(key), EncodeRecord(dead));
    return true;
  });
}

absl::StatusOr<std::vector<DeadFace>> TableStore::ListDeadFaces(std::size_t limit) {
  const auto view = engine_->Read();
  return ReadAll<DeadFace>(*view, Table::kDeadFaces, limit);
}

absl::Status TableStore::ReviveFace(const TicketKey& key, absl::Time now) {
  const absl::Status no_dead_face =
      absl::NotFoundError(absl::StrCat(ToString(key), " has no dead face and no refused label"));
  const absl::Status revived =
      ChangeFace(key, [&](View& view, FaceRecord* record, Batch* batch) -> absl::StatusOr<bool> {
        auto shown = ReadRecord<ShownFace>(view, Table::kShown, TicketRowKey(key));
        if (!shown.ok()) return shown.status();
        const bool refused = *shown && !(*shown)->refused_labels.empty();
        if (record->state != FaceState::kDead && !refused) return no_dead_face;
        if (*shown) {
          (*shown)->attempts = 0;
          (*shown)->refused_labels.clear();
          absl::Status status = StageShown(view, key, **shown, batch);
          if (!status.ok()) return status;
        }
        if (record->state == FaceState::kDirty) return false;
        record->look = false;
        // A new generation, so that steps done for the old one are checked again.
        ++record->generation;
        record->state = FaceState::kDirty;
        record->since = now;
        record->not_before = absl::UnixEpoch();
        return true;
      });
  return absl::IsNotFound(revived) ? no_dead_face : revived;
}

absl::Status TableStore::PutIntoBacklog(const TicketKey& key, std::uint64_t generation) {
  return ChangeFace(key, [&](View&, FaceRecord* record, Batch*) -> absl::StatusOr<bool> {
    if (record->generation != generation || record->state != FaceState::kDirty) return false;
    record->state = FaceState::kBacklog;
    record->not_before = absl::UnixEpoch();
    return true;
  });
}

absl::StatusOr<std::size_t> TableStore::TakeFromBacklog(const std::string& forge, std::size_t limit,
                                                        absl::Time now) {
  std::vector<TicketKey> chosen;
  const std::string prefix = BacklogPrefix(forge);
  if (limit > 0) {
    const auto view = engine_->Read();
    absl::Status trouble;
    const absl::Status walked = view->Walk(
        Table::kDirty, prefix, PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
          KeyReader reader(key.substr(prefix.size()));
          absl::Time since;
          TicketKey ticket;
          if (!reader.Instant(&since) || !reader.Ticket(&ticket) || !reader.AtEnd()) {
            trouble = Unreadable(Table::kDirty, key);
            return false;
          }
          chosen.push_back(std::move(ticket));
          return chosen.size() < limit;
        });
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
  }
  std::size_t taken = 0;
  for (const TicketKey& key : chosen) {
    const absl::Status moved =
        ChangeFace(key, [&](View&, FaceRecord* record, Batch*) -> absl::StatusOr<bool> {
          if (record->state != FaceState::kBacklog) return false;
          record->state = FaceState::kDirty;
          record->since = now;
          record->not_before = absl::UnixEpoch();
          ++taken;
          return true;
        });
    if (!moved.ok()) return moved;
  }
  return taken;
}

absl::StatusOr<std::vector<RefusedLabels>> TableStore::ListRefusedLabels(std::size_t limit) {
  std::vector<RefusedLabels> found;
  if (limit == 0) return found;
  const auto view = engine_->Read();
  absl::Status trouble;
  const absl::Status walked =
      view->Walk(Table::kRefusedLabels, "", "", [&](std::string_view key, std::string_view) {
        KeyReader reader(key);
        RefusedLabels refused;
        auto shown = ReadRecord<ShownFace>(*view, Table::kShown, std::string(key));
        if (!reader.Ticket(&refused.ticket) || !shown.ok() || !*shown) {
          trouble = shown.ok() ? Unreadable(Table::kRefusedLabels, key) : shown.status();
          return false;
        }
        refused.labels = std::move((*shown)->refused_labels);
        found.push_back(std::move(refused));
        return found.size() < limit;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return found;
}

}  // namespace retainer::store
