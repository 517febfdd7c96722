// The real binary: a backup while the service runs, and the desk that it becomes again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/e2e/installation.h"
#include "tests/fakes/places.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {
namespace {

namespace fs = std::filesystem;

const ProjectRef kOpenDb{"github", "acme/opendb"};

int CommentsPosted(Installation& installation) {
  int posted = 0;
  for (const sandbox::SandboxRequest& request : installation.sandbox().requests()) {
    posted += request.method == "POST" && request.path.ends_with("/comments");
  }
  return posted;
}

TicketRef Open(Installation& installation, const std::string& title) {
  return *installation.sandbox().OpenIssue(kOpenDb, "dave", title, "/support priority P1");
}

// Waits until the thread of the issue contains `text`.
std::string AwaitThread(Installation& installation, Serving& serving, const TicketRef& issue,
                        const std::string& text) {
  std::string thread = *installation.sandbox().RenderThread(issue);
  for (int shown = 0; shown < 6 && thread.find(text) == std::string::npos; ++shown) {
    if (!serving.AwaitLog("face shown")) break;
    thread = *installation.sandbox().RenderThread(issue);
  }
  EXPECT_NE(thread.find(text), std::string::npos) << thread;
  return thread;
}

// The thread without what says that a comment was edited.
std::string Settled(std::string thread) {
  const std::string edited = " · edited";
  for (std::size_t at = thread.find(edited); at != thread.npos; at = thread.find(edited)) {
    thread.erase(at, edited.size());
  }
  return thread;
}

// A team whose escalations go to a chat.
void AddChat(Installation& installation, const std::string& url) {
  installation.Write("chat.url", url);
  installation.Write("retainer.yaml", installation.Read("retainer.yaml") +
                                          "sinks:\n  chat: {kind: slack, url: \"file:chat.url\", "
                                          "allow_private: [127.0.0.1]}\n");
  std::string policy = installation.Read("policy/policy.yaml");
  const std::string team = "members: [\"github:carol\"]";
  policy.replace(policy.find(team), team.size(), team + ", sinks: [chat]");
  installation.Write("policy/policy.yaml", policy);
}

TEST(BackupTest, ARestoredDeskSaysNothingTwice) {
  sinks::HttpReceiver chat;
  Installation installation;
  AddChat(installation, chat.url("/hook"));
  const std::string backup = installation.path("desk.tar");
  TicketRef early;
  TicketRef late;
  std::string early_thread;
  std::string late_thread;
  {
    Serving serving(installation);
    early = Open(installation, "Writes hang");
    serving.Deliver();
    AwaitThread(installation, serving, early, "first reply by");
    serving.Deliver();
    const Finished made = installation.Command({"backup", backup});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    struct stat info {};
    ASSERT_EQ(stat(backup.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_FALSE(fs::exists(installation.path("data/backup"))) << "the checkpoint stays behind";

    // What the backup does not know: an answer, another issue, an escalation.
    ASSERT_TRUE(installation.sandbox().Comment(early, "alice", "I am looking into it.").ok());
    serving.Deliver();
    early_thread = AwaitThread(installation, serving, early, "met");
    late = Open(installation, "Reads hang");
    ASSERT_TRUE(installation.sandbox().Comment(late, "dave", "/support escalate").ok());
    serving.Deliver();
    AwaitThread(installation, serving, late, "escalated");
    ASSERT_TRUE(chat.Await(1));
    serving.Deliver();
    late_thread = *installation.sandbox().RenderThread(late);
    serving.process().Signal(SIGKILL);
    serving.process().Wait();
  }
  const int posted = CommentsPosted(installation);
  ASSERT_EQ(posted, 2);
  fs::remove_all(installation.path("data"));

  const Finished restored = installation.Command({"restore", backup});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_NE(restored.out.find("posts nothing before"), std::string::npos) << restored.out;
  Serving serving(installation);
  // Only a delivery proves who gave a command: the forge is asked for them again.
  ASSERT_TRUE(serving.AwaitLog("deliveries since the backup are asked for again"));
  serving.Deliver();
  for (int ticket = 0; ticket < 2; ++ticket) {
    ASSERT_TRUE(serving.AwaitLog("face shown")) << serving.process().err();
    serving.Deliver();
  }
  const TicketRef fresh = Open(installation, "Backups hang");
  serving.Deliver();
  AwaitThread(installation, serving, fresh, "first reply by");
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_EQ(CommentsPosted(installation), posted + 1) << "that of the new issue";
  EXPECT_EQ(Settled(*installation.sandbox().RenderThread(early)), Settled(early_thread));
  EXPECT_EQ(Settled(*installation.sandbox().RenderThread(late)), Settled(late_thread));
  EXPECT_EQ(chat.received().size(), 1u);
}

TEST(BackupTest, RestoreRefusesWhatIsDamagedInUseOrThere) {
  Installation installation;
  const std::string backup = installation.path("desk.tar");
  {
    Serving serving(installation);
    Open(installation, "Writes hang");
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("face shown"));
    ASSERT_EQ(installation.Command({"backup", backup}).exit_code, 0);
    const Finished again = installation.Command({"backup", backup});
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_NE(again.err.find("--replace"), std::string::npos) << again.err;
    EXPECT_EQ(installation.Command({"backup", backup, "--replace"}).exit_code, 0);
    const Finished running = installation.Command({"restore", backup});
    EXPECT_EQ(running.exit_code, 2);
    EXPECT_NE(running.err.find("a service runs"), std::string::npos) << running.err;
    serving.Stop();
  }
  const Finished there = installation.Command({"restore", backup});
  EXPECT_EQ(there.exit_code, 2);
  EXPECT_NE(there.err.find("is not empty"), std::string::npos) << there.err;
  EXPECT_EQ(installation.Command({"restore", backup, "--check"}).exit_code, 0);

  std::string bytes = installation.Read("desk.tar");
  const std::size_t file = bytes.find("db/");
  bytes[file + 600] = static_cast<char>(bytes[file + 600] ^ 1);
  installation.Write("bad.tar", bytes);
  fs::remove_all(installation.path("data"));
  for (const char* check : {"", "--check"}) {
    std::vector<std::string> command = {"restore", installation.path("bad.tar")};
    if (*check != '\0') command.emplace_back(check);
    const Finished damaged = installation.Command(command);
    EXPECT_EQ(damaged.exit_code, 1) << damaged.out << damaged.err;
    EXPECT_NE(damaged.err.find("SHA-256 sum of db/"), std::string::npos) << damaged.err;
  }
  EXPECT_TRUE(fs::is_empty(installation.path("data")));
  // The service does not start in the middle of a restore.
  fs::create_directory(installation.path("data/restoring"));
  const Finished midway = Execute({Binary(), "serve", "--config", installation.config()});
  EXPECT_EQ(midway.exit_code, 2);
  EXPECT_NE(midway.err.find("restore"), std::string::npos) << midway.err;
  EXPECT_EQ(installation.Command({"restore", backup}).exit_code, 0);
}

TEST(BackupTest, ALedgerThatIsNotTheHeadersIsRefused) {
  Installation installation;
  const std::string backup = installation.path("desk.tar");
  {
    Serving serving(installation);
    Open(installation, "Writes hang");
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("face shown"));
    ASSERT_EQ(installation.Command({"backup", backup}).exit_code, 0);
    serving.Stop();
  }
  fs::remove_all(installation.path("data"));
  const Finished repacked = Execute(
      {"/bin/sh", "-ec",
       "cd \"$0\"; mkdir parts; tar -xf desk.tar -C parts; cd parts; "
       "sed -i 's/\"ledger_digest\": \"[0-9a-f]*\"/\"ledger_digest\": \"00\"/' backup.json; "
       "sha256sum backup.json db/* >SHA256SUMS; tar -cf ../desk.tar backup.json db/* SHA256SUMS",
       installation.path(".")});
  ASSERT_EQ(repacked.exit_code, 0) << repacked.err;
  const Finished refused = installation.Command({"restore", backup});
  EXPECT_EQ(refused.exit_code, 1) << refused.err;
  EXPECT_NE(refused.err.find("that its header names"), std::string::npos) << refused.err;
}

// Two at once deleted each other's files.
TEST(BackupTest, OneRestoreAtATime) {
  Installation installation;
  const std::string backup = installation.path("desk.tar");
  {
    Serving serving(installation);
    ASSERT_EQ(installation.Command({"backup", backup}).exit_code, 0);
    serving.Stop();
  }
  fs::remove_all(installation.path("data"));
  fs::create_directory(installation.path("data"));
  const int first = open(installation.path("data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(flock(first, LOCK_EX), 0);
  const Finished second = installation.Command({"restore", backup});
  EXPECT_EQ(second.exit_code, 3) << second.err;
  EXPECT_NE(second.err.find("another backup or restore"), std::string::npos) << second.err;
  close(first);
  EXPECT_EQ(installation.Command({"restore", backup}).exit_code, 0);
}

TEST(BackupTest, WithoutAServiceAndToStandardOutput) {
  Installation installation;
  const Finished nothing = installation.Command({"backup", installation.path("desk.tar")});
  EXPECT_EQ(nothing.exit_code, 1) << nothing.err;
  EXPECT_FALSE(fs::exists(installation.path("desk.tar")));
  EXPECT_FALSE(fs::exists(installation.path("desk.tar.partial")));
  {
    Serving serving(installation);
    serving.Stop();
  }
  const Finished streamed = installation.Command({"backup", "-"});
  ASSERT_EQ(streamed.exit_code, 0) << streamed.err;
  installation.Write("streamed.tar", streamed.out);
  const Finished checked =
      installation.Command({"restore", installation.path("streamed.tar"), "--check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_EQ(checked.out.rfind("Whole: a backup of 20", 0), 0u) << checked.out;
}

TEST(BackupTest, TheFoldersOfReleasedVersionsOpen) {
  int opened = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SourceDir()) / "tests/e2e/released")) {
    if (entry.path().extension() != ".gz") continue;
    ++opened;
    Installation installation;
    const Finished restored = installation.Command({"restore", entry.path().string()});
    ASSERT_EQ(restored.exit_code, 0) << entry.path() << restored.err;
    const Finished checked = installation.Command({"upgrade", "--check"});
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    EXPECT_NE(checked.out.find("store: schema"), std::string::npos) << checked.out;
    const Finished explained = installation.Command({"explain", "github:acme/opendb#1"});
    EXPECT_EQ(explained.exit_code, 0) << explained.err;
    EXPECT_NE(explained.out.find("northwind"), std::string::npos) << explained.out;
    const Finished log = installation.Command({"policy", "log"});
    EXPECT_EQ(log.exit_code, 0) << log.err;
    // The service works on it.
    Serving serving(installation);
    EXPECT_EQ(installation.Command({"status"}).exit_code, 0);
    EXPECT_EQ(serving.Stop().exit_code, 0);
  }
  EXPECT_GE(opened, 1);
}

TEST(BackupTest, AnUpgradeIsCheckedWhileTheServiceRuns) {
  Installation installation;
  const Finished none = installation.Command({"upgrade", "--check"});
  EXPECT_EQ(none.exit_code, 0) << none.out << none.err;
  EXPECT_NE(none.out.find("there is no store yet"), std::string::npos) << none.out;
  EXPECT_EQ(installation.Command({"status"}).exit_code, 3);
  Serving serving(installation);
  EXPECT_EQ(installation.Command({"status"}).exit_code, 0);
  const Finished good = installation.Command({"upgrade", "--check"});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("as before"), std::string::npos) << good.out;
  installation.Write("policy/policy.yaml",
                     installation.Read("policy/policy.yaml") + "\nplannns: {}\n");
  const Finished bad = installation.Command({"upgrade", "--check"});
  EXPECT_EQ(bad.exit_code, 1) << bad.out;
  EXPECT_NE(bad.out.find("plannns"), std::string::npos) << bad.out;
}

}  // namespace
}  // namespace retainer
