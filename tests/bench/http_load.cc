#include "tests/bench/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace retainer {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

struct Connection {
  int fd = -1;
  const LoadRequest* request = nullptr;  // null: the connection waits for a request
  std::size_t sent = 0;
  absl::Time due;
  int requests = 0;
  std::string answer;  // the part that has arrived
};

struct Answer {
  int status = 0;
  bool closes = false;
};

// The complete answer, or nullopt. An answer that is not valid HTTP has status 0.
std::optional<Answer> Whole(absl::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return std::nullopt;
  Answer answer;
  if (text.size() < 12 || !absl::SimpleAtoi(text.substr(9, 3), &answer.status)) return answer;
  const absl::string_view body = text.substr(end + 4);
  absl::string_view head = text.substr(0, end);
  std::size_t length = 0;
  bool chunked = false;
  while (!head.empty()) {
    const std::size_t line_end = head.find("\r\n");
    const absl::string_view line = head.substr(0, line_end);
    head = line_end == head.npos ? absl::string_view() : head.substr(line_end + 2);
    if (absl::StartsWithIgnoreCase(line, "content-length:")) {
      (void)absl::SimpleAtoi(line.substr(15), &length);
    } else if (absl::StartsWithIgnoreCase(line, "transfer-encoding:")) {
      chunked = true;
    } else if (absl::EqualsIgnoreCase(line, "connection: close")) {
      answer.closes = true;
    }
  }
  // The next request is sent only after the answer, so the last chunk ends the received bytes.
  const bool whole = chunked ? absl::EndsWith(body, "0\r\n\r\n") : body.size() >= length;
  return whole ? std::optional(answer) : std::nullopt;
}

absl::Duration ProcessorTime() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return absl::DurationFromTimeval(used.ru_utime) + absl::DurationFromTimeval(used.ru_stime);
}

class Load {
 public:
  Load(const LoadOptions& options, const std::function<const LoadRequest*(std::uint64_t)>& request)
      : options_(options), next_request_(request), connections_(options.connections) {}
  ~Load() {
    for (const Connection& connection : connections_) {
      if (connection.fd >= 0) close(connection.fd);
    }
    if (epoll_ >= 0) close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  absl::StatusOr<LoadResult> Run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return absl::ErrnoToStatus(errno, "cannot wait for events");
    // If connections are kept, all are opened before the measurement begins.
    const bool kept = options_.requests_a_connection == 0;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (kept && !Connect(connections_[i], i)) return trouble_;
      idle_.push_back(i);
    }
    if (kept) absl::SleepFor(absl::Milliseconds(50));
    const absl::Duration processor_time = ProcessorTime();
    began_ = absl::Now();
    ends_ = began_ + options_.duration;
    last_answer_ = began_;
    absl::Time looked = began_;
    while (true) {
      absl::Time now = absl::Now();
      SendDue(now);
      if (!trouble_.ok()) return trouble_;
      const bool over = result_.ran_out || now >= ends_;
      if (over && idle_.size() == connections_.size()) break;
      Wait(now);
      now = absl::Now();
      if (now - looked > absl::Milliseconds(100)) {
        looked = now;
        GiveUp(now);
      }
    }
    result_.seconds = absl::ToDoubleSeconds(last_answer_ - began_);
    result_.busy = absl::FDivDuration(ProcessorTime() - processor_time, absl::Now() - began_);
    std::sort(result_.milliseconds.begin(), result_.milliseconds.end());
    return std::move(result_);
  }

 private:
  absl::Time Due() const { return began_ + absl::Seconds(1) * (asked_ / options_.rate); }

  void SendDue(absl::Time now) {
    while (!idle_.empty() && !result_.ran_out && trouble_.ok()) {
      const absl::Time due = options_.rate > 0 ? Due() : now;
      if (due > now || due >= ends_) return;
      const LoadRequest* request = next_request_(asked_);
      if (request == nullptr) {
        result_.ran_out = true;
        return;
      }
      ++asked_;
      const std::size_t i = idle_.front();
      idle_.pop_front();
      Connection& connection = connections_[i];
      connection.request = request;
      connection.sent = 0;
      connection.due = due;
      connection.answer.clear();
      if (connection.fd < 0 && !Connect(connection, i)) return;
      Send(i);
    }
  }

  bool Connect(Connection& connection, std::size_t i) {
    absl::StatusOr<int> fd = StartConnecting(options_.url, options_.from);
    if (!fd.ok()) {
      trouble_ = fd.status();
      return false;
    }
    connection.fd = *fd;
    connection.requests = 0;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = i;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    return true;
  }

  void Send(std::size_t i) {
    Connection& connection = connections_[i];
    const LoadRequest& request = *connection.request;
    const std::size_t all = request.own.size() + request.shared.size();
    while (connection.sent < all) {
      std::array<iovec, 2> parts;
      int count = 0;
      std::size_t skip = connection.sent;
      for (const std::string_view part : {std::string_view(request.own), request.shared}) {
        if (skip < part.size()) {
          parts[count++] = {const_cast<char*>(part.data() + skip), part.size() - skip};
          skip = 0;
        } else {
          skip -= part.size();
        }
      }
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = count;
      const ssize_t sent = sendmsg(connection.fd, &message, MSG_NOSIGNAL);
      if (sent < 0) {
        // If it was cut off, an answer may have arrived nevertheless: reading shows it.
        return;
      }
      connection.sent += sent;
    }
  }

  void Wait(absl::Time now) {
    absl::Time until = now + absl::Milliseconds(100);
    if (now < ends_) until = std::min(until, ends_);
    if (options_.rate > 0 && !idle_.empty() && !result_.ran_out && Due() < ends_) {
      until = std::min(until, Due());
    }
    const timespec timeout = absl::ToTimespec(std::max(until - now, absl::ZeroDuration()));
    std::array<epoll_event, 256> events;
    const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    for (int e = 0; e < count; ++e) {
      const std::size_t i = events[e].data.u64;
      Connection& connection = connections_[i];
      if (connection.request != nullptr && (events[e].events & EPOLLOUT) != 0) Send(i);
      if ((events[e].events & ~static_cast<unsigned>(EPOLLOUT)) != 0) {
        Receive(i, (events[e].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      }
    }
  }

  // `last`: the server has closed its side, and there will be no further event for it.
  void Receive(std::size_t i, bool last) {
    Connection& connection = connections_[i];
    bool ended = false;
    while (!ended) {
      const ssize_t count = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
      if (count > 0) {
        connection.answer.append(buffer_.data(), count);
        if (!last && static_cast<std::size_t>(count) < buffer_.size()) break;
      } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        break;
      } else {
        ended = true;
      }
    }
    if (connection.request == nullptr) {
      // Closed without a request in progress, which a server may do.
      if (ended) Close(connection);
      return;
    }
    const std::optional<Answer> answer = Whole(connection.answer);
    if (answer) {
      ++result_.answered;
      result_.refused += answer->status / 100 != 2;
      last_answer_ = absl::Now();
      Finish(i, last_answer_);
      const bool enough = options_.requests_a_connection > 0 &&
                          ++connection.requests >= options_.requests_a_connection;
      if (answer->closes || ended || enough) Close(connection);
    } else if (ended) {
      ++result_.unanswered;
      Finish(i, absl::Now());
      Close(connection);
    }
  }

  void GiveUp(absl::Time now) {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      if (connection.request == nullptr || now - connection.due < kPatience) continue;
      ++result_.unanswered;
      Finish(i, now);
      Close(connection);
    }
  }

  void Finish(std::size_t i, absl::Time now) {
    result_.milliseconds.push_back(absl::ToDoubleMilliseconds(now - connections_[i].due));
    connections_[i].request = nullptr;
    idle_.push_back(i);
  }

  static void Close(Connection& connection) {
    close(connection.fd);
    connection.fd = -1;
  }

  const LoadOptions& options_;
  const std::function<const LoadRequest*(std::uint64_t)>& next_request_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;  // the longest waiting first
  int epoll_ = -1;
  std::uint64_t asked_ = 0;
  absl::Time began_;
  absl::Time ends_;
  absl::Time last_answer_;
  absl::Status trouble_;
  LoadResult result_;
  std::array<char, 65536> buffer_;
};

