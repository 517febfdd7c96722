#include "tests/e2e/ci_forge.h"

#include <httplib.h>

#include <mutex>
#include <stdexcept>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fakes/test_issuer.h"

namespace retainer {

class CiForge::Impl {
 public:
  Impl() {
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no port on loopback");
    url_ = absl::StrCat("http://127.0.0.1:", port_);
    issuer_ = std::make_unique<TestIssuer>(url_);
    server_.Get("/.well-known/openid-configuration",
                [this](const httplib::Request&, httplib::Response& response) {
                  response.set_content(issuer_->Configuration(), "application/json");
                });
    server_.Get("/keys", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(issuer_->Keys(), "application/json");
    });
    server_.Get("/job-token", [this](const httplib::Request& request, httplib::Response& response) {
      if (request.get_header_value("Authorization") != "bearer " + request_token() ||
          request.get_param_value("api-version") != "2.0") {
        response.status = 401;
        return;
      }
      std::lock_guard lock(mutex_);
      const std::string token = Token(request.get_param_value("audience"),
                                      absl::StrCat("\"repository_id\":\"", repository_, "\""));
      response.set_content(absl::StrCat("{\"count\":", token.size(), ",\"value\":\"", token, "\"}"),
                           "application/json");
    });
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~Impl() {
    server_.stop();
    thread_.join();
  }

  std::string Token(const std::string& audience, const std::string& who) const {
    const std::int64_t now = absl::ToUnixSeconds(absl::Now());
    return issuer_->Sign(absl::StrCat("{\"iss\":\"", url_, "\",\"aud\":\"", audience, "\",", who,
                                      ",\"iat\":", now, ",\"exp\":", now + 300, "}"));
  }

  httplib::Server server_;
  int port_ = 0;
  std::string url_;
  std::unique_ptr<TestIssuer> issuer_;
  std::mutex mutex_;
  std::string repository_ = "1296269";
  std::thread thread_;
};

CiForge::CiForge() : impl_(std::make_unique<Impl>()) {}
CiForge::~CiForge() = default;

const std::string& CiForge::issuer() const { return impl_->url_; }

std::string CiForge::request_url() const { return impl_->url_ + "/job-token?api-version=2.0"; }

void CiForge::SetRepository(const std::string& id) {
  std::lock_guard lock(impl_->mutex_);
  impl_->repository_ = id;
}

std::string CiForge::GitLabToken(const std::string& audience, const std::string& project_id) const {
  return impl_->Token(audience, absl::StrCat("\"project_id\":\"", project_id, "\""));
}

}  // namespace retainer
