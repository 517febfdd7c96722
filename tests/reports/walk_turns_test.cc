#include "src/reports/walk_turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace retainer::reports {
namespace {

TEST(WalkTurnsTest, OneWalkRunsFewWaitOthersAreSentAway) {
  Turns turns;
  std::latch began(1);
  std::latch sent_away(2);
  std::thread first([&] {
    EXPECT_TRUE(turns.Take([&] {
      began.count_down();
      sent_away.wait();
    }));
  });
  began.wait();
  std::atomic<int> walking = 0;
  std::atomic<int> walked = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < 6; ++i) {
    others.emplace_back([&] {
      const bool taken = turns.Take([&] {
        EXPECT_EQ(++walking, 1);
        ++walked;
        --walking;
      });
      if (!taken) sent_away.count_down();
    });
  }
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(walked, 4);
}

TEST(WalkTurnsTest, AWalkThatThrowsEndsItsTurn) {
  Turns turns;
  EXPECT_THROW(turns.Take([] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(turns.Take([] {}));
}

}  // namespace
}  // namespace retainer::reports
