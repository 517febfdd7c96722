#include "src/cli/weekly_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/reports/weekly_notices.h"

namespace retainer::cli {
namespace {

// Deliveries of a week may be late.
constexpr absl::Duration kAfterWeek = absl::Hours(1);
constexpr absl::Duration kAfterTrouble = absl::Minutes(10);
// The clock may be set, and the policy may get another zone.
constexpr absl::Duration kLongestPause = absl::Minutes(10);

}  // namespace

WeeklyWatch::WeeklyWatch(pipeline::Desk& desk, Store& store, Clock& clock, Log& log,
                         std::string public_url)
    : desk_(desk), store_(store), clock_(clock), log_(log), public_url_(std::move(public_url)) {}

void WeeklyWatch::Start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      const absl::Duration pause = RunOnce() - clock_.Now();
      lock.lock();
      ended_.wait_for(
          lock, absl::ToChronoMilliseconds(std::clamp(pause, absl::Seconds(1), kLongestPause)),
          [this] { return stopping_; });
    }
  });
}

void WeeklyWatch::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool WeeklyWatch::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

absl::Time WeeklyWatch::RunOnce() {
  const absl::Time now = clock_.Now();
  const TermsHistory terms = desk_.terms();
  if (terms.empty()) return now + kLongestPause;
  if (now < next_) return next_;
  const auto context_of = [this](const TicketKey& key,
                                 const TicketRecord& record) -> absl::StatusOr<TicketContext> {
    // Half a year's tickets may be many, and the service stops within seconds.
    if (stopping()) return absl::CancelledError("the service stops");
    return desk_.ContextOf(key, record);
  };
  const auto notices =
      reports::WeeklyNotices({store_, context_of, terms, now - kAfterWeek}, public_url_);
  absl::Status told = notices.status();
  if (told.ok()) told = desk_.Tell(*notices);
  if (absl::IsCancelled(told)) return now + kAfterTrouble;
  if (!told.ok()) {
    log_.Warning("what stood out in a week could not be told",
                 {{"error", std::string(told.message())}});
    return now + kAfterTrouble;
  }
  next_ = reports::NextWeekAt(terms.back()->policy, now - kAfterWeek) + kAfterWeek;
  return next_;
}

}  // namespace retainer::cli
