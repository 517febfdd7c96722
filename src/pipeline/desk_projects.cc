// Desk: projects. Which ones the policy covers, and their resync.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/desk.h"

namespace retainer::pipeline {
namespace {

// How far back a requested resync also reads closed tickets.
constexpr absl::Duration kReadBackTo = absl::Hours(24 * 30);

}  // namespace

void Desk::ProjectCovered() {
  projects_.Poke();
  if (projects_thread_ != nullptr) projects_thread_->wakeable.Wake();
}

void Desk::ProjectChanged(const ProjectKey& project) {
  reconciler_.ProjectChanged(project);
  if (reconciler_thread_ != nullptr) reconciler_thread_->wakeable.Wake();
}

absl::Time Desk::ProjectsRound() {
  const auto look = projects_.RunOnce();
  // News for other threads wake this one too: wait until a step is due.
  const absl::Time now = ports_.clock.Steady();
  absl::StatusOr<absl::Time> step = next_read_back_;
  if (look.ok() && (now >= next_read_back_ || next_read_back_ == absl::InfiniteFuture())) {
    step = resync_.RunOnce();
  }
  if (!look.ok() || !step.ok()) {
    LogTrouble("projects could not be looked at", "", look.ok() ? step.status() : look.status());
    return now + kStorePause;
  }
  if (*step != next_read_back_) {
    for (const auto& mine : forges_) mine->dispatcher_thread->wakeable.Wake();
    timers_thread_->wakeable.Wake();
    notifier_thread_->wakeable.Wake();
  }
  next_read_back_ = *step;
  return std::min(*look, *step);
}

absl::StatusOr<std::vector<ProjectKey>> Desk::ReadBack(const std::optional<ProjectRef>& project) {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) {
    return absl::FailedPreconditionError(
        "no valid policy is in force yet: `retainer check` says what is wrong with it");
  }
  // Without a running service nobody has checked yet for projects that the policy names.
  if (threads_.empty()) {
    if (const auto looked = projects_.RunOnce(); !looked.ok()) return looked.status();
  }
  std::vector<ProjectRecord> chosen;
  if (project) {
    auto known = ports_.store.FindProjectByPath(*project);
    if (!known.ok()) return known.status();
    if (!*known) return Unknown(*project);
    if (!Covers(terms, NamesOf(**known))) {
      return absl::FailedPreconditionError(NotCovered(terms.back()->policy, *project));
    }
    chosen.push_back(**std::move(known));
  } else {
    auto all = ports_.store.ListProjects();
    if (!all.ok()) return all.status();
    for (ProjectRecord& one : *all) {
      if (Covers(terms, NamesOf(one))) chosen.push_back(std::move(one));
    }
  }
  std::vector<ProjectKey> keys;
  for (const ProjectRecord& one : chosen) {
    absl::Status wanted = resync_.Request(one.key, "asked for", std::nullopt);
    // Tickets that were closed without a delivery count too, as far back as deliveries may be
    // missing.
    if (wanted.ok()) {
      wanted = resync_.Request(one.key, "asked for",
                               std::max(one.first_seen, ports_.clock.Now() - kReadBackTo));
    }
    if (!wanted.ok()) return wanted;
    keys.push_back(one.key);
  }
  ProjectCovered();
  return keys;
}

absl::StatusOr<absl::Time> Desk::ReadBackStep() {
  if (const auto looked = projects_.RunOnce(); !looked.ok()) return looked.status();
  const auto next = resync_.RunOnce();
  // No thread of ours asks.
  if (const absl::Status asked = AskNow(); !asked.ok()) return asked;
  return next;
}

absl::Status Desk::Unknown(const ProjectRef& project) const {
  const TermsHistory terms = terms_.Get();
  if (!terms.empty() && !Covers(terms, ProjectNames{project.forge, project.path})) {
    return absl::NotFoundError(NotCovered(terms.back()->policy, project));
  }
  return absl::NotFoundError(
      absl::StrCat("no delivery of ", ToString(project),
                   " was ever received: check the spelling, and that its webhook points here"));
}

}  // namespace retainer::pipeline
