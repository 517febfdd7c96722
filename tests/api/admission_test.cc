#include "src/api/admission.h"

#include <gtest/gtest.h>

namespace retainer::api {
namespace {

using Answer = BodyBudget::Answer;

TEST(ConnectionGate, OneMachinesNetworkIsOneClient) {
  ConnectionGate gate(2);
  EXPECT_TRUE(gate.Enter("2001:db8::1"));
  EXPECT_TRUE(gate.Enter("2001:db8::2"));
  EXPECT_FALSE(gate.Enter("2001:db8::3"));
  EXPECT_TRUE(gate.Enter("2001:db8:0:1::1"));
  EXPECT_TRUE(gate.Enter("10.0.0.1"));
  EXPECT_TRUE(gate.Enter("10.0.0.2"));
  gate.Leave("2001:db8::1");
  EXPECT_TRUE(gate.Enter("2001:db8::4"));
  EXPECT_FALSE(gate.Enter("2001:db8::5"));
}

BodyLimits Limits() {
  BodyLimits limits;
  limits.all = 1000;
  limits.per_network = 400;
  limits.small = 50;
  limits.kept_for_small = 250;
  return limits;
}

TEST(BodyBudget, GivesWhatIsThereAndTakesItBack) {
  BodyLimits limits = Limits();
  limits.per_network = 1000;
  BodyBudget budget(limits);
  BodyBudget::Hold hold{"a"};
  EXPECT_EQ(budget.Grow(hold, 700), Answer::kYes);
  EXPECT_EQ(budget.Grow(hold, 750), Answer::kYes);
  EXPECT_EQ(budget.held(), 750u);
  budget.Release(hold);
  budget.Release(hold);
  EXPECT_EQ(budget.held(), 0u);
  EXPECT_EQ(budget.Grow(hold, 750), Answer::kYes);
}

TEST(BodyBudget, LargeBodiesLeaveRoomForSmallOnes) {
  BodyBudget budget(Limits());
  BodyBudget::Hold large[3] = {{"a"}, {"b"}, {"c"}};
  for (auto& hold : large) EXPECT_EQ(budget.Grow(hold, 250), Answer::kYes);
  BodyBudget::Hold more{"d"};
  EXPECT_EQ(budget.Grow(more, 51), Answer::kFull);
  EXPECT_EQ(more.bytes, 0u);
  EXPECT_EQ(budget.Grow(more, 50), Answer::kYes) << "a small one";
  EXPECT_EQ(budget.Grow(more, 51), Answer::kFull) << "one that grows is a large one whole";
  EXPECT_EQ(more.bytes, 50u);
}

TEST(BodyBudget, ANetworkHasItsShareAlone) {
  BodyBudget budget(Limits());
  BodyBudget::Hold large{"a"};
  // Large bodies get three quarters of a network's share, as of the total.
  EXPECT_EQ(budget.Grow(large, 301), Answer::kShareSpent);
  EXPECT_EQ(budget.Grow(large, 300), Answer::kYes);
  BodyBudget::Hold small[3] = {{"a"}, {"a"}, {"a"}};
  EXPECT_EQ(budget.Grow(small[0], 50), Answer::kYes);
  EXPECT_EQ(budget.Grow(small[1], 50), Answer::kYes);
  EXPECT_EQ(budget.Grow(small[2], 1), Answer::kShareSpent);
  BodyBudget::Hold other{"b"};
  EXPECT_EQ(budget.Grow(other, 300), Answer::kYes);
}

}  // namespace
}  // namespace retainer::api
