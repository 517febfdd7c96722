// Purchases: compares what we know of purchases on a forge's marketplace with the forge's list, and
// adds as facts what deliveries missed.
//
// The forge repeats no delivery of its marketplace, so a missed one is never seen otherwise. What
// was learned within the last hour is not compared: a list may be older than a delivery.
//
// RunOnce: one thread at a time.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/customer_fact.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/terms_holder.h"

namespace retainer::pipeline {

class Purchases {
 public:
  // So often is the list read, and so soon after it could not be.
  static constexpr absl::Duration kEvery = absl::Hours(24);
  static constexpr absl::Duration kAgain = absl::Hours(1);
  // So long is what was learned newer than a list.
  static constexpr absl::Duration kFresh = absl::Hours(1);

  using Change = std::function<absl::Status(const CustomerFact&)>;
  // `change` adds a fact and makes it count. All must outlive this object.
  Purchases(Store& store, Clock& clock, Log& log, const TermsHolder& terms,
            std::vector<ForgeSlot> forges, Change change);

  // Reads the lists if that is due. Returns when the next reading is (Steady). Errors: the store's.
  absl::StatusOr<absl::Time> RunOnce();

 private:
  // Returns false if a list could not be read now.
  absl::StatusOr<bool> Compare(const ForgeSlot& forge, const std::vector<std::string>& plans);
  absl::Status Add(const Account& account, const Subscription& said);

  Store& store_;
  Clock& clock_;
  Log& log_;
  const TermsHolder& terms_;
  const std::vector<ForgeSlot> forges_;
  const Change change_;
  absl::Time next_ = absl::InfinitePast();  // (Steady)
};

}  // namespace retainer::pipeline
