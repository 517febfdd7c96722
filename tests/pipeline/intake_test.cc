#include "src/pipeline/intake.h"

#include "tests/pipeline/world.h"

namespace retainer {
namespace {

class IntakeTest : public World {
 protected:
  IntakeTest()
      : intake({&receiver}, store, log, metrics,
               [this](const std::string& name) { woken.push_back(name); }) {}
  IntakeAnswer Accept(const Headers& headers) {
    return intake.Accept("github", headers, "{\"body\": \"confidential words\"}", clock.Now());
  }
  std::vector<std::string> woken;
  Intake intake;
};

TEST_F(IntakeTest, StoresOnceAndWakesTheWorker) {
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 202);
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 200);
  EXPECT_EQ(Stats().inbox, 1u);
  EXPECT_EQ(woken, std::vector<std::string>({"github"}));
}

TEST_F(IntakeTest, RefusesByStatus) {
  EXPECT_EQ(intake.Accept("nowhere", {}, "{}", clock.Now()).http_status, 404);
  EXPECT_EQ(Accept({{"X-Event", "issues"}}).http_status, 401);
  EXPECT_EQ(Accept({{"X-Secret", "s"}}).http_status, 400);
  EXPECT_EQ(Accept({{"Content-Type", "text/xml"}}).http_status, 415);
  EXPECT_EQ(Accept({{"X-Secret", "s"}, {"X-Event", "unwanted"}}).http_status, 200);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST_F(IntakeTest, ASecretGoesOnHoldingForItsProjectWhenThatIsRenamed) {
  const auto accept = [&](const char* id, const char* project) {
    return Accept(
        {{"X-Secret", "bound"}, {"X-Id", id}, {"X-Event", "issues"}, {"X-Project", project}});
  };
  EXPECT_EQ(accept("d1", "77").http_status, 401) << "a project that nobody knows";
  ASSERT_TRUE(store.SaveProject({{"github", "77"}, "acme/opendb", "", false, "5", At(0)}).ok());
  EXPECT_EQ(accept("d1", "88").http_status, 401) << "another project";
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_EQ(accept("d1", "77").http_status, 202);
  EXPECT_TRUE((*store.ReadInbox("github", 0, 1))[0].delivery.bound);
  EXPECT_EQ(log.Count("a webhook secret names a project by an old name"), 1u);
  // Another project has the name now.
  ASSERT_TRUE(store.SaveProject({{"github", "88"}, "acme/opendb", "", false, "5", At(1)}).ok());
  EXPECT_EQ(accept("d2", "77").http_status, 401);
}

TEST_F(IntakeTest, FiguresNameTheEventOnlyWhereTheSignatureHolds) {
  Accept(FakeReceiver::HeadersOf("d1"));
  Accept({{"X-Event", "made-up-by-a-stranger"}});
  const auto count = [&](const char* event, const char* status) {
    return metrics.Value("retainer_deliveries_total",
                         {{"forge", "github"}, {"event", event}, {"status", status}});
  };
  EXPECT_EQ(count("issues", "202"), 1);
  EXPECT_EQ(count("none", "401"), 1);
  EXPECT_EQ(metrics.Value("retainer_deliveries_total"), 2);
}

TEST_F(IntakeTest, WhatNoForgeSendsIsRefusedAndNotKept) {
  const Headers headers = FakeReceiver::HeadersOf("d1");
  EXPECT_EQ(intake.Accept("github", headers, "misfit", clock.Now()).http_status, 400);
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_EQ(Stats().set_aside, 0u);
}

TEST_F(IntakeTest, MadeUpEventNamesAreOneFigure) {
  for (int i = 0; i < 50; ++i) Accept({{"X-Secret", "s"}, {"X-Id", "d"}, {"X-Event", "unwanted"}});
  EXPECT_EQ(metrics.Value("retainer_deliveries_total",
                          {{"forge", "github"}, {"event", "other"}, {"status", "200"}}),
            50);
}

TEST_F(IntakeTest, RefusalsAreCountedByAddressAndBounded) {
  for (int i = 0; i < 7; ++i) {
    intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now(), "192.0.2.7");
  }
  for (int i = 0; i < 1000; ++i) {
    intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now() + absl::Seconds(i % 2),
                  absl::StrCat("198.51.100.", i));
  }
  EXPECT_LE(intake.Refused(clock.Now()).size(), Refusals::kMost);
  intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now() + absl::Minutes(1),
                "192.0.2.7");
  EXPECT_NE(log.lines().front().find("from=192.0.2.7"), std::string::npos) << log.lines().front();
  clock.Advance(absl::Hours(26));
  EXPECT_TRUE(intake.Refused(clock.Now()).empty());
}

TEST_F(IntakeTest, FullDiskAcknowledgesNothing) {
  store.FailWrites(absl::ResourceExhaustedError("disk is full"));
  const IntakeAnswer answer = Accept(FakeReceiver::HeadersOf("d1"));
  EXPECT_EQ(answer.http_status, 503);
  ASSERT_TRUE(answer.retry_after.has_value());
  EXPECT_GT(*answer.retry_after, absl::ZeroDuration());
  EXPECT_EQ(answer.problem.find("disk"), std::string::npos);  // nothing internal goes out
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_TRUE(woken.empty());

  store.FailWrites(absl::OkStatus());
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 202);
}

TEST_F(IntakeTest, AFloodOfRefusalsCostsAFewLines) {
  for (int i = 0; i < 500; ++i) Accept({{"X-Event", "issues"}});
  const std::size_t lines = log.lines().size();
  EXPECT_LE(lines, 10u);
  EXPECT_GE(lines, 1u);
  // Of another kind is not kept back, and the next minute says how many were.
  EXPECT_EQ(Accept({{"X-Secret", "s"}}).http_status, 400);
  EXPECT_EQ(log.lines().size(), lines + 1);
  clock.Advance(absl::Minutes(1));
  Accept({{"X-Event", "issues"}});
  EXPECT_NE(log.lines().back().find("more_like_it=490"), std::string::npos) << log.lines().back();
}

TEST_F(IntakeTest, ADeliveryForAForgeThatIsNotConfiguredIsLogged) {
  intake.Accept("githbu", {}, "{}", clock.Now());
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_NE(log.lines()[0].find("githbu"), std::string::npos);
}

TEST_F(IntakeTest, LogsNoBody) {
  Accept({{"X-Event", "issues"}, {"X-Secret", "wrong-secret"}});
  Accept(FakeReceiver::HeadersOf("d1"));
  for (const std::string& line : log.lines()) {
    EXPECT_EQ(line.find("confidential"), std::string::npos) << line;
    EXPECT_EQ(line.find("wrong-secret"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace retainer
