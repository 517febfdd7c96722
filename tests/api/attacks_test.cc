// Clients that block the HTTP server, on purpose or not: a normal client is still served.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/api/server.h"
#include "tests/api/raw_client.h"
#include "tests/pipeline/world.h"

namespace retainer::api {
namespace {

using pipeline::World;

constexpr char kHealth[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

class AttacksTest : public World {
 protected:
  AttacksTest() {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->Start();
    options.listen = options.metrics_listen = {"127.0.0.1", 0};
    // No connection is closed for its pace in these tests.
    options.pace.idle_timeout = options.pace.head_timeout = options.pace.read_timeout =
        options.pace.request_timeout = absl::Seconds(60);
    options.stop_timeout = absl::ZeroDuration();
  }
  void Serve() {
    server = std::make_unique<ApiServer>(
        *desk, store, clock, log, metrics, [] { return std::string("retainer_up 1\n"); }, options);
    auto started = server->Start();
    ASSERT_TRUE(started.ok()) << started.status();
    ports = *started;
  }
  static std::string Delivery(const std::string& id, std::size_t length,
                              const std::string& fields = "") {
    return absl::StrCat("POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Secret: s\r\nX-Id: ", id,
                        "\r\nX-Event: issues\r\nContent-Type: application/json\r\n", fields,
                        "Content-Length: ", length, "\r\n\r\n");
  }
  // A normal client: each of its requests, on a new connection, gets a good answer soon.
  void ExpectHealthy(const char* from = "127.0.0.9") {
    for (int i = 0; i < 10; ++i) {
      const auto began = std::chrono::steady_clock::now();
      RawClient sender(ports.listen, from);
      sender.Send(Delivery(absl::StrCat("healthy-", ++deliveries), 2) + "{}");
      EXPECT_EQ(sender.ReadStatus(), 202);
      RawClient asking(ports.listen, from);
      asking.Send("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_EQ(asking.ReadStatus(), 200);
      RawClient scraping(ports.metrics_listen, from);
      scraping.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_EQ(scraping.ReadStatus(), 200);
      EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
    }
  }

  ApiOptions options;
  ApiPorts ports;
  int deliveries = 0;
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<ApiServer> server;
};

TEST_F(AttacksTest, PoliteConnectionsDelayNobody) {
  options.threads = options.delivery_threads = 1;
  Serve();
  std::vector<RawClient> polite;
  for (int i = 0; i < 64; ++i) {
    polite.emplace_back(ports.listen, i < 32 ? "127.0.0.2" : "127.0.0.3");
    polite.back().Send(kHealth);
    ASSERT_EQ(polite.back().ReadStatus(), 200);
  }
  ExpectHealthy();
  for (RawClient& client : polite) {
    client.Send(kHealth);
    EXPECT_EQ(client.ReadStatus(), 200) << "and they go on";
  }
  RawClient one_more(ports.listen, "127.0.0.2");
  EXPECT_EQ(one_more.ReadStatus(), 503) << "an address has its share";
}

TEST_F(AttacksTest, SlowHeadsAndBodiesDelayNobody) {
  options.threads = options.delivery_threads = 1;
  Serve();
  std::vector<RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.emplace_back(ports.listen, i < 32 ? "127.0.0.2" : "127.0.0.3");
    const std::string bytes = Delivery(absl::StrCat("slow-", i), 1000) + "{";
    slow.back().Send(i % 2 == 0 ? bytes : bytes.substr(0, 50));
  }
  ExpectHealthy();
}

TEST_F(AttacksTest, ABusyProxyDelaysNobody) {
  options.threads = options.delivery_threads = 2;
  options.trusted_proxies = {"127.0.0.2"};
  Serve();
  std::vector<RawClient> proxy;
  for (int i = 0; i < 64; ++i) proxy.emplace_back(ports.listen, "127.0.0.2");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 64; ++i) {
      const std::string id = absl::StrCat("proxy-", round, "-", i);
      proxy[static_cast<std::size_t>(i)].Send(Delivery(id, 2, "X-Forwarded-For: 10.0.0.1\r\n") +
                                              "{}");
    }
    ExpectHealthy();
    for (RawClient& client : proxy) EXPECT_EQ(client.ReadStatus(), 202);
  }
}

TEST_F(AttacksTest, LargeBodiesOfOneAddressLeaveRoomForOthersAndForItsSmallOnes) {
  Serve();
  std::vector<RawClient> large;
  for (int i = 0; i < 11; ++i) {
    large.emplace_back(ports.listen, "127.0.0.2");
    large.back().Send(Delivery(absl::StrCat("large-", i), (i < 10 ? 25 : 6) * 1024 * 1024));
  }
  ExpectHealthy("127.0.0.2");
  ExpectHealthy();
  // A body of the maximum size also gets memory.
  RawClient sender(ports.listen, "127.0.0.9");
  const std::string body(20 * 1024 * 1024, ' ');
  sender.Send(Delivery("one", body.size()) + body);
  EXPECT_EQ(sender.ReadStatus(), 202);
}

TEST_F(AttacksTest, LargeBodiesOfManyAddressesLeaveRoomForSmallOnes) {
  Serve();
  std::vector<RawClient> large;
  int refused = 0;
  for (int i = 0; i < 12; ++i) {
    large.emplace_back(ports.listen, absl::StrCat("127.0.1.", i + 1).c_str());
    large.back().Send(
        Delivery(absl::StrCat("large-", i), 25 * 1024 * 1024, "Expect: 100-continue\r\n"));
    refused += large.back().ReadStatus() == 503;
  }
  EXPECT_GT(refused, 0) << "there is no more room for these";
  ExpectHealthy();
}

}  // namespace
}  // namespace retainer::api
