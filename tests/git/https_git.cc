#include "tests/git/https_git.h"

#include <httplib.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/process.h"

namespace retainer {
namespace {

constexpr char kBackend[] = "/usr/lib/git-core/git-http-backend";

void Make(const std::vector<std::string>& arguments) {
  const Finished done = Execute(arguments);
  if (done.exit_code != 0) throw std::runtime_error(done.err);
}

}  // namespace

class HttpsGit::Server {
 public:
  Server(std::string folder, const std::string& certificates)
      : folder_(std::move(folder)),
        server_((certificates + "/server.pem").c_str(), (certificates + "/key.pem").c_str()) {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      Answer(request, response);
    };
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    closes_.notify_all();
    server_.stop();
    thread_.join();
  }

  int port() const { return port_; }
  void Demand(const std::string& token) {
    std::lock_guard lock(mutex_);
    token_ = token;
  }
  void Break(Fault fault) {
    std::lock_guard lock(mutex_);
    fault_ = fault;
  }
  int authorized() const {
    std::lock_guard lock(mutex_);
    return authorized_;
  }

 private:
  void Answer(const httplib::Request& request, httplib::Response& response) {
    Fault fault = Fault::kNone;
    {
      std::lock_guard lock(mutex_);
      const std::string given = request.get_header_value("Authorization");
      authorized_ += given.empty() ? 0 : 1;
      fault = fault_;
      if (!token_.empty() &&
          given != absl::StrCat("Basic ", absl::Base64Escape("x-access-token:" + token_))) {
        response.status = 401;
        response.set_header("WWW-Authenticate", "Basic realm=\"git\"");
        return;
      }
    }
    if (fault == Fault::kRedirects) {
      response.set_redirect(
          absl::StrCat("https://localhost:", port_, "/elsewhere", request.target));
      return;
    }
    const bool pack = request.method == "POST";
    if (pack && fault == Fault::kSilent) {
      std::unique_lock lock(mutex_);
      closes_.wait(lock, [this] { return closing_; });
      return;
    }
    if (pack && fault == Fault::kEndless) {
      response.set_chunked_content_provider(
          "application/x-git-upload-pack-result",
          [this](std::size_t offset, httplib::DataSink& sink) {
            const std::string line =
                offset == 0 ? "0008NAK\n" : absl::StrCat("0018", "\x02", "counting objects...");
            sink.write(line.data(), line.size());
            std::lock_guard lock(mutex_);
            return !closing_;
          });
      return;
    }
    Backend(request, response);
  }

  // The Common Gateway Interface, as far as http-backend uses it.
  void Backend(const httplib::Request& request, httplib::Response& response) {
    const std::size_t question = request.target.find('?');
    const Finished done = Execute(
        {kBackend},
        {{"GIT_PROJECT_ROOT", folder_},
         {"GIT_HTTP_EXPORT_ALL", "1"},
         {"GIT_CONFIG_NOSYSTEM", "1"},
         {"GIT_CONFIG_GLOBAL", "/dev/null"},
         {"REQUEST_METHOD", request.method},
         {"PATH_INFO", request.path},
         {"QUERY_STRING", question == std::string::npos ? "" : request.target.substr(question + 1)},
         {"CONTENT_TYPE", request.get_header_value("Content-Type")},
         {"CONTENT_LENGTH", absl::StrCat(request.body.size())}},
        request.body);
    const std::size_t end = done.out.find("\r\n\r\n");
    if (end == std::string::npos) {
      response.status = 500;
      return;
    }
    std::string type = "text/plain";
    response.status = 200;
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(done.out.substr(0, end), "\r\n"))) {
      const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      if (parts[0] == "Status") (void)absl::SimpleAtoi(parts[1].substr(0, 3), &response.status);
      if (parts[0] == "Content-Type") type = parts[1];
    }
    response.set_content(done.out.substr(end + 4), type.c_str());
  }

  const std::string folder_;
  httplib::SSLServer server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable closes_;
  std::string token_;
  Fault fault_ = Fault::kNone;
  int authorized_ = 0;
  bool closing_ = false;
};

HttpsGit::HttpsGit(std::string folder) {
  Make({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", certificates_.path() + "/key.pem", "-out", authority()});
  server_ = std::make_unique<Server>(std::move(folder), certificates_.path());
}
HttpsGit::~HttpsGit() = default;

bool HttpsGit::Installed() { return std::filesystem::exists(kBackend); }

std::string HttpsGit::Url(const std::string& name) const { return Url("localhost", name); }
std::string HttpsGit::Url(const std::string& host, const std::string& name) const {
  return absl::StrCat("https://", host, ":", server_->port(), "/", name);
}
std::string HttpsGit::authority() const { return certificates_.path() + "/server.pem"; }
void HttpsGit::Demand(const std::string& token) { server_->Demand(token); }
void HttpsGit::Break(Fault fault) { server_->Break(fault); }
int HttpsGit::authorized() const { return server_->authorized(); }

}  // namespace retainer
