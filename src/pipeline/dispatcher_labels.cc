// The dispatcher's step for labels and assignees.
#include <algorithm>

#include "src/pipeline/dispatcher.h"

namespace retainer {
namespace {

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

}  // namespace

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

}  // namespace retainer
