#include "src/pipeline/resync.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/restored.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::pipeline {
namespace {

std::string NameOf(const std::optional<ProjectRecord>& project, const ProjectKey& key) {
  return ToString(ProjectRef{key.forge, project ? project->path : key.id});
}

}  // namespace

absl::StatusOr<std::optional<ResyncRecord>> Resync::Find(const ProjectKey& project) {
  auto records = store_.ListResyncs();
  if (!records.ok()) return records.status();
  for (ResyncRecord& record : *records) {
    if (record.project == project) return std::optional<ResyncRecord>(std::move(record));
  }
  return std::optional<ResyncRecord>();
}

absl::Status Resync::Request(const ProjectKey& project, const std::string& cause,
                             std::optional<absl::Time> since) {
  std::lock_guard lock(mutex_);
  auto found = Find(project);
  if (!found.ok()) return found.status();
  ResyncRecord wanted;
  wanted.project = project;
  wanted.cause = cause;
  wanted.since = since;
  wanted.began = clock_.Now();
  if (*found && !(*found)->finished) {
    const ResyncRecord& now = **found;
    // Nothing may be posted before the restored store was read back (restore_hold.h).
    if (now.cause == kRestoredCause) wanted.cause = kRestoredCause;
    if (!since) {
      if (!now.since) return absl::OkStatus();
      wanted.then_since = now.since;
    } else if (!now.since) {
      wanted = now;
      wanted.then_since = std::min(*since, now.then_since.value_or(*since));
    } else if (*since >= *now.since) {
      return absl::OkStatus();
    }
  }
  busy_ = true;
  return store_.SaveResync(wanted);
}

absl::Status Resync::SetCovered(const ProjectKey& project, bool covered) {
  std::lock_guard lock(mutex_);
  auto found = Find(project);
  if (!found.ok()) return found.status();
  ResyncRecord record;
  if (*found) record = **found;
  if (*found && record.covered == covered) return absl::OkStatus();
  record.project = project;
  record.covered = covered;
  // End the resync of a project that is not covered.
  if (!covered && !record.finished) record.finished = clock_.Now();
  return store_.SaveResync(record);
}

absl::Status Resync::Save(ResyncRecord record) {
  std::lock_guard lock(mutex_);
  auto found = Find(record.project);
  if (!found.ok()) return found.status();
  // Another resync was requested meanwhile, or this one was ended.
  if (!*found || (*found)->began != record.began || (*found)->finished) return absl::OkStatus();
  record.then_since = (*found)->then_since;
  record.covered = (*found)->covered;
  if (record.finished && record.then_since) {
    record.since = record.then_since;
    record.then_since.reset();
    record.kind = TicketKind::kIssue;
    record.from = absl::UnixEpoch();
    record.page = 1;
    record.finished.reset();
  }
  return store_.SaveResync(record);
}

absl::StatusOr<std::optional<ResyncRecord>> Resync::Next(absl::Time* later) {
  const absl::Time steady = clock_.Steady();
  auto records = store_.ListResyncs();
  if (!records.ok()) return records.status();
  bool any = false;
  std::optional<ResyncRecord> next;
  for (ResyncRecord& record : *records) {
    if (record.finished) continue;
    any = true;
    const auto wait = not_before_.find(record.project.forge);
    if (wait != not_before_.end() && steady < wait->second) {
      *later = std::min(*later, wait->second);
      continue;
    }
    if (!next || record.began < next->began) next = std::move(record);
  }
  busy_ = any;
  return next;
}

absl::Time Resync::Pace() {
  const absl::Time steady = clock_.Steady();
  if (steady - hour_began_ >= absl::Hours(1)) {
    hour_began_ = steady;
    reads_ = 0;
  }
  return steady + (++reads_ <= kQuickReads ? kSpacing : kSlowSpacing);
}

absl::StatusOr<absl::Time> Resync::RunOnce() {
  const absl::Time now = clock_.Now();
  if (terms_.Get().empty()) return absl::InfiniteFuture();
  while (!page_.empty()) {
    const Listed listed = page_.front();
    const auto wait = not_before_.find(listed.key.forge);
    if (wait != not_before_.end() && clock_.Steady() < wait->second) return wait->second;
    auto known = IsKnown(listed);
    if (!known.ok()) return known.status();
    if (!*known) return Read(listed, now);
    page_.pop_front();
  }
  if (reading_) {
    // The page is done: after a restart the resync continues after it.
    if (absl::Status saved = Save(*reading_); !saved.ok()) return saved;
    if (reading_->finished) {
      auto project = store_.FindProject(reading_->project);
      if (!project.ok()) return project.status();
      log_.Info("a project was read back", {{"project", NameOf(*project, reading_->project)},
                                            {"tickets", absl::StrCat(reading_->read)}});
    }
    reading_.reset();
  }
  absl::Time later = absl::InfiniteFuture();
  auto next = Next(&later);
  if (!next.ok()) return next.status();
  if (!*next) return later;
  return List(**std::move(next), now);
}

absl::StatusOr<bool> Resync::IsKnown(const Listed& listed) {
  if (!listed.updated_at) return false;
  auto records = store_.LoadRecords({listed.key});
  // Do not repeat the page because a record is unreadable.
  if (!records.ok())
    return absl::IsDataLoss(records.status()) ? absl::StatusOr<bool>(true) : records.status();
  const TicketRecord& record = records->front();
  if (record.version == 0 || record.questions > 0) return false;
  // Tickets opened since the resync began come by deliveries. What came before a restore did not
  // come to this store.
  const bool by_delivery = reading_ && reading_->cause != kRestoredCause;
  if (by_delivery && record.opened_at >= reading_->began - kJustNow) return true;
  // Rationale: a delivery with this version does not contain the events before it. Only a ticket
  // that was read at or after this version is known to be complete.
  return record.read_at >= *listed.updated_at + kSlack;
}

