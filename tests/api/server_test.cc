#include "src/api/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "httplib.h"
#include "nlohmann/json.hpp"
#include "src/api/prometheus_metrics.h"
#include "src/base/digest.h"
#include "tests/pipeline/world.h"

namespace retainer::api {
namespace {

using pipeline::At;
using pipeline::kDave;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

class ServerTest : public World {
 protected:
  ServerTest() {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->Start();
    options.listen = options.metrics_listen = {"127.0.0.1", 0};
    options.threads = 4;
    options.pace.read_timeout = absl::Milliseconds(300);
    options.pace.request_timeout = absl::Seconds(2);
    options.pace.idle_timeout = absl::Seconds(1);
  }
  void Serve() {
    server = std::make_unique<ApiServer>(*desk, store, clock, log, metrics, exposition, options);
    auto started = server->Start();
    ASSERT_TRUE(started.ok()) << started.status();
    ports = *started;
    client = std::make_unique<httplib::Client>("127.0.0.1", ports.listen);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
  }
  static httplib::Headers Genuine(const std::string& id) {
    return {{"X-Secret", "s"}, {"X-Id", id}, {"X-Event", "issues"}};
  }
  int Post(const std::string& path, const httplib::Headers& headers, const std::string& body,
           const char* type = "application/json") {
    auto result = client->Post(path, headers, body, type);
    return result ? result->status : -1;
  }
  void ExpectProblem(const httplib::Result& result, int status) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, status);
    EXPECT_EQ(result->get_header_value("Content-Type"), "application/problem+json");
    const auto problem = nlohmann::json::parse(result->body, nullptr, false);
    ASSERT_FALSE(problem.is_discarded()) << result->body;
    EXPECT_EQ(problem["status"], status);
    EXPECT_FALSE(problem["title"].get<std::string>().empty());
  }
  httplib::Result GetTicket(const std::string& token, const std::string& ref) {
    httplib::Headers headers;
    if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
    return client->Get("/api/v1/ticket?ref=" + ref, headers);
  }
  void SaveToken(const std::string& token, const std::string& project, const std::string& customer,
                 std::optional<absl::Time> expires = std::nullopt) {
    TokenRecord record;
    record.id = token;
    record.hash = base::Sha256Hex(token);
    record.scope = "read";
    record.project = project;
    record.customer = customer;
    record.created = clock.Now();
    record.expires = expires;
    ASSERT_TRUE(store.SaveToken(record).ok());
  }
  // A plain TCP connection, to send what no HTTP library would send.
  int Connect(const char* from = nullptr, int port = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    if (from != nullptr) {
      address.sin_family = AF_INET;
      EXPECT_EQ(::inet_pton(AF_INET, from, &address.sin_addr), 1);
      EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port == 0 ? ports.listen : port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  static void Send(int fd, const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }
  // Reads until the server closes the connection.
  static std::string ReadAll(int fd) {
    std::string all;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd, buffer, sizeof(buffer), 0);
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
  }

  ApiOptions options;
  std::function<std::string()> exposition = [] { return std::string("retainer_up 1\n"); };
  ApiPorts ports;
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<ApiServer> server;
  std::unique_ptr<httplib::Client> client;
};

TEST_F(ServerTest, TakesDeliveries) {
  Serve();
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 200);
  EXPECT_EQ(Post("/webhooks/github", {{"X-Event", "issues"}}, "{}"), 401);
  EXPECT_EQ(Post("/webhooks/github", {{"X-Secret", "s"}}, "{}"), 400);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d2"), "<a/>", "text/xml"), 415);
  EXPECT_EQ(Post("/webhooks/elsewhere", Genuine("d2"), "{}"), 404);
  EXPECT_EQ(Post("/webhooks/..%2Fgithub", Genuine("d2"), "{}"), 404);
  EXPECT_EQ(Post("/webhooks/github%2Fx", Genuine("d2"), "{}"), 404);
  ExpectProblem(client->Post("/webhooks/github", "{}", "application/json"), 401);
}

