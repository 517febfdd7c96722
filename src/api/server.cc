#include "src/api/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <regex>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "httplib.h"
#include "src/api/client_address.h"
#include "src/api/connection.h"
#include "src/api/filters.h"
#include "src/api/gzip.h"
#include "src/api/problem.h"
#include "src/api/routes.h"
#include "src/api/ticket_json.h"
#include "src/api/tokens.h"
#include "src/pipeline/throttle.h"

namespace retainer {
namespace {

// What the library reads and writes, through a Connection.
class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return connection_.Readable(); }
  bool is_writable() const override { return connection_.Writable(); }
  ssize_t read(char* to, std::size_t size) override { return connection_.Read(to, size); }
  ssize_t write(const char* from, std::size_t size) override {
    return connection_.Write(from, size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.RemoteAddress();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return connection_.fd(); }

 private:
  Connection& connection_;
};

// The threads that serve connections, and the line in front of them.
class ServingThreads final : public httplib::TaskQueue {
 public:
  ServingThreads(std::size_t threads, std::size_t longest_line)
      : threads_(threads), longest_line_(longest_line) {}

  // What the library gives when it has accepted a connection is done at once, on its thread: there it
  // is decided whether the connection is served at all.
  void enqueue(std::function<void()> accepted) override { accepted(); }
  void shutdown() override { threads_.shutdown(); }

  // False where the line is too long already.
  bool Offer(std::function<void()> serve) {
    if (in_line_ >= longest_line_) return false;
    ++in_line_;
    threads_.enqueue([this, serve = std::move(serve)] {
      --in_line_;
      serve();
    });
    return true;
  }

 private:
  httplib::ThreadPool threads_;
  const std::size_t longest_line_;
  std::atomic<std::size_t> in_line_ = 0;
};

using Steady = std::chrono::steady_clock;

constexpr char kJson[] = "application/json";
constexpr char kText[] = "text/plain; charset=utf-8";

constexpr char kRequestId[] = "X-Request-Id";
constexpr char kAcceptEncoding[] = "Accept-Encoding";
// Stands for it once it was looked at; no client can send a field of this name (RFC 9110, 5.1).
constexpr char kTakesGzip[] = ":takes-gzip";

// The path was decoded before (a %2F is a slash by now), so a forge's name is what a configuration can
// name and nothing else.
constexpr char kDeliveries[] = R"(/webhooks/([A-Za-z0-9._-]{1,64}))";

void AnswerProblem(httplib::Response& response, int status, std::string_view detail,
                   std::string_view code = {}) {
  response.status = status;
  response.set_content(ProblemJson(status, detail, response.get_header_value(kRequestId), code),
                       kProblemType);
}

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// Packed where the client takes that. `packed`: as Gzip() gave it before, if it did.
void SetBody(const httplib::Request& request, const std::string& body, const std::string& type,
             std::optional<std::string> packed, httplib::Response& response) {
  if (!request.has_header(kTakesGzip)) {
    packed.reset();
  } else if (!packed) {
    packed = Gzip(body);
  }
  if (packed) response.set_header("Content-Encoding", "gzip");
  response.set_content(packed ? *packed : body, type);
}

// The library's server on our own connections.
class Listener final : public httplib::Server {
 public:
  struct Options {
    ConnectionLimits limits;
    std::size_t requests = 1000;  // on one connection
    std::size_t threads = 1;
    std::size_t waiting = 1;
    std::size_t per_address = 0;
    const TrustedProxies* trusted = nullptr;  // REQUIRES: not null
    std::function<void(int status)> refused;
  };

  explicit Listener(Options options)
      : connections_(std::move(options)), gate_(connections_.per_address) {
    // The library owns them and joins them before it lets go of them.
    new_task_queue = [this] {
      threads_ = new ServingThreads(connections_.threads, connections_.waiting);
      return threads_;
    };
  }

