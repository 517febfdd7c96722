#include "src/api/listener.h"

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/api/listening_socket.h"
#include "src/api/request_target.h"
#include "src/pipeline/short_turns.h"

namespace retainer::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Steady = Progress::Steady;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kReadAtOnce = 64 * 1024;
// Per connection, before other connections have their turn.
constexpr int kStepsAtOnce = 32;
// The interval in which time limits are checked.
constexpr std::chrono::milliseconds kTick(50);
constexpr int kAcceptedAtOnce = 64;
// A connection with at most this is not worth closing to free memory.
constexpr std::size_t kMostIdle = 1024;
// How much a client may still send while it reads its refusal.
constexpr std::size_t kMostDrained = 1024 * 1024;

Steady::duration Of(absl::Duration duration) { return absl::ToChronoNanoseconds(duration); }

// Used by the loop's thread only, except the request while it is being answered.
struct Connection : Progress {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}

  std::string_view Unused() const { return std::string_view(in).substr(start); }
  // The bytes of this connection, without the body.
  std::size_t Buffers() const {
    return in.capacity() + out.capacity() + (request == nullptr ? 0 : request->head.capacity());
  }

  tcp::socket socket;
  std::string peer;
  bool counted = false;  // by the gate
  std::size_t index = 0;
  std::size_t requests = 0;
  bool awaits_input = false;
  bool stepping = false;

  std::string in;
  std::size_t start = 0;   // offset in `in`; the bytes before it are consumed
  std::size_t looked = 0;  // no end of a head starts before this offset
  std::unique_ptr<HttpRequest> request;
  std::unique_ptr<RequestParser> parser;
  HttpFront::Plan plan;
  BodyBudget::Hold hold;
  std::string out;
  std::size_t buffers = 0;  // as counted in the total
  bool close = false;       // close after this answer
};

using Ref = std::shared_ptr<Connection>;
using State = Progress::State;

}  // namespace

class Listener::Impl {
 public:
  Impl(HttpFront& front, const TrustedProxies& trusted, ListenerOptions options)
      : front_(front),
        trusted_(trusted),
        options_(options),
        gate_(options.per_address),
        pools_(front, options.pools),
        budget_(options.bodies),
        acceptor_(loop_),
        tick_(loop_) {}

  ~Impl() { Stop(); }

  absl::StatusOr<int> Bind(const HostPort& at, const std::string& key) {
    const auto listening = ListenOn(at, options_.backlog, key);
    if (!listening.ok()) return listening.status();
    acceptor_.assign(*listening);
    return PortOf(*listening);
  }

