// Dispatcher: the step for the check on a change.
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/face_digest.h"

namespace retainer::pipeline {

absl::StatusOr<Dispatcher::Step> Dispatcher::CheckStep(const DirtyFace& dirty,
                                                       const RemoteTicket& at, Progress* progress,
                                                       ShownFace* shown) {
  if (!dirty.face.check) return Step::kDone;
  const CheckView& view = *dirty.face.check;
  const bool in_place = shown->check_commit == view.commit;
  // There is nothing to say, and no earlier check on this commit to correct.
  if (view.rows.empty() && !in_place && shown->check_intent != view.commit) return Step::kDone;
  RemoteCheck check;
  check.commit = view.commit;
  check.verdict = view.verdict;
  check.text = renderer_.RenderCheck(view);
  if (!view.rows.empty()) check.url = view.rows.front().url;
  const std::string digest =
      TextDigest(absl::StrCat(static_cast<int>(check.verdict), "\n", check.url, "\n",
                              check.text.title, "\n", check.text.summary));
  if (in_place && shown->check_digest == digest) return Step::kDone;
  const absl::Time now = clock_.Steady();
  const auto refused = checks_refused_.find(at.key.project);
  if (refused != checks_refused_.end() && now < refused->second) return Step::kDone;
  const std::string id = in_place ? shown->check_id : std::string();
  if (id.empty() && shown->check_intent == view.commit) {
    // The result of a create is unknown: the client finds the check when the forge lists it.
    const absl::Duration left = kFresh - AgeOf(dirty.ticket, "check", shown->check_intent_at);
    if (left > absl::ZeroDuration()) {
      progress->pause = std::max(progress->pause.value_or(left), left);
      return Step::kPause;
    }
  }
  if (!MayMutate(at)) return Step::kWait;
  if (id.empty()) {
    shown->check_intent = view.commit;
    shown->check_intent_at = clock_.Now();
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
  }
  auto set = forge_.client->SetCheck(at, check, id);
  const bool may_be_there =
      absl::IsUnavailable(set.status()) || absl::IsDeadlineExceeded(set.status());
  if (!may_be_there) shown->check_intent.clear();
  if (absl::IsPermissionDenied(set.status())) {
    if (refused == checks_refused_.end()) {
      log_.Warning("checks are not shown", {{"forge", forge_.name},
                                            {"project", at.path},
                                            {"error", std::string(set.status().message())}});
    }
    checks_refused_[at.key.project] = now + kCheckPause;
    return Step::kDone;
  }
  if (absl::IsNotFound(set.status()) && !id.empty()) {
    shown->check_id.clear();  // a person removed it: create it again in its turn
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
    return Step::kMutated;
  }
  if (!set.ok()) return set.status();
  checks_refused_.erase(at.key.project);
  shown->check_commit = check.commit;
  shown->check_id = *std::move(set);
  shown->check_digest = digest;
  return Mutated(dirty, "set_check", shown);
}

}  // namespace retainer::pipeline
