// Recovery: gets the deliveries of a forge that failed, for example while the service was down.
//
// 1. It asks the forge to send them again.
// 2. One that does not come (its redelivery failed, the forge refuses it, or kPatience has passed)
//    is read from the forge's log, and put into the inbox with its own origin
//    (DeliveryOrigin::kForgeLog). It has the same id, so that a late redelivery changes nothing.
// 3. One that the log does not contain any more is lost: its project is read back.
//
// What was missed, and what became of it, is kept as gaps (gap_book.h). Where the forge keeps no
// log for us (GitLab, a GitHub token), only the time is named in which the service was down; the
// projects are read back then anyway (project_watch.h).
//
// After a restore it also asks for those that were accepted since the backup was made, because only
// a delivery proves who gave a command. Until that is done, the restore holds the forge.
//
// One thread calls RunOnce.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/pipeline/gap_book.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/restore_hold.h"

namespace retainer::pipeline {

struct RecoveryOptions {
  RestoreHold* restore_hold = nullptr;  // null if the store was never restored
  // Takes what is read from the log. Null: nothing is read.
  const WebhookReceiver* receiver = nullptr;
  std::function<void()> stored = [] {};  // called when something was put into the inbox
  // Reads back what changed since then in a project (its id), or in all if it is empty.
  std::function<absl::Status(const std::string& project, absl::Time since)> read_back =
      [](const std::string&, absl::Time) { return absl::OkStatus(); };
  // When the service was last known to run before this start; nullopt: never.
  std::optional<absl::Time> last_alive = std::nullopt;
};

class Recovery {
 public:
  static constexpr absl::Duration kKept = absl::Hours(72);  // as long as GitHub can redeliver
  static constexpr absl::Duration kRecent = absl::Hours(12);
  static constexpr absl::Duration kEvery = absl::Minutes(10);
  static constexpr std::size_t kAtOnce = 20;  // further ones a while later
  static constexpr absl::Duration kPause = absl::Seconds(20);
  // How long a delivery that is to be sent again is waited for.
  static constexpr absl::Duration kPatience = absl::Minutes(10);
  static constexpr absl::Duration kLookAgain = absl::Minutes(1);  // while any is missing
  static constexpr std::size_t kReadAtOnce = 50;
  // A shorter downtime cannot be told from a restart.
  static constexpr absl::Duration kAway = absl::Minutes(10);

  // After a restore: as kPause, and how long redeliveries are waited for.
  static constexpr absl::Duration kRestorePause = absl::Seconds(5);

  // REQUIRES: forge.client is set. All arguments must outlive this object.
  Recovery(const ForgeSlot& forge, Store& store, Clock& clock, Log& log, Metrics& metrics,
           RecoveryOptions options = {});

  // Checks once; the first time further back. Returns when (by Clock::Steady) to check again,
  // InfiniteFuture for never.
  absl::Time RunOnce();

 private:
  // Asks for what was lost by a restore; InfiniteFuture when that is done.
  absl::Time AskForLost();
  // Names the time of which the forge's log says nothing. `logged_since`: what it reaches back to.
  void NameAbsence(absl::Time logged_since);
  // Settles what came, and reads what did not. `more`: there is more to read.
  absl::Status Collect(const Redelivered& answer, bool* more);
  // Reads one from the log and puts it into the inbox.
  absl::StatusOr<GapBook::End> Read(const MissedDelivery& missed);

  const ForgeSlot forge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const RecoveryOptions options_;
  GapBook gaps_;
  std::map<std::string, int> failed_reads_;  // of missing deliveries, by id
  bool first_ = true;
  bool absence_named_ = false;
};

}  // namespace retainer::pipeline
