#include "tests/git/ssh_git.h"

#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/process.h"

namespace retainer {
namespace {

constexpr char kServer[] = "/usr/sbin/sshd";
// sshd of root wants this folder; the system makes it when it starts the service.
constexpr char kSeparation[] = "/run/sshd";

}  // namespace

bool SshGit::Installed() { return std::filesystem::exists(kServer); }

SshGit::SshGit() {
  if (geteuid() == 0) {
    std::filesystem::create_directories(kSeparation);
    std::filesystem::permissions(kSeparation, std::filesystem::perms(0755));
  }
  for (const char* name : {"host", "strange_host", "key", "strange_key"}) {
    const Finished made = Execute({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                                   absl::StrCat(folder_.path(), "/", name)});
    if (made.exit_code != 0) throw std::runtime_error(made.err);
  }
  std::ofstream(folder_.path() + "/sshd_config")
      << "HostKey " << folder_.path() << "/host\nAuthorizedKeysFile " << folder_.path()
      << "/key.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
         "PidFile none\n";
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for sshd");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

SshGit::~SshGit() {
  shutdown(listener_, SHUT_RDWR);  // ends accept
  thread_.join();
  close(listener_);
  for (const int child : children_) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

void SshGit::Serve() {
  const std::string config = folder_.path() + "/sshd_config";
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const pid_t child = fork();
    if (child == 0) {
      dup2(connection, STDIN_FILENO);
      dup2(connection, STDOUT_FILENO);
      execl(kServer, kServer, "-i", "-f", config.c_str(), nullptr);
      _exit(127);
    }
    close(connection);
    children_.push_back(child);
  }
}

std::string SshGit::Url(const std::string& folder) const {
  const passwd* account = getpwuid(geteuid());
  return absl::StrCat("ssh://", account->pw_name, "@127.0.0.1:", port_, folder);
}

std::string SshGit::Read(const std::string& name) const {
  std::ifstream file(folder_.path() + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string SshGit::HostLine(const std::string& key) const {
  const std::vector<std::string> parts = absl::StrSplit(Read(key + ".pub"), ' ');
  return absl::StrCat("[127.0.0.1]:", port_, " ", parts[0], " ", parts[1], "\n");
}

std::string SshGit::user_key() const { return Read("key"); }
std::string SshGit::other_key() const { return Read("strange_key"); }
std::string SshGit::known_hosts() const { return HostLine("host"); }
std::string SshGit::wrong_hosts() const { return HostLine("strange_host"); }

}  // namespace retainer
