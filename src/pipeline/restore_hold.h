// RestoreHold: what a desk on a restored backup does not say.
//
// What was posted, told and read after the backup is not in the store. So nothing is posted on a
// forge before its projects were read back (Resync) since the restore: without the answers that
// people gave meanwhile, a promise that was kept would be announced as broken. What is read back
// runs no commands; a forge with a log of deliveries is asked for them again too. Afterwards the
// dispatcher and MentionSink find by their markers what they posted. Nobody can ask a chat or a
// mailbox. So a notice of what fell due before the restore counts as told there. A withdrawal is
// told, perhaps a second time, because a wrong announcement must not stay.
//
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/restored.h"
#include "retainer/standing.h"
#include "retainer/store.h"

namespace retainer::pipeline {

class RestoreHold {
 public:
  // How often those who are held ask again.
  static constexpr absl::Duration kPause = absl::Seconds(1);

  // `restored`: nullopt if the store was never restored; then nothing is held. `store` must outlive
  // this object.
  RestoreHold(Store& store, std::optional<Restored> restored)
      : store_(store), restored_(restored) {}

  const std::optional<Restored>& restored() const { return restored_; }

  // True while a project of the forge is still to be read back since the restore, or deliveries are
  // awaited. Errors are those of the store.
  absl::StatusOr<bool> Holds(const std::string& forge);

  // From AwaitDeliveries to HasDeliveries the forge is asked for deliveries again (recovery.h).
  void AwaitDeliveries(const std::string& forge);
  void HasDeliveries(const std::string& forge);
  bool AwaitsDeliveries(const std::string& forge);

  // True for a notice that sinks may have got before the restore.
  bool MayBeTold(const Notice& notice) const {
    return restored_ && notice.withdraws.empty() && notice.at < restored_->at;
  }

 private:
  Store& store_;
  const std::optional<Restored> restored_;
  std::mutex mutex_;
  std::set<std::string> read_back_;  // forges whose projects were read back
  std::set<std::string> awaiting_;   // forges whose deliveries are awaited
};

}  // namespace retainer::pipeline
