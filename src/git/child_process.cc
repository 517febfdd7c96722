#include "src/git/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::git {
namespace {

using Steady = std::chrono::steady_clock;

// How often a stop is looked for.
constexpr int kLookMilliseconds = 200;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Reset(int fd) {
    Close();
    fd_ = fd;
  }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

absl::Status CannotStart(int error) {
  return absl::UnavailableError(
      absl::StrCat("the process that fetches cannot be started: ", std::strerror(error)));
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// A process that is killed and waited for at the end of the scope.
class Child {
 public:
  ~Child() { End(); }

  absl::Status Start(const ChildTask& task) {
    int input[2];
    int output[2];
    // Not a pipe: to write to a child that has ended must be an error, and no signal to all of us.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0) return CannotStart(errno);
    Descriptor child_input(input[0]);
    input_.Reset(input[1]);
    if (pipe2(output, O_CLOEXEC) != 0) return CannotStart(errno);
    Descriptor child_output(output[1]);
    output_.Reset(output[0]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child_output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    // The service blocks the signals that end it; the child must not.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const std::vector<char*> arguments = Pointers(task.command);
    const std::vector<char*> environment = Pointers(task.environment);
    const int error = posix_spawn(&pid_, task.command[0].c_str(), &actions, &attributes,
                                  arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      pid_ = -1;
      return CannotStart(error);
    }
    for (const int fd : {input_.get(), output_.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
    return absl::OkStatus();
  }

  // Writes and reads until the child closes its output.
  absl::StatusOr<std::string> Talk(const ChildTask& task) {
    const Steady::time_point deadline = Steady::now() + absl::ToChronoNanoseconds(task.time);
    std::string output;
    std::size_t written = 0;
    char buffer[65536];
    for (;;) {
      if (written == task.input.size()) input_.Close();
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
      if (left <= 0) return absl::DeadlineExceededError("");
      if (task.stop != nullptr && *task.stop) return absl::CancelledError("");
      pollfd waiting[] = {{output_.get(), POLLIN, 0}, {input_.get(), POLLOUT, 0}};
      const int count = input_.get() >= 0 ? 2 : 1;
      if (poll(waiting, static_cast<nfds_t>(count),
               static_cast<int>(std::min<std::int64_t>(left, kLookMilliseconds))) < 0 &&
          errno != EINTR) {
        return CannotStart(errno);
      }
      if (count == 2 && waiting[1].revents != 0) {
        const ssize_t put = send(input_.get(), task.input.data() + written,
                                 task.input.size() - written, MSG_NOSIGNAL);
        if (put > 0) written += static_cast<std::size_t>(put);
        // The child ended early; its exit code says so.
        if (put < 0 && errno != EAGAIN && errno != EINTR) input_.Close();
      }
      if (waiting[0].revents == 0) continue;
      const ssize_t got = read(output_.get(), buffer, sizeof(buffer));
      if (got == 0) return output;
      if (got < 0 && errno != EAGAIN && errno != EINTR) return CannotStart(errno);
      if (got < 0) continue;
      output.append(buffer, static_cast<std::size_t>(got));
      if (output.size() > task.most_output) {
        return absl::ResourceExhaustedError("the process that fetches answered too much");
      }
    }
  }

  // Waits for the end of a child that has closed its output, which takes it a moment at most: one
  // that goes on is killed. True: exit code 0.
  bool EndedWell() {
    constexpr int kTries = 100;
    constexpr timespec kPause = {0, 10'000'000};
    int status = 0;
    for (int i = 0; i < kTries; ++i) {
      const pid_t ended = waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) {
        pid_ = -1;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
      }
      if (ended < 0 && errno != EINTR) return false;
      nanosleep(&kPause, nullptr);
    }
    End();
    return false;
  }

 private:
  void End() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  pid_t pid_ = -1;
  Descriptor input_;
  Descriptor output_;
};

}  // namespace

absl::StatusOr<std::string> RunChildProcess(const ChildTask& task) {
  Child child;
  if (absl::Status started = child.Start(task); !started.ok()) return started;
  auto output = child.Talk(task);
  if (output.ok() && !child.EndedWell()) {
    return absl::UnavailableError(
        "the process that fetches ended without an answer, perhaps at its limit of memory");
  }
  return output;
}

}  // namespace retainer::git
