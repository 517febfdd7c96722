#include "tests/bench/http_load.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

// Answers each request of one connection after another with the next of its scripted pieces.
class ScriptedServer {
 public:
  // Each answer is sent piece by piece; after an empty piece the connection is closed.
  explicit ScriptedServer(std::vector<std::vector<std::string>> answers)
      : answers_(std::move(answers)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const std::string& url() const { return url_; }
  // Connections that had a request.
  int connections() const { return connections_; }

 private:
  void Serve() {
    std::size_t next = 0;
    for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd)) {
      bool open = true;
      for (int asked = 0; open && ReadRequest(fd); ++asked) {
        connections_ += asked == 0;
        for (const std::string& piece : answers_[next++ % answers_.size()]) {
          open = open && !piece.empty();
          if (open) send(fd, piece.data(), piece.size(), MSG_NOSIGNAL);
        }
      }
    }
  }
  static bool ReadRequest(int fd) {
    std::string text;
    while (!absl::EndsWith(text, "the end")) {
      char buffer[256];
      const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) return false;
      text.append(buffer, count);
    }
    return true;
  }

  const std::vector<std::vector<std::string>> answers_;
  int listener_;
  std::string url_;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

// This many requests over one connection, without a rate.
LoadResult Ask(const ScriptedServer& server, std::uint64_t count, int a_connection = 0) {
  static const LoadRequest request = {"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n", "the end"};
  LoadOptions options;
  options.url = server.url();
  options.connections = 1;
  options.duration = absl::Seconds(60);
  options.requests_a_connection = a_connection;
  const auto result =
      RunLoad(options, [&](std::uint64_t n) { return n < count ? &request : nullptr; });
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(LoadResult());
}

TEST(HttpLoadTest, AnswersAreReadToTheirEnd) {
  ScriptedServer server(
      {{"HTTP/1.1 202 Accepted\r\nContent-Le", "ngth: 4\r\n\r\nab", "cd"},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "0\r\n\r\n"},
       {"HTTP/1.1 204 No Content\r\n\r\n"}});
  const LoadResult result = Ask(server, 6);
  EXPECT_EQ(result.answered, 6u);
  EXPECT_EQ(result.refused + result.unanswered, 0u);
  EXPECT_EQ(result.milliseconds.size(), 6u);
  EXPECT_TRUE(result.ran_out);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpLoadTest, RefusalsAreCountedApart) {
  ScriptedServer server({{"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"},
                         {"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                          "Content-Length: 0\r\n\r\n",
                          ""}});
  const LoadResult result = Ask(server, 4);
  EXPECT_EQ(result.answered, 4u);
  EXPECT_EQ(result.refused, 2u);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpLoadTest, WhoIsCutOffHasNoAnswer) {
  ScriptedServer server(
      {{"HTTP/1.1 202 Acc", ""}, {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"}});
  const LoadResult result = Ask(server, 2);
  EXPECT_EQ(result.answered, 1u);
  EXPECT_EQ(result.unanswered, 1u);
  EXPECT_EQ(result.milliseconds.size(), 2u);
}

TEST(HttpLoadTest, AConnectionCarriesAsManyAsAsked) {
  ScriptedServer server({{"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"}});
  EXPECT_EQ(Ask(server, 6, 2).answered, 6u);
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpLoadTest, WhereNothingListensItSaysSo) {
  LoadOptions options;
  options.url = "http://127.0.0.1:1";
  EXPECT_EQ(RunLoad(options, [](std::uint64_t) { return nullptr; }).status().code(),
            absl::StatusCode::kUnavailable);
  options.url = "http://localhost:80";
  EXPECT_EQ(RunLoad(options, [](std::uint64_t) { return nullptr; }).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(HttpLoadTest, PercentilesAreOfThoseThatAreThere) {
  LoadResult result;
  EXPECT_EQ(result.Percentile(0.5), 0);
  for (int i = 1; i <= 100; ++i) result.milliseconds.push_back(i);
  EXPECT_EQ(result.Percentile(0.5), 51);
  EXPECT_EQ(result.Percentile(0.99), 100);
  EXPECT_EQ(result.Percentile(1), 100);
}

}  // namespace
}  // namespace retainer