  // The listening socket is created by the library with a backlog of 5; listening again on the bound
  // socket is how POSIX raises it.
  void RaiseBacklog(int backlog) {
    const socket_t socket = svr_sock_;
    if (socket != INVALID_SOCKET) (void)::listen(socket, backlog);
  }

 private:
  static void TakeGzipAlone(httplib::Request& request) {
    bool taken = false;
    const auto [first, last] = request.headers.equal_range(kAcceptEncoding);
    for (auto it = first; it != last; ++it) taken = taken || TakesGzip(it->second);
    request.headers.erase(kAcceptEncoding);
    if (taken) request.headers.emplace(kTakesGzip, "");
  }

  // On the thread that accepts, which waits for nobody: who is turned away holds no other one.
  bool process_and_close_socket(socket_t socket) override {
    const std::string address = Connection(socket, connections_.limits).RemoteAddress();
    // Behind a proxy everybody has its address.
    const bool counted =
        address != "127.0.0.1" && address != "::1" && !connections_.trusted->Holds(address);
    if (counted && !gate_.Enter(address)) {
      TurnAway(socket);
      return true;
    }
    const bool taken = threads_->Offer([this, socket, address, counted] {
      Connection connection(socket, connections_.limits);
      Serve(connection);
      if (counted) gate_.Leave(address);
      Close(socket);
    });
    if (taken) return true;
    if (counted) gate_.Leave(address);
    TurnAway(socket);
    return true;
  }

  static void Close(socket_t socket) {
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
  }

  void Serve(Connection& connection) {
    ConnectionStream stream(connection);
    for (std::size_t left = connections_.requests; left > 0 && svr_sock_ != INVALID_SOCKET;
         --left) {
      const int head = connection.ReadHead();
      if (head > 0) Refuse(connection, head);
      if (head != 0) return;
      bool closed = false;
      // Rationale: the library decodes `%41` in a field's value, which no sender has encoded; and it
      // would rather pack with brotli at its slowest than with gzip: 200 ms for our document, not 1.
      // Packing is ours (SetBody).
      const bool served = process_request(stream, left == 1 || connection.chunked(), closed,
                                          [&](httplib::Request& request) {
                                            request.headers.clear();
                                            for (const auto& [name, value] : connection.fields()) {
                                              request.headers.emplace(name, value);
                                            }
                                            TakeGzipAlone(request);
                                          });
      // What was left unread of a request must not be taken for the next one.
      if (!connection.AtRequestEnd()) {
        if (served) connection.Finish();
        return;
      }
      if (!served || closed) return;
    }
  }

  static std::string Refusal(int status) {
    const std::string id = RequestId("");
    const std::string body = ProblemJson(status, "", id);
    return absl::StrCat("HTTP/1.1 ", status, " ", std::string(StatusTitle(status)),
                        "\r\nContent-Type: ", kProblemType, "\r\nContent-Length: ", body.size(),
                        "\r\n", kRequestId, ": ", id, "\r\nConnection: close\r\n",
                        status == 503 ? "Retry-After: 10\r\n" : "", "\r\n", body);
  }

  void Refuse(Connection& connection, int status) {
    const std::string answer = Refusal(status);
    if (connections_.refused) connections_.refused(status);
    if (connection.Write(answer.data(), answer.size()) > 0) connection.Finish();
  }

  void TurnAway(socket_t socket) {
    if (connections_.refused) connections_.refused(503);
    Connection(socket, connections_.limits).TurnAway(Refusal(503));
    Close(socket);
  }

  const Options connections_;
  ConnectionGate gate_;
  ServingThreads* threads_ = nullptr;  // of the thread that accepts, while it does
};

}  // namespace

