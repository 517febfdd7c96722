#include "src/pages/visitor.h"

#include <gtest/gtest.h>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

const Account kErinsAccount{"github", kErin};

Rights Of(const Account& account, const Pins& pins = {},
          const std::vector<Login>& admins = {{"github", "Carol"}}) {
  const Policy policy = MakePolicy();
  return RightsOf(account, admins, &policy, pins, At(0));
}

TEST(Rights, ComeFromTheConfigurationThePolicyAndFromJoining) {
  EXPECT_FALSE(Of(kErinsAccount).any());
  EXPECT_TRUE(Of({"github", kAlice}).responder);
  EXPECT_FALSE(Of({"github", kAlice}).admin);
  EXPECT_TRUE(Of({"github", {"55", "carol", false}}).admin);
  EXPECT_EQ(Of({"github", kDave}).customers, std::vector<std::string>{"acme"});
  Pins pins;
  pins.Join("github", kErin.id, {"acme", At(-5)});
  pins.Join("github", kErin.id, {"gone", At(-5)});
  EXPECT_EQ(Of(kErinsAccount, pins).customers, std::vector<std::string>{"acme"});
}

TEST(Rights, EndWithTheRemoval) {
  Pins pins;
  pins.Join("github", kErin.id, {"acme", At(-5), At(0)});
  EXPECT_FALSE(Of(kErinsAccount, pins).any());
}

TEST(Rights, AreThoseOfTheForgeOfTheAccount) {
  EXPECT_FALSE(Of({"gitlab", kAlice}).any());
  EXPECT_FALSE(Of({"gitlab", {"55", "carol", false}}).any());
}

TEST(Rights, AnotherAccountUnderAPinnedLoginHasNone) {
  Pins pins;
  pins.Add({"github", "alice"}, "9999");
  pins.Add({"github", "carol"}, "9998");
  EXPECT_FALSE(Of({"github", kAlice}, pins).any());
  EXPECT_FALSE(Of({"github", {"55", "carol", false}}, pins).any());
  EXPECT_TRUE(Of({"github", {"9999", "renamed", false}}, pins).responder);
}

TEST(Rights, AMachineHasNone) { EXPECT_FALSE(Of({"github", {"11", "alice", true}}).any()); }

}  // namespace
}  // namespace retainer::pages
