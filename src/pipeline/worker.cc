#include "src/pipeline/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/pipeline/label_renames.h"
#include "src/pipeline/lanes.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::pipeline {
namespace {

std::string OutcomeName(WorkDone::Kind kind) {
  switch (kind) {
    case WorkDone::Kind::kDecided:
      return "decided";
    case WorkDone::Kind::kNothing:
      return "nothing to do";
    case WorkDone::Kind::kNotCovered:
      return "not covered";
    case WorkDone::Kind::kSetAside:
      return "set aside";
  }
  return "";
}

}  // namespace

Worker::Worker(const WebhookReceiver& receiver, Judge& judge, Store& store, Clock& clock, Log& log,
               Metrics& metrics, const TermsHolder& terms, ProjectChanged project_changed,
               Observer observer, ProjectCovered covered, WorkerOptions options)
    : receiver_(receiver),
      judge_(judge),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      project_changed_(std::move(project_changed)),
      observer_(std::move(observer)),
      covered_(std::move(covered)),
      options_(std::move(options)) {}

absl::StatusOr<std::size_t> Worker::RunOnce(std::size_t limit) {
  Round round;
  std::uint64_t after = 0;
  while (round.done < limit) {
    if (terms_.Get().empty()) break;
    auto entries = store_.ReadInbox(receiver_.forge(), after, std::min(limit - round.done, kPage));
    if (!entries.ok()) return entries.status();
    if (entries->empty()) break;
    after = entries->back().seq;
    if (absl::Status status = ProcessPage(*entries, &round); !status.ok()) return status;
  }
  if (round.done == 0 && !round.trouble.ok()) return round.trouble;
  return round.done;
}

