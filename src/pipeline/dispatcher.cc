#include "src/pipeline/dispatcher.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/pipeline/face_digest.h"
#include "src/pipeline/strays.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// True if the ticket was deleted or moved: no face can be shown.
bool IsAway(const FactSet& facts) {
  return std::any_of(facts.begin(), facts.end(), [](const auto& entry) {
    return entry.second.kind == FactKind::kMoved || entry.second.kind == FactKind::kDeleted;
  });
}

}  // namespace

Dispatcher::Dispatcher(ForgeSlot forge, Judge& judge, Store& store, const Renderer& renderer,
                       Clock& clock, Log& log, Metrics& metrics, DispatcherOptions options)
    : forge_(std::move(forge)),
      judge_(judge),
      store_(store),
      renderer_(renderer),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      options_(std::move(options)) {}

absl::StatusOr<Dispatcher::Round> Dispatcher::RunOnce() {
  Round round;
  if (options_.restore_hold != nullptr) {
    const auto holds = options_.restore_hold->Holds(forge_.name);
    if (!holds.ok()) return holds.status();
    round.next = *holds ? clock_.Steady() + RestoreHold::kPause : round.next;
    if (*holds) return round;
  }
  if (absl::Status taken = TakeFromBacklog(&round); !taken.ok()) return taken;
  auto faces = store_.ReadDirtyFaces(forge_.name, FaceNow(), kPage);
  if (!faces.ok()) return faces.status();
  for (const DirtyFace& dirty : *faces) {
    const absl::Status status = Bring(dirty, &round);
    if (!status.ok()) return status;  // an error of the store: nothing was lost, retry later
  }
  // These caches only save calls, so they can be dropped.
  if (progress_.size() > 10000) progress_.clear();
  if (looked_at_.size() > 10000) looked_at_.clear();
  if (observed_.size() > 10000) observed_.clear();
  if (assignable_.size() > 10000) assignable_.clear();
  if (took_over_.size() > 10000) took_over_.clear();
  const absl::Time now = clock_.Steady();
  std::erase_if(edits_, [&](const auto& entry) {
    return entry.second.empty() || entry.second.back() + kEditWindow <= now;
  });
  return round;
}

std::string Dispatcher::RateUrl(const DirtyFace& dirty) const {
  const bool asks = dirty.face.comment && dirty.face.comment->rate != 0;
  return asks && options_.rate_url ? options_.rate_url(dirty.ticket) : std::string();
}

