// retainer setup: connects the service to a forge.
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "src/base/digest.h"
#include "src/cli/command.h"
#include "src/cli/doctor.h"
#include "src/cli/loading.h"
#include "src/cli/setup_github.h"
#include "src/cli/setup_gitlab.h"
#include "src/forge/sign_in_clients.h"
#include "src/forge/url.h"

namespace retainer::cli {
namespace {

// As long as the forge's code lives.
constexpr std::chrono::hours kPatience{1};

struct SetupOptions {
  std::string config;
  GitHubSetup github;
  int port = 0;
};

struct GitLabOptions {
  std::string config;
  GitLabSetup gitlab;
  std::string owner_source;
};

// The page on loopback: posts the manifest, and takes the code that comes back.
class SetupServer {
 public:
  // `state` and `key`: random.
  SetupServer(const GitHubSetup& setup, std::string state, std::string key)
      : setup_(setup), state_(std::move(state)), key_(std::move(key)) {
    server_.Get("/" + key_, [this](const httplib::Request& in, httplib::Response& out) {
      if (!IsForUs(in)) return Say(404, "Nothing here.", &out);
      // The form goes to the forge; nothing else is loaded.
      Protect(absl::StrCat("form-action ", setup_.web_url), &out);
      out.set_content(ManifestPage(setup_, state_, url() + "/created"), "text/html; charset=utf-8");
    });
    server_.Get("/created", [this](const httplib::Request& in, httplib::Response& out) {
      Protect("form-action 'none'", &out);
      if (!IsForUs(in) || in.get_param_value("code").empty() ||
          !base::EqualInConstantTime(in.get_param_value("state"), state_)) {
        return Say(400, "This did not begin here. Open the page of the set-up again.", &out);
      }
      const std::lock_guard lock(mutex_);
      if (code_) return Say(400, "This was done already.", &out);
      code_ = in.get_param_value("code");
      changed_.notify_all();
      Say(200, "The app is created. Go on in the terminal.", &out);
    });
  }
  ~SetupServer() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Start(int port) {
    if (port == 0) {
      port_ = server_.bind_to_any_port("127.0.0.1");
    } else if (server_.bind_to_port("127.0.0.1", port)) {
      port_ = port;
    }
    if (port_ <= 0) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    return true;
  }
  // Other users of the machine do not know it, so they learn no state.
  std::string page_url() const { return absl::StrCat(url(), "/", key_); }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_); }
  std::optional<std::string> AwaitCode() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return code_.has_value(); });
    return code_;
  }

 private:
  // A name of another site may lead to this machine.
  bool IsForUs(const httplib::Request& in) const {
    return absl::StrCat("http://", in.get_header_value("Host")) == url();
  }
  static void Protect(const std::string& form_action, httplib::Response* out) {
    out->set_header("Content-Security-Policy",
                    absl::StrCat("default-src 'none'; frame-ancestors 'none'; ", form_action));
    out->set_header("Cache-Control", "no-store");
    out->set_header("Referrer-Policy", "no-referrer");
  }
  static void Say(int status, const std::string& text, httplib::Response* out) {
    out->status = status;
    out->set_content(text + "\n", "text/plain; charset=utf-8");
  }

  const GitHubSetup setup_;
  const std::string state_;
  const std::string key_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> code_;
};

// `asked`: as the option says; empty: as in the configuration. Without a trailing slash.
std::string PublicUrl(const std::string& asked, const std::string& path) {
  std::string url(absl::StripSuffix(asked, "/"));
  std::error_code ignored;
  if (url.empty() && std::filesystem::exists(path, ignored)) {
    const auto config = LoadConfigFile(path, Secrets::kLeft);
    if (!config.ok()) Fail(config.status());
    url = std::string(absl::StripSuffix(config->public_url, "/"));
  }
  if (url.empty()) {
    Fail(kWrongUsage, "give --public-url: the address at which the forge reaches the service");
  }
  if (const auto parsed = forge::ParseBaseUrl(url); !parsed.ok()) {
    Fail(kWrongUsage, absl::StrCat("--public-url: ", std::string(parsed.status().message())));
  }
  return url;
}

GitHubSetup Completed(const SetupOptions& options) {
  GitHubSetup setup = options.github;
  setup.public_url = PublicUrl(setup.public_url, options.config);
  setup.web_url = forge::WebUrl(ForgeKind::kGitHub, setup.api_url);
  if (setup.web_url.empty()) {
    Fail(kWrongUsage, "--api-url is not the address of GitHub's API: https://HOST/api/v3");
  }
  return setup;
}

