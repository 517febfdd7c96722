#include "src/cli/look_through.h"

#include <chrono>
#include <utility>

namespace retainer::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kRows = 5000;
constexpr std::size_t kMostNamed = 10;

}  // namespace

absl::StatusOr<LookThrough> LookThroughStore(Store& store, absl::Duration patience) {
  const Steady::time_point began = Steady::now();
  LookThrough look;
  std::string position;
  do {
    auto step = store.Scrub(position, kRows);
    if (!step.ok()) return step.status();
    for (std::string& damage : step->damaged) {
      if (look.damaged.size() < kMostNamed) {
        look.damaged.push_back(std::move(damage));
      } else {
        ++look.more;
      }
    }
    position = std::move(step->next);
    look.whole = position.empty();
  } while (!look.whole && absl::FromChrono(Steady::now() - began) < patience);
  return look;
}

}  // namespace retainer::cli
