#include "src/sandbox/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace retainer::sandbox {
namespace {

constexpr int kThreads = 16;  // each kept-alive connection uses one
constexpr time_t kIdleSeconds = 1;
constexpr std::size_t kCutLength = 1 << 20;
constexpr absl::Duration kLongestDelay = absl::Seconds(15);

}  // namespace

class HttpServer::Impl {
 public:
  Impl(std::function<Response(const Request&)> handle,
       std::function<void(const std::string&, const std::string&, int)> answered)
      : handle_(std::move(handle)) {
    // Despite its name: it is called after an answer was written.
    server_.set_logger(
        [answered = std::move(answered)](const httplib::Request& in, const httplib::Response& out) {
          answered(in.method, in.target, out.status);
        });
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_timeout(kIdleSeconds);
    server_.set_keep_alive_max_count(100000);
    server_.set_payload_max_length(32 << 20);
    auto serve = [this](const httplib::Request& in, httplib::Response& out) { Serve(in, out); };
    server_.Get(".*", serve);
    server_.Post(".*", serve);
    server_.Put(".*", serve);
    server_.Patch(".*", serve);
    server_.Delete(".*", serve);
    // The library waits for the body of a DELETE without Content-Length.
    server_.set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
      if (in.method != "DELETE" || in.has_header("Content-Length") ||
          in.has_header("Transfer-Encoding")) {
        return httplib::Server::HandlerResponse::Unhandled;
      }
      Serve(in, out);
      return httplib::Server::HandlerResponse::Handled;
    });
  }

  absl::Status Start(const std::string& host, int port) {
    if (port == 0) {
      port_ = server_.bind_to_any_port(host);
    } else if (server_.bind_to_port(host, port)) {
      port_ = port;
    }
    if (port_ <= 0) {
      port_ = 0;
      return absl::UnavailableError(absl::StrCat("cannot listen on ", host, ":", port,
                                                 "; choose another port, or 0 for any free one"));
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A stop before the library's loop runs would have no effect.
    while (!server_.is_running()) std::this_thread::yield();
    return absl::OkStatus();
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }

 private:
  void Serve(const httplib::Request& in, httplib::Response& out) {
    Request request;
    request.method = in.method;
    request.target = in.target;
    ReadTarget(request);
    for (const auto& [name, value] : in.headers) {
      request.headers.emplace(absl::AsciiStrToLower(name), value);
    }
    request.body = in.body;
    Response response = handle_(request);
    if (response.delay > absl::ZeroDuration()) {
      std::unique_lock lock(mutex_);
      stop_.wait_for(lock, absl::ToChronoMilliseconds(std::min(response.delay, kLongestDelay)),
                     [this] { return stopping_; });
    }
    if (response.cut) {
      // The library closes a connection when the announced content does not come.
      out.status = response.status;
      out.set_content_provider(
          kCutLength, response.content_type.c_str(),
          [begin = response.body](std::size_t offset, std::size_t, httplib::DataSink& sink) {
            return offset == 0 && !begin.empty() && sink.write(begin.data(), begin.size());
          });
      return;
    }
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.set_header(name.c_str(), value);
    if (response.status != 204 && response.status != 304) {
      out.set_content(response.body, response.content_type.c_str());
    }
  }

  std::function<Response(const Request&)> handle_;
  httplib::Server server_;
  std::thread thread_;
  std::atomic<int> port_ = 0;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
};

HttpServer::HttpServer(
    std::function<Response(const Request&)> handle,
    std::function<void(const std::string& method, const std::string& target, int status)> answered)
    : impl_(std::make_unique<Impl>(std::move(handle), std::move(answered))) {}
HttpServer::~HttpServer() { Stop(); }
absl::Status HttpServer::Start(const std::string& host, int port) {
  return impl_->Start(host, port);
}
void HttpServer::Stop() { impl_->Stop(); }
int HttpServer::port() const { return impl_->port(); }

PostResult Post(const std::string& url, const HeaderList& headers, const std::string& body) {
  std::size_t scheme = url.find("://");
  std::size_t slash = scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
  if (scheme == std::string::npos) return {0, "the hook's address is no URL"};
  httplib::Client client(url.substr(0, slash));
  if (!client.is_valid()) return {0, "the hook's address is no URL"};
  client.set_tcp_nodelay(true);
  client.set_connection_timeout(10);
  client.set_read_timeout(10);
  httplib::Headers sent;
  std::string content_type = "application/json";
  for (const auto& [name, value] : headers) {
    if (name == "Content-Type") {
      content_type = value;
    } else {
      sent.emplace(name, value);
    }
  }
  const std::string path = slash == std::string::npos ? "/" : url.substr(slash);
  httplib::Result result = client.Post(path.c_str(), sent, body, content_type.c_str());
  if (!result) return {0, httplib::to_string(result.error())};
  return {result->status, ""};
}

}  // namespace retainer::sandbox
