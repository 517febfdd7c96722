// What a ticket may turn out to be while the forge owes answers: its standing under every answer
// that there can be. What is the same in all of these hangs on none of the answers, and need not
// wait.
//
// Three rules beside that:
// - Which ticket a `duplicate #12` means is no matter of the ticket it stands on: until the forge
//   says, everything is as without the command. (Where the forge itself says that a ticket went
//   away, both answers count: that it went nowhere we know, and that it went elsewhere.)
// - While the opening is not known anything may come.
// - So it is with more than kMostWays ways: what they would cost helps nobody.
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

// Evaluate(), with its notices also where questions are open.
Standing EvaluateAsKnown(const TicketContext& context, const FactSet& facts,
                         const TermsHistory& terms, const Pins& pins, absl::Time now);

class Prospects {
 public:
  static constexpr std::size_t kMostWays = 32;

  // `known`: of EvaluateAsKnown with the same arguments; all of them are borrowed.
  Prospects(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
            absl::Time now, const Standing& known);
  Prospects(const Prospects&) = delete;
  Prospects& operator=(const Prospects&) = delete;

  // `known` itself where no answer is owed; empty where anything may come. Without questions.
  const std::vector<const Standing*>& ways() const { return ways_; }

  // What `make` makes of each way, where that is the same for all; else nullopt.
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

// Notices of several ways.
struct CommonNotices {
  std::vector<Notice> agreed;  // those that are the same in every way
  std::set<std::string> held;  // ids of those that are in some
};
CommonNotices Compare(std::vector<std::vector<Notice>> by_way);

}  // namespace retainer::core
