// What systemd is told, and when the watchdog is silent.
#include "src/cli/supervisor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "src/cli/watchdog.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

// systemd's end of the socket.
class Listener {
 public:
  Listener() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    setenv("NOTIFY_SOCKET", path().c_str(), 1);
  }
  ~Listener() {
    close(fd_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  std::string path() const { return folder_.path() + "/notify"; }
  // The next message; empty if there is none.
  std::string Next() {
    char text[512];
    const ssize_t n = recv(fd_, text, sizeof(text), MSG_DONTWAIT);
    return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  TemporaryFolder folder_;
  const int fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST(Supervisor, TellsWhatTheServiceDoes) {
  Listener systemd;
  Supervisor supervisor;
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr) << "child processes must not get it";
  supervisor.Reloaded();
  EXPECT_EQ(systemd.Next(), "") << "it was not reloading";
  supervisor.Waiting("The disk is full", absl::Seconds(60));
  EXPECT_EQ(systemd.Next(), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=The disk is full");
  supervisor.Ready();
  EXPECT_EQ(systemd.Next().rfind("READY=1\n", 0), 0u);
  supervisor.Reloading();
  EXPECT_EQ(systemd.Next().rfind("RELOADING=1\n", 0), 0u);
  supervisor.Reloaded();
  EXPECT_EQ(systemd.Next().rfind("READY=1\n", 0), 0u);
  supervisor.Alive();
  EXPECT_EQ(systemd.Next(), "WATCHDOG=1");
  supervisor.Stopping();
  EXPECT_EQ(systemd.Next().rfind("STOPPING=1\n", 0), 0u);
}

TEST(Supervisor, KnowsItsOwnWatchdogOnly) {
  Listener systemd;
  EXPECT_EQ(Supervisor().watchdog(), std::nullopt);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(Supervisor().watchdog(), absl::Seconds(30));
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(Supervisor().watchdog(), std::nullopt) << "it is another process's";
}

TEST(Supervisor, WithoutSystemdNothingHappens) {
  unsetenv("NOTIFY_SOCKET");
  Supervisor supervisor;
  supervisor.Ready();
  supervisor.Alive();
}

// Counts calls and lets a test wait for them.
struct Calls {
  void Count() {
    const std::lock_guard lock(mutex);
    ++count;
    changed.notify_all();
  }
  void Await(int wanted) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count >= wanted; });
  }
  int Made() {
    const std::lock_guard lock(mutex);
    return count;
  }
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
};

TEST(Watchdog, ReportsAsLongAsTheServiceAnswers) {
  Calls proofs;
  Calls reports;
  std::atomic<bool> answers = true;
  Watchdog watchdog(
      absl::Milliseconds(3),
      [&] {
        const bool answer = answers;
        proofs.Count();
        return answer;
      },
      [&] { reports.Count(); });
  reports.Await(3);
  answers = false;
  proofs.Await(proofs.Made() + 2);  // the last report was made
  const int reported = reports.Made();
  proofs.Await(proofs.Made() + 3);
  EXPECT_EQ(reports.Made(), reported);
}

}  // namespace
}  // namespace retainer::cli
