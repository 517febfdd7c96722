// Notices of a customer's ticket that are not about its clocks: it was handed over, or closed.
//
// Both depend only on the facts, so the same facts give the same notices with the same ids, in any
// order. Events older than three days give no notice.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/core.h"

namespace retainer::core {

inline constexpr absl::Duration kNewsWindow = absl::Hours(72);

struct News {
  std::vector<Notice> notices;      // notices whose time has come
  std::set<std::string> held;       // ids of notices that depend on the questions
  std::vector<Question> questions;  // asks whether the people of a hand-over are responders
  absl::Time wake_at = absl::InfiniteFuture();
};

// `current`: the index in `terms` of the version in force.
News FindNews(const TicketContext& context, const FactSet& facts, const Standing& standing,
              const TermsHistory& terms, std::size_t current, const Pins& pins, absl::Time now);

}  // namespace retainer::core
