// The real binary sends notices over the network, and only to those who may know.
#include <gtest/gtest.h>

#include <string>

#include "src/sandbox/hooks.h"
#include "tests/e2e/installation.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

void Replace(const Installation& installation, const std::string& file, const std::string& from,
             const std::string& to) {
  std::string text = installation.Read(file);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, text.npos) << from;
  installation.Write(file, text.replace(at, from.size(), to));
}

TEST(NoticesTest, AnEscalationReachesTheTeamsSinksAndAPrivateOneOnlyThoseMarkedSo) {
  sinks::HttpReceiver chat;
  sinks::HttpReceiver crm;
  Installation installation;
  installation.Write("chat.url", chat.url("/services/not-to-be-told"));
  installation.Write("crm.secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=");
  installation.Write("retainer.yaml",
                     installation.Read("retainer.yaml") +
                         "sinks:\n"
                         "  chat: {kind: slack, url: \"file:chat.url\", allow_private: "
                         "[127.0.0.1]}\n"
                         "  crm: {kind: webhook, url: \"" +
                         crm.url() +
                         "\", secret: \"file:crm.secret\", private: true, allow_private: "
                         "[127.0.0.1]}\n");
  Replace(installation, "policy/policy.yaml", "members: [\"github:carol\"]",
          "members: [\"github:carol\"], sinks: [chat, crm]");
  Serving serving(installation);
  for (const char* contact : {"erin", "dave"}) {  // Initech is private, Northwind is public
    const auto ticket =
        installation.sandbox().OpenIssue(kOpenDb, contact, "It fails", "/support priority P1");
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    ASSERT_TRUE(installation.sandbox().Comment(*ticket, contact, "/support escalate").ok());
    serving.Deliver();
  }
  ASSERT_TRUE(crm.Await(2));
  ASSERT_TRUE(chat.Await(1));
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_NE(doctor.out.find("ok\tsink chat"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("ok\tsink crm"), std::string::npos) << doctor.out;
  const Finished stopped = serving.Stop();
  EXPECT_EQ(stopped.err.find("not-to-be-told"), std::string::npos);

  ASSERT_EQ(chat.received().size(), 1u);
  ASSERT_EQ(crm.received().size(), 2u);
  const std::string said = chat.received()[0].body;
  EXPECT_NE(said.find("northwind"), said.npos) << said;
  EXPECT_NE(said.find("github:acme/opendb"), said.npos) << said;
  const std::string both = crm.received()[0].body + crm.received()[1].body;
  EXPECT_NE(both.find("northwind"), both.npos) << both;
  EXPECT_NE(both.find("initech"), both.npos) << both;
  EXPECT_NE(both.find("\"notice.escalation\""), both.npos) << both;
}

TEST(NoticesTest, SinksAreTakenOnReloadAndARefusedConfigurationKeepsThem) {
  sinks::HttpReceiver down;
  down.Answer(500);
  sinks::HttpReceiver up;
  Installation installation;
  installation.Write("crm.secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=");
  const std::string without = installation.Read("retainer.yaml");
  const auto with_crm_at = [&](const std::string& url) {
    return without + "sinks:\n  crm: {kind: webhook, url: \"" + url +
           "\", secret: \"file:crm.secret\", private: true, allow_private: [127.0.0.1]}\n";
  };
  installation.Write("retainer.yaml", with_crm_at(down.url()));
  Replace(installation, "policy/policy.yaml", "members: [\"github:carol\"]",
          "members: [\"github:carol\"], sinks: [crm]");
  Serving serving(installation);
  const auto ticket =
      installation.sandbox().OpenIssue(kOpenDb, "dave", "It fails", "/support priority P1");
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  ASSERT_TRUE(installation.sandbox().Comment(*ticket, "dave", "/support escalate").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("notice waits for a sink"));

  installation.Write("retainer.yaml", with_crm_at("ftp://127.0.0.1/"));
  Finished reload = installation.Command({"reload"});
  EXPECT_EQ(reload.exit_code, 2) << reload.out;
  ASSERT_TRUE(serving.AwaitLog("configuration refused; the sinks stay as they were"));

  installation.Write("retainer.yaml", with_crm_at(up.url()));
  reload = installation.Command({"reload"});
  EXPECT_EQ(reload.exit_code, 0) << reload.err;
  EXPECT_NE(reload.out.find("Sink crm is changed"), std::string::npos) << reload.out;
  EXPECT_TRUE(up.Await(1)) << "what waited is sent at once";

  installation.Write("retainer.yaml", without);
  serving.process().Signal(SIGHUP);
  EXPECT_TRUE(serving.AwaitLog("sinks changed", "crm is removed"));
}

TEST(NoticesTest, DoctorSaysWhatASinkAnswersThatTakesNothing) {
  sinks::HttpReceiver crm;
  crm.Answer(500);
  Installation installation;
  installation.Write("crm.secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=");
  installation.Write("retainer.yaml",
                     installation.Read("retainer.yaml") +
                         "sinks:\n"
                         "  crm: {kind: webhook, url: \"" +
                         crm.url() +
                         "\", secret: \"file:crm.secret\", private: true, allow_private: "
                         "[127.0.0.1]}\n");
  Replace(installation, "policy/policy.yaml", "members: [\"github:carol\"]",
          "members: [\"github:carol\"], sinks: [crm]");
  Serving serving(installation);
  const auto ticket =
      installation.sandbox().OpenIssue(kOpenDb, "dave", "It fails", "/support priority P1");
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  ASSERT_TRUE(installation.sandbox().Comment(*ticket, "dave", "/support escalate").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("notice waits for a sink"));
  // The log line may come before the notice's state is stored.
  Finished doctor;
  for (int i = 0; i < 50 && doctor.out.find("wrong\tsink crm") == std::string::npos; ++i) {
    doctor = installation.Command({"doctor"});
  }
  EXPECT_NE(doctor.out.find("wrong\tsink crm\t1 notice waits since 20"), std::string::npos)
      << doctor.out;
  EXPECT_NE(doctor.out.find("127.0.0.1 answered 500"), std::string::npos) << doctor.out;
  EXPECT_EQ(doctor.out.find("ok\tsink crm"), std::string::npos) << doctor.out;
  EXPECT_EQ(doctor.exit_code, 1);
}

}  // namespace
}  // namespace retainer
