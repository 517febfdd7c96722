// What people are told of a customer's ticket beside its clocks: that it was handed over, that it
// was closed.
//
// Both follow from the facts alone, so the same facts give the same notices with the same ids, in
// whatever order they came. News of more than three days ago are none.
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
  std::vector<Notice> notices;      // whose time has come
  std::set<std::string> held;       // ids of those that hang on the questions
  std::vector<Question> questions;  // whether those between whom a ticket went are responders
  absl::Time wake_at = absl::InfiniteFuture();
};

// `current`: the place of the terms in force in `terms`.
News FindNews(const TicketContext& context, const FactSet& facts, const Standing& standing,
              const TermsHistory& terms, std::size_t current, const Pins& pins, absl::Time now);

}  // namespace retainer::core