absl::StatusOr<absl::Time> Resync::List(ResyncRecord record, absl::Time now) {
  const std::string& forge = record.project.forge;
  auto project = store_.FindProject(record.project);
  if (!project.ok()) return project.status();
  const ForgeSlot* slot = judge_.FindForge(forge);
  if (!*project || slot == nullptr || slot->client == nullptr) {
    record.trouble = "its forge is not in the configuration";
    if (absl::Status done = Finish(std::move(record), now); !done.ok()) return done;
    return clock_.Steady();
  }
  TicketListing listing;
  listing.kind = record.kind;
  listing.open_only = !record.since;
  listing.since = std::max(record.from, record.since.value_or(absl::UnixEpoch()));
  listing.page = static_cast<int>(record.page);
  const RemoteTicket at{
      {forge, record.project.id, record.kind, 0}, (*project)->path, (*project)->installation_id};
  const auto page = slot->client->ListTickets(at, listing);
  if (!page.ok()) return Failed(std::move(record), page.status(), now);
  failures_.erase(forge);
  record.trouble.clear();
  for (const ListedTicket& ticket : page->tickets) {
    page_.push_back({{forge, record.project.id, ticket.kind, ticket.number}, ticket.updated_at});
  }
  const std::optional<absl::Time> last =
      page->tickets.empty() ? std::nullopt : page->tickets.back().updated_at;
  if (page->more) {
    if (last && *last > listing.since) {
      record.from = *last;
      record.page = 1;
    } else {
      ++record.page;
    }
  } else if (record.kind == TicketKind::kIssue) {
    record.kind = TicketKind::kChange;
    record.from = absl::UnixEpoch();
    record.page = 1;
  } else {
    record.finished = now;
  }
  reading_ = std::move(record);
  return page_.empty() ? clock_.Steady() : Pace();
}

absl::StatusOr<absl::Time> Resync::Read(const Listed& listed, absl::Time now) {
  const ProjectKey project_key{listed.key.forge, listed.key.project};
  auto project = store_.FindProject(project_key);
  if (!project.ok()) return project.status();
  const ForgeSlot* slot = judge_.FindForge(listed.key.forge);
  if (!*project || slot == nullptr || slot->client == nullptr) {
    page_.pop_front();
    return clock_.Steady();
  }
  auto backfill =
      slot->client->ReadTicket({listed.key, (*project)->path, (*project)->installation_id});
  if (absl::IsNotFound(backfill.status())) {
    page_.pop_front();  // deleted or moved since it was listed
    return Pace();
  }
  if (!backfill.ok()) {
    ResyncRecord record = *reading_;
    return Failed(std::move(record), backfill.status(), now);
  }
  page_.pop_front();
  if (reading_) ++reading_->read;
  News news;
  for (Fact& fact : backfill->facts) {
    if (fact.kind == FactKind::kReference) {
      const auto ticket = ParseTicketKey(fact.value);
      if (!ticket) continue;
      const auto there = store_.FindProject({ticket->forge, ticket->project});
      if (!there.ok()) return there.status();
      if (!*there) continue;
    }
    news.facts.push_back(std::move(fact));
  }
  news.ticket = backfill->ticket;
  news.read_back = true;
  news.backlog = true;
  if (backfill->project.id == listed.key.project) {
    ProjectRecord told = **project;
    if (!backfill->project.path.empty()) told.path = backfill->project.path;
    if (!backfill->project.url.empty()) told.url = backfill->project.url;
    told.is_private = backfill->project.is_private;
    told.members_only = backfill->project.members_only;
    told.told_at = now;
    news.project = JoinProject(**project, told, terms_.Get());
  }
  const auto judged = judge_.Decide(listed.key, news);
  if (!judged.ok() && !IsTicketsOwn(judged.status())) return judged.status();
  if (!judged.ok()) {
    log_.Error("ticket that was read back could not be judged",
               {{"ticket", ToString(listed.key)}, {"error", judged.status().ToString()}});
  }
  metrics_.Count("retainer_tickets_read_back_total", {{"forge", listed.key.forge}});
  failures_.erase(listed.key.forge);
  return Pace();
}

absl::StatusOr<absl::Time> Resync::Failed(ResyncRecord record, const absl::Status& status,
                                          absl::Time now) {
  const std::string forge = record.project.forge;
  const bool given_up = absl::IsNotFound(status) || absl::IsPermissionDenied(status) ||
                        absl::IsUnimplemented(status) || absl::IsInvalidArgument(status);
  log_.Warning("a project cannot be read back",
               {{"forge", forge},
                {"project", record.project.id},
                {"error", status.ToString()},
                {"then", given_up ? "given up: fix that, then `retainer resync`" : "tried again"}});
  record.trouble = std::string(status.message());
  if (given_up) {
    page_.clear();
    reading_.reset();
    if (absl::Status done = Finish(std::move(record), now); !done.ok()) return done;
    return clock_.Steady();
  }
  const absl::Duration wait =
      std::max(BackOff(++failures_[forge]), RetryAfter(status).value_or(absl::ZeroDuration()));
  not_before_[forge] = clock_.Steady() + wait;
  if (!reading_) {
    if (absl::Status saved = Save(std::move(record)); !saved.ok()) return saved;
  }
  return not_before_[forge];
}

absl::Status Resync::Finish(ResyncRecord record, absl::Time now) {
  record.finished = now;
  return Save(std::move(record));
}

}  // namespace retainer::pipeline
