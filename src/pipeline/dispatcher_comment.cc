// Dispatcher: the step for the status comment. One comment per ticket, even after a crash, a lost
// answer, a list that lags or a restored backup.
#include <algorithm>
#include <utility>

#include "retainer/fact_builders.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/face_digest.h"
#include "src/pipeline/noise_count.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// True if `face` may disclose everything that `shown` discloses.
bool DisclosesAll(const Face& face, const ShownFace& shown) {
  return std::all_of(shown.discloses.begin(), shown.discloses.end(),
                     [&](const std::string& customer) {
                       return std::find(face.discloses.begin(), face.discloses.end(), customer) !=
                              face.discloses.end();
                     });
}

std::vector<std::string> Union(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

// The pause between two searches for what the forge may not list yet.
constexpr absl::Duration kLookEvery = absl::Seconds(10);

}  // namespace

std::string Dispatcher::ObjectId(const std::string& comment_id) const {
  return forge_.kind == ForgeKind::kGitHub ? IssueCommentId(comment_id) : NoteId(comment_id);
}

absl::Time Dispatcher::EditAllowedAt(const TicketKey& key, absl::Time now) {
  const auto it = edits_.find(key);
  if (it == edits_.end()) return now;
  std::deque<absl::Time>& edits = it->second;
  while (!edits.empty() && edits.front() + kEditWindow <= now) edits.pop_front();
  if (edits.size() < static_cast<std::size_t>(kMaxEdits)) return now;
  return edits.front() + kEditWindow;
}

absl::Duration Dispatcher::AgeOf(const TicketKey& key, const std::string& what, absl::Time since) {
  if (first_seen_.size() > 10000) first_seen_.clear();
  // An instant in the future was written before the clock was set back: its age is unknown.
  FirstSeen now{since, clock_.Steady(), std::max(clock_.Now() - since, absl::ZeroDuration())};
  FirstSeen& seen = first_seen_.try_emplace({key, what}, now).first->second;
  if (seen.since != since) seen = now;
  return seen.age + (clock_.Steady() - seen.at);
}

Dispatcher::Step Dispatcher::LookAgain(absl::Duration left, Progress* progress) {
  const absl::Duration wait = std::min(left, kLookEvery);
  progress->pause = std::min(progress->pause.value_or(wait), wait);
  return Step::kPause;
}

absl::Status Dispatcher::Learn(const TicketKey& key, const ShownFace& shown,
                               const std::vector<Fact>& facts) {
  const absl::Status saved = store_.SaveShown(key, shown, facts);
  if (!saved.ok()) return saved;
  // What we learnt can change the standing (and so the face). Without terms it waits.
  const auto judged = judge_.Decide(key, {});
  if (!judged.ok() && !absl::IsFailedPrecondition(judged.status())) return judged.status();
  return absl::OkStatus();
}

Fact Dispatcher::OwnComment(const RemoteComment& comment) const {
  Fact own;
  own.kind = FactKind::kOwnComment;
  own.provenance = Provenance::kNetwork;
  own.subject = ObjectId(comment.id);
  own.id = MakeFactId(own.kind, own.subject, "");
  own.at = clock_.Now();
  own.at_receipt = true;
  own.actor = comment.author;
  return own;
}

absl::Status Dispatcher::Adopt(const TicketKey& key, const RemoteComment& comment,
                               const std::string& digest, const std::vector<std::string>& discloses,
                               ShownFace* shown) {
  shown->comment_id = comment.id;
  shown->comment_digest = digest;
  shown->discloses = discloses;
  shown->intent.clear();
  shown->attempts = 0;
  return store_.SaveShown(key, *shown, {OwnComment(comment)});
}