absl::Status Dispatcher::Bring(const DirtyFace& dirty, Round* round) {
  const TraceBook* const traces = options_.traces;
  const base::ActiveTrace trace(traces == nullptr ? nullptr : traces->tracer(),
                                traces == nullptr ? std::nullopt : traces->Find(dirty.ticket));
  const base::SpanScope span("show ticket");
  auto shown = store_.LoadShown(dirty.ticket);
  if (!shown.ok()) return shown.status();
  const bool silent = options_.observe || forge_.client == nullptr;
  const std::string body =
      dirty.face.comment ? renderer_.RenderComment(*dirty.face.comment, CommentMarker(dirty.ticket),
                                                   RateUrl(dirty))
                         : std::string();
  if (silent) {
    ++round->finished;
    return Observe(dirty, body);
  }

  auto stored = store_.LoadTicket(dirty.ticket);
  if (!stored.ok()) return stored.status();
  if (IsAway(stored->facts)) return store_.FinishFace(dirty.ticket, dirty.generation, *shown);
  if (options_.self) (void)options_.self();
  auto context = judge_.Context(dirty.ticket, stored->record);
  if (!context.ok()) return context.status();
  auto project = store_.FindProject({dirty.ticket.forge, dirty.ticket.project});
  if (!project.ok()) return project.status();
  const RemoteTicket at =
      judge_.Remote(*context, *project ? (*project)->installation_id : std::string());

  Progress& progress = progress_[dirty.ticket];
  if (progress.generation != dirty.generation) {
    progress = {};
    progress.generation = dirty.generation;
    // The same face again: a person removed something that we had added.
    const bool same = shown->face_digest == FaceDigest(dirty.face, body);
    if (same && !dirty.look) shown->labels.clear();
    for (const auto& [id, fact] : stored->facts) {
      const bool arrived = fact.kind == FactKind::kArrived && fact.labels.empty();
      const auto from = arrived ? ParseTicketKey(fact.subject) : std::nullopt;
      if (from && from->project != dirty.ticket.project && !took_over_.contains(*from)) {
        progress.came_from.push_back({*from, fact.at});
      }
    }
    for (const Fact* stray : Strays(stored->facts, context->self_id)) {
      if (looked_at_.contains({dirty.ticket, stray->subject})) continue;
      progress.strays.emplace(stray->subject, stray->at);
    }
  }
  for (;;) {
    auto step = NextStep(dirty, at, &progress, &*shown);
    if (!step.ok()) return Failed(dirty, *std::move(shown), step.status(), round);
    if (*step == Step::kMutated) {
      ++round->mutations;
      continue;
    }
    if (*step == Step::kWait) {
      absl::Time next = NextTurn(at);
      if (next <= clock_.Steady()) next = EditAllowedAt(dirty.ticket, clock_.Steady());
      round->next = std::min(round->next, next);
      return absl::OkStatus();
    }
    if (*step == Step::kLearnt) return absl::OkStatus();  // the judge decides next
    if (*step == Step::kPause) {
      const absl::Duration pause = *std::exchange(progress.pause, std::nullopt);
      round->next = std::min(round->next, clock_.Steady() + pause);
      return store_.PostponeFace(dirty.ticket, dirty.generation, FaceNow() + pause, *shown);
    }
    shown->face_digest = FaceDigest(dirty.face, body);
    shown->attempts = 0;
    const absl::Status finished = store_.FinishFace(dirty.ticket, dirty.generation, *shown);
    if (finished.ok()) {
      log_.Write(LogLevel::kDebug, "face shown", {{"ticket", NameOf(store_, dirty.ticket)}});
      progress_.erase(dirty.ticket);
      ++round->finished;
      metrics_.Observe("retainer_face_lag_seconds",
                       absl::ToDoubleSeconds(clock_.Now() - dirty.since), {{"forge", forge_.name}});
    }
    return finished;
  }
}

