#include "src/api/progress.h"

#include <algorithm>

namespace retainer::api {
namespace {

using State = Progress::State;

// How long a client that is still sending has to read its refusal.
constexpr std::chrono::milliseconds kFinish(250);

}  // namespace

Progress::Steady::time_point Deadline(const Progress& progress, const PaceLimits& limits) {
  const auto in = [&](absl::Duration time) {
    return progress.begun + absl::ToChronoNanoseconds(time);
  };
  const auto silent = progress.last + absl::ToChronoNanoseconds(limits.read_timeout);
  switch (progress.state) {
    case State::kIdle:
      return in(limits.idle_timeout);
    case State::kHead:
      return std::min(silent, in(limits.head_timeout));
    case State::kBody:
    case State::kWriting:
      return std::min(silent, in(limits.request_timeout));
    case State::kFinishing:
      return progress.begun + kFinish;
    case State::kAnswering:
    case State::kClosed:
      break;
  }
  return Progress::Steady::time_point::max();
}

double Burden(const Progress& progress, std::size_t held, const PaceLimits& limits,
              Progress::Steady::time_point now) {
  constexpr double kIdleFirst = 1e15;
  constexpr double kAnybody = 64 * 1024;  // the cost of a connection that holds nothing
  const double age = std::chrono::duration<double>(now - progress.begun).count();
  switch (progress.state) {
    case State::kIdle:
    case State::kFinishing:
      return kIdleFirst + age;
    case State::kHead:
    case State::kBody:
    case State::kWriting: {
      if (age < absl::ToDoubleSeconds(limits.grace)) return 0;
      const double rate = static_cast<double>(progress.moved) / std::max(age, 1e-3);
      double least = static_cast<double>(limits.least_rate);
      if (progress.state == State::kBody) {
        least = std::max(least, static_cast<double>(progress.declared) /
                                    absl::ToDoubleSeconds(limits.request_timeout));
      }
      return rate < least ? (static_cast<double>(held) + kAnybody) / (rate + 1) : 0;
    }
    case State::kAnswering:
    case State::kClosed:
      break;
  }
  return 0;
}

}  // namespace retainer::api
