// Connections that use up a server's scarce resources and release them as late as possible. Run it
// against one's own server on loopback, to see that other clients are still served.
//
//     attack_load URL idle --connections 10000 --addresses 500     says nothing
//     attack_load URL polite --addresses 2             GET /healthz every 1.5 s, kept alive
//     attack_load URL slow-bodies --addresses 2        a delivery of 12 KB, a byte a second
//     attack_load URL withheld --connections 11        a delivery of 25 MiB without its last byte
//
// The connections come from 127.1.0.1, 127.1.0.2, … in turn, from as many addresses as given. A
// connection that the server closes is opened again after 200 ms and starts from the beginning.
// Prints a line of JSON at the end: how many connections were opened, were open at the end, and
// were closed by the server, and the number of answers by status.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/http_load.h"

namespace {

constexpr absl::Duration kAgain = absl::Milliseconds(200);

// What a connection does: `first`, then `filler` zeros, then `next` each `period`.
struct Plan {
  std::string first;
  std::size_t filler = 0;
  std::string next;
  absl::Duration period = absl::InfiniteDuration();
};

std::string DeliveryHead(std::size_t length) {
  return absl::StrCat(
      "POST /webhooks/github HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n",
      "X-GitHub-Event: issues\r\nX-GitHub-Delivery: 00000000-0000-4000-8000-000000000000\r\n",
      "X-Hub-Signature-256: sha256=", std::string(64, '0'), "\r\nContent-Length: ", length,
      "\r\n\r\n");
}

const std::map<std::string, Plan>& Plans() {
  constexpr std::size_t kLargest = std::size_t{25} << 20;
  const std::string health = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  static const std::map<std::string, Plan> plans = {
      {"idle", {}},
      {"polite", {health, 0, health, absl::Milliseconds(1500)}},
      {"slow-bodies", {DeliveryHead(12 * 1024), 0, "0", absl::Seconds(1)}},
      {"withheld", {DeliveryHead(kLargest), kLargest - 1}},
  };
  return plans;
}

struct Connection {
  int fd = -1;
  std::size_t sent = 0;  // of `first` and the filler
  absl::Time next;       // when it has something to do again
};

class Attack {
 public:
  Attack(const Plan& plan, std::string url, int addresses, int connections)
      : plan_(plan), url_(std::move(url)), addresses_(addresses), connections_(connections) {}

  absl::Status Run(absl::Time until) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    while (absl::Now() < until) {
      const absl::Time now = absl::Now();
      for (std::size_t i = 0; i < connections_.size(); ++i) {
        if (connections_[i].next > now) continue;
        if (absl::Status status = Act(i, now); !status.ok()) return status;
      }
      std::array<epoll_event, 256> events;
      const int count = epoll_wait(epoll_, events.data(), events.size(), 20);
      for (int e = 0; e < count; ++e) {
        if ((events[e].events & EPOLLOUT) != 0) SendFirst(connections_[events[e].data.u64]);
        if ((events[e].events & ~static_cast<unsigned>(EPOLLOUT)) != 0) {
          Receive(connections_[events[e].data.u64]);
        }
      }
    }
    return absl::OkStatus();
  }

  void Print() const {
    const auto stand = std::count_if(connections_.begin(), connections_.end(),
                                     [](const Connection& c) { return c.fd >= 0; });
    std::cout << "{\"opened\":" << opened_ << ",\"stand\":" << stand << ",\"closed\":" << closed_;
    for (const auto& [status, count] : answers_) std::cout << ",\"" << status << "\":" << count;
    std::cout << "}\n";
  }

 private:
  absl::Status Act(std::size_t i, absl::Time now) {
    Connection& connection = connections_[i];
    if (connection.fd >= 0) {
      connection.next = now + plan_.period;
      (void)send(connection.fd, plan_.next.data(), plan_.next.size(), MSG_NOSIGNAL);
      return absl::OkStatus();
    }
    const std::size_t address = i % addresses_;
    const absl::StatusOr<int> fd = retainer::StartConnecting(
        url_, absl::StrCat("127.1.", address / 250, ".", 1 + address % 250));
    if (!fd.ok()) return fd.status();
    ++opened_;
    connection = {*fd, 0, now + plan_.period};
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = i;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, *fd, &event);
    return absl::OkStatus();
  }

  void SendFirst(Connection& connection) {
    static const std::string zeros(1 << 16, '0');
    const std::size_t all = plan_.first.size() + plan_.filler;
    while (connection.fd >= 0 && connection.sent < all) {
      std::string_view part = zeros;
      if (connection.sent < plan_.first.size()) {
        part = std::string_view(plan_.first).substr(connection.sent);
      }
      part = part.substr(0, all - connection.sent);
      const ssize_t sent = send(connection.fd, part.data(), part.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      connection.sent += sent;
    }
  }

  void Receive(Connection& connection) {
    while (connection.fd >= 0) {
      std::array<char, 4096> buffer;
      const ssize_t count = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        ++closed_;
        close(connection.fd);
        connection = {-1, 0, absl::Now() + kAgain};
        return;
      }
      const std::string_view text(buffer.data(), count);
      if (text.substr(0, 5) == "HTTP/" && text.size() >= 12)
        ++answers_[std::string(text.substr(9, 3))];
    }
  }

  const Plan& plan_;
  const std::string url_;
  const std::size_t addresses_;
  std::vector<Connection> connections_;
  int epoll_ = -1;
  std::uint64_t opened_ = 0;
  std::uint64_t closed_ = 0;
  std::map<std::string, std::uint64_t> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Holds a server's connections");
  std::string url;
  std::string kind;
  int addresses = 1;
  int connections = 64;
  double seconds = 15;
  app.add_option("url", url, "http://ADDRESS:PORT; loopback alone")->required();
  std::vector<std::string> kinds;
  for (const auto& [name, plan] : Plans()) kinds.push_back(name);
  app.add_option("kind", kind)->required()->check(CLI::IsMember(kinds));
  app.add_option("--connections", connections)->check(CLI::Range(1, 15000));
  app.add_option("--addresses", addresses, "To send from")->check(CLI::Range(1, 10000));
  app.add_option("--seconds", seconds)->check(CLI::Range(0.1, 60.0));
  CLI11_PARSE(app, argc, argv);
  if (url.rfind("http://127.", 0) != 0) {
    std::cerr << "attack_load talks to 127.0.0.0/8 alone\n";
    return 2;
  }
  Attack attack(Plans().at(kind), url, addresses, connections);
  const absl::Status done = attack.Run(absl::Now() + absl::Seconds(seconds));
  attack.Print();
  if (!done.ok()) {
    std::cerr << done.message() << "\n";
    return 2;
  }
  return 0;
}
