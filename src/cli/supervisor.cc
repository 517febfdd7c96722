#include "src/cli/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace retainer::cli {
namespace {

// The variable's value, which child processes do not get; empty if it is not set.
std::string TakeVariable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);
  return taken;
}

}  // namespace

Supervisor::Supervisor() : socket_(TakeVariable("NOTIFY_SOCKET")) {
  const std::string period = TakeVariable("WATCHDOG_USEC");
  const std::string process = TakeVariable("WATCHDOG_PID");
  std::int64_t microseconds = 0;
  std::int64_t pid = getpid();
  if (!process.empty() && !absl::SimpleAtoi(process, &pid)) return;
  // The variable may be left over from another service that started this process.
  if (pid == getpid() && absl::SimpleAtoi(period, &microseconds) && microseconds > 0) {
    watchdog_ = absl::Microseconds(microseconds);
  }
}

void Supervisor::Reloading() {
  reloading_ = true;
  Send("RELOADING=1\nSTATUS=Reading the policy");
}

void Supervisor::Reloaded() {
  if (reloading_.exchange(false)) Ready();
}

void Supervisor::Waiting(std::string_view why, absl::Duration patience) {
  Send(absl::StrCat("EXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(patience),
                    "\nSTATUS=", absl::string_view(why.data(), why.size())));
}

void Supervisor::Send(std::string_view message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // Nobody can be told of a failure.
  (void)sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
  close(fd);
}

}  // namespace retainer::cli
