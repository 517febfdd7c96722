#include "src/cli/control_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/fakes/fake_log.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

TEST(ControlSocketTest, AnswersALineWithALine) {
  TemporaryFolder folder;
  FakeLog log;
  ControlServer server(
      folder.path(), [](const std::string& request) { return request + "!"; }, log);
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
      folder.path(), [](const std::string&) { return ""; }, log);
  ASSERT_TRUE(server.Start().ok());
  struct stat info {};
  ASSERT_EQ(stat((folder.path() + "/control.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(ControlSocketTest, NobodyListensAfterTheStopAndTheSocketIsGone) {
  TemporaryFolder folder;
  FakeLog log;
  {
    ControlServer server(
        folder.path(), [](const std::string&) { return ""; }, log);
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
      folder.path(), [](const std::string&) { return "here"; }, log);
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(*CallControl(folder.path(), "x"), "here");
}

TEST(ControlSocketTest, WorksWhereTheFoldersPathIsLongerThanASocketAddress) {
  TemporaryFolder folder;
  FakeLog log;
  const std::string deep = folder.path() + "/" + std::string(120, 'd');
  ASSERT_TRUE(std::filesystem::create_directory(deep));
  ControlServer server(
      deep, [](const std::string&) { return "here"; }, log);
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
