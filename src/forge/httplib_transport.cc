// The real transport. An httplib::Client is one connection, and threads must not share it. Each
// request takes one out of the pool, and puts it back when the answer is complete.
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/forge/http.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

class HttplibTransport final : public HttpTransport {
 public:
  HttplibTransport(std::string origin, const TransportOptions& options)
      : origin_(std::move(origin)), options_(options) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    auto [client, used_before] = Take();
    Attempt attempt = Try(*client, request);
    // The server may close a kept-alive connection just as we write on it. A read is safe to retry.
    // Whether a mutation was carried out is not known, so the caller decides.
    const bool broken =
        attempt.error == httplib::Error::Read || attempt.error == httplib::Error::Write;
    if (!attempt.response.ok() && used_before && broken && request.method == "GET" &&
        !attempt.out_of_time) {
      client = Connect();
      attempt = Try(*client, request);
    }
    if (attempt.response.ok()) Return(std::move(client));
    return std::move(attempt.response);
  }

 private:
  struct Attempt {
    absl::StatusOr<HttpResponse> response;
    httplib::Error error = httplib::Error::Success;
    bool out_of_time = false;
  };

  std::unique_ptr<httplib::Client> Connect() const {
    auto client = std::make_unique<httplib::Client>(origin_);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_follow_location(false);
    client->set_url_encode(false);  // targets are encoded already
    client->enable_server_certificate_verification(true);
    client->set_connection_timeout(absl::ToChronoMicroseconds(options_.connect_timeout));
    client->set_read_timeout(absl::ToChronoMicroseconds(options_.read_timeout));
    client->set_write_timeout(absl::ToChronoMicroseconds(options_.read_timeout));
    return client;
  }

  std::pair<std::unique_ptr<httplib::Client>, bool> Take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto client = std::move(idle_.back());
        idle_.pop_back();
        return {std::move(client), true};
      }
    }
    return {Connect(), false};
  }

  void Return(std::unique_ptr<httplib::Client> client) {
    std::lock_guard lock(mutex_);
    if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(client));
  }

  Attempt Try(httplib::Client& client, const HttpRequest& request) const {
    httplib::Request wire;
    wire.method = request.method;
    wire.path = request.target;
    for (const auto& [name, value] : request.headers) wire.headers.emplace(name, value);
    if (!request.body.empty()) {
      wire.body = request.body;
      wire.headers.emplace("Content-Type", "application/json");
    }
    HttpResponse answer;
    const auto give_up =
        std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(options_.total_timeout);
    bool too_long = false;
    bool out_of_time = false;
    wire.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      out_of_time = std::chrono::steady_clock::now() > give_up;
      too_long = answer.body.size() + size > options_.max_response_bytes;
      if (out_of_time || too_long) return false;
      answer.body.append(data, size);
      return true;
    };
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    if (!client.send(wire, response, error)) {
      std::string why = httplib::to_string(error);
      if (too_long)
        why = absl::StrCat("answer longer than ", options_.max_response_bytes, " bytes");
      if (out_of_time) why = "answer took too long";
      return {absl::UnavailableError(absl::StrCat(origin_, " cannot be read: ", why)), error,
              too_long || out_of_time};
    }
    answer.status = response.status;
    for (const auto& [name, value] : response.headers) answer.headers.emplace(name, value);
    return {std::move(answer), error, false};
  }

  const std::string origin_;
  const TransportOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<httplib::Client>> idle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpTransport>> MakeHttplibTransport(
    const std::string& origin, const TransportOptions& options) {
  auto base = ParseBaseUrl(origin);
  if (!base.ok()) return base.status();
  return std::make_unique<HttplibTransport>(base->origin, options);
}

}  // namespace retainer::forge
