#include "tests/e2e/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"

namespace retainer {
namespace {

pid_t Spawn(const std::vector<std::string>& arguments, const Process::Environment& environment,
            int in, int out, int err) {
  Process::Environment all = environment;
  for (const char* name : {"PATH", "HOME", "TMPDIR", "LANG"}) {
    if (const char* value = std::getenv(name)) all.emplace(name, value);
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : all) variables.push_back(name + "=" + value);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (const std::string& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
  envp.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

int ExitCode(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const Environment& environment) {
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) std::abort();
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = Spawn(arguments, environment, in, out[1], err[1]);
  for (const int fd : {in, out[1], err[1]}) close(fd);
  out_.fd = out[0];
  err_.fd = err[0];
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const Stream* stream : {&out_, &err_}) {
    if (stream->fd >= 0) close(stream->fd);
  }
}

bool Process::Pump(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration() || (out_.fd < 0 && err_.fd < 0)) return false;
  pollfd pollers[2] = {{out_.fd, POLLIN, 0}, {err_.fd, POLLIN, 0}};
  const int ready = poll(pollers, 2, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
  if (ready < 0) return errno == EINTR;
  Stream* const streams[2] = {&out_, &err_};
  for (int i = 0; i < 2; ++i) {
    if (pollers[i].revents == 0) continue;
    char buffer[16384];
    const ssize_t n = read(streams[i]->fd, buffer, sizeof(buffer));
    if (n > 0) {
      streams[i]->text.append(buffer, static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      close(streams[i]->fd);
      streams[i]->fd = -1;
    }
  }
  return true;
}

std::optional<std::string> Process::AwaitLine(
    Stream& stream, const std::function<bool(const std::string&)>& pleases,
    absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  for (;;) {
    for (;;) {
      const std::size_t end = stream.text.find('\n', stream.looked_at);
      if (end == std::string::npos) break;
      const std::string line = stream.text.substr(stream.looked_at, end - stream.looked_at);
      stream.looked_at = end + 1;
      if (pleases(line)) return line;
    }
    if (stream.fd < 0 || !Pump(deadline)) return std::nullopt;
  }
}

std::optional<std::string> Process::AwaitErrLine(
    const std::function<bool(const std::string&)>& pleases, absl::Duration patience) {
  return AwaitLine(err_, pleases, patience);
}

std::optional<std::string> Process::AwaitOutLine(
    const std::function<bool(const std::string&)>& pleases, absl::Duration patience) {
  return AwaitLine(out_, pleases, patience);
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

Finished Process::Wait(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (Pump(deadline)) {
  }
  if (out_.fd >= 0 || err_.fd >= 0) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return {ExitCode(status), out_.text, err_.text};
}

Finished Execute(const std::vector<std::string>& arguments, const Process::Environment& environment,
                 const std::string& input) {
  const auto temporary = [] {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) std::abort();
    return file;
  };
  std::FILE* files[3] = {temporary(), temporary(), temporary()};
  std::fwrite(input.data(), 1, input.size(), files[0]);
  std::fflush(files[0]);
  std::rewind(files[0]);
  const pid_t pid =
      Spawn(arguments, environment, fileno(files[0]), fileno(files[1]), fileno(files[2]));
  int status = 0;
  waitpid(pid, &status, 0);
  const auto text = [](std::FILE* file) {
    std::rewind(file);
    std::string all;
    char buffer[16384];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof(buffer), file)) > 0;)
      all.append(buffer, n);
    return all;
  };
  Finished finished{ExitCode(status), text(files[1]), text(files[2])};
  for (std::FILE* file : files) std::fclose(file);
  return finished;
}

}  // namespace retainer
