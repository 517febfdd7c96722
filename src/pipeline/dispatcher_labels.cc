// Dispatcher: the step for labels and assignees. The intent of a call is on disk before the call:
// so even if the answer is lost, unwanted labels are removed later and missing ones are added.
#include <algorithm>

#include "absl/algorithm/container.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/noise_count.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

void Insert(std::vector<std::string>* sorted, const std::string& value) {
  const auto it = std::lower_bound(sorted->begin(), sorted->end(), value);
  if (it == sorted->end() || *it != value) sorted->insert(it, value);
}

bool Wanted(const Face& face, const std::string& label) {
  return std::any_of(face.labels.begin(), face.labels.end(),
                     [&](const FaceLabel& wanted) { return wanted.name == label; });
}

bool IsRefused(const ShownFace& shown, const std::string& label) {
  return std::any_of(shown.refused_labels.begin(), shown.refused_labels.end(),
                     [&](const RefusedLabel& refused) { return refused.name == label; });
}

// True if the forge's refusal is final: it would answer the same again.
bool IsRefusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

// True if the call may have been carried out although its result is unknown.
bool MayBeDone(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

void Dispatcher::Refuse(const DirtyFace& dirty, const std::string& label, const absl::Status& why,
                        ShownFace* shown) {
  RefusedLabel refused{label, std::string(why.message()), clock_.Now()};
  const auto at = std::lower_bound(
      shown->refused_labels.begin(), shown->refused_labels.end(), label,
      [](const RefusedLabel& one, const std::string& name) { return one.name < name; });
  shown->refused_labels.insert(at, refused);
  metrics_.Count("retainer_refused_labels_total", {{"forge", forge_.name}});
  log_.Error("label given up", {{"ticket", NameOf(store_, dirty.ticket)},
                                {"label", label},
                                {"error", StatusText(why)},
                                {"mend", "see that, then `retainer inbox retry`"}});
}

void Dispatcher::ForgetRefusals(const Face& face, ShownFace* shown) const {
  const absl::Time now = clock_.Now();
  std::erase_if(shown->refused_labels, [&](const RefusedLabel& refused) {
    const bool named = Wanted(face, refused.name) ||
                       absl::c_linear_search(face.absent_labels, refused.name) ||
                       absl::c_linear_search(shown->labels, refused.name) ||
                       absl::c_linear_search(shown->unsure_labels, refused.name);
    return !named || absl::AbsDuration(now - refused.at) >= kRefusedFor;
  });
}

absl::StatusOr<Dispatcher::Step> Dispatcher::RemoveLabel(const std::string& label,
                                                         const DirtyFace& dirty,
                                                         const RemoteTicket& at, Progress* progress,
                                                         ShownFace* shown) {
  if (absl::c_linear_search(shown->labels, label)) {
    std::erase(shown->labels, label);
    Insert(&shown->unsure_labels, label);
    const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
    if (!saved.ok()) return saved;
  }
  const absl::Status removed = forge_.client->RemoveLabel(at, label);
  if (IsRefusal(removed)) {
    Refuse(dirty, label, removed, shown);
  } else if (!removed.ok() && !absl::IsNotFound(removed)) {
    return removed;
  } else {
    std::erase(shown->unsure_labels, label);
  }
  progress->removed.insert(label);
  return Mutated(dirty, "remove_label", shown);
}

absl::StatusOr<Dispatcher::Step> Dispatcher::AddLabels(std::vector<std::string> on,
                                                       const DirtyFace& dirty,
                                                       const RemoteTicket& at, Progress* progress,
                                                       ShownFace* shown) {
  for (const FaceLabel& label : dirty.face.labels) {
    if (!absl::c_linear_search(on, label.name) || progress->ensured.contains(label.name)) continue;
    if (!MayMutate(at)) return Step::kWait;
    const absl::Status ensured = forge_.client->EnsureLabel(at, label);
    if (IsRefusal(ensured)) {
      Refuse(dirty, label.name, ensured, shown);
      return Mutated(dirty, "add_labels", shown);
    }
    if (!ensured.ok()) return ensured;
    progress->ensured.insert(label.name);
  }
  if (!MayMutate(at)) return Step::kWait;
  // A refusal does not say which label it means.
  if (progress->one_by_one) on.resize(1);
  for (const std::string& label : on) Insert(&shown->unsure_labels, label);
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  const absl::Status added = forge_.client->AddLabels(at, on);
  if (added.ok() || !MayBeDone(added)) {
    std::erase_if(shown->unsure_labels,
                  [&](const std::string& label) { return absl::c_linear_search(on, label); });
  }
  if (IsRefusal(added)) {
    progress->one_by_one = true;
    if (on.size() == 1) Refuse(dirty, on[0], added, shown);
    return Mutated(dirty, "add_labels", shown);
  }
  if (!added.ok()) return added;
  for (const std::string& label : on) Insert(&shown->labels, label);
  return Mutated(dirty, "add_labels", shown);
}

absl::StatusOr<Dispatcher::Step> Dispatcher::Assign(const std::vector<std::string>& logins,
                                                    const DirtyFace& dirty, const RemoteTicket& at,
                                                    ShownFace* shown) {
  for (const std::string& login : logins) Insert(&shown->unsure_assignees, login);
  const absl::Status saved = store_.SaveShown(dirty.ticket, *shown, {});
  if (!saved.ok()) return saved;
  const absl::Status done = forge_.client->AddAssignees(at, logins);
  if (done.ok() || !MayBeDone(done)) {
    std::erase_if(shown->unsure_assignees,
                  [&](const std::string& login) { return absl::c_linear_search(logins, login); });
  }
  if (IsRefusal(done)) {
    log_.Warning("nobody assigned",
                 {{"ticket", NameOf(store_, dirty.ticket)}, {"error", StatusText(done)}});
  } else if (!done.ok()) {
    return done;
  }
  if (done.ok()) {
    CountNoise({store_, clock_, log_, metrics_}, dirty.ticket, NoiseKind::kAssignment,
               logins.size());
  }
  for (const std::string& login : logins) Insert(&shown->assignees, login);
  return Mutated(dirty, "assign", shown);
}

absl::StatusOr<Dispatcher::Step> Dispatcher::LabelStep(const DirtyFace& dirty,
                                                       const RemoteTicket& at, Progress* progress,
                                                       ShownFace* shown) {
  const Face& face = dirty.face;
  ForgetRefusals(face, shown);
  // Remove first, because two priority labels at once would look like a person's act.
  std::vector<std::string> off;
  const auto take_off = [&](const std::vector<std::string>& labels) {
    for (const std::string& label : labels) {
      if (Wanted(face, label) || absl::c_linear_search(off, label) ||
          progress->removed.contains(label))
        continue;
      if (!IsRefused(*shown, label)) off.push_back(label);
    }
  };
  take_off(face.absent_labels);
  take_off(shown->labels);
  take_off(shown->unsure_labels);
  std::vector<std::string> on;
  for (const FaceLabel& label : face.labels) {
    if (!absl::c_linear_search(shown->labels, label.name) && !IsRefused(*shown, label.name))
      on.push_back(label.name);
  }
  std::vector<std::string> assign;
  for (const std::string& login : face.assignees) {
    if (!absl::c_linear_search(shown->assignees, login)) assign.push_back(login);
  }
  // Forget assignees that are no longer wanted, so that they can be assigned again later.
  const auto is_other = [&](const std::string& login) {
    return !absl::c_linear_search(face.assignees, login);
  };
  std::erase_if(shown->assignees, is_other);
  std::erase_if(shown->unsure_assignees, is_other);
  if (off.empty() && on.empty() && assign.empty()) return Step::kDone;
  if (!MayMutate(at)) return Step::kWait;
  if (!off.empty()) return RemoveLabel(off[0], dirty, at, progress, shown);
  if (!on.empty()) return AddLabels(std::move(on), dirty, at, progress, shown);
  return Assign(assign, dirty, at, shown);
}

}  // namespace retainer::pipeline
