#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer::sinks {

class HttpReceiver::Server {
 public:
  Server() {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      std::lock_guard lock(mutex_);
      Received received{request.method, request.target, {}, request.body};
      for (const auto& [name, value] : request.headers) {
        received.headers[absl::AsciiStrToLower(name)] = value;
      }
      received_.push_back(std::move(received));
      changed_.notify_all();
      if (on_received_) on_received_();
      response.status = status_;
      for (const auto& [name, value] : headers_) response.set_header(name, value);
      response.set_content(body_, "text/plain");
    };
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }
  void Answer(int status, std::map<std::string, std::string> headers, std::string body) {
    std::lock_guard lock(mutex_);
    status_ = status;
    headers_ = std::move(headers);
    body_ = std::move(body);
  }
  void OnReceived(std::function<void()> call) {
    std::lock_guard lock(mutex_);
    on_received_ = std::move(call);
  }
  std::vector<Received> received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }
  bool Await(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return received_.size() >= count; });
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int status_ = 200;
  std::map<std::string, std::string> headers_;
  std::string body_;
  std::vector<Received> received_;
  std::function<void()> on_received_;
};

HttpReceiver::HttpReceiver() : server_(std::make_unique<Server>()) {}
HttpReceiver::~HttpReceiver() = default;
int HttpReceiver::port() const { return server_->port(); }
std::string HttpReceiver::url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", port(), path);
}
void HttpReceiver::Answer(int status, std::map<std::string, std::string> headers,
                          std::string body) {
  server_->Answer(status, std::move(headers), std::move(body));
}
void HttpReceiver::OnReceived(std::function<void()> call) { server_->OnReceived(std::move(call)); }
std::vector<Received> HttpReceiver::received() const { return server_->received(); }
bool HttpReceiver::Await(std::size_t count) const { return server_->Await(count); }

}  // namespace retainer::sinks
