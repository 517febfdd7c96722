#include "src/pipeline/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/pipeline/ticket_names.h"

namespace retainer {

Worker::Worker(const WebhookReceiver& receiver, Judge& judge, Store& store, Clock& clock, Log& log,
               Metrics& metrics, const TermsHolder& terms, ProjectChanged project_changed,
               Observer observer)
    : receiver_(receiver),
      judge_(judge),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      project_changed_(std::move(project_changed)),
      observer_(std::move(observer)) {}

absl::StatusOr<std::size_t> Worker::RunOnce(std::size_t limit) {
  std::size_t done = 0;
  std::uint64_t after = 0;
  absl::Status trouble;
  while (done < limit) {
    if (terms_.Get().empty()) break;
    const std::size_t page = std::min<std::size_t>(limit - done, 16);
    auto entries = store_.ReadInbox(receiver_.forge(), after, page);
    if (!entries.ok()) return entries.status();
    if (entries->empty()) break;
    for (const InboxEntry& entry : *entries) {
      after = entry.seq;
      const absl::Status status = Process(entry);
      if (status.ok()) {
        ++done;
        metrics_.Observe("retainer_delivery_lag_seconds",
                         absl::ToDoubleSeconds(clock_.Now() - entry.delivery.received),
                         {{"forge", receiver_.forge()}});
        continue;
      }
      // Its project waits for the forge's word.
      if (absl::IsCancelled(status)) continue;
      // A ticket that is written to too often waits for its next turn; the entries behind it go on.
      if (absl::IsAborted(status)) {
        trouble.Update(status);
        continue;
      }
      return status;
    }
  }
  if (done == 0 && !trouble.ok()) return trouble;
  return done;
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
  ProjectRecord record;
  record.key = {receiver_.forge(), info.id};
  record.first_seen = delivery.received;
  if (*known) {
    record = **known;
    record.first_seen = std::min(record.first_seen, delivery.received);
  }
  if (!info.path.empty()) record.path = info.path;
  if (!info.url.empty()) record.url = info.url;
  if (!info.installation_id.empty()) record.installation_id = info.installation_id;
  // Rationale: installation events name projects without saying who can read them.
  if (certain || !*known) record.is_private = info.is_private;
  return std::optional<ProjectRecord>(std::move(record));
}

std::optional<absl::StatusOr<ProjectInfo>> Worker::Ask(const std::string& path,
                                                       const Delivery& delivery) {
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
  // Whose receipt lies far ahead came before the clock was set back.
  const auto is_younger = [&](absl::Duration age) {
    return now < delivery.received + age && now > delivery.received - age;
  };
  if (settled() && (asked.at >= delivery.received || !is_younger(kConfirmPatience)) &&
      (asked.answer.ok() || asked.at >= delivery.received + kFresh)) {
    return asked.answer;
  }
  if (steady < asked.not_before) return std::nullopt;
  if (steady - asks_since_ >= absl::Minutes(1)) {
    asks_since_ = steady;
    asks_ = 0;
  }
  if (++asks_ > kAsksAMinute) return std::nullopt;
  asked.answer = judge_.FindForge(receiver_.forge())->client->FindProject(path);
  asked.at = now;
  // Who may not read a project is not told that it is there.
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

absl::StatusOr<std::optional<Worker::Doubt>> Worker::Confirm(ProjectInfo* info,
                                                             const Delivery& delivery) {
  const std::optional<Doubt> believed;
  if (info->id.empty() || info->path.empty()) return believed;
  auto known = store_.FindProject({receiver_.forge(), info->id});
  if (!known.ok()) return known.status();
  const auto same_path = [&](const std::string& path) {
    return absl::EqualsIgnoreCase(path, info->path);
  };
  if (*known && same_path((*known)->path)) return believed;
  auto there = store_.FindProjectByPath({receiver_.forge(), info->path});
  if (!there.ok()) return there.status();
  const bool taken = *there && (*there)->key.id != info->id;
  const bool renamed = *known && !(*known)->path.empty();
  if (!renamed && !taken && !delivery.bound) return believed;
  const ForgeSlot* slot = judge_.FindForge(receiver_.forge());
  if (slot == nullptr || slot->client == nullptr) return believed;

  const auto answer = Ask(info->path, delivery);
  if (answer && answer->ok() && (*answer)->id == info->id) {
    if (!(*answer)->path.empty()) info->path = (*answer)->path;
    return believed;
  }
  if (!answer && absl::AbsDuration(clock_.Now() - delivery.received) < kConfirmPatience) {
    return std::optional<Doubt>({true, "the forge has not confirmed the project yet"});
  }
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
  auto doubt = Confirm(&event->project, delivery);
  if (!doubt.ok() || *doubt) return doubt;
  // An installation's list is long and its members stand for themselves.
  std::vector<ProjectInfo> believed;
  for (ProjectInfo& info : event->projects) {
    doubt = Confirm(&info, delivery);
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

absl::Status Worker::Process(const InboxEntry& entry) {
  WorkDone done;
  done.delivery = entry.delivery;
  auto event = receiver_.Parse(entry.delivery);
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
      const absl::Status saved = store_.SaveProject(**project);
      if (!saved.ok()) return saved;
    }
    auto project = Project(event->project, entry.delivery, true);
    if (!project.ok()) return project.status();
    auto before = *project ? store_.FindProject((*project)->key)
                           : absl::StatusOr<std::optional<ProjectRecord>>(std::nullopt);
    if (!before.ok()) return before.status();
    const bool changed = *project && Changes(*before, **project);
    if (changed) project_changed_((*project)->key);
    status = store_.FinishDelivery(receiver_.forge(), entry.seq, *project);
    if (changed) project_changed_((*project)->key);
  }
  if (!status.ok()) return status;
  if (observer_) observer_(done);
  return absl::OkStatus();
}

bool Worker::Changes(const std::optional<ProjectRecord>& before,
                     const ProjectRecord& project) const {
  return before && project_changed_ &&
         (before->path != project.path || before->is_private != project.is_private);
}

absl::Status Worker::ProcessTicket(const InboxEntry& entry, Event event, WorkDone* done) {
  auto project = Project(event.project, entry.delivery, true);
  if (!project.ok()) return project.status();
  if (!*project) return PutAside(entry, "the delivery names a ticket but no project", done);
  auto before = store_.FindProject((*project)->key);
  if (!before.ok()) return before.status();

  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::FailedPreconditionError("no valid policy is in force yet");
  const ProjectRef ref{receiver_.forge(), (*project)->path};
  if (!terms.back()->policy.Covers(ref)) {
    // Facts of a project that nobody asked us to support are none of our business: not kept. A
    // ticket of it that is covered later is completed from the forge, as any late one.
    if (not_covered_.insert(ref.path).second) {
      log_.Info("project is not covered by the policy; its tickets are passed over",
                {{"project", ToString(ref)}});
    }
    const absl::Status status = store_.FinishDelivery(receiver_.forge(), entry.seq, *project);
    if (!status.ok()) return status;
    done->kind = WorkDone::Kind::kNotCovered;
    done->reason = "project is not covered by the policy";
    return absl::OkStatus();
  }

  News news;
  news.facts = std::move(event.facts);
  news.ticket = event.ticket;
  news.project = *project;
  news.inbox_seq = entry.seq;
  const TicketKey key{receiver_.forge(), event.project.id, event.ticket->kind,
                      event.ticket->number};
  const bool changed = Changes(*before, **project);
  if (changed) project_changed_((*project)->key);
  auto judged = judge_.Decide(key, news);
  if (changed) project_changed_((*project)->key);
  if (!judged.ok()) {
    // Neither a ticket that cannot be read nor content that cannot be stored gets better by waiting.
    if (absl::IsDataLoss(judged.status()) || absl::IsInvalidArgument(judged.status())) {
      return PutAside(entry, std::string(judged.status().message()), done);
    }
    return judged.status();
  }
  log_.Write(LogLevel::kDebug, "decided",
             {{"ticket", NameOf(store_, key)},
              {"delivery", entry.delivery.id},
              {"changes", absl::StrJoin(judged->decision.record.changes, "; ")}});
  done->kind = WorkDone::Kind::kDecided;
  done->judged = *std::move(judged);
  return absl::OkStatus();
}

}  // namespace retainer
