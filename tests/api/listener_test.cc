// The event loop alone: how it handles bytes and time, whatever it serves.
#include "src/api/listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/api/raw_client.h"
#include "tests/pipeline/turns.h"

namespace retainer::api {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Accepts any body at /deliveries and answers with its length. /slow is answered when the test
// allows it.
class PlainFront final : public HttpFront {
 public:
  Plan Look(HttpRequest& request) override {
    Plan plan;
    turn = TurnOfThisThread();
    if (request.path == "/deliveries") {
      plan.where = Where::kDeliveries;
      plan.max_body = 25 * 1024 * 1024;
      const std::string_view from = request.Find("From");
      plan.client = from.empty() ? request.peer : std::string(from);
    } else if (request.path != "/slow") {
      plan.answer = Say(200, request.path);
    }
    return plan;
  }
  void Answer(HttpRequest& request, Done done) override {
    if (request.path == "/slow") slow();
    done(Say(200, absl::StrCat(request.body.size())));
  }
  HttpAnswer Refuse(const HttpRequest*, Refusal why) override {
    return Say(400 + static_cast<int>(why), "");
  }
  void Answered(const HttpRequest*, const HttpAnswer&) override { ++answered; }

  static HttpAnswer Say(int status, std::string body) {
    HttpAnswer answer;
    answer.status = status;
    answer.type = "text/plain";
    answer.body = std::move(body);
    return answer;
  }
  static int StatusOf(Refusal why) { return 400 + static_cast<int>(why); }

  std::function<void()> slow = [] {};
  std::atomic<int> answered = 0;
  std::atomic<std::uint64_t> turn = 0;  // of the loop's thread
};

class ListenerTest : public ::testing::Test {
 protected:
  ListenerTest() {
    // Nobody is cut off meanwhile.
    options.pace.idle_timeout = options.pace.head_timeout = options.pace.read_timeout =
        options.pace.request_timeout = absl::Seconds(60);
    options.pools.handlers = 2;
    options.pools.deliveries = 2;
    options.pools.large_deliveries = 1;
  }
  void Listen() {
    listener = std::make_unique<Listener>(front, trusted, options);
    const auto bound = listener->Bind({"127.0.0.1", 0}, "listen");
    ASSERT_TRUE(bound.ok()) << bound.status();
    port = *bound;
    listener->Start();
  }
  RawClient Connect(const char* from = nullptr) { return RawClient(port, from); }
  // An answer proves that the connection was accepted.
  RawClient Held(const char* from = nullptr) {
    RawClient client = Connect(from);
    client.Send(kGet);
    EXPECT_EQ(client.ReadStatus(), 200);
    return client;
  }
  std::string Ask(const std::string& bytes) {
    RawClient client = Connect();
    client.Send(bytes);
    return client.ReadAnswer();
  }
  static std::string Delivery(std::size_t length, const std::string& fields = "") {
    return absl::StrCat("POST /deliveries HTTP/1.1\r\nHost: x\r\n", fields,
                        "Content-Length: ", length, "\r\n\r\n");
  }
  static std::string Body(const std::string& answer) {
    return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
  }
  static std::size_t Threads() {
    std::size_t threads = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
      threads += entry.is_directory();
    }
    return threads;
  }
  // Resident memory in MiB.
  static std::size_t Resident() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    statm >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
  }

  PlainFront front;
  TrustedProxies trusted{{}};
  ListenerOptions options;
  std::unique_ptr<Listener> listener;
  int port = 0;
};

TEST_F(ListenerTest, RequestsFollowEachOther) {
  Listen();
  RawClient client = Connect();
  std::string many;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&many, "GET /", i, " HTTP/1.1\r\nHost: x\r\n\r\n");
    absl::StrAppend(&many, Delivery(2), "{}");
    absl::StrAppend(&many, "POST /deliveries HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ",
                    "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  }
  ASSERT_TRUE(client.Send(many));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Body(client.ReadAnswer()), absl::StrCat("/", i));
    ASSERT_EQ(Body(client.ReadAnswer()), "2");
    ASSERT_EQ(Body(client.ReadAnswer()), "3");
  }
}

