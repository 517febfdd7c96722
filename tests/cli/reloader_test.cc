// The policy is read in a thread of its own: only those who asked for it wait for a long read.
#include "src/cli/reloader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace retainer::cli {
namespace {

PolicyState State(std::string id) {
  PolicyState state;
  state.id = std::move(id);
  return state;
}

TEST(Reloader, SaysWhatCameOfIt) {
  int readings = 0;
  Reloader reloader([&]() -> Reloader::Take {
    const std::string id = "v" + std::to_string(++readings);
    return [id] { return State(id); };
  });
  EXPECT_EQ(reloader.Reload()->id, "v1");
  EXPECT_EQ(reloader.Reload()->id, "v2") << "a reading that began after the call";
}

TEST(Reloader, AStopWaitsForNoReadingAndNothingIsPutInForceAfterIt) {
  std::promise<void> reading, go_on;
  bool taken = false;
  {
    Reloader reloader([&]() -> Reloader::Take {
      reading.set_value();
      go_on.get_future().wait();
      return [&] {
        taken = true;
        return State("v1");
      };
    });
    std::future<absl::StatusOr<PolicyState>> waiting =
        std::async(std::launch::async, [&] { return reloader.Reload(); });
    reading.get_future().wait();
    EXPECT_FALSE(reloader.Stop(absl::ZeroDuration()));
    EXPECT_TRUE(absl::IsCancelled(waiting.get().status()));
    go_on.set_value();
  }
  EXPECT_FALSE(taken);
}

TEST(Reloader, SeveralCallsBeforeItBeginsAreOneReading) {
  std::promise<void> first_began, go_on;
  std::atomic<int> readings = 0;
  Reloader reloader([&]() -> Reloader::Take {
    if (++readings == 1) {
      first_began.set_value();
      go_on.get_future().wait();
    }
    return [] { return State("v1"); };
  });
  reloader.Ask();
  first_began.get_future().wait();
  for (int i = 0; i < 5; ++i) reloader.Ask();
  auto last = std::async(std::launch::async, [&] { return reloader.Reload(); });
  go_on.set_value();
  EXPECT_TRUE(last.get().ok());
  EXPECT_LE(readings, 3);
}

}  // namespace
}  // namespace retainer::cli
