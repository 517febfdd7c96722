#include "src/forge/rate_gate.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "retainer/forge.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

class RateGateTest : public testing::Test {
 protected:
  absl::Status Enter(CallClass call = CallClass::kRead) { return gate_.Enter("a", call, now_); }
  std::optional<absl::Duration> Leave(int status, Headers headers = {},
                                      CallClass call = CallClass::kRead, std::string body = "",
                                      absl::Duration skew = absl::ZeroDuration()) {
    const HttpResponse response{status, std::move(headers), std::move(body)};
    return gate_.Leave("a", call, &response, skew, now_);
  }
  // A whole mutation: Enter and Leave.
  absl::Status Mutate(CallClass call, int status = 201) {
    if (absl::Status status_ = Enter(call); !status_.ok()) return status_;
    Leave(status, {}, call);
    return absl::OkStatus();
  }

  absl::Time now_ = Start();
  RateGate gate_{"github", GateRules{}};
};

TEST_F(RateGateTest, PrimaryLimitHoldsUntilItsReset) {
  ASSERT_TRUE(Enter().ok());
  // The last allowed call succeeds; the next one would be refused.
  EXPECT_EQ(Leave(200, {{"X-RateLimit-Remaining", "0"},
                        {"X-RateLimit-Reset",
                         absl::StrCat(absl::ToUnixSeconds(now_ + absl::Minutes(20)))}}),
            std::nullopt);
  const absl::Status early = Enter();
  EXPECT_EQ(early.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(early), absl::Minutes(20));
  EXPECT_EQ(gate_.NextMutationAt("a"), now_ + absl::Minutes(20));
  EXPECT_TRUE(gate_.Enter("another account", CallClass::kRead, now_).ok());
  EXPECT_EQ(gate_.remaining(), 0);
  now_ += absl::Minutes(20);
  EXPECT_TRUE(Enter().ok());
}

TEST_F(RateGateTest, ResetIsInTheForgesTime) {
  ASSERT_TRUE(Enter().ok());
  // The forge's clock is 5 minutes ahead of ours.
  Leave(403,
        {{"X-RateLimit-Remaining", "0"},
         {"X-RateLimit-Reset", absl::StrCat(absl::ToUnixSeconds(now_ + absl::Minutes(15)))}},
        CallClass::kRead, "", absl::Minutes(5));
  EXPECT_EQ(RetryAfter(Enter()), absl::Minutes(10));
}

TEST_F(RateGateTest, SecondaryLimitsComeAs403Or429) {
  for (const int status : {403, 429}) {
    EXPECT_EQ(Leave(status, {{"Retry-After", "37"}}), absl::Seconds(37)) << status;
    EXPECT_EQ(RetryAfter(Enter()), absl::Seconds(37));
    now_ += absl::Seconds(37);
    EXPECT_TRUE(Enter().ok());
  }
  EXPECT_EQ(
      Leave(403, {}, CallClass::kRead, R"({"message":"You have exceeded a secondary RATE limit"})"),
      absl::Minutes(1));
  EXPECT_EQ(Leave(403, {}, CallClass::kRead, R"({"message":"Resource not accessible"})"),
            std::nullopt);
}

TEST_F(RateGateTest, ReadsADateInRetryAfter) {
  EXPECT_EQ(Leave(429, {{"Retry-After", HttpDate(now_ + absl::Seconds(90))}}), absl::Seconds(90));
}

TEST_F(RateGateTest, WaitsGrowWhereALimitNamesNoInstant) {
  EXPECT_EQ(Leave(429), absl::Minutes(1));
  EXPECT_EQ(Leave(429), absl::Minutes(2));
  EXPECT_EQ(Leave(429), absl::Minutes(4));
  for (int i = 0; i < 20; ++i) Leave(429);
  EXPECT_EQ(Leave(429), absl::Hours(1));
  Leave(200);
  EXPECT_EQ(Leave(429), absl::Minutes(1));
}

