#include "src/pipeline/containment.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {

class Containment::Turn {
 public:
  explicit Turn(Containment& containment) : containment_(containment) {}
  ~Turn() {
    if (!mine_) return;
    const std::lock_guard lock(containment_.mutex_);
    containment_.asking_ = false;
    containment_.over_.notify_one();
  }

  // Returns false if another thread still held it at `until`.
  bool Take(std::chrono::steady_clock::time_point until) {
    if (mine_) return true;
    std::unique_lock lock(containment_.mutex_);
    mine_ = containment_.over_.wait_until(lock, until, [this] { return !containment_.asking_; });
    if (mine_) containment_.asking_ = true;
    return mine_;
  }

 private:
  Containment& containment_;
  bool mine_ = false;
};

absl::StatusOr<RefFixes> Containment::FixedIn(const ProjectRecord& project, const std::string& ref,
                                              const std::vector<TicketKey>& tickets) {
  // Real time, because it limits how long a caller waits.
  const auto until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kBudget);
  RefFixes fixes;
  // Git does not allow this in a name; in a request it would mean something else.
  if (ref.find("..") != ref.npos) {
    fixes.incomplete = "this is not a valid name of a ref";
    return fixes;
  }
  const ForgeSlot* slot = judge_.FindForge(project.key.forge);
  RemoteTicket at;
  at.key.forge = project.key.forge;
  at.key.project = project.key.id;
  at.key.kind = TicketKind::kChange;
  at.path = project.path;
  at.installation_id = project.installation_id;

  Turn turn(*this);
  std::size_t calls = 0;
  for (const TicketKey& ticket : tickets) {
    auto changes = store_.FindFixes(ticket, ChangeState::kMerged, kMaxChanges);
    if (!changes.ok()) return changes.status();
    for (const TicketRecord& change : *changes) {
      const bool of_project =
          change.key.forge == project.key.forge && change.key.project == project.key.id;
      if (!of_project || !change.change || change.change->merge.empty()) continue;
      if (slot == nullptr || slot->client == nullptr) {
        fixes.incomplete = "the forge is not asked by this service";
        return fixes;
      }
      if (!turn.Take(until)) {
        fixes.incomplete = "the forge is being asked by others";
        return fixes;
      }
      const absl::Time now = clock_.Steady();
      const Asked asked{project.key, ref, change.change->merge};
      const Answer* known = answers_.Find(asked);
      if (known == nullptr || now >= known->at + kRemembered) {
        const auto paused = paused_until_.find(project.key);
        if (paused != paused_until_.end() && now < paused->second) {
          fixes.incomplete = "the forge did not answer";
          return fixes;
        }
        if (calls == kMaxCalls || std::chrono::steady_clock::now() >= until) {
          fixes.incomplete = "there are more fixes than one question may look up";
          return fixes;
        }
        ++calls;
        auto contained = slot->client->Contains(at, ref, change.change->merge);
        const bool is_known = !absl::IsNotFound(contained.status());
        if (is_known && !contained.ok()) {
          paused_until_[project.key] = now + kPause;
          log_.Warning("a ref could not be looked up", {{"forge", project.key.forge},
                                                        {"project", project.path},
                                                        {"error", StatusText(contained.status())}});
          fixes.incomplete = "the forge did not answer";
          return fixes;
        }
        answers_.Put(asked, {is_known && *contained, is_known, now});
        known = answers_.Find(asked);
      }
      if (!known->known) {
        fixes.incomplete = "the forge does not know this ref, or a commit that may be in it";
      }
      if (known->contained) {
        fixes.fixed.insert(ticket);
        break;
      }
    }
  }
  return fixes;
}

}  // namespace retainer::pipeline
