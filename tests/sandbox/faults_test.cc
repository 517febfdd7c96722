#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/sandbox/test_client.h"

namespace retainer::sandbox {
namespace {

using testing::HasSubstr;

constexpr char kComments[] = "/repos/acme/opendb/issues/1/comments";
constexpr char kHi[] = R"({"body":"hi"})";

class FaultsTest : public SandboxTest {
 protected:
  void SetUp() override {
    SandboxTest::SetUp();
    ASSERT_TRUE(sandbox_.OpenIssue(github_, "eve", "It fails", "").ok());
  }
  std::size_t Comments() { return GitHub("GET", kComments).Json().size(); }
};

TEST_F(FaultsTest, AFaultMeetsWhatItIsForAndNothingElseSoManyTimes) {
  sandbox_.FailNext("POST", "/repos/acme/opendb/issues/1", {FaultKind::kStatus502, 2});
  EXPECT_EQ(GitHub("GET", kComments).status, 200);
  EXPECT_EQ(GitHub("POST", kComments, kHi).status, 502);
  EXPECT_EQ(GitHub("POST", kComments, kHi).status, 502);
  EXPECT_EQ(Comments(), 0u);
  EXPECT_EQ(GitHub("POST", kComments, kHi).status, 201);
  EXPECT_EQ(Comments(), 1u);
}

TEST_F(FaultsTest, LimitsComeWithAndWithoutTheirWaitingTime) {
  sandbox_.FailNext("POST", "", {.kind = FaultKind::kSecondaryLimit});
  Reply bare = GitHub("POST", kComments, kHi);
  EXPECT_EQ(bare.status, 403);
  EXPECT_THAT(bare.body, HasSubstr("secondary rate limit"));
  EXPECT_EQ(bare.Header("retry-after"), "");
  sandbox_.FailNext("POST", "",
                    {.kind = FaultKind::kTooManyRequests, .retry_after = absl::Seconds(30)});
  Reply told = GitHub("POST", kComments, kHi);
  EXPECT_EQ(told.status, 429);
  EXPECT_EQ(told.Header("retry-after"), "30");
  EXPECT_EQ(Comments(), 0u);
}

TEST_F(FaultsTest, AConnectionIsCutBeforeOrAfterTheDeed) {
  sandbox_.FailNext("POST", "", {FaultKind::kDropConnection});
  EXPECT_EQ(GitHub("POST", kComments, kHi).status, 0);
  EXPECT_EQ(Comments(), 0u);
  sandbox_.FailNext("POST", "", {FaultKind::kDropAfterApplying});
  EXPECT_EQ(GitHub("POST", kComments, kHi).status, 0);
  EXPECT_EQ(Comments(), 1u);
}

TEST_F(FaultsTest, StatusFaultsLookLikeTheForgesOwn) {
  sandbox_.FailNext("", "/api/v4", {FaultKind::kStatus401});
  EXPECT_EQ(GitLab("GET", "/user").status, 401);
  sandbox_.FailNext("GET", "/repos", {FaultKind::kStatus404});
  EXPECT_EQ(GitHub("GET", kComments).Json()["message"], "Not Found");
  sandbox_.FailNext("GET", "/repos", {FaultKind::kStatus500});
  EXPECT_EQ(GitHub("GET", kComments).status, 500);
  sandbox_.FailNext("GET", "", {FaultKind::kStatus500, 5});
  sandbox_.ClearFaults();
  EXPECT_EQ(GitHub("GET", kComments).status, 200);
}

TEST_F(FaultsTest, ASlowAnswerComesInTheEnd) {
  sandbox_.FailNext("GET", "", {.kind = FaultKind::kSlow, .delay = absl::Milliseconds(50)});
  const absl::Time start = absl::Now();
  EXPECT_EQ(GitHub("GET", kComments).status, 200);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(50));
}

TEST_F(FaultsTest, StoppingWaitsForNobody) {
  OpenConnection idle(sandbox_.web_url() + "/");
  const absl::Time start = absl::Now();
  sandbox_.Stop();
  EXPECT_LT(absl::Now() - start, absl::Seconds(3));
  sandbox_.Stop();  // stopping twice is allowed
}

TEST_F(FaultsTest, WhatWasAskedIsOnRecordWithoutItsSecrets) {
  sandbox_.ClearRequests();
  GitHub("POST", kComments, kHi);
  sandbox_.FailNext("GET", "", {FaultKind::kDropConnection});
  GitHub("GET", std::string(kComments) + "?page=2");
  std::vector<SandboxRequest> requests = sandbox_.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].status, 201);
  EXPECT_EQ(requests[1].path, std::string("/api/v3") + kComments + "?page=2");
  EXPECT_EQ(requests[1].status, 0);
}

TEST(ContentLimitTest, EightyCreationsAMinuteAreEnough) {
  FakeClock clock(absl::FromUnixSeconds(1772528520));
  Sandbox sandbox({.clock = clock, .content_limits = true});
  ASSERT_TRUE(sandbox.Start().ok());
  sandbox.AddUser(ForgeKind::kGitHub, {.login = "eve"});
  const ProjectRef project{"github", "acme/opendb"};
  sandbox.AddProject({.ref = project});
  ASSERT_TRUE(sandbox.OpenIssue(project, "eve", "It fails", "").ok());
  const std::string token = *sandbox.CreateToken(ForgeKind::kGitHub, "eve");
  auto comment = [&] {
    return Send("POST", sandbox.github_api_url() + kComments,
                {{"Authorization", "Bearer " + token}}, kHi);
  };
  for (int i = 0; i < 80; ++i) ASSERT_EQ(comment().status, 201);
  Reply over = comment();
  EXPECT_EQ(over.status, 403);
  EXPECT_EQ(over.Header("retry-after"), "60");
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(comment().status, 201);
}

}  // namespace
}  // namespace retainer::sandbox
