// The real transport against a real server on loopback.
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/forge/http.h"

namespace retainer::forge {
namespace {

class TransportTest : public testing::Test {
 protected:
  TransportTest() {
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(1000);
    server_.Get("/echo", [](const httplib::Request& req, httplib::Response& res) {
      res.set_header("X-Target", req.target);
      res.set_header("X-Port", std::to_string(req.remote_port));
      res.set_content(req.get_header_value("X-Test"), "text/plain");
    });
    server_.Get("/long", [](const httplib::Request&, httplib::Response& res) {
      res.set_content(std::string(2000, 'x'), "text/plain");
    });
    server_.Get("/away", [](const httplib::Request&, httplib::Response& res) {
      res.status = 302;
      res.set_header("Location", "/echo");
    });
    server_.Get("/none", [](const httplib::Request&, httplib::Response& res) { res.status = 304; });
    const auto body = [](const httplib::Request& req, httplib::Response& res) {
      res.status = 201;
      res.set_content(
          absl::StrCat(req.method, " ", req.get_header_value("Content-Type"), " ", req.body),
          "text/plain");
    };
    server_.Post("/body", body);
    server_.Put("/body", body);
    server_.Patch("/body", body);
    server_.Delete("/body",
                   [](const httplib::Request&, httplib::Response& res) { res.status = 204; });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
    TransportOptions options;
    options.max_response_bytes = 1000;
    options.connect_timeout = absl::Seconds(2);
    transport_ = *MakeHttplibTransport(absl::StrCat("http://127.0.0.1:", port_), options);
  }
  ~TransportTest() override { StopServer(); }
  void StopServer() {
    transport_.reset();
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  absl::StatusOr<HttpResponse> Send(const std::string& method, const std::string& target,
                                    const std::string& body = "") {
    return transport_->Send({method, target, {{"X-Test", "hello"}}, body});
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::unique_ptr<HttpTransport> transport_;
};

TEST_F(TransportTest, CarriesTargetsHeadersAndBodies) {
  auto echo = Send("GET", "/echo?a=%2Fb%20c");
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ(echo->status, 200);
  EXPECT_EQ(echo->body, "hello");
  // The server decodes once: the client must not encode an encoded target again.
  EXPECT_EQ(echo->headers.at("x-target"), "/echo?a=/b c");
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    EXPECT_EQ(Send(method, "/body", "{}")->body, absl::StrCat(method, " application/json {}"));
  }
  EXPECT_EQ(Send("DELETE", "/body")->status, 204);
  EXPECT_EQ(Send("POST", "/body")->status, 201);  // without a body
}

TEST_F(TransportTest, StatusesAreAnswersAndRedirectsAreNotFollowed) {
  EXPECT_EQ(Send("GET", "/missing")->status, 404);
  EXPECT_EQ(Send("GET", "/none")->status, 304);
  auto away = Send("GET", "/away");
  EXPECT_EQ(away->status, 302);
  EXPECT_EQ(away->headers.at("Location"), "/echo");
}

TEST_F(TransportTest, KeepsItsConnection) {
  const std::string first = Send("GET", "/echo")->headers.at("X-Port");
  EXPECT_EQ(Send("GET", "/echo")->headers.at("X-Port"), first);
}

TEST_F(TransportTest, ABodyOverTheBoundIsUnavailable) {
  auto response = Send("GET", "/long");
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(response.status().message(), "longer than 1000"));
  EXPECT_TRUE(Send("GET", "/echo").ok());
}

TEST_F(TransportTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) good += Send("GET", "/echo").ok();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 60);
}

TEST(TransportRulesTest, AClosedPortIsUnavailableAndNamesTheHost) {
  // Bound, so that no other process gets the port, but never listening.
  const int held = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(held, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(held, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string origin = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
  auto transport = *MakeHttplibTransport(origin, {});
  const absl::Status status = transport->Send({"GET", "/", {}, ""}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(status.message(), origin));
  close(held);
}

TEST(TransportRulesTest, PlainHttpIsForLoopback) {
  EXPECT_FALSE(MakeHttplibTransport("http://192.0.2.1", {}).ok());
  EXPECT_TRUE(MakeHttplibTransport("https://192.0.2.1", {}).ok());
}

}  // namespace
}  // namespace retainer::forge
