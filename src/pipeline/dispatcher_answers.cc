// Dispatcher: steps that answer people. Reactions to commands, labels that say the same as a
// command, and whether the persons named can be assigned.
#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "src/pipeline/dispatcher.h"

namespace retainer::pipeline {
namespace {

// True if the forge will always refuse it, so that nothing else waits for it.
bool IsFinal(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsPermissionDenied(status) ||
         absl::IsInvalidArgument(status) || absl::IsUnimplemented(status);
}

}  // namespace

absl::StatusOr<Dispatcher::Step> Dispatcher::AssignableStep(const DirtyFace& dirty,
                                                            const RemoteTicket& at,
                                                            const ShownFace& shown) {
  for (const std::string& login : dirty.face.assignees) {
    if (absl::c_linear_search(shown.assignees, login) ||
        !assignable_.emplace(dirty.ticket, login).second)
      continue;
    const auto can = forge_.client->CanAssign(at, login);
    // Rationale: if the forge cannot tell in advance, the assignment itself shows it.
    if (IsFinal(can.status())) continue;
    if (!can.ok()) {
      assignable_.erase({dirty.ticket, login});
      return can.status();
    }
    if (*can) continue;
    assignable_.erase({dirty.ticket, login});
    const absl::Status learnt =
        Learn(dirty.ticket, shown,
              {MakeReference({Provenance::kNetwork, clock_.Now()}, absl::StrCat("@", login), "")});
    if (!learnt.ok()) return learnt;
    return Step::kLearnt;
  }
  return Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::GiveStep(const DirtyFace& dirty,
                                                      const RemoteTicket& at, ShownFace* shown) {
  const std::vector<FaceLabel>& wanted = dirty.face.given_labels;
  // A label that is no longer wanted may be wanted again later.
  std::erase_if(shown->given, [&](const std::string& label) {
    return std::none_of(wanted.begin(), wanted.end(),
                        [&](const FaceLabel& one) { return one.name == label; });
  });
  for (const FaceLabel& label : wanted) {
    if (absl::c_linear_search(shown->given, label.name)) continue;
    if (!MayMutate(at)) return Step::kWait;
    absl::Status given = forge_.client->EnsureLabel(at, label);
    if (given.ok()) {
      if (!MayMutate(at)) return Step::kWait;
      given = forge_.client->AddLabels(at, {label.name});
    }
    if (!given.ok() && !IsFinal(given)) return given;
    if (!given.ok()) {
      log_.Warning(
          "a label is not set",
          {{"forge", forge_.name}, {"label", label.name}, {"why", std::string(given.message())}});
    }
    shown->given.insert(std::lower_bound(shown->given.begin(), shown->given.end(), label.name),
                        label.name);
    return Mutated(dirty, "give_label", shown);
  }
  return Step::kDone;
}

absl::StatusOr<Dispatcher::Step> Dispatcher::ReactionStep(const DirtyFace& dirty,
                                                          const RemoteTicket& at,
                                                          ShownFace* shown) {
  const std::vector<FaceReaction>& wanted = dirty.face.reactions;
  std::vector<ShownReaction>& there = shown->reactions;
  const auto stale = std::find_if(there.begin(), there.end(), [&](const ShownReaction& one) {
    return std::find(wanted.begin(), wanted.end(), one.reaction) == wanted.end();
  });
  if (stale != there.end()) {
    if (!stale->id.empty()) {
      if (!MayMutate(at)) return Step::kWait;
      const absl::Status gone =
          forge_.client->RemoveReaction(at, stale->reaction.object, stale->id);
      if (!gone.ok() && !IsFinal(gone)) return gone;
    }
    there.erase(stale);
    return Mutated(dirty, "unreact", shown);
  }
  for (const FaceReaction& reaction : wanted) {
    const auto place = std::lower_bound(
        there.begin(), there.end(), reaction,
        [](const ShownReaction& one, const FaceReaction& other) { return one.reaction < other; });
    if (place != there.end() && place->reaction == reaction) continue;
    if (!MayMutate(at)) return Step::kWait;
    auto id = forge_.client->SetReaction(at, reaction);
    if (!id.ok() && !IsFinal(id.status())) return id.status();
    there.insert(place, {reaction, id.ok() ? *id : std::string()});
    return Mutated(dirty, "react", shown);
  }
  return Step::kDone;
}

}  // namespace retainer::pipeline
