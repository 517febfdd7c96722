#include "src/cli/control_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

TEST(ControlSocketTest, AnswersALineWithALine) {
  TemporaryFolder folder;
  FakeLog log;
  ControlServer server(
      folder.path(), [](const std::string& request, const auto&) { return request + "!"; }, log);
  ASSERT_TRUE(server.Start().ok());
  const auto answer = CallControl(folder.path(), "hello");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "hello!");
  const std::string large(300'000, 'x');
  const auto long_answer = CallControl(folder.path(), large);
  ASSERT_TRUE(long_answer.ok());
  EXPECT_EQ(*long_answer, large + "!");
}

TEST(ControlSocketTest, IsReadableByItsOwnerAlone) {
  TemporaryFolder folder;
  FakeLog log;
  ControlServer server(
      folder.path(), [](const std::string&, const auto&) { return ""; }, log);
  ASSERT_TRUE(server.Start().ok());
  struct stat info {};
  ASSERT_EQ(stat((folder.path() + "/control.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

// A handler whose long requests wait until somebody ends them.
class LongRequestsTest : public ::testing::Test {
 protected:
  ~LongRequestsTest() override { End(); }

  std::string Handle(const std::string& request, const ControlServer::Gone& gone) {
    if (request != "long") return request;
    began_.Notify();
    while (!gone() && !end_.HasBeenNotified()) std::this_thread::yield();
    if (gone() && !saw_gone_.HasBeenNotified()) saw_gone_.Notify();
    return "ended";
  }
  void End() {
    if (!end_.HasBeenNotified()) end_.Notify();
  }
  // A client that has sent the long request and does not wait.
  int SendLong() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_.path() + "/control.sock";
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(write(fd, "long\n", 5), 5);
    return fd;
  }

  TemporaryFolder folder_;
  FakeLog log_;
  absl::Notification began_;
  absl::Notification end_;
  absl::Notification saw_gone_;
  ControlServer server_{
      folder_.path(),
      [this](const std::string& request, const ControlServer::Gone& gone) {
        return Handle(request, gone);
      },
      log_, ControlServer::LongRequests{[](const std::string& r) { return r == "long"; }, "busy"}};
};

TEST_F(LongRequestsTest, OthersAreAnsweredMeanwhileAndASecondLongOneIsToldToWait) {
  ASSERT_TRUE(server_.Start().ok());
  absl::StatusOr<std::string> first;
  std::thread client([&] { first = CallControl(folder_.path(), "long"); });
  began_.WaitForNotification();
  EXPECT_EQ(*CallControl(folder_.path(), "short"), "short");
  EXPECT_EQ(*CallControl(folder_.path(), "long"), "busy");
  End();
  client.join();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, "ended");
}

// A script asks again as soon as it has its answer.
TEST(ControlSocketTest, TheNextLongRequestMayFollowAtOnce) {
  TemporaryFolder folder;
  FakeLog log;
  ControlServer server(
      folder.path(), [](const std::string&, const auto&) { return "answer"; }, log,
      ControlServer::LongRequests{[](const std::string&) { return true; }, "busy"});
  ASSERT_TRUE(server.Start().ok());
  for (int i = 0; i < 500; ++i) ASSERT_EQ(*CallControl(folder.path(), "long"), "answer") << i;
}

TEST_F(LongRequestsTest, ALongRequestEndsWhenItsClientHasGone) {
  ASSERT_TRUE(server_.Start().ok());
  const int client = SendLong();
  began_.WaitForNotification();
  close(client);
  saw_gone_.WaitForNotification();
}

TEST_F(LongRequestsTest, ALongRequestEndsWhenTheServerStops) {
  ASSERT_TRUE(server_.Start().ok());
  const int client = SendLong();
  began_.WaitForNotification();
  server_.Stop();
  EXPECT_TRUE(saw_gone_.HasBeenNotified());
  close(client);
}

TEST(ControlSocketTest, NobodyListensAfterTheStopAndTheSocketIsGone) {
  TemporaryFolder folder;
  FakeLog log;
  {
    ControlServer server(
        folder.path(), [](const std::string&, const auto&) { return ""; }, log);
    ASSERT_TRUE(server.Start().ok());
  }
  EXPECT_EQ(CallControl(folder.path(), "x").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/control.sock"));
}

TEST(ControlSocketTest, TakesOverTheSocketOfACrashedService) {
  TemporaryFolder folder;
  FakeLog log;
  const int stale = open((folder.path() + "/control.sock").c_str(), O_CREAT | O_WRONLY, 0600);
  close(stale);
  ControlServer server(
      folder.path(), [](const std::string&, const auto&) { return "here"; }, log);
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(*CallControl(folder.path(), "x"), "here");
}

TEST(ControlSocketTest, WorksWhereTheFoldersPathIsLongerThanASocketAddress) {
  TemporaryFolder folder;
  FakeLog log;
  const std::string deep = folder.path() + "/" + std::string(120, 'd');
  ASSERT_TRUE(std::filesystem::create_directory(deep));
  ControlServer server(
      deep, [](const std::string&, const auto&) { return "here"; }, log);
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(*CallControl(deep, "x"), "here");
}

TEST(ControlSocketTest, AnotherUsersFolderIsRefusedWithTheMend) {
  if (geteuid() != 0) {
    // Only root can create another user's folder; for everybody else `/` is one.
    EXPECT_EQ(CheckOwner("/").code(), absl::StatusCode::kPermissionDenied);
    return;
  }
  TemporaryFolder folder;
  ASSERT_EQ(chown(folder.path().c_str(), 12345, 12345), 0);
  const absl::Status status = CallControl(folder.path(), "x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(status.message().find("run this command as that user"), absl::string_view::npos);
}

}  // namespace
}  // namespace retainer::cli
