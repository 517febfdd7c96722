// The real binary after a downtime in which deliveries failed: what the forge sends again, what is
// read from its log, and what is lost.
#include <gtest/gtest.h>
#include <signal.h>

#include "src/sandbox/sandbox.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

class MissedTest : public testing::Test {
 protected:
  // The service knows the project, and is down while a customer's contact opens an issue. The forge
  // refuses to send the delivery again.
  void SetUp() override {
    {
      Serving serving(installation_);
      ASSERT_TRUE(installation_.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang", "Yes").ok());
      serving.Deliver();
      ASSERT_TRUE(serving.AwaitLog("a project was read back")) << serving.process().err();
      ASSERT_EQ(serving.Stop().exit_code, 0);
    }
    // Nobody misses what the service itself did.
    installation_.sandbox().TakePending();
    const auto ticket =
        installation_.sandbox().OpenIssue(kOpenDb, "dave", "Reads hang", "/support priority P1");
    ASSERT_TRUE(ticket.ok());
    ticket_ = *ticket;
    const auto sent = installation_.sandbox().DeliverPending();
    ASSERT_EQ(sent.size(), 1u);
    ASSERT_EQ(sent[0].status, 0);
    delivery_ = sent[0].id;
    installation_.sandbox().FailNext("POST", "/app/hook/deliveries",
                                     {.kind = sandbox::FaultKind::kStatus404, .count = 100});
  }

  Installation installation_;
  TicketRef ticket_;
  std::string delivery_;
};

TEST_F(MissedTest, WhatIsNotSentAgainIsReadFromTheForgesLog) {
  Serving serving(installation_);
  const auto line = serving.AwaitLog("deliveries were missed");
  ASSERT_TRUE(line) << serving.process().err();
  EXPECT_EQ(Serving::Field(*line, "recovered"), "1") << *line;
  EXPECT_EQ(Serving::Field(*line, "read_from_the_log"), "1") << *line;
  EXPECT_EQ(Serving::Field(*line, "lost"), "0") << *line;
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  EXPECT_NE(installation_.sandbox().RenderThread(ticket_)->find("P1 · first reply by"),
            std::string::npos)
      << "the command in the issue counts";
  EXPECT_NE(HttpGet(serving.metrics_url(), "/metrics")
                .body.find("retainer_missed_deliveries{forge=\"github\",state=\"read\"} 1"),
            std::string::npos);
  const Finished doctor = installation_.Command({"doctor"});
  EXPECT_NE(doctor.out.find("1 recovered (1 of them from the forge's log), 0 lost"),
            std::string::npos)
      << doctor.out;

  // The redelivery comes after all.
  ASSERT_EQ(installation_.sandbox().Redeliver(delivery_), 1u);
  int late = 0;
  for (const sandbox::DeliveryResult& result : installation_.sandbox().DeliverPending()) {
    if (result.id == delivery_) late = result.status;
  }
  EXPECT_EQ(late, 200) << "known already";
  EXPECT_EQ(serving.Stop().exit_code, 0);

  // The next run does not count it again, though the log says for three days that it failed once.
  Serving again(installation_);
  EXPECT_EQ(again.Stop().exit_code, 0);
  EXPECT_EQ(again.process().err().find("deliveries were missed"), std::string::npos);
}

TEST_F(MissedTest, WhatTheLogHasForgottenIsNamedAsLostAndItsProjectReadBack) {
  installation_.sandbox().FailNext("GET", "/app/hook/deliveries/",
                                   {.kind = sandbox::FaultKind::kStatus404, .count = 100});
  Serving serving(installation_);
  const auto line = serving.AwaitLog("deliveries were missed");
  ASSERT_TRUE(line) << serving.process().err();
  EXPECT_EQ(Serving::Field(*line, "recovered"), "0") << *line;
  EXPECT_EQ(Serving::Field(*line, "lost"), "1") << *line;
  EXPECT_EQ(Serving::Field(*line, "some_lost"), delivery_) << *line;
  // The project may have been read back for another reason just before, so the queue is asked until
  // the ticket is there.
  ASSERT_TRUE(serving.AwaitLog("a project was read back")) << serving.process().err();
  Finished queue = installation_.Command({"queue"});
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (queue.out.find(ToString(ticket_)) == std::string::npos && absl::Now() < end) {
    queue = installation_.Command({"queue"});
  }
  EXPECT_NE(queue.out.find(ToString(ticket_)), std::string::npos)
      << queue.out << serving.process().err();
  EXPECT_NE(queue.out.find(ToString(ticket_)), std::string::npos) << queue.out;
  const Finished doctor = installation_.Command({"doctor"});
  EXPECT_NE(doctor.out.find("0 recovered"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("1 lost"), std::string::npos) << doctor.out;
  EXPECT_NE(HttpGet(serving.metrics_url(), "/metrics")
                .body.find("retainer_missed_deliveries{forge=\"github\",state=\"lost\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace retainer