class ApiServer::Impl {
 public:
  Impl(Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
       std::function<std::string()> exposition, ApiOptions options)
      : desk_(desk),
        store_(store),
        clock_(clock),
        log_(log),
        metrics_(metrics),
        exposition_(std::move(exposition)),
        options_(std::move(options)),
        context_{desk, store, clock, log},
        routes_(MakeRoutes(options_.routes)),
        attempts_(options_.attempts),
        proxies_(options_.trusted_proxies),
        public_(ConnectionOptions(options_.threads, options_.connections_per_address)),
        operators_(ConnectionOptions(4, 0)) {
    SetUp(public_);
    SetUp(operators_);
    RoutePublic();
    RouteOperators();
  }

  ~Impl() { Stop(); }

  absl::StatusOr<ApiPorts> Start() {
    ApiPorts ports;
    auto first = Bind(public_, options_.listen, "listen");
    if (!first.ok()) return first.status();
    ports.listen = *first;
    auto second = Bind(operators_, options_.metrics_listen, "metrics_listen");
    if (!second.ok()) return second.status();
    ports.metrics_listen = *second;
    for (Listener* listener : {&public_, &operators_}) {
      threads_.emplace_back([this, listener] { Listen(*listener); });
    }
    // Until both take connections, so that a Stop that follows at once finds them running.
    for (Listener* listener : {&public_, &operators_}) {
      while (!listener->is_running()) std::this_thread::yield();
    }
    return ports;
  }

