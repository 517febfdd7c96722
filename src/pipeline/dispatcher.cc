#include "src/pipeline/dispatcher.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"

namespace retainer {
namespace {

// Only tells versions of our own text apart, nobody gains by a collision.
std::string Digest(std::string_view text) {
  return absl::StrCat(absl::Hex(Fingerprint(text), absl::kZeroPad16), "-", text.size());
}

bool Has(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void Insert(std::vector<std::string>* sorted, const std::string& value) {
  const auto it = std::lower_bound(sorted->begin(), sorted->end(), value);
  if (it == sorted->end() || *it != value) sorted->insert(it, value);
}

bool Wanted(const Face& face, const std::string& label) {
  return std::any_of(face.labels.begin(), face.labels.end(),
                     [&](const FaceLabel& wanted) { return wanted.name == label; });
}

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

// Everything that `shown` discloses may `face` disclose too.
bool DisclosesAll(const Face& face, const ShownFace& shown) {
  return std::all_of(shown.discloses.begin(), shown.discloses.end(),
                     [&](const std::string& customer) { return Has(face.discloses, customer); });
}

}  // namespace

std::string FaceDigest(const Face& face, const std::string& body) {
  std::string all = absl::StrCat(face.comment.has_value(), "\n", body);
  const auto add = [&](char tag, const std::string& value) {
    absl::StrAppend(&all, "\n", std::string(1, tag), value.size(), ":", value);
  };
  for (const std::string& value : face.discloses) add('d', value);
  for (const FaceLabel& label : face.labels) add('l', label.name);
  for (const std::string& value : face.absent_labels) add('a', value);
  for (const std::string& value : face.assignees) add('g', value);
  if (face.check) add('c', face.check->commit);
  return Digest(all);
}

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

std::string Dispatcher::ObjectId(const std::string& comment_id) const {
  return forge_.kind == ForgeKind::kGitHub ? IssueCommentId(comment_id) : NoteId(comment_id);
}

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

absl::StatusOr<Dispatcher::Step> Dispatcher::CheckStep(const DirtyFace& dirty,
                                                       const RemoteTicket& at, ShownFace* shown) {
  if (!dirty.face.check) return Step::kDone;
  const CheckView& view = *dirty.face.check;
  const bool in_place = shown->check_commit == view.commit;
  // Nothing to say, and nothing said of this commit that it would correct.
  if (view.rows.empty() && !in_place) return Step::kDone;
  RemoteCheck check;
  check.commit = view.commit;
  check.verdict = view.verdict;
  check.text = renderer_.RenderCheck(view);
  if (!view.rows.empty()) check.url = view.rows.front().url;
  const std::string digest = Digest(absl::StrCat(static_cast<int>(check.verdict), "\n", check.url,
                                                 "\n", check.text.title, "\n", check.text.summary));
  if (in_place && shown->check_digest == digest) return Step::kDone;
  const absl::Time now = clock_.Now();
  const auto refused = checks_refused_.find(at.key.project);
  if (refused != checks_refused_.end() && now < refused->second) return Step::kDone;
  if (!MayMutate(at)) return Step::kWait;
  auto id = forge_.client->SetCheck(at, check, in_place ? shown->check_id : std::string());
  if (absl::IsPermissionDenied(id.status())) {
    if (refused == checks_refused_.end()) {
      log_.Warning("checks are not shown", {{"forge", forge_.name},
                                            {"project", at.path},
                                            {"error", std::string(id.status().message())}});
    }
    checks_refused_[at.key.project] = now + kCheckPause;
    return Step::kDone;
  }
  if (absl::IsNotFound(id.status()) && in_place && !shown->check_id.empty()) {
    shown->check_id.clear();  // somebody took it away: anew in its turn
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
    return Step::kMutated;
  }
  if (!id.ok()) return id.status();
  checks_refused_.erase(at.key.project);
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", "set_check"}});
  shown->check_commit = check.commit;
  shown->check_id = *std::move(id);
  shown->check_digest = digest;
  shown->attempts = 0;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

absl::Time Dispatcher::NextTurn(const RemoteTicket& at) const {
  const absl::Time free = forge_.client->NextMutationAt(at);
  return options_.right_of_way == nullptr ? free
                                          : std::max(free, options_.right_of_way->HeldUntil(at));
}

bool Dispatcher::MayMutate(const RemoteTicket& at) const { return NextTurn(at) <= clock_.Now(); }

absl::Time Dispatcher::EditAllowedAt(const TicketKey& key, absl::Time now) {
  const auto it = edits_.find(key);
  if (it == edits_.end()) return now;
  std::deque<absl::Time>& edits = it->second;
  while (!edits.empty() && edits.front() + kEditWindow <= now) edits.pop_front();
  if (edits.size() < static_cast<std::size_t>(kMaxEdits)) return now;
  return edits.front() + kEditWindow;
}

absl::Status Dispatcher::Learn(const TicketKey& key, const ShownFace& shown,
                               std::vector<Fact> facts) {
  const absl::Status saved = store_.SaveShown(key, shown, facts);
  if (!saved.ok()) return saved;
  // What we know now can change the standing (and so the face). Without terms it waits.
  const auto judged = judge_.Decide(key, {});
  if (!judged.ok() && !absl::IsFailedPrecondition(judged.status())) return judged.status();
  return absl::OkStatus();
}

absl::Status Dispatcher::Adopt(const TicketKey& key, const RemoteComment& comment,
                               const std::string& digest, const std::vector<std::string>& discloses,
                               ShownFace* shown) {
  shown->comment_id = comment.id;
  shown->comment_digest = digest;
  shown->discloses = discloses;
  shown->intent.clear();
  shown->attempts = 0;
  Fact own;
  own.kind = FactKind::kOwnComment;
  own.provenance = Provenance::kNetwork;
  own.subject = ObjectId(comment.id);
  own.id = MakeFactId(own.kind, own.subject, "");
  own.at = clock_.Now();
  own.at_receipt = true;
  own.actor = comment.author;
  return store_.SaveShown(key, *shown, {own});
}

absl::StatusOr<Dispatcher::Step> Dispatcher::TakeOver(const TicketKey& from, const DirtyFace& dirty,
                                                      const RemoteTicket& at, ShownFace* shown) {
  auto found = forge_.client->FindOwnComment(at, CommentMarker(from), absl::UnixEpoch());
  if (!found.ok()) return found.status();
  if (!*found || (*found)->id == shown->comment_id) return Step::kDone;
  if (shown->comment_id.empty() && shown->intent.empty()) {
    const auto before = store_.LoadShown(from);
    if (!before.ok()) return before.status();
    const absl::Status saved = Adopt(dirty.ticket, **found, "", before->discloses, shown);
    if (!saved.ok()) return saved;
    return Step::kDone;
  }
  // We have posted one already: one a ticket.
  if (!MayMutate(at)) return Step::kWait;
  const absl::Status deleted = forge_.client->DeleteComment(at, (*found)->id);
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", "delete_comment"}});
  return Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::CreateStep(const DirtyFace& dirty,
                                                        const RemoteTicket& at,
                                                        const std::string& body, ShownFace* shown) {
  const std::string marker = CommentMarker(dirty.ticket);
  if (!shown->intent.empty()) {
    // A create whose end we do not know: is it there? The forge's clock may be behind ours.
    auto found = forge_.client->FindOwnComment(at, shown->intent, shown->intent_at - kMaxAhead);
    if (!found.ok()) return found.status();
    if (*found) {
      log_.Info("found the comment of an interrupted create", {{"ticket", ToString(dirty.ticket)}});
      const std::vector<std::string> discloses = shown->discloses;
      const absl::Status saved =
          Adopt(dirty.ticket, **found, Digest((*found)->body), discloses, shown);
      if (!saved.ok()) return saved;
      return Step::kMutated;
    }
    if (!dirty.face.comment && shown->intent_at + kFresh > clock_.Now()) {
      return absl::UnavailableError("the forge may not show yet what it has just created");
    }
    shown->intent.clear();
    if (!dirty.face.comment) return Step::kDone;
  }
  if (!MayMutate(at)) return Step::kWait;
  shown->intent = marker;
  shown->intent_at = clock_.Now();
  // Whatever comes of the call, the comment discloses this much.
  shown->discloses = dirty.face.discloses;
  absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  auto created = forge_.client->CreateComment(at, body);
  if (!created.ok()) {
    // Only where the answer was lost can the comment be there.
    if (!absl::IsUnavailable(created.status())) shown->intent.clear();
    return created.status();
  }
  edits_[dirty.ticket].push_back(clock_.Now());
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", "create_comment"}});
  saved = Adopt(dirty.ticket, *created, Digest(body), dirty.face.discloses, shown);
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::CommentStep(const DirtyFace& dirty,
                                                         const RemoteTicket& at, ShownFace* shown) {
  const Face& face = dirty.face;
  const bool is_less = face.comment && !DisclosesAll(face, *shown);
  // A create under way must be found before it can be deleted.
  if (shown->comment_id.empty() && !shown->intent.empty()) {
    return CreateStep(dirty, at,
                      face.comment
                          ? renderer_.RenderComment(*face.comment, CommentMarker(dirty.ticket))
                          : std::string(),
                      shown);
  }
  if (!shown->comment_id.empty() && (!face.comment || is_less)) {
    if (!MayMutate(at)) return Step::kWait;
    const absl::Status deleted = forge_.client->DeleteComment(at, shown->comment_id);
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
    metrics_.Count("retainer_mutations_total",
                   {{"forge", forge_.name}, {"what", "delete_comment"}});
    shown->comment_id.clear();
    shown->comment_digest.clear();
    shown->discloses.clear();
    shown->attempts = 0;
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
    return Step::kMutated;
  }
  if (!face.comment) return Step::kDone;
  const std::string body = renderer_.RenderComment(*face.comment, CommentMarker(dirty.ticket));
  if (shown->comment_id.empty()) return CreateStep(dirty, at, body, shown);
  if (shown->comment_digest == Digest(body)) {
    shown->discloses = face.discloses;
    return Step::kDone;
  }

  if (!MayMutate(at)) return Step::kWait;
  const absl::Time now = clock_.Now();
  if (EditAllowedAt(dirty.ticket, now) > now) {
    metrics_.Count("retainer_loops_broken_total", {{"forge", forge_.name}});
    log_.Warning("a status comment changes too often; it waits",
                 {{"ticket", ToString(dirty.ticket)}});
    return Step::kWait;
  }
  const absl::Status updated = forge_.client->UpdateComment(at, shown->comment_id, body);
  if (absl::IsNotFound(updated)) {
    if (shown->intent_at + kFresh > now) {
      return absl::UnavailableError("the forge does not know yet what it has just created");
    }
    // People took it down: that is their word, and the core knows what it means.
    Fact deleted = MakeCommentDeleted({Provenance::kNetwork, now}, ObjectId(shown->comment_id), {},
                                      {}, Moment::Unstated());
    shown->comment_id.clear();
    shown->comment_digest.clear();
    shown->discloses.clear();
    const absl::Status learnt = Learn(dirty.ticket, *shown, {std::move(deleted)});
    if (!learnt.ok()) return learnt;
    return Step::kLearnt;
  }
  if (!updated.ok()) return updated;
  edits_[dirty.ticket].push_back(now);
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", "update_comment"}});
  shown->comment_digest = Digest(body);
  shown->discloses = face.discloses;
  shown->attempts = 0;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::LabelStep(const DirtyFace& dirty,
                                                       const RemoteTicket& at, Progress* progress,
                                                       ShownFace* shown) {
  const Face& face = dirty.face;
  // Off first: two priorities at once would be read as a person's word.
  std::vector<std::string> off;
  for (const std::string& label : face.absent_labels) {
    if (!progress->removed.contains(label) && !Wanted(face, label)) off.push_back(label);
  }
  for (const std::string& label : shown->labels) {
    if (!Wanted(face, label) && !Has(off, label) && !progress->removed.contains(label)) {
      off.push_back(label);
    }
  }
  std::vector<std::string> on;
  for (const FaceLabel& label : face.labels) {
    if (!Has(shown->labels, label.name)) on.push_back(label.name);
  }
  std::vector<std::string> assign;
  const std::set<std::string>& assigned = assigned_[dirty.ticket];
  for (const std::string& login : face.assignees) {
    if (!assigned.contains(login)) assign.push_back(login);
  }
  if (off.empty() && on.empty() && assign.empty()) return Step::kDone;
  if (!MayMutate(at)) return Step::kWait;

  const char* what = "";
  if (!off.empty()) {
    what = "remove_label";
    const absl::Status removed = forge_.client->RemoveLabel(at, off[0]);
    if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    progress->removed.insert(off[0]);
    std::erase(shown->labels, off[0]);
  } else if (!on.empty()) {
    for (const FaceLabel& label : face.labels) {
      if (!Has(on, label.name) || progress->ensured.contains(label.name)) continue;
      if (!MayMutate(at)) return Step::kWait;
      const absl::Status ensured = forge_.client->EnsureLabel(at, label);
      if (!ensured.ok()) return ensured;
      progress->ensured.insert(label.name);
    }
    if (!MayMutate(at)) return Step::kWait;
    what = "add_labels";
    const absl::Status added = forge_.client->AddLabels(at, on);
    if (!added.ok()) return added;
    for (const std::string& label : on) Insert(&shown->labels, label);
  } else {
    what = "assign";
    const absl::Status done = forge_.client->AddAssignees(at, assign);
    if (!done.ok()) return done;
    assigned_[dirty.ticket].insert(assign.begin(), assign.end());
  }
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", what}});
  shown->attempts = 0;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

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