absl::Status Worker::ProcessPage(const std::vector<InboxEntry>& entries, Round* round) {
  const std::size_t lanes = options_.lanes();
  std::vector<std::optional<absl::StatusOr<Event>>> events(entries.size());
  RunInLanes(lanes, entries.size(),
             [&](std::size_t i) { events[i] = receiver_.Parse(entries[i].delivery); });
  for (std::size_t i = 0; i < entries.size();) {
    // Entries that change only their ticket, up to the next that may change more.
    std::map<std::string, std::vector<std::size_t>> by_ticket;
    std::vector<const std::vector<std::size_t>*> groups;  // ordered by their first entry
    for (; i < entries.size(); ++i) {
      auto name = StandsAlone(*events[i], entries[i]);
      if (!name.ok()) return name.status();
      if (!*name) break;
      // With one lane the order of arrival is kept across tickets too.
      if (lanes < 2) *name = absl::StrCat(i);
      const auto [group, is_new] = by_ticket.try_emplace(**name);
      group->second.push_back(i);
      if (is_new) groups.push_back(&group->second);
    }
    RunInLanes(lanes, groups.size(), [&](std::size_t group) {
      for (const std::size_t each : *groups[group]) {
        options_.give_way();
        if (!End(entries[each], *std::move(events[each]), round)) return;
      }
    });
    // Then the entry that may change more, alone.
    if (i < entries.size() && round->stopped.ok()) {
      End(entries[i], *std::move(events[i]), round);
      ++i;
    }
    if (!round->stopped.ok()) return round->stopped;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> Worker::StandsAlone(const absl::StatusOr<Event>& event,
                                                               const InboxEntry& entry) {
  using Name = std::optional<std::string>;
  // It will be set aside, which affects nothing else.
  if (!event.ok()) return Name(absl::StrCat("entry ", entry.seq));
  const bool is_ticket = event->kind == EventKind::kTicket && event->ticket;
  if (!is_ticket && event->kind != EventKind::kNothing) return Name();
  if (event->project.id.empty() || !event->projects.empty()) return Name();
  auto known = store_.FindProject({receiver_.forge(), event->project.id});
  if (!known.ok()) return known.status();
  if (!*known || !absl::EqualsIgnoreCase((*known)->path, event->project.path) ||
      (*known)->is_private != event->project.is_private ||
      (*known)->members_only != event->project.members_only) {
    return Name();
  }
  if (!is_ticket) return Name(absl::StrCat("entry ", entry.seq));
  return Name(ToString(
      TicketKey{receiver_.forge(), event->project.id, event->ticket->kind, event->ticket->number}));
}

bool Worker::End(const InboxEntry& entry, absl::StatusOr<Event> event, Round* round) {
  {
    const std::lock_guard lock(mutex_);
    if (!round->stopped.ok()) return false;
  }
  const base::ActiveTrace trace(options_.traces == nullptr ? nullptr : options_.traces->tracer(),
                                base::ParseTraceparent(entry.delivery.trace));
  const absl::Status status = Process(entry, std::move(event));
  const std::lock_guard lock(mutex_);
  if (status.ok()) {
    ++round->done;
    metrics_.Observe("retainer_delivery_lag_seconds",
                     absl::ToDoubleSeconds(clock_.Now() - entry.delivery.received),
                     {{"forge", receiver_.forge()}});
    return true;
  }
  // Its project waits for the forge's answer.
  if (absl::IsCancelled(status)) return true;
  // Too many version conflicts on a ticket: its entry waits for the next round; the entries after
  // it continue.
  if (absl::IsAborted(status)) {
    round->trouble.Update(status);
    return true;
  }
  round->stopped.Update(status);
  return false;
}

bool Worker::IsNews(const std::string& what) {
  const std::lock_guard lock(mutex_);
  return said_.insert(what).second;
}

absl::Status Worker::PutAside(const InboxEntry& entry, const std::string& reason, WorkDone* done) {
  const absl::Status status = store_.SetAside(receiver_.forge(), entry.seq, reason, clock_.Now());
  if (!status.ok()) return status;
  done->kind = WorkDone::Kind::kSetAside;
  done->reason = reason;
  metrics_.Count("retainer_set_aside_total", {{"forge", receiver_.forge()}});
  log_.Error("delivery set aside", {{"forge", receiver_.forge()},
                                    {"delivery", entry.delivery.id},
                                    {"type", entry.delivery.event_type},
                                    {"reason", reason}});
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ProjectRecord>> Worker::Project(const ProjectInfo& info,
                                                             const Delivery& delivery,
                                                             bool certain) {
  if (info.id.empty()) return std::optional<ProjectRecord>();
  auto known = store_.FindProject({receiver_.forge(), info.id});
  if (!known.ok()) return known.status();
  const TermsHistory terms = terms_.Get();
  ProjectRecord told;
  told.key = {receiver_.forge(), info.id};
  told.path = info.path;
  told.url = info.url;
  told.installation_id = info.installation_id;
  told.first_seen = delivery.received;
  told.told_at = info.as_of.value_or(delivery.received);
  // Rationale: installation events name projects without telling who can read them.
  told.is_private = certain || !*known ? info.is_private : (*known)->is_private;
  told.members_only = certain ? info.members_only : *known && (*known)->members_only;
  ProjectRecord record = *known ? JoinProject(**known, told, terms) : told;
  if (!info.former.empty()) {
    ProjectRecord before = told;
    before.path = info.former;
    before.is_private = record.is_private;
    before.members_only = record.members_only;
    before.told_at = std::min(info.former_as_of, record.told_at - absl::Nanoseconds(1));
    record = JoinProject(record, before, terms);
  }
  return std::optional<ProjectRecord>(std::move(record));
}

std::optional<absl::StatusOr<ProjectInfo>> Worker::Ask(const std::string& path,
                                                       const Delivery& delivery,
                                                       absl::Time* asked_at) {
  const std::lock_guard lock(asking_);
  const absl::Time now = clock_.Now();
  const absl::Time steady = clock_.Steady();
  if (asked_.size() > 1000) {
    std::erase_if(asked_, [&](const auto& entry) { return entry.second.not_before <= steady; });
  }
  Asked& asked = asked_
                     .try_emplace(path, Asked{absl::UnavailableError("not asked"),
                                              absl::InfinitePast(), absl::InfinitePast(), 0})
                     .first->second;
  const auto settled = [&] { return asked.answer.ok() || absl::IsNotFound(asked.answer.status()); };
  // An entry whose receipt is far in the future came before the clock was set back.
  const auto is_younger = [&](absl::Duration age) {
    return now < delivery.received + age && now > delivery.received - age;
  };
  if (settled() && (asked.at >= delivery.received || !is_younger(kConfirmPatience)) &&
      (asked.answer.ok() || asked.at >= delivery.received + kFresh)) {
    *asked_at = asked.at;
    return asked.answer;
  }
  if (steady < asked.not_before) return std::nullopt;
  if (steady - asks_since_ >= absl::Minutes(1)) {
    asks_since_ = steady;
    asks_ = 0;
  }
  if (++asks_ > kAsksAMinute) return std::nullopt;
  asked.answer = judge_.FindForge(receiver_.forge())->client->FindProject(path);
  asked.at = *asked_at = now;
  // A forge may hide a project from an account that may not read it.
  if (absl::IsPermissionDenied(asked.answer.status()) ||
      absl::IsInvalidArgument(asked.answer.status())) {
    asked.answer = absl::NotFoundError(asked.answer.status().message());
  }
  if (settled()) {
    asked.failures = 0;
    asked.not_before = steady + kAskPause;
    if (!asked.answer.ok() && is_younger(kFresh)) return std::nullopt;
    return asked.answer;
  }
  const absl::Status& status = asked.answer.status();
  asked.not_before = steady + std::max(BackOff(++asked.failures),
                                       RetryAfter(status).value_or(absl::ZeroDuration()));
  metrics_.Count("retainer_forge_errors_total",
                 {{"forge", receiver_.forge()}, {"code", absl::StatusCodeToString(status.code())}});
  log_.Warning("a project could not be confirmed; its deliveries wait",
               {{"forge", receiver_.forge()}, {"path", path}, {"error", StatusText(status)}});
  return std::nullopt;
}

absl::StatusOr<std::optional<Worker::Doubt>> Worker::Confirm(ProjectInfo* info, Showing showing,
                                                             const Delivery& delivery) {
  const std::optional<Doubt> believed;
  info->as_of = std::min(info->as_of.value_or(delivery.received), delivery.received);
  if (info->id.empty() || info->path.empty()) return believed;
  auto known = store_.FindProject({receiver_.forge(), info->id});
  if (!known.ok()) return known.status();
  const bool same_path = *known && absl::EqualsIgnoreCase((*known)->path, info->path);
  const bool opens =
      showing != Showing::kNot && *known && (*known)->is_private && !info->is_private;
  const bool closes_late = showing != Showing::kNot && *known && !(*known)->is_private &&
                           info->is_private && *info->as_of < (*known)->told_at;
  const bool closes =
      showing != Showing::kNot && info->members_only && !(*known && (*known)->members_only);
  const bool widens_late = showing != Showing::kNot && *known && (*known)->members_only &&
                           !info->members_only && *info->as_of < (*known)->told_at;
  const bool asks = opens || closes || closes_late || widens_late;
  if (same_path && !asks) return believed;
  auto there = store_.FindProjectByPath({receiver_.forge(), info->path});
  if (!there.ok()) return there.status();
  const bool taken = *there && (*there)->key.id != info->id;
  const bool renamed = *known && !(*known)->path.empty() && !same_path;
  const bool doubtful = !same_path && (renamed || taken || delivery.bound);
  if (!doubtful && !asks) return believed;
  const ForgeSlot* slot = judge_.FindForge(receiver_.forge());
  if (slot == nullptr || slot->client == nullptr) return believed;

  absl::Time asked_at;
  const auto answer = Ask(info->path, delivery, &asked_at);
  if (answer && answer->ok() && (*answer)->id == info->id) {
    if (!(*answer)->path.empty() && !absl::EqualsIgnoreCase((*answer)->path, info->path)) {
      info->former = info->path;
      info->former_as_of = *info->as_of;
      info->url = (*answer)->url;
    }
    if (!(*answer)->path.empty()) info->path = (*answer)->path;
    if (showing != Showing::kNot) {
      info->is_private = (*answer)->is_private;
      info->members_only = (*answer)->members_only;
    }
    info->as_of = asked_at;
    return believed;
  }
  const bool waits = doubtful || (opens && showing == Showing::kAnnounced);
  if (!answer && waits && absl::AbsDuration(clock_.Now() - delivery.received) < kConfirmPatience) {
    return std::optional<Doubt>({true, "the forge has not confirmed the project yet"});
  }
  // Only the forge's own answer makes a project public, or shows private customers to its members.
  if (opens) info->is_private = true;
  if (closes) info->members_only = false;
  if (!doubtful) return believed;
  if (renamed && !delivery.bound) {
    info->path = (*known)->path;
    info->url = (*known)->url;
    return believed;
  }
  return std::optional<Doubt>(
      {false, !answer        ? absl::StrCat("the forge did not confirm in a day that ", info->path,
                                            " is the project ", info->id)
              : answer->ok() ? absl::StrCat("the forge says that ", info->path, " is the project ",
                                            (*answer)->id, ", not ", info->id)
                             : absl::StrCat("the forge shows no project at ", info->path,
                                            ": it is gone, or our account may not read it")});
}

absl::StatusOr<std::optional<Worker::Doubt>> Worker::ConfirmAll(Event* event,
                                                                const Delivery& delivery) {
  const Showing showing =
      event->kind == EventKind::kProject ? Showing::kAnnounced : Showing::kBeside;
  auto doubt = Confirm(&event->project, showing, delivery);
  if (!doubt.ok() || *doubt) return doubt;
  // An installation's list is long, and each project in it is checked separately.
  std::vector<ProjectInfo> believed;
  for (ProjectInfo& info : event->projects) {
    doubt = Confirm(&info, Showing::kNot, delivery);
    if (!doubt.ok()) return doubt.status();
    if (*doubt && ((*doubt)->later || event->ticket)) return doubt;
    if (!*doubt) {
      believed.push_back(std::move(info));
      continue;
    }
    log_.Warning("a project of an installation is not believed",
                 {{"forge", receiver_.forge()}, {"reason", (*doubt)->reason}});
  }
  event->projects = std::move(believed);
  return std::optional<Doubt>();
}

absl::Status Worker::Process(const InboxEntry& entry, absl::StatusOr<Event> event) {
  WorkDone done;
  done.delivery = entry.delivery;
  base::SpanScope span("decide delivery");
  span.Set("retainer.forge", receiver_.forge());
  if (options_.traces != nullptr && event.ok() && event->kind == EventKind::kTicket &&
      event->ticket) {
    options_.traces->Remember(
        {receiver_.forge(), event->project.id, event->ticket->kind, event->ticket->number},
        base::ParseTraceparent(entry.delivery.trace));
  }
  absl::Status status;
  std::optional<Doubt> doubt;
  if (event.ok()) {
    auto confirmed = ConfirmAll(&*event, entry.delivery);
    if (!confirmed.ok()) return confirmed.status();
    doubt = *std::move(confirmed);
    if (doubt && doubt->later) return absl::CancelledError(doubt->reason);
  }
  if (!event.ok()) {
    status = PutAside(entry, std::string(event.status().message()), &done);
  } else if (doubt) {
    done.event = *event;
    status = PutAside(entry, doubt->reason, &done);
  } else if (event->kind == EventKind::kTicket && event->ticket) {
    done.event = *event;
    status = ProcessTicket(entry, *std::move(event), &done);
  } else {
    done.event = *event;
    done.reason = event->reason;
    for (const ProjectInfo& info : event->projects) {
      auto project = Project(info, entry.delivery, false);
      if (!project.ok()) return project.status();
      if (!*project) continue;
      auto news = Compare(**project);
      if (!news.ok()) return news.status();
      if (const absl::Status saved = store_.SaveProject(**project); !saved.ok()) return saved;
      if (const absl::Status told = Tell(*news, **project); !told.ok()) return told;
    }
    auto project = Project(event->project, entry.delivery, true);
    if (!project.ok()) return project.status();
    if (event->kind == EventKind::kSubscription) {
      status = options_.subscription(*event, entry.delivery);
      if (!status.ok()) return status;
    }
    if (event->kind == EventKind::kLabel) {
      status = TellLabelRenamed(*event, entry.delivery, *terms_.Get().back(), store_, judge_);
      if (!status.ok()) return status;
    }
    absl::StatusOr<ProjectNews> news = ProjectNews();
    if (*project) news = Compare(**project);
    if (!news.ok()) return news.status();
    if (news->changed) project_changed_((*project)->key);
    status = store_.FinishDelivery(receiver_.forge(), entry.seq, *project);
    if (status.ok() && *project) status = Tell(*news, **project);
  }
  if (!status.ok()) {
    span.Fail();
    return status;
  }
  span.Set("retainer.outcome", OutcomeName(done.kind));
  if (observer_) {
    const std::lock_guard lock(mutex_);
    observer_(done);
  }
  return absl::OkStatus();
}

absl::StatusOr<Worker::ProjectNews> Worker::Compare(const ProjectRecord& project) {
  auto before = store_.FindProject(project.key);
  if (!before.ok()) return before.status();
  const TermsHistory terms = terms_.Get();
  ProjectNews news;
  news.changed = *before && project_changed_ &&
                 ((*before)->path != project.path || (*before)->former != project.former ||
                  (*before)->is_private != project.is_private ||
                  (*before)->members_only != project.members_only);
  news.covered = Covers(terms, NamesOf(project));
  news.covered_now = news.covered && !(*before && Covers(terms, NamesOf(**before)));
  return news;
}

absl::Status Worker::Tell(const ProjectNews& news, const ProjectRecord& project) {
  if (news.changed) project_changed_(project.key);
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::OkStatus();
  const auto stale = StaleName(terms.back()->policy, terms.back()->id, NamesOf(project));
  if (stale && IsNews(absl::StrCat(terms.back()->id, " ", project.path))) {
    log_.Error("the policy names a project by an old name",
               {{"project", ToString(ProjectRef{project.key.forge, project.path})},
                {"mend", NamedByOldName({project.key.forge, project.path}, *stale)}});
  }
  if (!news.covered_now) return absl::OkStatus();
  // Deliveries held from before the coverage are read now, together with new ones.
  std::size_t released = 0;
  for (;;) {
    auto some = store_.ReleaseHeld(project.key, kReleasedAtOnce);
    if (!some.ok()) return some.status();
    released += *some;
    if (*some < kReleasedAtOnce) break;
  }
  if (released > 0) {
    log_.Info("deliveries that were held are read: the policy covers their project now",
              {{"project", ToString(ProjectRef{project.key.forge, project.path})},
               {"deliveries", absl::StrCat(released)}});
  }
  if (covered_) covered_(project.key);
  return absl::OkStatus();
}

absl::Status Worker::ProcessTicket(const InboxEntry& entry, Event event, WorkDone* done) {
  auto project = Project(event.project, entry.delivery, true);
  if (!project.ok()) return project.status();
  if (!*project) return PutAside(entry, "the delivery names a ticket but no project", done);
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::FailedPreconditionError("no valid policy is in force yet");
  auto compared = Compare(**project);
  if (!compared.ok()) return compared.status();
  if (!compared->covered) {
    const ProjectRef ref{receiver_.forge(), (*project)->path};
    done->kind = WorkDone::Kind::kNotCovered;
    done->reason = NotCovered(terms.back()->policy, ref);
    if (IsNews(absl::StrCat(terms.back()->id, " ", ref.path))) {
      log_.Warning("deliveries are held: their project is not covered by the policy",
                   {{"project", ToString(ref)}, {"mend", done->reason}});
    }
    metrics_.Count("retainer_uncovered_deliveries_total", {{"forge", receiver_.forge()}});
    if (compared->changed) project_changed_((*project)->key);
    const absl::Status held = store_.Hold(receiver_.forge(), entry.seq, **project);
    if (held.ok() && compared->changed) project_changed_((*project)->key);
    return held;
  }

  News news;
  news.facts = std::move(event.facts);
  news.ticket = event.ticket;
  news.project = *project;
  news.inbox_seq = entry.seq;
  const TicketKey key{receiver_.forge(), event.project.id, event.ticket->kind,
                      event.ticket->number};
  if (compared->changed) project_changed_((*project)->key);
  auto judged = judge_.Decide(key, news);
  if (!judged.ok()) {
    if (compared->changed) project_changed_((*project)->key);
    // Waiting does not help if a ticket cannot be read or content cannot be stored.
    if (absl::IsDataLoss(judged.status()) || absl::IsInvalidArgument(judged.status())) {
      return PutAside(entry, std::string(judged.status().message()), done);
    }
    return judged.status();
  }
  log_.Write(LogLevel::kDebug, "decided",
             {{"ticket", ToString(TicketRef{key.forge, (*project)->path, key.kind, key.number})},
              {"delivery", entry.delivery.id},
              {"changes", absl::StrJoin(judged->decision.record.changes, "; ")}});
  done->kind = WorkDone::Kind::kDecided;
  done->judged = *std::move(judged);
  return Tell(*compared, **project);
}

}  // namespace retainer::pipeline