absl::StatusOr<in_addr> ParseAddress(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no IPv4 address; write one, such as 127.0.0.1"));
  }
  return address;
}

// An error if the server refuses connections. A slow connection is measured, not an error.
absl::Status CheckListens(const LoadOptions& options) {
  const absl::StatusOr<int> fd = StartConnecting(options.url, options.from);
  if (!fd.ok()) return fd.status();
  pollfd connected{*fd, POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  if (poll(&connected, 1, 1000) == 1) getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &size);
  close(*fd);
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, absl::StrCat("cannot connect to ", options.url));
}

}  // namespace

double LoadResult::Percentile(double share) const {
  if (milliseconds.empty()) return 0;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(milliseconds.size()));
  return milliseconds[std::min(milliseconds.size() - 1, place)];
}

absl::StatusOr<int> StartConnecting(const std::string& url, const std::string& from) {
  absl::string_view place = url;
  const std::size_t colon = place.rfind(':');
  int port = 0;
  if (!absl::ConsumePrefix(&place, "http://") || colon < 7 ||
      !absl::SimpleAtoi(absl::StripSuffix(place.substr(colon - 7 + 1), "/"), &port)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", url, "\" is not the URL of a server; write one, such as http://127.0.0.1:80"));
  }
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(port));
  absl::StatusOr<in_addr> address = ParseAddress(std::string(place.substr(0, colon - 7)));
  if (!address.ok()) return address.status();
  server.sin_addr = *address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot open a socket");
  absl::Cleanup close_fd = [fd] { close(fd); };
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!from.empty()) {
    // The port is chosen at connect, so that one port can be used towards several servers.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    address = ParseAddress(from);
    if (!address.ok()) return address.status();
    source.sin_addr = *address;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot send from ", from));
    }
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 &&
      errno != EINPROGRESS) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot connect to ", url));
  }
  std::move(close_fd).Cancel();
  return fd;
}

absl::StatusOr<LoadResult> RunLoad(
    const LoadOptions& options, const std::function<const LoadRequest*(std::uint64_t)>& request) {
  if (absl::Status status = CheckListens(options); !status.ok()) return status;
  return Load(options, request).Run();
}

}  // namespace retainer
