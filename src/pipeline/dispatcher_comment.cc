// The dispatcher's step for the status comment.
#include <algorithm>
#include <utility>

#include "retainer/fact_builders.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/face_digest.h"

namespace retainer {
namespace {

// Everything that `shown` discloses may `face` disclose too.
bool DisclosesAll(const Face& face, const ShownFace& shown) {
  return std::all_of(shown.discloses.begin(), shown.discloses.end(),
                     [&](const std::string& customer) {
                       return std::find(face.discloses.begin(), face.discloses.end(), customer) !=
                              face.discloses.end();
                     });
}

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
          Adopt(dirty.ticket, **found, TextDigest((*found)->body), discloses, shown);
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
  saved = Adopt(dirty.ticket, *created, TextDigest(body), dirty.face.discloses, shown);
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
  if (shown->comment_digest == TextDigest(body)) {
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
  shown->comment_digest = TextDigest(body);
  shown->discloses = face.discloses;
  shown->attempts = 0;
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  return Step::kMutated;
}

}  // namespace retainer
