// TableStore: copies of the whole store, and what a restore leaves behind.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/codec/restore_records.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr std::string_view kRestoredKey = "restored";

}  // namespace

absl::Status TableStore::Checkpoint(const std::string& folder) {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  return engine_->Checkpoint(folder);
}

absl::StatusOr<std::optional<Restored>> TableStore::LoadRestored() {
  const auto view = engine_->Read();
  return ReadRecord<Restored>(*view, Table::kMeta, kRestoredKey);
}

absl::Status TableStore::SaveRestored(const Restored& restored, absl::Time since) {
  const LockStripes::Hold hold = locks_.Acquire({std::string(kRestoredKey)});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  batch.Put(Table::kMeta, std::string(kRestoredKey), EncodeRecord(restored));
  {
    const auto view = engine_->Read();
    auto resyncs =
        ReadAll<ResyncRecord>(*view, Table::kResyncs, std::numeric_limits<std::size_t>::max());
    if (!resyncs.ok()) return resyncs.status();
    for (const ResyncRecord& last : *resyncs) {
      if (!last.covered) continue;
      ResyncRecord again;
      again.project = last.project;
      again.cause = kRestoredCause;
      again.began = restored.at;
      if (last.finished) {
        again.since = since;
      } else if (last.since) {
        again.since = std::min(since, *last.since);
      }  // else: all open tickets were being read, and this begins again
      batch.Put(Table::kResyncs, KeyWriter().Text(last.project.forge).Text(last.project.id).Take(),
                EncodeRecord(again));
    }
    // Who signed out since, or used a link, must not be signed in again.
    auto sessions =
        ReadAll<Session>(*view, Table::kSessions, std::numeric_limits<std::size_t>::max());
    if (!sessions.ok()) return sessions.status();
    for (const Session& session : *sessions) batch.Delete(Table::kSessions, session.hash);
    auto links =
        ReadAll<AdminLink>(*view, Table::kAdminLinks, std::numeric_limits<std::size_t>::max());
    if (!links.ok()) return links.status();
    for (const AdminLink& link : *links) batch.Delete(Table::kAdminLinks, link.hash);
  }
  return engine_->Write(batch);
}

}  // namespace retainer::store