TEST_F(RateGateTest, ReadsThatPassDoNotForgetALimitOnMutations) {
  EXPECT_EQ(Leave(403, {}, CallClass::kContent, "secondary rate limit"), absl::Minutes(1));
  Leave(200);
  EXPECT_EQ(Leave(403, {}, CallClass::kContent, "secondary rate limit"), absl::Minutes(2));
  Leave(201, {}, CallClass::kContent);
  EXPECT_EQ(Leave(403, {}, CallClass::kContent, "secondary rate limit"), absl::Minutes(1));
}

TEST_F(RateGateTest, AnAbsurdWaitIsBelievedForHoursOnly) {
  EXPECT_EQ(Leave(429, {{"Retry-After", "99999999999"}}), absl::Hours(6));
  EXPECT_EQ(Leave(429, {{"Retry-After", "-5"}}), absl::Seconds(1));
}

TEST_F(RateGateTest, OneMutationAtATimeAndSpaced) {
  ASSERT_TRUE(Enter(CallClass::kMutation).ok());
  now_ += absl::Seconds(5);  // a slow one
  const absl::Status second = Enter(CallClass::kMutation);
  EXPECT_EQ(second.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(RetryAfter(second));
  EXPECT_TRUE(Enter(CallClass::kRead).ok());
  EXPECT_TRUE(gate_.Enter("another account", CallClass::kMutation, now_).ok());
  Leave(200, {}, CallClass::kMutation);
  ASSERT_TRUE(Mutate(CallClass::kMutation).ok());
  EXPECT_EQ(gate_.NextMutationAt("a"), now_ + absl::Seconds(1));
  EXPECT_EQ(RetryAfter(Enter(CallClass::kContent)), absl::Seconds(1));
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Enter(CallClass::kContent).ok());
}

TEST_F(RateGateTest, ALostAnswerFreesTheTurn) {
  ASSERT_TRUE(Enter(CallClass::kMutation).ok());
  gate_.Leave("a", CallClass::kMutation, nullptr, absl::ZeroDuration(), now_);
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Enter(CallClass::kMutation).ok());
}

TEST_F(RateGateTest, ContentBudgetsOfAMinuteAndAnHour) {
  RateGate gate("github", GateRules{.mutation_interval = absl::ZeroDuration()});
  const auto create = [&](CallClass call) {
    absl::Status status = gate.Enter("a", call, now_);
    const HttpResponse done{201, {}, ""};
    if (status.ok()) gate.Leave("a", call, &done, absl::ZeroDuration(), now_);
    return status;
  };
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(create(CallClass::kContent).ok()) << i;
  EXPECT_EQ(RetryAfter(create(CallClass::kContent)), absl::Minutes(1));
  EXPECT_TRUE(create(CallClass::kMutation).ok());  // a label
  int made = 80;
  for (; made < 500; ++made) {
    if (made % 80 == 0) now_ += absl::Minutes(1);
    ASSERT_TRUE(create(CallClass::kContent).ok()) << made;
  }
  now_ += absl::Minutes(1);
  EXPECT_EQ(RetryAfter(create(CallClass::kContent)), Start() + absl::Hours(1) - now_);
  now_ = Start() + absl::Hours(1);
  EXPECT_TRUE(create(CallClass::kContent).ok());
}

TEST(GitLabRateGateTest, LimitsWithAndWithoutHeaders) {
  RateGate gate("gitlab", GateRules{.kind = ForgeKind::kGitLab});
  const absl::Time now = Start();
  HttpResponse limit{429, {{"RateLimit-Reset", absl::StrCat(absl::ToUnixSeconds(now) + 25)}}, ""};
  EXPECT_EQ(gate.Leave("token", CallClass::kRead, &limit, {}, now), absl::Seconds(25));
  limit.headers.clear();
  EXPECT_EQ(gate.Leave("token", CallClass::kRead, &limit, {}, now), absl::Minutes(1));
  limit.headers = {{"Retry-After", "3"}};
  EXPECT_EQ(gate.Leave("token", CallClass::kRead, &limit, {}, now), absl::Seconds(3));
}

}  // namespace
}  // namespace retainer::forge