absl::StatusOr<std::vector<RemoteComment>> Dispatcher::Find(const RemoteTicket& at,
                                                            const std::string& marker,
                                                            const Progress& progress,
                                                            const ShownFace& shown) {
  auto found = forge_.client->FindOwnComments(at, marker, absl::UnixEpoch());
  if (!found.ok()) return found;
  // The list may still contain a comment that we deleted.
  std::erase_if(*found, [&](const RemoteComment& comment) {
    return progress.deleted.contains(comment.id) || comment.id == shown.deleted_comment;
  });
  return found;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::Delete(const std::string& id, const DirtyFace& dirty,
                                                    const RemoteTicket& at, Progress* progress,
                                                    ShownFace* shown) {
  if (!MayMutate(at)) return Step::kWait;
  // Save this first: then a missing comment is known to be deleted by us.
  shown->deleted_comment = id;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  const absl::Status deleted = forge_.client->DeleteComment(at, id);
  if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  progress->deleted.insert(id);
  if (shown->comment_id == id) {
    shown->comment_id.clear();
    shown->comment_digest.clear();
    shown->discloses.clear();
  }
  return Mutated(dirty, "delete_comment", shown);
}

absl::StatusOr<Dispatcher::Step> Dispatcher::TakeOver(const Predecessor& from,
                                                      const DirtyFace& dirty,
                                                      const RemoteTicket& at, Progress* progress,
                                                      ShownFace* shown) {
  auto found = Find(at, CommentMarker(from.key), *progress, *shown);
  if (!found.ok()) return found.status();
  std::erase_if(*found,
                [&](const RemoteComment& comment) { return comment.id == shown->comment_id; });
  const bool has_own = !shown->comment_id.empty() || !shown->intent.empty();
  if (found->empty()) {
    if (has_own) return Step::kDone;
    const auto before = store_.LoadShown(from.key);
    if (!before.ok()) return before.status();
    const absl::Duration left = kFresh - AgeOf(dirty.ticket, ToString(from.key), from.arrived);
    const bool had = !before->comment_id.empty() || !before->intent.empty();
    return had && left > absl::ZeroDuration() ? LookAgain(left, progress) : Step::kDone;
  }
  // One comment per ticket: the oldest that was moved along, unless we have posted one already.
  if (found->size() > 1 || has_own) {
    return Delete(found->back().id, dirty, at, progress, shown);
  }
  const auto before = store_.LoadShown(from.key);
  if (!before.ok()) return before.status();
  const absl::Status saved = Adopt(dirty.ticket, found->front(), "", before->discloses, shown);
  if (!saved.ok()) return saved;
  return Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::TidyStep(const DirtyFace& dirty,
                                                      const RemoteTicket& at, Progress* progress,
                                                      ShownFace* shown) {
  if (progress->strays.empty()) return Step::kDone;
  constexpr std::string_view kAnyMarker = "<!-- retainer:";
  auto found = Find(at, std::string(kAnyMarker), *progress, *shown);
  if (!found.ok()) return found.status();
  std::set<std::string> seen;
  std::map<std::string, std::vector<const RemoteComment*>> by_marker;
  for (const RemoteComment& comment : *found) {
    seen.insert(ObjectId(comment.id));
    const std::size_t begin = comment.body.rfind(kAnyMarker);
    by_marker[comment.body.substr(begin)].push_back(&comment);
  }
  for (const auto& [marker, comments] : by_marker) {
    const bool is_status = marker.starts_with(CommentMarker(dirty.ticket));
    if (is_status && shown->comment_id != comments.front()->id) {
      // The record was lost, or belongs to a later comment.
      const absl::Status saved =
          Adopt(dirty.ticket, *comments.front(), TextDigest(comments.front()->body),
                Union(shown->discloses, dirty.face.discloses), shown);
      if (!saved.ok()) return saved;
      log_.Info("took up a status comment that was not on record",
                {{"ticket", NameOf(store_, dirty.ticket)}});
    }
    if (comments.size() > 1) {
      auto deleted = Delete(comments.back()->id, dirty, at, progress, shown);
      if (deleted.ok() && *deleted == Step::kMutated) {
        log_.Warning("deleted a second comment with the same marker",
                     {{"ticket", NameOf(store_, dirty.ticket)}});
      }
      return deleted;
    }
  }
  // Comments that are not in the list may still appear.
  absl::Duration left = absl::ZeroDuration();
  for (const auto& [subject, received] : progress->strays) {
    if (!seen.contains(subject)) {
      left = std::max(left, kFresh - AgeOf(dirty.ticket, subject, received));
    }
  }
  if (left > absl::ZeroDuration()) return LookAgain(left, progress);
  for (const auto& [subject, received] : progress->strays) {
    looked_at_.insert({dirty.ticket, subject});
  }
  progress->strays.clear();
  return Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::CreateStep(const DirtyFace& dirty,
                                                        const RemoteTicket& at,
                                                        const std::string& body, Progress* progress,
                                                        ShownFace* shown) {
  // Check whether it exists: the result of a create is unknown, or this store does not know of it.
  auto found = Find(at, CommentMarker(dirty.ticket), *progress, *shown);
  if (!found.ok()) return found.status();
  if (found->size() > 1) return Delete(found->back().id, dirty, at, progress, shown);
  if (!found->empty()) {
    log_.Info("found our comment, which was not on record",
              {{"ticket", NameOf(store_, dirty.ticket)}});
    const RemoteComment& comment = found->front();
    const bool was_tried = !shown->intent.empty();
    const absl::Status saved = Adopt(dirty.ticket, comment, TextDigest(comment.body),
                                     Union(shown->discloses, dirty.face.discloses), shown);
    if (!saved.ok()) return saved;
    // The answer to our create was lost, or a crash came before it was on record.
    if (was_tried) CountNoise({store_, clock_, log_, metrics_}, dirty.ticket, NoiseKind::kStatus);
    return Step::kMutated;
  }
  const bool unknown = !shown->intent.empty();
  if (unknown) {
    const absl::Duration left = kFresh - AgeOf(dirty.ticket, "comment", shown->intent_at);
    if (left > absl::ZeroDuration()) return LookAgain(left, progress);
  }
  if (!dirty.face.comment) {
    shown->intent.clear();
    return Step::kDone;
  }
  if (!MayMutate(at)) return Step::kWait;
  shown->intent = CommentMarker(dirty.ticket);
  shown->intent_at = clock_.Now();
  // Whatever the result, the comment may disclose this from now on. An earlier comment may also
  // appear.
  shown->discloses = unknown ? Union(shown->discloses, dirty.face.discloses) : dirty.face.discloses;
  absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  auto created = forge_.client->CreateComment(at, body);
  if (!created.ok()) {
    // The comment can exist only if the answer was lost.
    if (!absl::IsUnavailable(created.status()) && !absl::IsDeadlineExceeded(created.status())) {
      shown->intent.clear();
    }
    return created.status();
  }
  edits_[dirty.ticket].push_back(clock_.Steady());
  metrics_.Count("retainer_mutations_total", {{"forge", forge_.name}, {"what", "create_comment"}});
  saved = Adopt(dirty.ticket, *created, TextDigest(body), dirty.face.discloses, shown);
  if (!saved.ok()) return saved;  // it is found again, and counted then
  CountNoise({store_, clock_, log_, metrics_}, dirty.ticket, NoiseKind::kStatus);
  return Step::kMutated;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::Missing(const DirtyFace& dirty, const RemoteTicket& at,
                                                     Progress* progress, ShownFace* shown) {
  if (shown->comment_id == shown->deleted_comment) {
    // We deleted it ourselves, and a crash came before this was saved.
    shown->comment_id.clear();
    shown->comment_digest.clear();
    shown->discloses.clear();
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
    return Step::kMutated;
  }
  if (AgeOf(dirty.ticket, "comment", shown->intent_at) < kFresh) {
    return absl::UnavailableError("the forge does not know yet what it has just created");
  }
  // A restored backup has the number of an older comment.
  auto found = Find(at, CommentMarker(dirty.ticket), *progress, *shown);
  if (!found.ok()) return found.status();
  const std::string gone = shown->comment_id;
  std::erase_if(*found, [&](const RemoteComment& comment) { return comment.id == gone; });
  if (!found->empty()) {
    const RemoteComment& comment = found->front();
    const absl::Status saved = Adopt(dirty.ticket, comment, TextDigest(comment.body),
                                     Union(shown->discloses, dirty.face.discloses), shown);
    if (!saved.ok()) return saved;
    return Step::kMutated;
  }
  // People deleted it: this is a fact, and the core interprets it.
  Fact deleted = MakeCommentDeleted({Provenance::kNetwork, clock_.Now()}, ObjectId(gone), {}, {},
                                    Moment::Unstated());
  shown->comment_id.clear();
  shown->comment_digest.clear();
  shown->discloses.clear();
  const absl::Status learnt = Learn(dirty.ticket, *shown, {std::move(deleted)});
  if (!learnt.ok()) return learnt;
  return Step::kLearnt;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::CommentStep(const DirtyFace& dirty,
                                                         const RemoteTicket& at, Progress* progress,
                                                         ShownFace* shown) {
  const Face& face = dirty.face;
  const bool is_less = face.comment && !DisclosesAll(face, *shown);
  if (!shown->comment_id.empty() && (!face.comment || is_less)) {
    return Delete(shown->comment_id, dirty, at, progress, shown);
  }
  const std::string body =
      face.comment
          ? renderer_.RenderComment(*face.comment, CommentMarker(dirty.ticket), RateUrl(dirty))
          : std::string();
  if (shown->comment_id.empty()) {
    // A comment whose create is in progress must be found before it can be deleted.
    if (!face.comment && shown->intent.empty()) return Step::kDone;
    return CreateStep(dirty, at, body, progress, shown);
  }
  if (shown->comment_digest == TextDigest(body)) {
    shown->discloses = face.discloses;
    return Step::kDone;
  }

  if (!MayMutate(at)) return Step::kWait;
  if (const absl::Time now = clock_.Steady(); EditAllowedAt(dirty.ticket, now) > now) {
    metrics_.Count("retainer_loops_broken_total", {{"forge", forge_.name}});
    log_.Warning("a status comment changes too often; it waits",
                 {{"ticket", NameOf(store_, dirty.ticket)}});
    return Step::kWait;
  }
  const absl::Status updated = forge_.client->UpdateComment(at, shown->comment_id, body);
  if (absl::IsNotFound(updated)) return Missing(dirty, at, progress, shown);
  if (!updated.ok()) return updated;
  edits_[dirty.ticket].push_back(clock_.Steady());
  shown->comment_digest = TextDigest(body);
  shown->discloses = face.discloses;
  return Mutated(dirty, "update_comment", shown);
}

}  // namespace retainer::pipeline
