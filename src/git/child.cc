#include "src/git/child.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "src/git/fetching.h"
#include "src/git/request.h"

namespace retainer::git {
namespace {

constexpr std::size_t kLongestRequest = 8 << 20;

// False at an error or when there is too much.
bool ReadAll(int fd, std::string* text) {
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || text->size() + static_cast<std::size_t>(got) > kLongestRequest) return false;
    text->append(buffer, static_cast<std::size_t>(got));
  }
}

bool WriteAll(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

bool Limit(__rlimit_resource_t resource, rlim_t most) {
  const rlimit limit{most, most};
  return setrlimit(resource, &limit) == 0;
}

bool Confine(const Limits& limits) {
  const auto seconds = static_cast<rlim_t>(absl::ToInt64Seconds(limits.time)) + 1;
  bool confined = Limit(RLIMIT_CORE, 0) && Limit(RLIMIT_FSIZE, limits.bytes) &&
                  Limit(RLIMIT_CPU, seconds) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
#ifndef RETAINER_SANITIZED
  // Sanitizers reserve more address space than any limit.
  confined = confined && Limit(RLIMIT_AS, limits.memory);
#endif
  // Writing past the limit is an error of the write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  return confined;
}

}  // namespace

int RunChild() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  std::string bytes;
  if (!ReadAll(STDIN_FILENO, &bytes)) return 1;
  const auto request = DecodeRequest(bytes);
  if (!request.ok() || !Confine(request->limits)) return 1;
  const bool answered = WriteAll(STDOUT_FILENO, EncodeAnswer(Fetch(*request)));
  // Libraries keep memory until the end of the process: there is nothing to clean up.
  std::_Exit(answered ? 0 : 1);
}

}  // namespace retainer::git
