// What is kept with a policy: the accounts to which its logins are pinned, and the reduced policy
// for the outsiders' view.
#include "retainer/policy.h"

#include <gtest/gtest.h>

#include "retainer/pins.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

using Names = std::vector<std::string>;

TEST(Pins, TheFirstAccountKeepsTheLogin) {
  Pins pins;
  EXPECT_TRUE(pins.Add({"github", "alice"}, "1"));
  EXPECT_FALSE(pins.Add({"github", "alice"}, "2"));
  EXPECT_EQ(*pins.Find({"github", "alice"}), "1");
  EXPECT_EQ(pins.Find({"gitlab", "alice"}), nullptr);
  EXPECT_EQ(pins.NamesOf("github", "2"), Names());
}

TEST(Pins, AnAccountMayHoldSeveralLoginsOfAForge) {
  Pins pins;
  pins.Add({"github", "dave"}, "7");
  pins.Add({"github", "alice"}, "7");
  pins.Add({"gitlab", "bob"}, "7");
  EXPECT_EQ(pins.NamesOf("github", "7"), (Names{"alice", "dave"}));
  EXPECT_EQ(pins.NamesOf("gitlab", "7"), Names{"bob"});
}

TEST(Pins, ACopyKeepsWhatItWas) {
  Pins pins;
  pins.Add({"github", "alice"}, "1");
  const Pins before = pins;
  pins.Add({"github", "bob"}, "2");
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(before.Find({"github", "bob"}), nullptr);
  EXPECT_EQ(pins.size(), 2u);
}

std::shared_ptr<const Terms> WithPublic(const std::string& id, const std::string& customer) {
  Policy policy = StoryPolicy();
  for (Customer& one : policy.customers) one.is_public = one.id == customer;
  return CompileTerms(id, absl::UnixEpoch(), policy).value();
}

TEST(WithoutHidden, HoldsThoseWhomTheVersionInForceShows) {
  const auto old = WithPublic("v1", "acme");
  const auto current = WithPublic("v2", "beta");
  const auto open = WithoutHidden(*old, current);
  ASSERT_EQ(open->policy.customers.size(), 1u);
  EXPECT_EQ(open->policy.customers[0].id, "beta");
  EXPECT_EQ(open->id, "v1");
}

TEST(WithoutHidden, IsMadeOnceForEachVersionInForce) {
  const auto old = WithPublic("v1", "acme");
  const auto current = WithPublic("v2", "beta");
  const auto open = WithoutHidden(*old, current);
  EXPECT_EQ(WithoutHidden(*old, current), open);
  const auto next = WithPublic("v3", "acme");
  const auto changed = WithoutHidden(*old, next);
  ASSERT_EQ(changed->policy.customers.size(), 1u);
  EXPECT_EQ(changed->policy.customers[0].id, "acme");
  EXPECT_EQ(WithoutHidden(*next, next)->policy.customers[0].id, "acme");
}

TEST(IsNamed, AnyVersionsTeamsBotsAndContactsAre) {
  Policy without = StoryPolicy();
  without.teams.clear();
  const TermsHistory terms = {CompileTerms("v1", absl::UnixEpoch(), StoryPolicy()).value(),
                              CompileTerms("v2", absl::UnixEpoch(), without).value()};
  for (const char* login : {"alice", "Acme-CI", "dave"}) {
    EXPECT_TRUE(IsNamed(terms, {"github", login})) << login;
  }
  EXPECT_FALSE(IsNamed(terms, {"gitlab", "alice"}));
  EXPECT_FALSE(IsNamed(terms, {"github", "mallory"}));
}

}  // namespace
}  // namespace retainer::core