TEST_F(ListenerTest, TheLoopNeedNotWaitForADecisionToEnd) {
  if (TurnOfThisThread() == 0) GTEST_SKIP() << "this system knows no turns";
  Listen();
  Held();
  EXPECT_LT(front.turn, TurnOfThisThread());
}

TEST_F(ListenerTest, BytesMayComeOneByOne) {
  Listen();
  RawClient client = Connect();
  for (const char c : absl::StrCat(Delivery(5), "hello", kGet)) client.Send({&c, 1});
  EXPECT_EQ(Body(client.ReadAnswer()), "5");
  EXPECT_EQ(Body(client.ReadAnswer()), "/");
}

TEST_F(ListenerTest, AConnectionIsForSoManyRequests) {
  options.requests = 2;
  Listen();
  RawClient client = Connect();
  client.Send(absl::StrCat(kGet, kGet, kGet));
  EXPECT_NE(client.ReadAnswer().find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_NE(client.ReadAnswer().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(ListenerTest, OlderClientsAreServedToo) {
  Listen();
  RawClient once = Connect();
  once.Send("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_EQ(Body(once.ReadAll()), "/x");
  RawClient keeps = Connect();
  for (int i = 0; i < 2; ++i) {
    keeps.Send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(keeps.ReadAnswer().find("Connection: keep-alive\r\n"), std::string::npos);
  }
}

TEST_F(ListenerTest, AHeadIsAnsweredWithoutTheBody) {
  Listen();
  RawClient client = Connect();
  client.Send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string answer = client.ReadAnswer(/*head_alone=*/true);
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
  client.Send(kGet);
  EXPECT_EQ(client.ReadStatus(), 200);
}

TEST_F(ListenerTest, WhoWaitsToBeToldSendsTheBodyThen) {
  Listen();
  RawClient client = Connect();
  client.Send(Delivery(5, "Expect: 100-Continue\r\n"));
  EXPECT_EQ(client.ReadAnswer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_EQ(Body(client.ReadAnswer()), "5");
  // Refused, or already answered: no interim response is sent.
  EXPECT_EQ(Ask(Delivery(30'000'000, "Expect: 100-continue\r\n")).substr(9, 3),
            absl::StrCat(PlainFront::StatusOf(HttpFront::Refusal::kTooLarge)));
  EXPECT_EQ(Body(Ask(Delivery(5, "Expect: 100-continue\r\n") + "hello")), "5");
  EXPECT_EQ(Ask(Delivery(5, "Expect: more\r\n")).substr(9, 3),
            absl::StrCat(PlainFront::StatusOf(HttpFront::Refusal::kExpectation)));
}

TEST_F(ListenerTest, ABrokenChunkIsNoSilence) {
  Listen();
  EXPECT_EQ(Ask("POST /deliveries HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                "2\r\nabc\r\n0\r\n\r\n")
                .substr(9, 3),
            absl::StrCat(PlainFront::StatusOf(HttpFront::Refusal::kBadRequest)));
}

TEST_F(ListenerTest, TenThousandIdleConnectionsHoldNoThread) {
  // Both ends belong to this process.
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  const std::size_t many = std::min<std::size_t>(10'000, (files.rlim_cur - 200) / 2);
  Listen();
  RawClient healthy = Held();
  const std::size_t threads = Threads();
  const std::size_t memory = Resident();
  std::vector<RawClient> idle;
  idle.reserve(many);
  while (idle.size() < many) {
    idle.push_back(Connect());
    ASSERT_TRUE(idle.back().connected()) << idle.size();
    // Do not let more connections wait than the kernel's queue holds.
    if (idle.size() % 250 != 0) continue;
    healthy.Send(kGet);
    ASSERT_EQ(healthy.ReadStatus(), 200);
  }
  for (int i = 0; i < 20; ++i) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(Body(Ask(Delivery(2) + "{}")), "2");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  }
  EXPECT_EQ(Threads(), threads);
  EXPECT_LT(Resident(), memory + 100);
  for (RawClient* client : {&idle.front(), &idle[many / 2], &idle.back()}) {
    client->Send(kGet);
    EXPECT_EQ(client->ReadStatus(), 200) << "it is still there";
  }
}

TEST_F(ListenerTest, WhereItIsFullTheIdleOnesGo) {
  options.connections = 4;
  Listen();
  std::vector<RawClient> held;
  for (int i = 0; i < 4; ++i) held.push_back(Held());
  RawClient busy = std::move(held.back());
  held.pop_back();
  busy.Send("GET / HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(Body(Ask(kGet)), "/");
  EXPECT_EQ(held[0].ReadAll(), "") << "the one that was idle longest";
  busy.Send("\r\n");
  EXPECT_EQ(busy.ReadStatus(), 200);
  held[1].Send(kGet);
  EXPECT_EQ(held[1].ReadStatus(), 200);
}

TEST_F(ListenerTest, WhereItIsFullTheSlowOnesGo) {
  options.connections = 3;
  options.pace.grace = absl::ZeroDuration();
  options.pace.least_rate = 1'000'000'000;
  Listen();
  std::vector<RawClient> slow;
  for (const std::size_t length : {100'000, 20'000'000, 200'000}) {
    slow.push_back(Held());
    slow.back().Send(Delivery(length, "Expect: 100-continue\r\n"));
    EXPECT_EQ(slow.back().ReadStatus(), 100);
  }
  EXPECT_EQ(Body(Ask(kGet)), "/");
  EXPECT_EQ(slow[1].ReadStatus(), PlainFront::StatusOf(HttpFront::Refusal::kTooSlow))
      << "the largest";
}

TEST_F(ListenerTest, WhoIsNotSlowStaysAndTheNewOneIsTurnedAway) {
  options.connections = 1;
  Listen();
  RawClient held = Held();
  held.Send(Delivery(5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(held.ReadStatus(), 100);
  EXPECT_EQ(Connect().ReadStatus(), PlainFront::StatusOf(HttpFront::Refusal::kCrowded));
  held.Send("hello");
  EXPECT_EQ(held.ReadStatus(), 200);
}

TEST_F(ListenerTest, ASlowBodysRoomGoesToAnother) {
  options.bodies.all = 1000;
  options.pace.grace = absl::ZeroDuration();
  options.pace.least_rate = 1'000'000'000;
  Listen();
  RawClient slow = Connect();
  slow.Send(Delivery(900, "Expect: 100-continue\r\n"));
  EXPECT_EQ(slow.ReadStatus(), 100);
  EXPECT_EQ(Body(Ask(Delivery(200) + std::string(200, 'a'))), "200");
  EXPECT_EQ(slow.ReadStatus(), PlainFront::StatusOf(HttpFront::Refusal::kTooSlow));
}

TEST_F(ListenerTest, AClientBehindAProxyHasItsOwnShare) {
  options.bodies.per_network = 1000;
  Listen();
  RawClient slow = Connect();
  slow.Send(Delivery(900, "Expect: 100-continue\r\nFrom: 10.0.0.1\r\n"));
  EXPECT_EQ(slow.ReadStatus(), 100);
  const std::string body(200, 'a');
  EXPECT_EQ(Ask(Delivery(200, "From: 10.0.0.1\r\n") + body).substr(9, 3),
            absl::StrCat(PlainFront::StatusOf(HttpFront::Refusal::kCrowded)));
  EXPECT_EQ(Body(Ask(Delivery(200, "From: 10.0.0.2\r\n") + body)), "200");
  slow.Send(std::string(900, 'a'));
  EXPECT_EQ(Body(slow.ReadAnswer()), "900");
  EXPECT_EQ(Body(Ask(Delivery(200, "From: 10.0.0.1\r\n") + body)), "200");
}

TEST_F(ListenerTest, ChunkedBodiesTakeRoomAsTheyGrow) {
  options.bodies.all = 100'000;
  Listen();
  const std::string head =
      "POST /deliveries HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = absl::StrCat("7530\r\n", std::string(30'000, 'a'), "\r\n");
  EXPECT_EQ(Body(Ask(absl::StrCat(head, chunk, "0\r\n\r\n"))), "30000");
  EXPECT_EQ(Ask(absl::StrCat(head, chunk, chunk, chunk, chunk)).substr(9, 3),
            absl::StrCat(PlainFront::StatusOf(HttpFront::Refusal::kCrowded)));
  EXPECT_EQ(Body(Ask(absl::StrCat(head, chunk, "0\r\n\r\n"))), "30000");
}

TEST_F(ListenerTest, MemoryIsGivenBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t kSlack = 400;  // freed memory is kept for a while
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  constexpr std::size_t kSlack = 400;
#else
  constexpr std::size_t kSlack = 20;
#endif
#else
  constexpr std::size_t kSlack = 20;
#endif
  Listen();
  const std::size_t length = 24 * 1024 * 1024;
  const std::string most(length - 1, 'a');
  (void)Held();
  const std::size_t before = Resident();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const auto comes = [&](auto holds) {
    while (!holds() && std::chrono::steady_clock::now() < until) (void)Held();
    return holds();
  };
  // Several rounds, because an allocator may keep the memory of the first one.
  for (int round = 0; round < 3; ++round) {
    std::vector<RawClient> slow;
    for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
      slow.push_back(Connect(from));
      slow.back().Send(Delivery(length, "Expect: 100-continue\r\n"));
      ASSERT_EQ(slow.back().ReadStatus(), 100);
      ASSERT_TRUE(slow.back().Send(most));
    }
    EXPECT_TRUE(comes([&] { return Resident() > before + 80; }));
    slow[0].Send("a");
    EXPECT_EQ(Body(slow[0].ReadAnswer()), absl::StrCat(length));
    slow.clear();
    EXPECT_TRUE(comes([&] { return Resident() < before + kSlack; })) << Resident() << " " << before;
  }
}

TEST_F(ListenerTest, HeadsTogetherAreCapped) {
  options.buffers = 200'000;
  options.pace.grace = absl::ZeroDuration();
  options.pace.least_rate = 1'000'000'000;
  Listen();
  std::vector<RawClient> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(Held());
    std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
    while (head.size() < 50'000) absl::StrAppend(&head, "X: ", std::string(5000, 'a'), "\r\n");
    slow.back().Send(head);
  }
  EXPECT_EQ(slow.front().ReadStatus(), PlainFront::StatusOf(HttpFront::Refusal::kTooSlow));
  EXPECT_EQ(Body(Ask(Delivery(2) + "{}")), "2");
}

TEST_F(ListenerTest, WhoDoesNotReadIsCutOff) {
  options.pace.read_timeout = absl::Milliseconds(200);
  Listen();
  RawClient client(port, nullptr, 4096);
  const std::string ask =
      absl::StrCat("GET /", std::string(8000, 'a'), " HTTP/1.1\r\nHost: x\r\n\r\n");
  // More than both ends of the connection can buffer.
  bool taken = true;
  for (int i = 0; i < 100'000 && taken; ++i) taken = client.Send(ask);
  EXPECT_FALSE(taken);
}

TEST_F(ListenerTest, StopAnswersWhatIsUnderWay) {
  std::promise<void> entered;
  std::promise<void> go;
  front.slow = [&] {
    entered.set_value();
    go.get_future().wait();
  };
  Listen();
  RawClient idle = Held();
  RawClient asking = Connect();
  asking.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  std::thread stopping([&] { listener->Stop(); });
  EXPECT_EQ(idle.ReadAll(), "") << "it is closed at once";
  go.set_value();
  const std::string answer = asking.ReadAll();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  stopping.join();
  EXPECT_FALSE(Connect().connected());
}

TEST_F(ListenerTest, StopDoesNotWaitForSlowBodies) {
  options.stop_timeout = absl::Milliseconds(50);
  Listen();
  RawClient slow = Connect();
  slow.Send(Delivery(5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(slow.ReadStatus(), 100);
  const auto began = std::chrono::steady_clock::now();
  listener->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
}

}  // namespace
}  // namespace retainer::api