absl::StatusOr<Dispatcher::Step> Dispatcher::NextStep(const DirtyFace& dirty,
                                                      const RemoteTicket& at, Progress* progress,
                                                      ShownFace* shown) {
  progress->pause.reset();
  auto step = ShowComment(dirty, at, progress, shown);
  if (!step.ok() || (*step != Step::kDone && *step != Step::kPause)) return step;
  step = AssignableStep(dirty, at, *shown);
  if (!step.ok() || *step != Step::kDone) return step;
  step = LabelStep(dirty, at, progress, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  step = GiveStep(dirty, at, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  step = ReactionStep(dirty, at, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  step = CheckStep(dirty, at, progress, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  return progress->pause ? Step::kPause : Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::ShowComment(const DirtyFace& dirty,
                                                         const RemoteTicket& at, Progress* progress,
                                                         ShownFace* shown) {
  while (!progress->came_from.empty()) {
    const Predecessor from = progress->came_from.back();
    auto taken = TakeOver(from, dirty, at, progress, shown);
    if (!taken.ok() || *taken != Step::kDone) return taken;
    took_over_.insert(from.key);
    progress->came_from.pop_back();
  }
  auto step = TidyStep(dirty, at, progress, shown);
  if (!step.ok() || *step == Step::kMutated || *step == Step::kWait) return step;
  return CommentStep(dirty, at, progress, shown);
}

absl::StatusOr<Dispatcher::Step> Dispatcher::Mutated(const DirtyFace& dirty, const char* what,
                                                     ShownFace* shown) {
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", what}});
  shown->attempts = 0;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

absl::Status Dispatcher::TakeFromBacklog(Round* round) {
  const absl::Time now = clock_.Steady();
  if (options_.observe || forge_.client == nullptr) return absl::OkStatus();
  if (now >= next_backlog_) {
    const auto taken = store_.TakeFromBacklog(forge_.name, 1, clock_.Now());
    if (!taken.ok()) return taken.status();
    if (*taken == 0) return absl::OkStatus();
    next_backlog_ = now + kBacklogEvery;
  }
  round->next = std::min(round->next, next_backlog_);
  return absl::OkStatus();
}

absl::Status Dispatcher::Observe(const DirtyFace& dirty, const std::string& body) {
  const std::string digest = FaceDigest(dirty.face, body);
  if (observed_[dirty.ticket] != digest) {
    std::vector<std::string> labels;
    for (const FaceLabel& label : dirty.face.labels) labels.push_back(label.name);
    log_.Info("would show", {{"ticket", NameOf(store_, dirty.ticket)},
                             {"comment", body},
                             {"labels", absl::StrJoin(labels, ", ")},
                             {"without", absl::StrJoin(dirty.face.absent_labels, ", ")},
                             {"assignees", absl::StrJoin(dirty.face.assignees, ", ")}});
    observed_[dirty.ticket] = digest;
  }
  return store_.PutIntoBacklog(dirty.ticket, dirty.generation);
}

absl::Time Dispatcher::NextTurn(const RemoteTicket& at) const {
  const absl::Time free = forge_.client->NextMutationAt(at);
  return options_.right_of_way == nullptr ? free
                                          : std::max(free, options_.right_of_way->HeldUntil(at));
}

bool Dispatcher::MayMutate(const RemoteTicket& at) const { return NextTurn(at) <= clock_.Steady(); }

absl::Time Dispatcher::FaceNow() {
  face_ahead_ = std::max(face_ahead_, clock_.Now() - clock_.Steady());
  return clock_.Steady() + face_ahead_;
}

absl::Status Dispatcher::Failed(const DirtyFace& dirty, ShownFace shown, const absl::Status& why,
                                Round* round) {
  const absl::Time steady = clock_.Steady();
  const auto code = why.code();
  metrics_.Count("retainer_forge_errors_total",
                 {{"forge", forge_.name}, {"code", absl::StatusCodeToString(code)}});
  if (code == absl::StatusCode::kResourceExhausted) {
    const absl::Duration wait =
        std::clamp(RetryAfter(why).value_or(absl::Minutes(1)), absl::Milliseconds(100),
                   absl::Duration(kLongestFaceWait));
    round->next = std::min(round->next, steady + wait);
    return store_.PostponeFace(dirty.ticket, dirty.generation, FaceNow() + wait, shown);
  }
  ++shown.attempts;
  // An unreachable forge and wrong credentials will be repaired some day; a refusal will not.
  const bool mends =
      code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kFailedPrecondition ||
      code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kAborted;
  if (!mends && shown.attempts >= kMaxAttempts) {
    metrics_.Count("retainer_dead_faces_total", {{"forge", forge_.name}});
    log_.Error("face given up",
               {{"ticket", NameOf(store_, dirty.ticket)}, {"error", StatusText(why)}});
    const absl::Status saved = store_.SaveShown(dirty.ticket, shown, {});
    if (!saved.ok()) return saved;
    return store_.BuryFace(dirty.ticket, dirty.generation, StatusText(why), clock_.Now());
  }
  const double jitter = options_.random ? options_.random() : 0.5;
  const absl::Duration wait = BackOff(shown.attempts) * (0.75 + 0.5 * jitter);
  log_.Warning("face not shown yet", {{"ticket", NameOf(store_, dirty.ticket)},
                                      {"attempt", absl::StrCat(shown.attempts)},
                                      {"error", StatusText(why)}});
  round->next = std::min(round->next, steady + wait);
  return store_.PostponeFace(dirty.ticket, dirty.generation, FaceNow() + wait, shown);
}

}  // namespace retainer::pipeline
