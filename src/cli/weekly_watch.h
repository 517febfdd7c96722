// Tells the team once a week what stood out: a thread of its own, because it judges the tickets of
// half a year.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

class WeeklyWatch {
 public:
  // `public_url`: see WeeklyNotices.
  WeeklyWatch(pipeline::Desk& desk, Store& store, Clock& clock, Log& log, std::string public_url);
  ~WeeklyWatch() { Stop(); }

  void Start();
  void Stop();

  // Looks at the last week if that was not done since it ended. Returns when to call it again.
  absl::Time RunOnce();

 private:
  bool stopping();

  pipeline::Desk& desk_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  const std::string public_url_;
  absl::Time next_ = absl::InfinitePast();  // when the next week can be looked at

  std::mutex mutex_;
  std::condition_variable ended_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace retainer::cli
