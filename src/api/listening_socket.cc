#include "src/api/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "src/api/client_address.h"

namespace retainer::api {
namespace {

std::string TextOf(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST] = {};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "";
  }
  return PlainAddress(host).value_or(host);
}

}  // namespace

absl::StatusOr<int> ListenOn(const HostPort& at, int backlog, const std::string& key) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(at.host.c_str(), absl::StrCat(at.port).c_str(), &hints, &found) == 0) {
    const absl::Cleanup release = [found] { freeaddrinfo(found); };
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      const int fd =
          ::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol);
      if (fd < 0) continue;
      // Without SO_REUSEPORT: with it, a second service would take every other connection.
      const int yes = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      if (::bind(fd, one->ai_addr, one->ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return fd;
      ::close(fd);
    }
  }
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", at.host, ":", at.port,
                   ": another program has it, or the address is not this machine's; change `", key,
                   "` in the configuration"));
}

int PortOf(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Arrival AcceptOne(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  Arrival arrival;
  do {
    arrival.fd = ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (arrival.fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (arrival.fd < 0) {
    arrival.error = errno == EWOULDBLOCK ? EAGAIN : errno;
  } else {
    arrival.peer = TextOf(address, size);
  }
  return arrival;
}

void TurnAway(int fd, std::string_view answer) {
  // Read what has arrived: unread bytes would reset the connection and lose the answer.
  char unread[16 * 1024];
  (void)::recv(fd, unread, sizeof(unread), MSG_DONTWAIT);
  (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::close(fd);
}

}  // namespace retainer::api
