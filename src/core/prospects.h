// The standings of a ticket under every possible answer to its open questions. What is the same in
// all of them depends on no answer and need not wait.
//
// Three exceptions:
// - The target of a `duplicate #12` does not concern the ticket with the command: until the forge
// answers, the command has no effect. (If the forge itself says that a ticket went away, both
// answers are considered: it went nowhere that we know, and it went elsewhere.)
// - While the opening is unknown, anything is possible.
// - With more than kMostWays combinations, anything is possible: computing them would cost too
// much.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "retainer/core.h"

namespace retainer::core {

// Like Evaluate(), but returns the notices even if questions are open.
Standing EvaluateAsKnown(const TicketContext& context, const FactSet& facts,
                         const TermsHistory& terms, const Pins& pins, absl::Time now);

class Prospects {
 public:
  static constexpr std::size_t kMostWays = 32;

  // `known`: the result of EvaluateAsKnown for the same arguments. All arguments must outlive this.
  Prospects(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
            absl::Time now, const Standing& known);
  Prospects(const Prospects&) = delete;
  Prospects& operator=(const Prospects&) = delete;

  // The possible standings, without questions: only `known` if no question is open, empty if
  // anything is possible.
  const std::vector<const Standing*>& ways() const { return ways_; }

  // The result of `make` if it is the same for all ways; else nullopt.
  template <typename Make>
  auto Agreed(Make make) const {
    std::optional<std::remove_cvref_t<decltype(make(*ways_[0]))>> agreed;
    for (const Standing* way : ways_) {
      auto made = make(*way);
      if (!agreed) {
        agreed = std::move(made);
      } else if (!(*agreed == made)) {
        agreed.reset();
        break;
      }
    }
    return agreed;
  }

 private:
  struct Explorer;
  std::vector<const Standing*> ways_;
  std::deque<Standing> made_;
};

// The notices of several ways, compared.
struct CommonNotices {
  std::vector<Notice> agreed;  // notices that are equal in every way
  std::set<std::string> held;  // ids of notices that are only in some
};
CommonNotices Compare(std::vector<std::vector<Notice>> by_way);

}  // namespace retainer::core
