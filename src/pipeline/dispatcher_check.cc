// The dispatcher's step for the check on a change.
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/face_digest.h"

namespace retainer {

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
  const std::string digest =
      TextDigest(absl::StrCat(static_cast<int>(check.verdict), "\n", check.url, "\n",
                              check.text.title, "\n", check.text.summary));
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

}  // namespace retainer
