// A new installation as a user has it: the binary, a folder with its files, and a sandbox forge.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "retainer/clock.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/sandbox.h"
#include "tests/e2e/process.h"
#include "tests/fakes/places.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer {

class Installation {
 public:
  // `public_url`: where people reach the service; empty: nobody does.
  explicit Installation(const std::string& public_url = "")
      : sandbox_(sandbox::SandboxOptions{clock_}) {
    Must(sandbox_.Start());
    auto credentials = sandbox::SetStory(sandbox_);
    Must(credentials.status());
    credentials_ = *std::move(credentials);
    sandbox::StoryService service;
    service.listen = "127.0.0.1:0";
    service.metrics_listen = "127.0.0.1:0";
    service.data = path("data");
    if (!public_url.empty()) service.public_url = public_url;
    for (const auto& [name, text] :
         sandbox::StoryFiles(sandbox_, credentials_, service, clock_.Now())) {
      Write(name, text);
    }
  }

  sandbox::Sandbox& sandbox() { return sandbox_; }
  const sandbox::StoryCredentials& credentials() const { return credentials_; }
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string config() const { return path("retainer.yaml"); }

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    // As deploy/README.md says, because some of these are secrets.
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Writes what the forge would send now into a folder, as recorded deliveries.
  void RecordPending(const std::string& folder) {
    for (const sandbox::SandboxDelivery& delivery : sandbox_.TakePending()) {
      std::string text;
      for (const auto& [name, value] : delivery.headers) text += name + ": " + value + "\r\n";
      Write(folder + "/" + delivery.id + ".http", text + "\r\n" + delivery.body);
    }
  }

  // Runs a command that takes `--config`.
  Finished Command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), Binary());
    arguments.insert(arguments.end(), {"--config", config()});
    return Execute(arguments);
  }

 private:
  static void Must(const absl::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }

  const SystemClock clock_;
  TemporaryFolder folder_;
  sandbox::Sandbox sandbox_;
  sandbox::StoryCredentials credentials_;
};

// Runs `retainer serve` on an installation, until the end of the scope.
class Serving {
 public:
  explicit Serving(Installation& installation)
      : installation_(installation),
        process_({Binary(), "serve", "--verbose", "--config", installation.config()}) {
    const auto line = AwaitLog("listening");
    if (!line) throw std::runtime_error("the service does not start:\n" + process_.err());
    url_ = Field(*line, "url");
    metrics_url_ = Field(*line, "metrics_url");
    sandbox::PointHooks(installation.sandbox(), installation.credentials(), url_);
  }

  const std::string& url() const { return url_; }
  const std::string& metrics_url() const { return metrics_url_; }
  Process& process() { return process_; }

  // The next log line of this event, with `text` somewhere in it; nullopt when none comes.
  std::optional<std::string> AwaitLog(const std::string& event, const std::string& text = "") {
    return process_.AwaitErrLine([&](const std::string& line) {
      return line.find("\"event\":\"" + event + "\"") != std::string::npos &&
             line.find(text) != std::string::npos;
    });
  }

  // Delivers what people did, and what the forge sends as a result, until nothing more comes.
  // Returns the statuses of the answers.
  std::vector<int> Deliver(const sandbox::DeliverOptions& options = {}) {
    std::vector<int> statuses;
    for (const sandbox::DeliveryResult& result : installation_.sandbox().DeliverPending(options)) {
      statuses.push_back(result.status);
    }
    return statuses;
  }

  Finished Stop() {
    process_.Signal(SIGTERM);
    return process_.Wait(absl::Seconds(20));
  }

  static std::string Field(const std::string& line, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    const std::size_t at = line.find(key);
    if (at == std::string::npos) return "";
    const std::size_t from = at + key.size();
    return line.substr(from, line.find('"', from) - from);
  }

 private:
  Installation& installation_;
  Process process_;
  std::string url_;
  std::string metrics_url_;
};

}  // namespace retainer
