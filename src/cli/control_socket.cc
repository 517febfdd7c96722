#include "src/cli/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::cli {

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

namespace {

constexpr int kPatienceMs = 5'000;
// A request may hold a whole policy with its holiday files.
constexpr std::size_t kMostRequest = 16 << 20;
constexpr std::size_t kMostAnswer = 64 << 20;

// A socket's address holds 107 bytes, and a data folder's path may be longer. The address therefore
// names the folder by its descriptor.
sockaddr_un AddressIn(int folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat("/proc/self/fd/", folder, "/", kControlSocketName);
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

std::string UserName(uid_t id) {
  char buffer[1024];
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(id, &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return absl::StrCat("#", id);
}

bool WaitFor(int fd, short events, int patience_ms) {
  pollfd poller{fd, events, 0};
  int ready;
  do {
    ready = poll(&poller, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// A line without its end; nullopt when none came in time, or when it is too long.
std::optional<std::string> ReadLine(int fd, std::size_t most, int patience_ms) {
  std::string line;
  char buffer[16384];
  while (line.size() <= most) {
    if (!WaitFor(fd, POLLIN, patience_ms)) return std::nullopt;
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    line.append(buffer, static_cast<std::size_t>(n));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
  }
  return std::nullopt;
}

bool WriteLine(int fd, std::string line) {
  line.push_back('\n');
  std::string_view rest = line;
  while (!rest.empty()) {
    if (!WaitFor(fd, POLLOUT, kPatienceMs)) return false;
    const ssize_t n = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int OpenFolder(const std::string& folder) {
  return open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

absl::Status CheckOwner(const std::string& data_folder) {
  struct stat info {};
  if (stat(data_folder.c_str(), &info) != 0) return absl::OkStatus();
  if (info.st_uid == geteuid()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "the data folder ", data_folder, " belongs to user ", UserName(info.st_uid),
      ": run this command as that user, e.g. `sudo -u ", UserName(info.st_uid), " retainer …`"));
}

class ControlServer::Descriptor final : public OpenFile {
 public:
  using OpenFile::OpenFile;

  // The other end sends nothing behind its request, so it is gone when it has closed its side.
  bool IsClosed() const {
    pollfd poller{get(), POLLRDHUP, 0};
    return poll(&poller, 1, 0) > 0 && (poller.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }
};

ControlServer::ControlServer(std::string data_folder, Handler handler, Log& log,
                             std::optional<LongRequests> long_requests)
    : data_folder_(std::move(data_folder)),
      handler_(std::move(handler)),
      log_(log),
      long_requests_(std::move(long_requests)) {}

ControlServer::~ControlServer() { Stop(); }

absl::Status ControlServer::Start() {
  const OpenFile folder(OpenFolder(data_folder_));
  const auto failed = [&](std::string_view what) {
    return absl::UnavailableError(absl::StrCat("control socket in ", data_folder_, ": ",
                                               std::string(what), ": ", std::strerror(errno)));
  };
  if (folder.get() < 0) return failed("open folder");
  if (pipe2(wake_, O_CLOEXEC) != 0) return failed("pipe");
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) return failed("socket");
  // Before bind(), the descriptor's mode becomes the file's mode, so there is no instant at which
  // other users can connect.
  if (fchmod(listener_, S_IRUSR | S_IWUSR) != 0) return failed("fchmod");
  unlinkat(folder.get(), kControlSocketName, 0);
  const sockaddr_un address = AddressIn(folder.get());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed("bind");
  }
  if (listen(listener_, 16) != 0) return failed("listen");
  thread_ = std::thread([this] { Serve(); });
  if (long_requests_) long_thread_ = std::thread([this] { ServeLong(); });
  return absl::OkStatus();
}

void ControlServer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (wake_[1] >= 0) {
    close(wake_[1]);
    wake_[1] = -1;
  }
  if (thread_.joinable()) {
    thread_.join();
    const OpenFile folder(OpenFolder(data_folder_));
    if (folder.get() >= 0) unlinkat(folder.get(), kControlSocketName, 0);
  }
  if (long_thread_.joinable()) long_thread_.join();
  for (int* fd : {&wake_[0], &listener_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

void ControlServer::Serve() {
  for (;;) {
    pollfd pollers[2] = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (poll(pollers, 2, -1) < 0 && errno != EINTR) return;
    if (pollers[1].revents != 0) return;
    if ((pollers[0].revents & POLLIN) == 0) continue;
    const auto connection =
        std::make_shared<Descriptor>(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection->get() >= 0) Answer(connection);
  }
}

void ControlServer::ServeLong() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || job_; });
    if (stopping_) return;
    // It stays in `job_` until its answer is made, so that no other one is taken. Whoever has the
    // answer may send the next request at once.
    const Job job = *job_;
    lock.unlock();
    const std::string answer = AnswerOf(job);
    lock.lock();
    job_.reset();
    lock.unlock();
    WriteLine(job.connection->get(), answer);
    lock.lock();
  }
}

void ControlServer::Answer(const std::shared_ptr<Descriptor>& connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(connection->get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      (peer.uid != geteuid() && peer.uid != 0)) {
    log_.Warning("control connection refused", {{"uid", absl::StrCat(peer.uid)}});
    return;
  }
  std::optional<std::string> request = ReadLine(connection->get(), kMostRequest, kPatienceMs);
  if (!request) return;
  Job job{connection, *std::move(request)};
  if (!long_requests_ || !long_requests_->is_long(job.request)) {
    WriteLine(job.connection->get(), AnswerOf(job));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!job_) {
      job_ = std::move(job);
      changed_.notify_all();
      return;
    }
  }
  WriteLine(connection->get(), long_requests_->busy);
}

std::string ControlServer::AnswerOf(const Job& job) const {
  return handler_(job.request, [&] { return stopping_ || job.connection->IsClosed(); });
}

absl::StatusOr<std::string> CallControl(const std::string& data_folder, const std::string& request,
                                        absl::Duration patience) {
  if (absl::Status owner = CheckOwner(data_folder); !owner.ok()) return owner;
  const auto nobody = [&] {
    return absl::NotFoundError(absl::StrCat("no service listens in ", data_folder));
  };
  const OpenFile folder(OpenFolder(data_folder));
  if (folder.get() < 0) return nobody();
  const OpenFile socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = AddressIn(folder.get());
  if (connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return nobody();
  }
  if (!WriteLine(socket_fd.get(), request)) {
    return absl::UnavailableError("the service does not take the request: is it stopping?");
  }
  std::optional<std::string> answer =
      ReadLine(socket_fd.get(), kMostAnswer, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (!answer) {
    return absl::UnavailableError(
        "the service does not answer on its control socket: see its log, or stop it and try again");
  }
  return *std::move(answer);
}

}  // namespace retainer::cli
