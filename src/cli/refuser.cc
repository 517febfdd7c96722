#include "src/cli/refuser.h"

#include <httplib.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace retainer::cli {
namespace {

constexpr int kMostThreads = 4;
// In seconds. A slow request holds a thread for no longer than this.
constexpr int kTimeoutSeconds = 5;
constexpr char kRetryAfterSeconds[] = "30";

void Refuse(httplib::Response& response) {
  response.status = 503;
  response.set_header("Retry-After", kRetryAfterSeconds);
  response.set_header("Connection", "close");
  response.set_content(
      R"({"title":"Service Unavailable","status":503,"detail":"the service cannot start yet"})",
      "application/problem+json");
}

}  // namespace

Refuser::Refuser(const HostPort& listen, Log& log) : server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(kMostThreads); };
  server_->set_read_timeout(kTimeoutSeconds);
  server_->set_write_timeout(kTimeoutSeconds);
  server_->set_keep_alive_max_count(1);
  // The body is read to its end, because closing the connection earlier would lose the answer.
  server_->Post(".*", [](const httplib::Request&, httplib::Response& response,
                         const httplib::ContentReader& body) {
    body([](const char*, std::size_t) { return true; });
    Refuse(response);
  });
  server_->set_error_handler(
      [](const httplib::Request&, httplib::Response& response) { Refuse(response); });
  if (listen.port == 0) {
    port_ = server_->bind_to_any_port(listen.host);
  } else if (server_->bind_to_port(listen.host, listen.port)) {
    port_ = listen.port;
  }
  if (port_ < 0) {
    log.Warning("nothing answers meanwhile: the address cannot be listened on",
                {{"listen", absl::StrCat(listen.host, ":", listen.port)}});
    return;
  }
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::yield();
}

Refuser::~Refuser() {
  server_->stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace retainer::cli
