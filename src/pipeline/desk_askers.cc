// The desk's threads that ask forges the open questions of decisions.
#include "src/pipeline/desk.h"

namespace retainer::pipeline {

void Desk::WakeAskers(const std::string& forge, Sake sake) {
  for (const auto& mine : forges_) {
    if (mine->slot.name != forge || mine->hidden_asker_thread == nullptr) continue;
    if (sake == Sake::kHidden) mine->hidden_asker_thread->wakeable.Wake();
    if (sake == Sake::kHidden) continue;
    for (Thread* thread : mine->asker_threads) thread->wakeable.Wake();
  }
}

absl::Time Desk::AskerRound(ForgeThreads* forge, Sake sake) {
  if (terms_.Get().empty()) return absl::InfiniteFuture();
  const auto asked = asker_.RunOnce(forge->slot.name, sake);
  if (asked.ok() && !*asked) return absl::InfiniteFuture();
  // After a failure the ticket's wake-up asks again.
  if (!asked.ok()) LogTrouble("ticket could not be judged", forge->slot.name, asked.status());
  for (const auto& mine : forges_) mine->dispatcher_thread->wakeable.Wake();
  timers_thread_->wakeable.Wake();
  notifier_thread_->wakeable.Wake();
  return absl::InfinitePast();
}

absl::Status Desk::AskNow() {
  for (const auto& mine : forges_) {
    for (const Sake sake : {Sake::kEverybody, Sake::kHidden}) {
      for (;;) {
        const auto asked = asker_.RunOnce(mine->slot.name, sake);
        if (!asked.ok()) return asked.status();
        if (!*asked) break;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