TEST_F(ServerTest, LargeFormBodyArrivesWhole) {
  Serve();
  const std::string body = "payload=" + std::string(3 * 1024 * 1024, 'a');
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), body, "application/x-www-form-urlencoded"),
            202);
  auto entries = store.ReadInbox("github", 0, 1);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].delivery.body, body);
}

TEST_F(ServerTest, BodyIsCappedWhileReading) {
  // The client goes on writing after the server has closed.
  ::signal(SIGPIPE, SIG_IGN);
  options.max_body = 1000;
  Serve();
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), std::string(1000, 'a')), 202);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d2"), std::string(1001, 'a')), 413);
  // Without a length: chunk by chunk, without end. The server ends it.
  constexpr std::size_t kEndless = 64 << 20;
  std::size_t sent = 0;
  auto result = client->Post(
      "/webhooks/github", Genuine("d3"),
      [&](std::size_t, httplib::DataSink& sink) {
        const std::string chunk(5000, 'a');
        sent += chunk.size();
        if (!sink.write(chunk.data(), chunk.size())) return false;
        if (sent >= kEndless) sink.done();
        return true;
      },
      "application/json");
  EXPECT_LT(sent, kEndless);
  EXPECT_TRUE(!result || result->status == 413);
  EXPECT_EQ(Stats().inbox, 1u);
}

TEST_F(ServerTest, FullDiskIs503WithRetryAfter) {
  Serve();
  store.FailWrites(absl::ResourceExhaustedError("disk is full at /var/data"));
  auto result = client->Post("/webhooks/github", Genuine("d1"), "{}", "application/json");
  ExpectProblem(result, 503);
  EXPECT_FALSE(result->get_header_value("Retry-After").empty());
  EXPECT_EQ(result->body.find("/var"), std::string::npos);
  store.FailWrites(absl::OkStatus());
}

