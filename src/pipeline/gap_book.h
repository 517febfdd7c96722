// GapBook: a forge's gaps (retainer/gaps.h), and the missed deliveries that are not settled yet.
//
// Deliveries that were sent within kJoin of one another make one gap. A gap is saved when it is
// found and after each change, so that a restart loses nothing but which deliveries are missing:
// these are found again. Belongs to one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/forge.h"
#include "retainer/gaps.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"

namespace retainer::pipeline {

class GapBook {
 public:
  static constexpr absl::Duration kJoin = absl::Hours(1);
  // How long a gap that was found counts in the figures.
  static constexpr absl::Duration kTold = absl::Hours(24);

  enum class End { kSentAgain, kRead, kLost, kNotNeeded };

  struct Missing {
    MissedDelivery delivery;
    absl::Time noticed;  // (Steady)
    absl::Time gap;      // Gap::found
  };

  // All arguments must outlive this object.
  GapBook(std::string forge, Store& store, Clock& clock, Log& log, Metrics& metrics);

  // Reads what is on record; nothing if that was done. Call it before anything else.
  absl::Status Load();
  // Deliveries that need not be asked for: read, lost or not needed.
  std::set<std::string> settled() const;
  const std::map<std::string, Missing>& missing() const { return missing_; }  // by id

  // A delivery that the forge's log says we missed. Nothing changes if it is known.
  void Add(const MissedDelivery& delivery);
  // REQUIRES: it is missing.
  void Settle(const std::string& id, End end);
  // Nobody can say what was sent from `from` until `to`.
  void AddUnlogged(absl::Time from, absl::Time to);

  // Saves what changed, and logs each gap of which nothing is missing any more. Sets the figures.
  absl::Status Save();

 private:
  Gap& GapFor(const MissedDelivery& delivery);
  Gap& NewGap();
  Gap* Find(absl::Time found);
  void TellFigures();

  const std::string forge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  bool loaded_ = false;
  std::vector<Gap> gaps_;                      // the earliest found first
  std::map<std::string, Missing> missing_;     // by id
  std::map<std::string, absl::Time> settled_;  // id -> when it was sent
  std::set<absl::Time> changed_;               // Gap::found
};

}  // namespace retainer::pipeline