void SetUpGitHub(const SetupOptions& options) {
  const GitHubSetup setup = Completed(options);
  if (absl::Status good = CheckConfigFor(setup, options.config); !good.ok()) Fail(good);
  const auto state = base::RandomHex(16);
  const auto key = base::RandomHex(16);
  if (!state.ok()) Fail(state.status());
  if (!key.ok()) Fail(key.status());
  GitHubApp app;
  {
    SetupServer server(setup, *state, *key);
    if (!server.Start(options.port)) {
      Fail(kUnreachable, absl::StrCat("cannot listen on 127.0.0.1:", options.port));
    }
    std::cout << "Open this page in a browser on this machine:\n  " << server.page_url() << "\n"
              << std::flush;
    const auto code = server.AwaitCode();
    if (!code) Fail(kUnreachable, "nobody created the app within an hour: begin again");
    auto made = ConvertManifest(setup, *code);
    if (!made.ok()) Fail(made.status());
    app = *std::move(made);
  }
  if (absl::Status written = WriteConfigFor(setup, app, options.config); !written.ok()) {
    Fail(written);
  }
  std::cout << "The app is created, and " << options.config << " has its entry.\n"
            << "Install it on the projects: " << Printable(app.html_url) << "/installations/new\n\n"
            << std::flush;
  RunDoctor(options.config, /*json=*/false);
}

GitLabSetup Completed(const GitLabOptions& options) {
  GitLabSetup setup = options.gitlab;
  setup.public_url = PublicUrl(setup.public_url, options.config);
  setup.api_url = std::string(absl::StripSuffix(setup.api_url, "/"));
  setup.web_url = forge::WebUrl(ForgeKind::kGitLab, setup.api_url);
  if (setup.web_url.empty()) {
    Fail(kWrongUsage, "--api-url is not the address of GitLab's API: https://HOST/api/v4");
  }
  if (setup.projects.empty() && setup.groups.empty()) {
    Fail(kWrongUsage, "give --project GROUP/PROJECT (or --group GROUP): whose webhook to make");
  }
  const auto read = [&](const std::string& source, const char* option) {
    auto token = ReadSource(source, options.config);
    if (!token.ok()) {
      Fail(kWrongUsage, absl::StrCat(option, ": ", std::string(token.status().message())));
    }
    return *std::move(token);
  };
  setup.token = read(setup.token_source, "--token");
  setup.owner_token =
      options.owner_source.empty() ? setup.token : read(options.owner_source, "--owner-token");
  return setup;
}

void SetUpGitLab(const GitLabOptions& options) {
  const GitLabSetup setup = Completed(options);
  if (absl::Status good = CheckConfigFor(setup, options.config); !good.ok()) Fail(good);
  const auto said = SetUp(setup, options.config);
  if (!said.ok()) Fail(said.status());
  for (const std::string& line : *said) std::cout << Printable(line) << "\n";
  std::cout << "\n" << std::flush;
  RunDoctor(options.config, /*json=*/false);
}

void RegisterSetupGitLab(CLI::App* setup) {
  auto options = std::make_shared<GitLabOptions>();
  CLI::App* gitlab = setup->add_subcommand(
      "gitlab", "Makes the webhooks on GitLab, and writes their secret and the entry");
  gitlab->add_option("--config", options->config, "The configuration; created if it is missing")
      ->required();
  gitlab->add_option("--project", options->gitlab.projects,
                     "GROUP/PROJECT whose webhook to make; may be repeated");
  gitlab->add_option("--group", options->gitlab.groups,
                     "The same for all projects of a group (GitLab Premium)");
  gitlab
      ->add_option("--token", options->gitlab.token_source,
                   "Where the service finds its access token: env:NAME or file:PATH")
      ->default_val("env:GITLAB_TOKEN");
  gitlab->add_option("--owner-token", options->owner_source,
                     "A maintainer's or administrator's token, only for this command: env:NAME or "
                     "file:PATH; default: the service's");
  gitlab->add_option("--public-url", options->gitlab.public_url,
                     "Where GitLab reaches the service; default: as in the configuration");
  gitlab->add_option("--name", options->gitlab.name, "Of the forge in the configuration")
      ->default_val("gitlab");
  gitlab->add_option("--api-url", options->gitlab.api_url, "Of another GitLab's API")
      ->default_val("https://gitlab.com/api/v4");
  gitlab->footer(
      "Example: retainer setup gitlab --config retainer.yaml --project acme/opendb --public-url "
      "https://support.example.com");
  gitlab->callback([options] { SetUpGitLab(*options); });
}

}  // namespace

void RegisterSetup(CLI::App& app) {
  CLI::App* setup = app.add_subcommand("setup", "Connects the service to a forge: github, gitlab");
  setup->require_subcommand(1);
  auto options = std::make_shared<SetupOptions>();
  CLI::App* github = setup->add_subcommand(
      "github", "Creates the GitHub App, and writes its key, secrets and entry");
  github->add_option("--config", options->config, "The configuration; created if it is missing")
      ->required();
  github->add_option("--organization", options->github.organization,
                     "The app belongs to this organization");
  github->add_option("--public-url", options->github.public_url,
                     "Where the forge reaches the service; default: as in the configuration");
  github->add_option("--name", options->github.name, "Of the forge in the configuration")
      ->default_val("github");
  github->add_option("--api-url", options->github.api_url, "Of an Enterprise Server's API")
      ->default_val("https://api.github.com");
  github->add_option("--port", options->port, "Port of the page on loopback; 0: any free port")
      ->check(CLI::Range(0, 65535));
  github->footer(
      "Example: retainer setup github --config retainer.yaml --public-url "
      "https://support.example.com");
  github->callback([options] { SetUpGitHub(*options); });
  RegisterSetupGitLab(setup);
}

}  // namespace retainer::cli
