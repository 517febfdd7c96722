#include "src/pipeline/dispatcher.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/face_digest.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer {
namespace {

// Deleted or moved: there is nothing left to show a face on.
bool IsAway(const FactSet& facts) {
  return std::any_of(facts.begin(), facts.end(), [](const auto& entry) {
    return entry.second.kind == FactKind::kMoved || entry.second.kind == FactKind::kDeleted;
  });
}

// The tickets of other projects that this one was before.
std::vector<TicketKey> CameFrom(const TicketKey& key, const FactSet& facts) {
  std::vector<TicketKey> keys;
  for (const auto& [id, fact] : facts) {
    if (fact.kind != FactKind::kArrived || !fact.labels.empty()) continue;
    auto from = ParseTicketKey(fact.subject);
    if (from && from->project != key.project) keys.push_back(*std::move(from));
  }
  return keys;
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
  auto faces = store_.ReadDirtyFaces(forge_.name, clock_.Now(), kPage);
  if (!faces.ok()) return faces.status();
  for (const DirtyFace& dirty : *faces) {
    const absl::Status status = Bring(dirty, &round);
    if (!status.ok()) return status;  // the store's: nothing was lost, try all again later
  }
  // What these remember saves calls, no more.
  if (progress_.size() > 10000) progress_.clear();
  if (assigned_.size() > 10000) assigned_.clear();
  if (took_over_.size() > 10000) took_over_.clear();
  const absl::Time now = clock_.Now();
  std::erase_if(edits_, [&](const auto& entry) {
    return entry.second.empty() || entry.second.back() + kEditWindow <= now;
  });
  return round;
}

absl::Status Dispatcher::Bring(const DirtyFace& dirty, Round* round) {
  auto shown = store_.LoadShown(dirty.ticket);
  if (!shown.ok()) return shown.status();
  const bool silent = options_.observe || forge_.client == nullptr;
  const std::string body =
      dirty.face.comment ? renderer_.RenderComment(*dirty.face.comment, CommentMarker(dirty.ticket))
                         : std::string();
  if (silent) {
    log_.Info("would show", {{"ticket", ToString(dirty.ticket)},
                             {"comment", dirty.face.comment ? "yes" : "no"},
                             {"labels", absl::StrCat(dirty.face.labels.size())}});
    ++round->finished;
    return store_.FinishFace(dirty.ticket, dirty.generation, *shown);
  }

  auto stored = store_.LoadTicket(dirty.ticket);
  if (!stored.ok()) return stored.status();
  if (IsAway(stored->facts)) return store_.FinishFace(dirty.ticket, dirty.generation, *shown);
  auto context = judge_.Context(dirty.ticket, stored->record, std::nullopt);
  if (!context.ok()) return context.status();
  auto project = store_.FindProject({dirty.ticket.forge, dirty.ticket.project});
  if (!project.ok()) return project.status();
  const RemoteTicket at =
      judge_.Remote(*context, *project ? (*project)->installation_id : std::string());

  Progress& progress = progress_[dirty.ticket];
  if (progress.generation != dirty.generation) {
    progress = {};
    progress.generation = dirty.generation;
    // The same face again: somebody took off what we had put on.
    if (shown->face_digest == FaceDigest(dirty.face, body)) shown->labels.clear();
    progress.came_from = CameFrom(dirty.ticket, stored->facts);
    std::erase_if(progress.came_from,
                  [&](const TicketKey& key) { return took_over_.contains(key); });
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
      if (next <= clock_.Now()) next = EditAllowedAt(dirty.ticket, clock_.Now());
      round->next = std::min(round->next, next);
      return absl::OkStatus();
    }
    if (*step == Step::kLearnt) return absl::OkStatus();  // the judge has the word now
    shown->face_digest = FaceDigest(dirty.face, body);
    shown->attempts = 0;
    const absl::Status finished = store_.FinishFace(dirty.ticket, dirty.generation, *shown);
    if (finished.ok()) {
      log_.Write(LogLevel::kDebug, "face shown", {{"ticket", ToString(dirty.ticket)}});
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
  while (!progress->came_from.empty()) {
    const TicketKey from = progress->came_from.back();
    auto taken = TakeOver(from, dirty, at, shown);
    if (!taken.ok() || *taken == Step::kWait) return taken;
    took_over_.insert(from);
    progress->came_from.pop_back();
  }
  auto step = CommentStep(dirty, at, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  step = LabelStep(dirty, at, progress, shown);
  if (!step.ok() || *step != Step::kDone) return step;
  return CheckStep(dirty, at, shown);
}

absl::Time Dispatcher::NextTurn(const RemoteTicket& at) const {
  const absl::Time free = forge_.client->NextMutationAt(at);
  return options_.right_of_way == nullptr ? free
                                          : std::max(free, options_.right_of_way->HeldUntil(at));
}

bool Dispatcher::MayMutate(const RemoteTicket& at) const { return NextTurn(at) <= clock_.Now(); }

absl::Status Dispatcher::Failed(const DirtyFace& dirty, ShownFace shown, const absl::Status& why,
                                Round* round) {
  const absl::Time now = clock_.Now();
  const auto code = why.code();
  metrics_.Count("retainer_forge_errors_total",
                 {{"forge", forge_.name}, {"code", absl::StatusCodeToString(code)}});
  if (code == absl::StatusCode::kResourceExhausted) {
    const absl::Time until =
        now + std::max(RetryAfter(why).value_or(absl::Minutes(1)), absl::Milliseconds(100));
    round->next = std::min(round->next, until);
    return store_.PostponeFace(dirty.ticket, dirty.generation, until, shown);
  }
  ++shown.attempts;
  // An unreachable forge and wrong credentials are mended some day; a refusal is not.
  const bool mends =
      code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kFailedPrecondition ||
      code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kAborted;
  if (!mends && shown.attempts >= kMaxAttempts) {
    metrics_.Count("retainer_dead_faces_total", {{"forge", forge_.name}});
    log_.Error("face given up", {{"ticket", ToString(dirty.ticket)}, {"error", why.ToString()}});
    const absl::Status saved = store_.SaveShown(dirty.ticket, shown, {});
    if (!saved.ok()) return saved;
    return store_.BuryFace(dirty.ticket, dirty.generation, why.ToString(), now);
  }
  const double jitter = options_.random ? options_.random() : 0.5;
  const absl::Duration wait = BackOff(shown.attempts) * (0.75 + 0.5 * jitter);
  log_.Warning("face not shown yet", {{"ticket", ToString(dirty.ticket)},
                                      {"attempt", absl::StrCat(shown.attempts)},
                                      {"error", why.ToString()}});
  round->next = std::min(round->next, now + wait);
  return store_.PostponeFace(dirty.ticket, dirty.generation, now + wait, shown);
}

}  // namespace retainer