  void Stop() {
    public_.stop();
    operators_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  Listener::Options ConnectionOptions(std::size_t threads, std::size_t per_address) {
    Listener::Options options;
    options.limits.max_body = options_.max_body;
    options.limits.head_timeout = options_.head_timeout;
    options.limits.read_timeout = options_.read_timeout;
    options.limits.request_timeout = options_.request_timeout;
    options.limits.idle_timeout = options_.idle_timeout;
    options.threads = threads;
    options.waiting = options_.waiting;
    options.per_address = per_address;
    options.trusted = &proxies_;
    options.refused = [this](int status) {
      metrics_.Count("retainer_http_requests_total",
                     {{"route", "none"}, {"status", absl::StrCat(status)}});
    };
    return options;
  }

  void SetUp(Listener& listener) {
    listener.set_tcp_nodelay(true);
    // The library's own choice, SO_REUSEPORT, would let a second service take every other request.
    listener.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    listener.set_pre_routing_handler(
        [this, &listener](const httplib::Request& request, httplib::Response& response) {
          response.set_header(kRequestId, RequestId(request.get_header_value(kRequestId)));
          if (MayHaveRoute(listener, request)) return httplib::Server::HandlerResponse::Unhandled;
          // Rationale: the library reads the body of whatever is no route, unpacked and without an end,
          // before it says so.
          if (request.has_header("Content-Length")) response.set_header("Connection", "close");
          AnswerProblem(response, 404, "There is nothing here.");
          return httplib::Server::HandlerResponse::Handled;
        });
    // A delivery's reader has its own bound; the library's own must not be the narrower.
    listener.set_payload_max_length(options_.max_body);
    listener.set_exception_handler([this](const httplib::Request&, httplib::Response& response,
                                          std::exception_ptr) {
      log_.Error("a request failed inside", {{"request", response.get_header_value(kRequestId)}});
      AnswerProblem(response, 500, "");
    });
    const httplib::Server::HandlerWithResponse on_error = [](const httplib::Request&,
                                                             httplib::Response& response) {
      if (!response.body.empty() || response.status == 304) {
        return httplib::Server::HandlerResponse::Unhandled;
      }
      const int status = response.status == 404 || response.status < 400 ? 404 : response.status;
      AnswerProblem(response, status, status == 404 ? "There is nothing here." : "");
      return httplib::Server::HandlerResponse::Handled;
    };
    listener.set_error_handler(on_error);
    listener.set_logger([this](const httplib::Request& request, const httplib::Response& response) {
      metrics_.Count("retainer_http_requests_total",
                     {{"route", RouteOf(request.path)}, {"status", absl::StrCat(response.status)}});
      // What intake refuses it has logged itself.
      const bool delivery = request.path.starts_with("/webhooks/");
      const bool unread = response.status == 408 || response.status == 413;
      if (delivery ? !unread : response.status < 500) return;
      if (const auto kept_back = failures_.Allow(RouteOf(request.path), clock_.Steady())) {
        log_.Warning("request failed", {{"route", RouteOf(request.path)},
                                        {"status", absl::StrCat(response.status)},
                                        {"from", ClientOf(request)},
                                        {"request", response.get_header_value(kRequestId)},
                                        {"more_like_it", absl::StrCat(*kept_back)}});
      }
    });
  }

  // Of a GET or HEAD the library reads no body; of the rest there is one route, which reads its own.
  bool MayHaveRoute(const Listener& listener, const httplib::Request& request) const {
    if (request.method == "GET" || request.method == "HEAD") return true;
    return &listener == &public_ && request.method == "POST" &&
           std::regex_match(request.path, deliveries_);
  }

  // A label with few values, whatever is asked for.
  std::string RouteOf(const std::string& path) const {
    if (path.starts_with("/webhooks/")) return "/webhooks/{forge}";
    if (path.starts_with("/api/v1/customers/")) return "/api/v1/customers/{id}";
    for (const Route& route : routes_) {
      if (path == route.path) return route.path;
    }
    for (const char* known : {"/healthz", "/readyz", "/metrics"}) {
      if (path == known) return known;
    }
    return "other";
  }

  std::string ClientOf(const httplib::Request& request) const {
    std::vector<std::string> forwarded;
    const auto [first, last] = request.headers.equal_range("X-Forwarded-For");
    for (auto it = first; it != last; ++it) forwarded.push_back(it->second);
    return proxies_.ClientOf(request.remote_addr, forwarded);
  }

  absl::StatusOr<int> Bind(Listener& listener, const HostPort& at, std::string_view key) {
    int port = at.port;
    if (port == 0) {
      port = listener.bind_to_any_port(at.host);
    } else if (!listener.bind_to_port(at.host, port)) {
      port = -1;
    }
    if (port <= 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", at.host, ":", at.port,
                       ": another program has it, or the address is not this machine's; change `",
                       std::string(key), "` in the configuration"));
    }
    listener.RaiseBacklog(options_.backlog);
    return port;
  }

  void Listen(Listener& listener) {
    if (!listener.listen_after_bind()) log_.Error("the HTTP server has ended");
  }

  void RoutePublic() {
    // Longest first matters not: each pattern is matched whole.
    public_.Post(kDeliveries, [this](const httplib::Request& request, httplib::Response& response,
                                     const httplib::ContentReader& reader) {
      TakeDelivery(request, response, reader);
    });
    for (const Route& route : routes_) {
      public_.Get(route.pattern,
                  [this, &route](const httplib::Request& request, httplib::Response& response) {
                    Answer(route, request, response);
                  });
    }
    RouteHealth(public_, false);
  }

  void RouteOperators() {
    operators_.Get("/metrics",
                   [this](const httplib::Request& request, httplib::Response& response) {
                     desk_.TellFigures();
                     SetBody(request, exposition_(), "text/plain; version=0.0.4; charset=utf-8",
                             std::nullopt, response);
                   });
    RouteHealth(operators_, true);
  }

  void RouteHealth(Listener& listener, bool details) {
    listener.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok\n", kText);
    });
    listener.Get("/readyz", [this, details](const httplib::Request&, httplib::Response& response) {
      const Health health = desk_.CheckHealth();
      response.status = health.ready ? 200 : 503;
      if (details) {
        response.set_content(HealthJson(health), kJson);
      } else {
        response.set_content(health.ready ? "ready\n" : "not ready\n", kText);
      }
    });
  }

  void TakeDelivery(const httplib::Request& request, httplib::Response& response,
                    const httplib::ContentReader& reader) {
    const std::string forge = request.matches[1];
    const std::string declared = request.get_header_value("Content-Length");
    std::uint64_t length = 0;
    // Whatever is refused before the body was read ends the connection: what follows on it is body.
    if (!declared.empty() && (!absl::SimpleAtoi(declared, &length) || length > options_.max_body)) {
      response.set_header("Connection", "close");
      AnswerProblem(response, 413, "A delivery may have 25 MiB at most.");
      return;
    }
    // What was signed are the bytes as they come, and no forge packs them: nothing is unpacked here.
    const std::string encoding = request.get_header_value("Content-Encoding");
    if (!encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
      response.set_header("Connection", "close");
      AnswerProblem(response, 415, "Send the body without a Content-Encoding.");
      return;
    }
    // The library would look for parts in it and hand us none of the bytes that were signed.
    if (request.is_multipart_form_data()) {
      response.set_header("Connection", "close");
      AnswerProblem(response, 415, "Send application/json.");
      return;
    }
    std::string body;
    // Bodies under way, of all requests: who cannot sign must not fill the memory either.
    struct Held {
      std::atomic<std::size_t>& all;
      std::size_t mine = 0;
      ~Held() { all -= mine; }
    } held{bodies_};
    const Steady::time_point until =
        Steady::now() + absl::ToChronoNanoseconds(options_.request_timeout);
    bool too_large = false;
    bool too_slow = false;
    bool too_many = false;
    const bool read = reader([&](const char* data, std::size_t size) {
      if (body.size() + size > options_.max_body) {
        too_large = true;
        return false;
      }
      if (Steady::now() > until) {
        too_slow = true;
        return false;
      }
      held.mine += size;
      if (bodies_ += size; bodies_ > options_.max_bodies) {
        too_many = true;
        return false;
      }
      body.append(data, size);
      return true;
    });
    if (!read) {
      response.set_header("Connection", "close");
      if (too_many) {
        response.set_header("Retry-After", "10");
        AnswerProblem(response, 503, "Too much is being received at once; send it again later.");
      } else if (too_large || response.status == 413) {
        AnswerProblem(response, 413, "A delivery may have 25 MiB at most.");
      } else if (response.status == 415) {
        AnswerProblem(response, 415, "The body's encoding is not supported.");
      } else {
        AnswerProblem(response, 408,
                      too_slow ? "The body came too slowly." : "The body did not arrive whole.");
      }
      return;
    }
    Headers headers;
    for (const auto& [name, value] : request.headers) headers.try_emplace(name, value);
    const IntakeAnswer answer = desk_.Accept(forge, headers, body, ClientOf(request));
    if (answer.retry_after) {
      response.set_header("Retry-After", absl::StrCat(absl::ToInt64Seconds(*answer.retry_after)));
    }
    if (answer.http_status >= 400) {
      AnswerProblem(response, answer.http_status, answer.problem);
      return;
    }
    response.status = answer.http_status;
    response.set_content(absl::StrCat(answer.reason, "\n"), kText);
  }

  // A route of the REST API: who asks, whether what they ask is understood, the answer, and how it
  // goes on the wire.
  void Answer(const Route& route, const httplib::Request& request, httplib::Response& response) {
    ApiRequest asked;
    asked.id = response.get_header_value(kRequestId);
    const absl::Time now = clock_.Now();
    if (MustAuthenticate(route, request)) {
      // Rationale: first who they are, then how often their address has failed: others have it too.
      std::string why;
      auto caller =
          Authenticate(store_, options_.oidc, request.get_header_value("Authorization"), now, &why);
      if (absl::IsUnauthenticated(caller.status())) {
        const std::string client = ClientOf(request);
        if (!why.empty()) LogRefusedJob(why, client, asked.id);
        if (const auto wait = attempts_.Blocked(client, clock_.Steady())) {
          response.set_header("Retry-After",
                              absl::StrCat(std::max<std::int64_t>(1, absl::ToInt64Seconds(*wait))));
          AnswerProblem(response, 429, "Too many failed attempts; try again later.");
          return;
        }
        attempts_.Failed(client, clock_.Steady());
        response.set_header("WWW-Authenticate", "Bearer realm=\"retainer\"");
        AnswerProblem(response, 401, View(caller.status().message()));
        return;
      }
      if (!caller.ok()) {
        Send(Trouble(context_, asked, "token", caller.status(), ""), request, response);
        return;
      }
      asked.caller = *std::move(caller);
      if (route.access == Access::kToken && asked.caller->for_gate_alone()) {
        AnswerProblem(
            response, 403,
            "This token is for the gate and badges alone; one of scope read may ask this.");
        return;
      }
    }
    // What is misspelt would narrow nothing: it is refused, not passed over.
    for (const auto& [name, value] : request.params) {
      if (std::find(route.parameters.begin(), route.parameters.end(), name) ==
          route.parameters.end()) {
        AnswerProblem(response, 400, NoSuchParameter(name, route.parameters));
        return;
      }
      if (!asked.parameters.emplace(name, value).second) {
        AnswerProblem(response, 400, GivenTwice(name));
        return;
      }
    }
    if (request.matches.size() > 1) asked.in_path = request.matches[1];
    Send(route.handle(context_, asked), request, response);
  }

  // Only here: who made the token up must not learn it.
  void LogRefusedJob(const std::string& why, const std::string& client,
                     const std::string& request) {
    if (const auto kept_back = failures_.Allow("oidc", clock_.Now())) {
      log_.Warning("a job's token was refused", {{"why", why},
                                                 {"from", client},
                                                 {"request", request},
                                                 {"more_like_it", absl::StrCat(*kept_back)}});
    }
  }

  bool MustAuthenticate(const Route& route, const httplib::Request& request) const {
    if (route.access == Access::kOpen) return false;
    if (route.access != Access::kBadge || request.has_header("Authorization")) return true;
    const TermsHistory terms = desk_.terms();
    return terms.empty() || !terms.back()->policy.public_badge;
  }

  static void Send(const ApiAnswer& answer, const httplib::Request& request,
                   httplib::Response& response) {
    for (const auto& [name, value] : answer.headers) response.set_header(name.c_str(), value);
    if (answer.status >= 400) {
      response.set_header("Cache-Control", "no-store");
      AnswerProblem(response, answer.status, answer.body, answer.code);
      return;
    }
    response.set_header("Vary", "Accept-Encoding, Authorization");
    if (!response.has_header("Cache-Control")) {
      // Kept, but asked about each time: states change by time alone.
      response.set_header("Cache-Control", "private, no-cache");
    }
    if (!answer.stable.empty()) {
      const std::string tag = answer.tag.empty() ? EntityTag(answer.stable) : answer.tag;
      response.set_header("ETag", tag);
      if (NamesTag(request.get_header_value("If-None-Match"), tag)) {
        response.status = 304;
        return;
      }
    }
    response.status = answer.status;
    SetBody(request, answer.body, answer.type, answer.packed, response);
  }

  Desk& desk_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const std::function<std::string()> exposition_;
  const ApiOptions options_;
  const ApiContext context_;
  const std::vector<Route> routes_;
  const std::regex deliveries_{kDeliveries};
  FailedAttempts attempts_;
  const TrustedProxies proxies_;
  std::atomic<std::size_t> bodies_ = 0;  // bytes of deliveries that are being received
  Throttle failures_;
  Listener public_;
  Listener operators_;
  std::vector<std::thread> threads_;
};

ApiServer::ApiServer(Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
                     std::function<std::string()> exposition, ApiOptions options)
    : impl_(std::make_unique<Impl>(desk, store, clock, log, metrics, std::move(exposition),
                                   std::move(options))) {}
ApiServer::~ApiServer() = default;

absl::StatusOr<ApiPorts> ApiServer::Start() { return impl_->Start(); }
void ApiServer::Stop() { impl_->Stop(); }

}  // namespace retainer
