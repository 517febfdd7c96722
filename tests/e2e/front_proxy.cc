#include "tests/e2e/front_proxy.h"

#include <httplib.h>

#include <mutex>
#include <thread>

namespace retainer {

struct FrontProxy::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;
  std::mutex mutex;
  std::string service;

  void Forward(const httplib::Request& in, httplib::Response& out) {
    std::string to;
    {
      const std::lock_guard lock(mutex);
      to = service;
    }
    httplib::Client client(to);
    client.set_url_encode(false);
    httplib::Request request;
    request.method = in.method;
    request.path = in.target;
    request.body = in.body;
    for (const char* name : {"Cookie", "Content-Type", "Accept"}) {
      if (in.has_header(name)) request.headers.emplace(name, in.get_header_value(name));
    }
    request.headers.emplace("X-Forwarded-For", in.remote_addr);
    const auto answer = client.send(request);
    if (!answer) {
      out.status = 502;
      return;
    }
    out.status = answer->status;
    std::string type = "text/plain";
    for (const auto& [name, value] : answer->headers) {
      if (name == "Content-Type") type = value;
      if (name == "Content-Type" || name == "Content-Length" || name == "Connection" ||
          name == "Transfer-Encoding" || name == "Keep-Alive") {
        continue;
      }
      out.headers.emplace(name, value);
    }
    out.set_content(answer->body, type);
  }
};

FrontProxy::FrontProxy() : impl_(std::make_unique<Impl>()) {
  const auto forward = [this](const httplib::Request& in, httplib::Response& out) {
    impl_->Forward(in, out);
  };
  impl_->server.Get(".*", forward);
  impl_->server.Post(".*", forward);
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::yield();
}

FrontProxy::~FrontProxy() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string FrontProxy::url() const { return "http://127.0.0.1:" + std::to_string(impl_->port); }

void FrontProxy::Lead(const std::string& service_url) {
  const std::lock_guard lock(impl_->mutex);
  impl_->service = service_url;
}

}  // namespace retainer
