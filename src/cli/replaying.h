// Plays recorded deliveries into a store in memory, offline; the clock follows the deliveries.
// Writes nothing to disk and sends nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/config.h"
#include "retainer/policy.h"
#include "src/cli/jump_clock.h"
#include "src/cli/no_metrics.h"
#include "src/cli/recorded.h"
#include "src/cli/stream_log.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/timers.h"
#include "src/pipeline/worker.h"
#include "src/store/memory_store.h"

namespace retainer::cli {

enum class PlayedAs { kDecided, kAccepted, kIgnored, kRefused };

// The result of one delivery.
struct Played {
  std::string delivery;  // its file's name
  std::string event;
  PlayedAs as = PlayedAs::kRefused;
  std::string reason;
  absl::Time at;
  const pipeline::Judged* judged = nullptr;  // set for kDecided
};

struct PlayOptions {
  std::string forge;  // the configured forge that sent all of them; empty: detected for each
  std::string event;  // the event header for files that hold only a body
};

// For one thread.
class Replaying {
 public:
  using Observer = std::function<void(const Played&)>;

  // Ends the command when a forge of the configuration cannot be set up.
  Replaying(const Config& config, std::shared_ptr<const Terms> terms, PlayOptions options,
            Observer observer);

  void Play(const Recorded& recorded);

  Store& store() { return store_; }
  pipeline::Judge& judge() { return judge_; }
  absl::Time now() const { return clock_.Now(); }

 private:
  struct Lane {
    ForgeConfig config;
    std::unique_ptr<WebhookReceiver> receiver;
    std::unique_ptr<pipeline::Worker> worker;
  };

  Lane* FindLane(const Recorded& recorded);
  void PassTime();
  void Report(const pipeline::WorkDone& done);
  void Tell(PlayedAs as, std::string reason);

  const PlayOptions options_;
  const Observer observer_;
  StreamLog log_;
  NoMetrics metrics_;
  ReplayClock clock_;
  store::MemoryStore store_;
  pipeline::TermsHolder terms_;
  pipeline::Judge judge_;
  pipeline::Timers timers_;
  std::vector<Lane> lanes_;
  absl::Time now_ = absl::UnixEpoch();
  Played current_;
};

}  // namespace retainer::cli
