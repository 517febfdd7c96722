#include "tests/crash/victim.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "absl/strings/str_cat.h"

extern char** environ;

namespace retainer {

Victim::Victim(const VictimOptions& options) : log_(options.log) {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, options.log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> added;
  for (const auto& [name, value] : options.environment) {
    added.push_back(absl::StrCat(name, "=", value));
  }
  std::vector<char*> environment;
  for (std::string& one : added) environment.push_back(one.data());
  for (char** one = environ; *one != nullptr; ++one) environment.push_back(*one);
  environment.push_back(nullptr);
  const char* arguments[] = {options.program.c_str(), options.config.c_str(), options.clock.c_str(),
                             nullptr};
  const int spawned = posix_spawn(&pid_, options.program.c_str(), &actions, nullptr,
                                  const_cast<char**>(arguments), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  in_ = fdopen(in[1], "w");
  out_ = fdopen(out[0], "r");
  if (spawned != 0 || in_ == nullptr || out_ == nullptr) throw std::runtime_error("spawn");
  const std::string line = Read();
  if (line.starts_with("listening ")) {
    url_ = line.substr(10);
  } else {
    Reap();
  }
}

Victim::~Victim() {
  if (alive_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  fclose(in_);
  fclose(out_);
}

bool Victim::Settle() {
  const std::string left = SettleWithin(absl::Seconds(60));
  if (!left.empty()) throw std::runtime_error("not settled: " + left + "; see " + log_);
  return alive_;
}

std::string Victim::SettleWithin(absl::Duration patience) {
  if (!alive_) return "";
  // To a process that was killed just now: its end is read below.
  fprintf(in_, "%lld\n", static_cast<long long>(absl::ToInt64Milliseconds(patience)));
  fflush(in_);
  const std::string answer = Read();
  if (answer.empty()) Reap();
  return answer == "settled" ? "" : answer;
}

void Victim::Strike() const {
  kill(pid_, SIGKILL);
  siginfo_t ended;
  waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT);
}

std::string Victim::Read() {
  char buffer[4096];
  if (fgets(buffer, sizeof buffer, out_) == nullptr) return "";
  std::string line(buffer);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

void Victim::Reap() {
  int status = 0;
  waitpid(pid_, &status, 0);
  alive_ = false;
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    throw std::runtime_error(
        absl::StrCat("the service ended by itself (status ", status, "); see ", log_));
  }
}

}  // namespace retainer