  void Start() {
    // Rationale: otherwise glibc raises its threshold when the first large body is freed, and keeps
    // later ones.
    mallopt(M_MMAP_THRESHOLD, static_cast<int>(BodyLimits().small));
    pools_.Start();
    Accept();
    thread_ = std::thread([this] {
      pipeline::TakeShortTurns();
      const auto keep = asio::make_work_guard(loop_);
      loop_.run();
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { BeginStop(); });
    thread_.join();
    pools_.Stop();
    connections_.clear();
    answered_.clear();
  }

 private:
  void BeginStop() {
    stopping_ = true;
    stop_until_ = Steady::now() + Of(options_.stop_timeout);
    error_code ignored;
    acceptor_.close(ignored);
    for (std::size_t i = connections_.size(); i-- > 0;) {
      const Ref c = connections_[i];
      if (c->state == State::kIdle || c->state == State::kHead) Close(*c);
    }
    if (connections_.empty()) loop_.stop();
    Tick();
  }

  // Opening and closing.

  void Accept() {
    acceptor_.async_wait(asio::posix::descriptor::wait_read, [this](error_code error) {
      if (error || !acceptor_.is_open()) return;
      for (int left = kAcceptedAtOnce; left > 0; --left) {
        Arrival arrival = AcceptOne(acceptor_.native_handle());
        if (arrival.fd >= 0) {
          Admit(std::move(arrival));
        } else if (arrival.error == EAGAIN) {
          break;
        } else if (!MakeRoom()) {
          accepting_ = false;  // no descriptors are left; the next tick tries again
          return Tick();
        }
      }
      Accept();
    });
  }

  void Admit(Arrival arrival) {
    // All clients of a proxy have its address.
    const bool counted = options_.per_address > 0 && arrival.peer != "127.0.0.1" &&
                         arrival.peer != "::1" && !trusted_.Holds(arrival.peer);
    if (counted && !gate_.Enter(arrival.peer)) return Refuse(arrival);
    if (connections_.size() >= options_.connections && !MakeRoom()) {
      if (counted) gate_.Leave(arrival.peer);
      return Refuse(arrival);
    }
    const int yes = 1;
    ::setsockopt(arrival.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const bool six = arrival.peer.find(':') != std::string::npos;
    const Ref c =
        std::make_shared<Connection>(tcp::socket(loop_, six ? tcp::v6() : tcp::v4(), arrival.fd));
    error_code ignored;
    c->socket.non_blocking(true, ignored);
    c->peer = std::move(arrival.peer);
    c->counted = counted;
    c->index = connections_.size();
    connections_.push_back(c);
    c->Enter(State::kIdle);
    Await(c);
    Tick();
  }

  void Refuse(const Arrival& arrival) {
    const HttpAnswer answer = front_.Refuse(nullptr, HttpFront::Refusal::kCrowded);
    front_.Answered(nullptr, answer);
    TurnAway(arrival.fd, WriteAnswer(answer, nullptr, true));
  }

  void Close(Connection& c) {
    if (c.state == State::kClosed) return;
    c.state = State::kClosed;
    if (c.counted) gate_.Leave(c.peer);
    budget_.Release(c.hold);
    buffers_ -= std::exchange(c.buffers, 0);
    error_code ignored;
    c.socket.close(ignored);
    const std::size_t at = c.index;
    connections_.back()->index = at;
    std::swap(connections_[at], connections_.back());
    connections_.pop_back();  // the caller holds a reference
    if (stopping_ && connections_.empty()) loop_.stop();
  }

  // Time limits.

  void Tick() {
    if (ticking_) return;
    ticking_ = true;
    tick_.expires_after(kTick);
    tick_.async_wait([this](error_code error) {
      ticking_ = false;
      if (error) return;
      const Steady::time_point now = Steady::now();
      for (std::size_t i = connections_.size(); i-- > 0;) {
        const Ref c = connections_[i];
        if (now >= Deadline(*c, options_.pace) || (stopping_ && now >= stop_until_)) Expire(c, now);
      }
      if (!accepting_ && acceptor_.is_open()) {
        accepting_ = true;
        Accept();
      }
      if (stopping_ && (connections_.empty() || now >= stop_until_)) loop_.stop();
      if (!connections_.empty()) Tick();
    });
  }

  void Expire(const Ref& c, Steady::time_point now) {
    if (c->state == State::kHead) {
      Refuse(c, HttpFront::Refusal::kTooSlow);
    } else if (c->state == State::kBody) {
      Refuse(c, now >= c->begun + Of(options_.pace.request_timeout)
                    ? HttpFront::Refusal::kTooSlow
                    : HttpFront::Refusal::kIncomplete);
    } else if (c->state != State::kAnswering || stopping_) {
      Close(*c);
    }
  }

  // Making room.

  // The heaviest of the connections for which `counts` is true, at most `most` of them.
  template <typename Counts>
  std::vector<Ref> Burdens(std::size_t most, Counts counts) {
    const Steady::time_point now = Steady::now();
    std::vector<std::pair<double, Ref>> found;
    for (const Ref& c : connections_) {
      if (!counts(*c)) continue;
      const double burden = Burden(*c, c->hold.bytes + c->buffers, options_.pace, now);
      if (burden > 0) found.emplace_back(burden, c);
    }
    most = std::min(most, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
                      [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<Ref> burdens;
    for (std::size_t i = 0; i < most; ++i) burdens.push_back(std::move(found[i].second));
    return burdens;
  }

  // Closes several at a time, so that not every new connection causes a scan of all others.
  bool MakeRoom() {
    if (Steady::now() < full_until_) return false;
    const auto burdens = Burdens(std::max<std::size_t>(1, options_.connections / 256),
                                 [](const Connection&) { return true; });
    for (const Ref& c : burdens) Drop(c);
    if (burdens.empty()) full_until_ = Steady::now() + kTick;
    return !burdens.empty();
  }

  void Drop(const Ref& c) {
    if (c->state == State::kHead || c->state == State::kBody) {
      Refuse(c, HttpFront::Refusal::kTooSlow);
    }
    Close(*c);
  }

  bool Reserve(const Ref& c, std::size_t bytes) {
    const BodyBudget::Answer answer = budget_.Grow(c->hold, bytes);
    if (answer == BodyBudget::Answer::kYes) return true;
    const bool own = answer == BodyBudget::Answer::kShareSpent;
    // Two limits, so that a client that has used up its share does not stop others from making
    // room.
    Steady::time_point& full_until = own ? share_spent_until_ : bodies_full_until_;
    if (Steady::now() < full_until) return false;
    for (const Ref& other : Burdens(64, [&](const Connection& one) {
           return &one != c.get() && one.state == State::kBody && one.hold.bytes > 0 &&
                  (!own || one.hold.network == c->hold.network);
         })) {
      Drop(other);
      if (budget_.Grow(c->hold, bytes) == BodyBudget::Answer::kYes) return true;
    }
    full_until = Steady::now() + kTick;
    return false;
  }

  // Updates what the connection holds. False when the total is too large; then close this
  // connection.
  bool Count(const Ref& c) {
    const std::size_t holds = c->Buffers();
    const bool grows = holds > c->buffers;
    buffers_ += holds;
    buffers_ -= std::exchange(c->buffers, holds);
    if (!grows || buffers_ <= options_.buffers) return true;
    if (Steady::now() >= buffers_full_until_) {
      for (const Ref& other : Burdens(256, [&](const Connection& one) {
             return &one != c.get() && one.buffers > kMostIdle;
           })) {
        Drop(other);
        if (buffers_ <= options_.buffers) return true;
      }
      buffers_full_until_ = Steady::now() + kTick;
    }
    return false;
  }

  // Reading.

  void Await(const Ref& c) {
    if (c->awaits_input) return;
    c->awaits_input = true;
    c->socket.async_wait(tcp::socket::wait_read, [this, c](error_code error) {
      c->awaits_input = false;
      if (c->state == State::kClosed) return;
      if (error) return Close(*c);
      Read(c);
    });
  }

  void Read(const Ref& c) {
    error_code error;
    const std::size_t n = c->socket.read_some(asio::buffer(scratch_), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return Await(c);
    if (error) {  // also at the end of the input
      if (c->state == State::kBody) return Refuse(c, HttpFront::Refusal::kIncomplete);
      return Close(*c);
    }
    c->last = Steady::now();
    c->moved += n;
    if (c->state == State::kFinishing) {
      if (c->moved > kMostDrained) return Close(*c);
      return Await(c);
    }
    c->in.append(scratch_.data(), n);
    Run(c);
  }

  // Advances as far as the received bytes allow.
  void Run(const Ref& c) {
    c->stepping = true;
    int left = kStepsAtOnce;
    while (left > 0 && Step(c)) --left;
    c->stepping = false;
    if (c->state == State::kClosed) return;
    if (left == 0) return asio::post(loop_, [this, c] { Run(c); });
    c->in.erase(0, c->start);
    c->looked -= std::min(c->looked, c->start);
    c->start = 0;
    // An idle connection holds no buffer.
    if (c->in.empty()) std::string().swap(c->in);
    if (!Count(c)) return Drop(c);
    if (c->state != State::kAnswering && c->state != State::kWriting) Await(c);
  }

  bool Step(const Ref& c) {
    switch (c->state) {
      case State::kIdle:
        if (c->Unused().empty()) return false;
        c->Enter(State::kHead);
        c->moved = c->Unused().size();
        c->looked = c->start;
        return true;
      case State::kHead:
        return ReadHead(c);
      case State::kBody:
        ReadBody(c);
        return c->state == State::kIdle;
      default:
        return false;
    }
  }

  bool ReadHead(const Ref& c) {
    const std::size_t found = c->in.find(kHeadEnd, c->looked);
    const std::size_t end = found == c->in.npos ? c->in.size() : found + kHeadEnd.size();
    if (end - c->start > options_.head.max_head) {
      Refuse(c, HttpFront::Refusal::kHead);
      return false;
    }
    if (found == c->in.npos) {
      c->looked = std::max(c->start, end - std::min(end, kHeadEnd.size() - 1));
      return false;
    }
    auto request = std::make_unique<HttpRequest>();
    request->head = c->in.substr(c->start, end - c->start);
    c->start = end;
    c->parser = std::make_unique<RequestParser>();
    switch (c->parser->ReadHead(*request, options_.head)) {
      case 0:
        break;
      case 414:
        Refuse(c, HttpFront::Refusal::kLongTarget);
        return false;
      case 431:
        Refuse(c, HttpFront::Refusal::kHead);
        return false;
      default:
        Refuse(c, HttpFront::Refusal::kBadRequest);
        return false;
    }
    RequestTarget target = ReadTarget(request->target);
    request->path = std::move(target.path);
    request->parameters = std::move(target.parameters);
    request->peer = c->peer;
    request->id = RequestId(request->Find(kRequestId));
    c->request = std::move(request);
    Begin(c);
    return true;
  }

  // Starts a request whose head is complete.
  void Begin(const Ref& c) {
    HttpRequest& request = *c->request;
    c->plan = front_.Look(request);
    // The unread body must not be read as the next request.
    c->close = request.has_body() && (c->plan.answer || c->plan.max_body == 0);
    if (c->plan.answer) return Send(c, *c->plan.answer);
    if (c->close || !request.has_body()) return Dispatch(c);
    if (request.length > c->plan.max_body) return Refuse(c, HttpFront::Refusal::kTooLarge);
    const std::string_view expects = request.Find("Expect");
    const bool waits = absl::EqualsIgnoreCase({expects.data(), expects.size()}, "100-continue");
    if (!expects.empty() && !waits) return Refuse(c, HttpFront::Refusal::kExpectation);
    c->hold.network = ClientNetwork(c->plan.client);
    if (!Reserve(c, request.length)) return Refuse(c, HttpFront::Refusal::kCrowded);
    request.body.reserve(request.length);
    c->Enter(State::kBody);
    c->declared = request.length;
    if (!waits || !c->Unused().empty()) return;
    error_code ignored;
    c->socket.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
  }

  void ReadBody(const Ref& c) {
    std::size_t used = 0;
    const auto body = c->parser->ReadBody(c->Unused(), c->plan.max_body, &used);
    c->start += used;
    if (c->request->chunked && !Reserve(c, std::max(c->hold.bytes, c->request->body.capacity()))) {
      return Refuse(c, HttpFront::Refusal::kCrowded);
    }
    switch (body) {
      case RequestParser::Body::kMore:
        break;
      case RequestParser::Body::kWhole:
        Dispatch(c);
        break;
      case RequestParser::Body::kBroken:
        Refuse(c, HttpFront::Refusal::kBadRequest);
        break;
      case RequestParser::Body::kTooLarge:
        Refuse(c, HttpFront::Refusal::kTooLarge);
        break;
    }
  }

  // Answering.

  void Dispatch(const Ref& c) {
    c->Enter(State::kAnswering);
    const auto done = [this, c](HttpAnswer answer) { Take(c, std::move(answer)); };
    if (pools_.Answer(*c->request, c->plan.where, done)) return;
    Send(c, front_.Refuse(c->request.get(), HttpFront::Refusal::kCrowded));
  }

  // Called on any thread.
  void Take(const Ref& c, HttpAnswer answer) {
    std::string().swap(c->request->body);
    const std::lock_guard lock(mutex_);
    answered_.emplace_back(c, std::move(answer));
    if (answered_.size() == 1) asio::post(loop_, [this] { SendAnswered(); });
  }

  void SendAnswered() {
    std::vector<std::pair<Ref, HttpAnswer>> answered;
    {
      const std::lock_guard lock(mutex_);
      answered.swap(answered_);
    }
    for (auto& [c, answer] : answered) {
      if (c->state != State::kClosed) Send(c, answer);
    }
  }

  // Refuses a request before all of it was read.
  void Refuse(const Ref& c, HttpFront::Refusal why) {
    c->close = true;
    Send(c, front_.Refuse(c->request.get(), why));
  }

  void Send(const Ref& c, const HttpAnswer& answer) {
    front_.Answered(c->request.get(), answer);
    c->close = c->close || stopping_ || c->request == nullptr || !c->request->keep_alive ||
               ++c->requests >= options_.requests;
    c->out = WriteAnswer(answer, c->request.get(), c->close);
    c->request.reset();
    c->parser.reset();
    c->plan = {};
    budget_.Release(c->hold);
    c->Enter(State::kWriting);
    Write(c);
  }

  void Write(const Ref& c) {
    while (c->moved < c->out.size()) {
      error_code error;
      c->moved += c->socket.write_some(asio::buffer(c->out) + c->moved, error);
      if (error == asio::error::would_block || error == asio::error::try_again) {
        if (!Count(c)) return Close(*c);
        c->socket.async_wait(tcp::socket::wait_write, [this, c](error_code failed) {
          if (c->state != State::kWriting) return;
          if (failed) return Close(*c);
          Write(c);
        });
        return;
      }
      if (error) return Close(*c);
      c->last = Steady::now();
    }
    std::string().swap(c->out);
    if (c->close) return Finish(c);
    c->Enter(State::kIdle);
    if (!c->stepping) Run(c);
  }

  // Closing with unread bytes would reset the connection and lose the answer.
  void Finish(const Ref& c) {
    if (::shutdown(c->socket.native_handle(), SHUT_WR) != 0) return Close(*c);
    std::string().swap(c->in);
    c->start = 0;
    c->Enter(State::kFinishing);
    Await(c);
  }

  HttpFront& front_;
  const TrustedProxies& trusted_;
  const ListenerOptions options_;

  // Used only by the loop's thread.
  std::array<char, kReadAtOnce> scratch_;
  ConnectionGate gate_;
  AnswerPools pools_;
  BodyBudget budget_;
  std::vector<Ref> connections_;
  std::size_t buffers_ = 0;  // bytes
  bool ticking_ = false;
  bool accepting_ = true;
  bool stopping_ = false;
  Steady::time_point stop_until_{};
  Steady::time_point full_until_{};
  Steady::time_point bodies_full_until_{};
  Steady::time_point share_spent_until_{};
  Steady::time_point buffers_full_until_{};

  std::mutex mutex_;
  std::vector<std::pair<Ref, HttpAnswer>> answered_;  // not sent yet

  asio::io_context loop_{1};
  asio::posix::stream_descriptor acceptor_;  // waited for, never read
  asio::steady_timer tick_;
  std::thread thread_;
};

Listener::Listener(HttpFront& front, const TrustedProxies& trusted, ListenerOptions options)
    : impl_(std::make_unique<Impl>(front, trusted, options)) {}
Listener::~Listener() = default;

absl::StatusOr<int> Listener::Bind(const HostPort& at, const std::string& key) {
  return impl_->Bind(at, key);
}
void Listener::Start() { impl_->Start(); }
void Listener::Stop() { impl_->Stop(); }

}  // namespace retainer::api
