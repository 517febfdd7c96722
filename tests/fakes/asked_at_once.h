// A judge whose questions are asked at once, on the same thread, before Decide returns.
// What Decide returns was decided before that.
#pragma once

#include <utility>
#include <vector>

#include "src/pipeline/asker.h"

namespace retainer {

class AskedAtOnce {
 public:
  AskedAtOnce(Store& store, Clock& clock, Log& log, Metrics& metrics,
              const pipeline::TermsHolder& terms, const std::vector<pipeline::ForgeSlot>& forges)
      : tries(clock, forges),
        queue([this](const std::string& forge, pipeline::Sake) { Ask(forge); }),
        judge(store, clock, log, metrics, terms, forges, pipeline::Asking{tries, queue}),
        inquiries(store, clock, log, metrics, forges, tries),
        asker(judge, inquiries, queue, store, clock) {}

  // Off: what is to be asked waits in the queue until Ask.
  bool at_once = true;

  // Trouble is left to the tickets' wake-ups.
  void Ask(const std::string& forge) {
    if (!at_once || asking_) return;
    asking_ = true;
    for (;;) {
      const auto outside = asker.RunOnce(forge, pipeline::Sake::kEverybody);
      if (!outside.ok() || *outside) continue;
      const auto hidden = asker.RunOnce(forge, pipeline::Sake::kHidden);
      if (hidden.ok() && !*hidden) break;
    }
    asking_ = false;
  }

  pipeline::Tries tries;
  pipeline::AskQueue queue;
  pipeline::Judge judge;
  pipeline::Inquiries inquiries;
  pipeline::Asker asker;

 private:
  bool asking_ = false;
};

}  // namespace retainer