TEST_F(ServerTest, IdleAndSlowClientsDoNotStarveTheIntake) {
  Serve();
  std::vector<int> idle;
  for (int i = 0; i < 12; ++i) {
    idle.push_back(Connect());
    const std::string part = "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Le";
    ASSERT_EQ(::send(idle.back(), part.data(), part.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(part.size()));
  }
  client->set_read_timeout(20, 0);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  for (const int fd : idle) ::close(fd);
}

TEST_F(ServerTest, TricklingHeadersAreCutOff) {
  options.pace.head_timeout = absl::Milliseconds(500);
  Serve();
  // More connections than threads, each sending a byte before its silence is too long.
  std::vector<int> slow;
  for (int i = 0; i < 6; ++i) slow.push_back(Connect());
  std::atomic<bool> done = false;
  std::thread trickle([&] {
    while (!done) {
      for (const int fd : slow) (void)::send(fd, "X", 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  client->set_read_timeout(20, 0);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  done = true;
  trickle.join();
  // Each got that answer, and its connection was closed.
  for (const int fd : slow) {
    const std::string answer = ReadAll(fd);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    ::close(fd);
  }
}

TEST_F(ServerTest, TricklingBodiesAreCutOff) {
  options.pace.request_timeout = absl::Milliseconds(500);
  Serve();
  const int fd = Connect();
  Send(fd, "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  std::atomic<bool> done = false;
  std::thread trickle([&] {
    while (!done) {
      (void)::send(fd, "X", 1, MSG_NOSIGNAL);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  const std::string answer = ReadAll(fd);
  done = true;
  trickle.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  ::close(fd);
}

TEST_F(ServerTest, OneAddressHoldsNoMoreThanItsShare) {
  options.connections_per_address = 2;
  options.pace.idle_timeout = absl::Seconds(30);
  Serve();
  // This machine's own address counts as a proxy's and is not limited; another address of it is.
  std::vector<int> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(Connect("127.0.0.2"));
    // An answer proves that the connection was accepted.
    Send(held.back(), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    char c = 0;
    ASSERT_EQ(::recv(held.back(), &c, 1, 0), 1);
  }
  const int third = Connect("127.0.0.2");
  const std::string answer = ReadAll(third);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  ::close(third);
  for (const int fd : held) ::close(fd);
}

// The only thread is never free, which shows that a refusal needs none.
TEST_F(ServerTest, WhoIsTurnedAwayHoldsNoThread) {
  options.threads = 1;
  options.connections_per_address = 2;
  options.pace.idle_timeout = absl::Seconds(30);
  Serve();
  const int held = Connect("127.0.0.2");
  Send(held, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  char c = 0;
  ASSERT_EQ(::recv(held, &c, 1, 0), 1);
  const int in_line = Connect("127.0.0.2");
  for (int i = 0; i < 50; ++i) {
    const int fd = Connect("127.0.0.2");
    const timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const std::string answer = ReadAll(fd);
    ::close(fd);
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  }
  // The waiting request is served.
  ::close(held);
  Send(in_line, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(ReadAll(in_line).starts_with("HTTP/1.1 200 "));
  ::close(in_line);
}

TEST_F(ServerTest, TheLineForHandlersHasAnEnd) {
  options.waiting = 1;
  options.pace.idle_timeout = absl::Seconds(30);
  std::promise<void> go;
  exposition = [gone = go.get_future().share()] {
    gone.wait();
    return std::string("retainer_up 1\n");
  };
  Serve();
  // Two are answered at a time, and one may wait.
  std::vector<pollfd> asking;
  for (int i = 0; i < 4; ++i) {
    asking.push_back({Connect(nullptr, ports.metrics_listen), POLLIN, 0});
    Send(asking.back().fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  ASSERT_EQ(::poll(asking.data(), asking.size(), 10'000), 1);
  const auto beyond = std::find_if(asking.begin(), asking.end(),
                                   [](const pollfd& one) { return one.revents != 0; });
  const std::string answer = ReadAll(beyond->fd);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  ::close(beyond->fd);
  asking.erase(beyond);
  // Health checks and deliveries need none of these threads.
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  go.set_value();
  for (const pollfd& one : asking) {
    EXPECT_TRUE(ReadAll(one.fd).starts_with("HTTP/1.1 200 "));
    ::close(one.fd);
  }
}

TEST_F(ServerTest, OddHeadsAreRefused) {
  Serve();
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, int>> heads = {
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"s, 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nno field\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n", 400},
      {"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: "
       "2\r\n\r\nab",
       400},
      {"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400},
      {"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: %31\r\n\r\na", 400},
      {"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       400},
      {"GET /healthz HTTP/1.1\r\n\r\n", 400},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 431},
      {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a'), 431},
  };
  for (const auto& [head, status] : heads) {
    const int fd = Connect();
    Send(fd, head);
    const std::string answer = ReadAll(fd);
    EXPECT_TRUE(answer.starts_with(absl::StrCat("HTTP/1.1 ", status, " "))) << head << answer;
    ::close(fd);
  }
  std::string flood = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; ++i) absl::StrAppend(&flood, "X: a\r\n");
  const int fd = Connect();
  Send(fd, flood + "\r\n");
  EXPECT_TRUE(ReadAll(fd).starts_with("HTTP/1.1 431 "));
  ::close(fd);
}

TEST_F(ServerTest, RangesAreNotRead) {
  Serve();
  std::string ranges = "bytes=0-0";
  while (ranges.size() < 8000) ranges += ",0-0";
  const auto result = client->Get("/healthz", {{"Range", ranges}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "ok\n");
}

TEST_F(ServerTest, PackedBodiesAreNotUnpacked) {
  Serve();
  for (const char* encoding : {"gzip", "br", "deflate"}) {
    httplib::Headers headers = Genuine("d1");
    headers.emplace("Content-Encoding", encoding);
    EXPECT_EQ(Post("/webhooks/github", headers, "{}"), 415) << encoding;
  }
  EXPECT_EQ(Stats().inbox, 0u);
}

// Not one byte of the body is sent: a server that wants to read it, or decompress it, would wait.
TEST_F(ServerTest, BodiesOfNoRouteAreNotRead) {
  options.pace.read_timeout = absl::Seconds(20);
  options.pace.request_timeout = absl::Seconds(20);
  Serve();
  const timeval patience{10, 0};
  for (const int port : {ports.listen, ports.metrics_listen}) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "PRI", "OPTIONS", "TRACE"}) {
      for (const char* path : {"/", "/healthz", "/metrics", "/openapi.json", "/api/v1/gate",
                               "/webhooks/", "/webhooks/github/x", "/webhooks/a%2Fb"}) {
        for (const char* fields : {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n",
                                   "Content-Length: 1000\r\nContent-Encoding: gzip\r\n",
                                   "Content-Length: 1000\r\nContent-Encoding: br\r\n",
                                   "Transfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n"}) {
          const int fd = Connect(nullptr, port);
          ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
          const std::string head =
              absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: x\r\n", fields, "\r\n");
          Send(fd, head);
          const std::string answer = ReadAll(fd);
          ::close(fd);
          ASSERT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << head << answer;
          ASSERT_NE(answer.find("Connection: close\r\n"), std::string::npos) << head << answer;
        }
      }
    }
    // The one path that accepts bodies accepts only one method, on one listener.
    for (const char* method : {"PUT", "PATCH", "DELETE"}) {
      const int fd = Connect(nullptr, port);
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
      Send(fd, absl::StrCat(method,
                            " /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"));
      EXPECT_TRUE(ReadAll(fd).starts_with("HTTP/1.1 404 ")) << method;
      ::close(fd);
    }
  }
}

TEST_F(ServerTest, AChunksLineHasAnEnd) {
  options.pace.read_timeout = absl::Seconds(20);
  options.pace.request_timeout = absl::Seconds(20);
  Serve();
  const int fd = Connect();
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  Send(fd, "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
               std::string(2000, 'a'));
  const std::string answer = ReadAll(fd);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  ::close(fd);
}

TEST_F(ServerTest, BodiesTogetherAreCapped) {
  options.bodies.all = 1000;
  Serve();
  EXPECT_EQ(Post("/webhooks/github", Genuine("d1"), std::string(1001, 'a')), 503);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d2"), std::string(999, 'a')), 202);
  EXPECT_EQ(Post("/webhooks/github", Genuine("d3"), std::string(999, 'a')), 202);
}

TEST_F(ServerTest, AnUnreadBodyIsNotTheNextRequest) {
  Serve();
  const std::string hidden = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& head :
       {absl::StrCat("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: ", hidden.size(),
                     "\r\n\r\n"),
        absl::StrCat("POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Encoding: "
                     "gzip\r\nContent-Length: ",
                     hidden.size(), "\r\n\r\n"),
        std::string(
            "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")}) {
    const int fd = Connect();
    Send(fd, head + hidden);
    const std::string answers = ReadAll(fd);
    EXPECT_EQ(answers.find("HTTP/1.1", 1), std::string::npos) << answers;
    ::close(fd);
  }
}

TEST_F(ServerTest, FieldsReachTheReceiverAsTheyWereSent) {
  Serve();
  const int fd = Connect();
  Send(fd,
       "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Secret: s\r\nX-Id: "
       "d%41\r\nX-Event: "
       "issues\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_TRUE(ReadAll(fd).starts_with("HTTP/1.1 202 "));
  ::close(fd);
  auto entries = store.ReadInbox("github", 0, 1);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].delivery.id, "d%41");
}

TEST_F(ServerTest, ManyRequestsOnOneConnection) {
  Serve();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(Post("/webhooks/github", Genuine(absl::StrCat("d", i)), "{}"), 202) << i;
  }
}

TEST_F(ServerTest, HealthIsShortInPublicAndLongForOperators) {
  Serve();
  EXPECT_EQ(client->Get("/healthz")->status, 200);
  auto before = client->Get("/readyz");
  EXPECT_EQ(before->status, 503);
  EXPECT_EQ(before->body, "not ready\n");
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  EXPECT_EQ(client->Get("/readyz")->status, 200);
  ExpectProblem(client->Get("/metrics"), 404);

  httplib::Client operators("127.0.0.1", ports.metrics_listen);
  EXPECT_EQ(operators.Get("/metrics")->body, "retainer_up 1\n");
  auto details = operators.Get("/readyz");
  ASSERT_TRUE(details);
  EXPECT_EQ(nlohmann::json::parse(details->body)["policy"]["id"], "v1");
  EXPECT_EQ(operators.Post("/webhooks/github", Genuine("d1"), "{}", "application/json")->status,
            404);
}

TEST_F(ServerTest, UnknownIsAProblem) {
  Serve();
  ExpectProblem(client->Get("/nothing"), 404);
  ExpectProblem(client->Get("/../../etc/passwd"), 404);
  ExpectProblem(client->Get("/api/v1/queue"), 401);
  ExpectProblem(client->Get("/api%2Fv1/queue"), 404);
  ExpectProblem(client->Get("/api/v1%2Fqueue"), 404);
}

TEST_F(ServerTest, TicketForItsTokenAlone) {
  Serve();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  ASSERT_EQ(Post("/webhooks/github", Genuine("d1"), "{}"), 202);
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  SaveToken("rt_all", "", "");
  SaveToken("rt_project", "github:acme/opendb", "");
  SaveToken("rt_elsewhere", "github:acme/other", "");
  SaveToken("rt_acme", "", "acme");
  SaveToken("rt_globex", "", "globex");
  SaveToken("rt_old", "", "", At(-1));
  const std::string ref = "github:acme/opendb%231";

  auto result = GetTicket("rt_all", ref);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->status, 200) << result->body;
  const auto json = nlohmann::json::parse(result->body);
  EXPECT_EQ(json["ref"], "github:acme/opendb#1");
  EXPECT_EQ(json["claims"][0]["customer"], "acme");
  EXPECT_FALSE(json["explanation"].get<std::string>().empty());

  EXPECT_EQ(GetTicket("rt_project", ref)->status, 200);
  auto own = GetTicket("rt_acme", ref);
  ASSERT_EQ(own->status, 200);
  // Nothing that depends on another customer's claim.
  for (const char* key : {"next_change_at", "flags"}) {
    EXPECT_FALSE(nlohmann::json::parse(own->body).contains(key)) << key;
  }
  EXPECT_EQ(own->body.find("globex"), std::string::npos) << own->body;
  ExpectProblem(GetTicket("", ref), 401);
  ExpectProblem(GetTicket("rt_unknown", ref), 401);
  ExpectProblem(GetTicket("rt_old", ref), 401);
  ExpectProblem(GetTicket("rt_elsewhere", ref), 403);
  ExpectProblem(GetTicket("rt_globex", ref), 404);
  ExpectProblem(GetTicket("rt_all", "github:acme/opendb%239"), 404);
  ExpectProblem(GetTicket("rt_all", "nonsense"), 400);
}

TEST_F(ServerTest, TakenPortNamesTheMend) {
  Serve();
  ApiOptions same = options;
  same.listen.port = ports.listen;
  ApiServer second(
      *desk, store, clock, log, metrics, [] { return std::string(); }, same);
  const auto started = second.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.status().message().find("`listen`"), std::string::npos);
}

}  // namespace
}  // namespace retainer::api
