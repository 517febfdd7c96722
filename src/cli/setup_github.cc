#include "src/cli/setup_github.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "src/cli/app_manifest.h"
#include "src/forge/http.h"
#include "src/forge/url.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

std::string EscapeHtml(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Beside(const std::string& config, const std::string& name) {
  return (fs::path(config).parent_path() / name).string();
}

// The names of the files beside the configuration.
std::string KeyFile(const GitHubSetup& setup) { return setup.name + ".app.pem"; }
std::string HookFile(const GitHubSetup& setup) { return setup.name + ".webhook.secret"; }
std::string ClientFile(const GitHubSetup& setup) { return setup.name + ".client.secret"; }

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Writes a file that only this user can read, and its content to the disk. AlreadyExists.
absl::Status WriteNew(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const std::string message = absl::StrCat(path, ": ", std::strerror(errno));
    return errno == EEXIST ? absl::AlreadyExistsError(message)
                           : absl::FailedPreconditionError(message);
  }
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t part = write(fd, text.data() + written, text.size() - written);
    if (part <= 0) break;
    written += static_cast<std::size_t>(part);
  }
  const bool whole = written == text.size() && fsync(fd) == 0;
  close(fd);
  return whole ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(path, ": cannot be written"));
}

std::string EntryOf(const GitHubSetup& setup, const GitHubApp& app) {
  return absl::StrCat("  - name: ", setup.name, "\n    kind: github\n    api_url: ", setup.api_url,
                      "\n    webhook_secrets: [\"file:", HookFile(setup),
                      "\"]\n    app: {id: ", app.id, ", private_key: \"file:", KeyFile(setup),
                      "\"}\n    sign_in: {client_id: \"", app.client_id,
                      "\", client_secret: \"file:", ClientFile(setup), "\"}\n");
}

std::string NewConfig(const GitHubSetup& setup, const std::string& entry) {
  return absl::StrCat("listen: 127.0.0.1:8080\npublic_url: ", setup.public_url,
                      "\ntrusted_proxies: [127.0.0.1] # your proxy: else all visitors are one\n",
                      "store: rocksdb:./data\npolicy: ./policy\n",
                      "mode: observe # nothing is written to the forge; later: full\nforges:\n",
                      entry);
}

// The configuration's text with the entry behind the line `forges:`.
absl::StatusOr<std::string> Insert(const std::string& text, const std::string& entry,
                                   const std::string& path) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (!absl::StartsWith(line, "forges:")) continue;
    const std::size_t rest = line.find_first_not_of(" \t\r", std::strlen("forges:"));
    const bool alone = rest == std::string::npos || line[rest] == '#';
    // The entry is indented like the others: by two, with a dash.
    const bool as_ours = i + 1 < lines.size() && absl::StartsWith(lines[i + 1], "  - ");
    if (!alone || !as_ours) break;
    lines[i] = absl::StrCat(line, "\n", entry.substr(0, entry.size() - 1));
    return absl::StrJoin(lines, "\n");
  }
  if (!absl::StrContains(absl::StrCat("\n", text), "\nforges:")) {
    return absl::StrCat(text, absl::EndsWith(text, "\n") ? "" : "\n", "forges:\n", entry);
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": `forges` must be a list with a line `  - name: …` for each forge, so "
                   "that the new one can be put there"));
}

}  // namespace

std::string ManifestOf(const GitHubSetup& setup, const std::string& back) {
  nlohmann::ordered_json manifest = nlohmann::ordered_json::parse(kAppManifest);
  manifest["url"] = setup.public_url;
  manifest["hook_attributes"]["url"] = absl::StrCat(setup.public_url, "/webhooks/", setup.name);
  manifest["redirect_url"] = back;
  manifest["callback_urls"] = {absl::StrCat(setup.public_url, "/signed-in/", setup.name)};
  return manifest.dump();
}

std::string ManifestTarget(const GitHubSetup& setup, const std::string& state) {
  return absl::StrCat(
      setup.web_url,
      setup.organization.empty()
          ? std::string("/settings/apps/new")
          : absl::StrCat("/organizations/", forge::PercentEncode(setup.organization),
                         "/settings/apps/new"),
      "?state=", forge::PercentEncode(state));
}

std::string ManifestPage(const GitHubSetup& setup, const std::string& state,
                         const std::string& back) {
  return absl::StrCat(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Set up Retainer</title><h1>Set up Retainer on ",
      EscapeHtml(setup.web_url), "</h1><p>The next page creates a GitHub App",
      setup.organization.empty() ? "" : " of " + EscapeHtml(setup.organization),
      " that sends its deliveries to ", EscapeHtml(setup.public_url),
      ". Its key and secrets come back to this machine.</p><form method=\"post\" action=\"",
      EscapeHtml(ManifestTarget(setup, state)),
      "\"><input type=\"hidden\" name=\"manifest\" value=\"", EscapeHtml(ManifestOf(setup, back)),
      "\"><button>Create the app</button></form></html>\n");
}

absl::StatusOr<GitHubApp> ConvertManifest(const GitHubSetup& setup, const std::string& code) {
  const auto base = forge::ParseBaseUrl(setup.api_url);
  if (!base.ok()) return base.status();
  auto transport = forge::MakeHttplibTransport(setup.api_url, {});
  if (!transport.ok()) return transport.status();
  forge::HttpRequest request;
  request.method = "POST";
  request.target =
      absl::StrCat(base->prefix, "/app-manifests/", forge::PercentEncode(code), "/conversions");
  request.headers = {{"Accept", "application/vnd.github+json"}, {"User-Agent", "retainer"}};
  request.body = "{}";
  const auto response = (*transport)->Send(request);
  if (!response.ok()) return response.status();
  if (response->status == 404 || response->status == 422) {
    return absl::PermissionDeniedError(
        "the forge refuses the code; it works once and for an hour: begin again");
  }
  const auto answer = nlohmann::json::parse(response->body, nullptr, false);
  const auto text = [&](const char* name) {
    const auto value = answer.find(name);
    return value != answer.end() && value->is_string() ? value->get<std::string>() : "";
  };
  const absl::Status unreadable =
      absl::UnavailableError(absl::StrCat(setup.api_url, " does not describe the new app"));
  if (response->status != 201 || !answer.is_object()) return unreadable;
  GitHubApp app;
  if (answer.contains("id") && answer["id"].is_number_integer()) {
    app.id = absl::StrCat(answer["id"].get<std::int64_t>());
  }
  app.client_id = text("client_id");
  app.client_secret = text("client_secret");
  app.webhook_secret = text("webhook_secret");
  app.pem = text("pem");
  app.html_url = text("html_url");
  for (const std::string* part :
       {&app.id, &app.client_id, &app.client_secret, &app.webhook_secret, &app.pem}) {
    if (part->empty()) return unreadable;
  }
  return app;
}

absl::Status CheckConfigFor(const GitHubSetup& setup, const std::string& path) {
  for (const std::string& file : {KeyFile(setup), HookFile(setup), ClientFile(setup)}) {
    std::error_code ignored;
    if (!fs::exists(Beside(path, file), ignored)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        Beside(path, file), " is there already: move it away, or choose another --name"));
  }
  const auto text = ReadWhole(path);
  if (!text.ok()) return absl::OkStatus();
  if (absl::StrContains(*text, absl::StrCat("name: ", setup.name, "\n"))) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " has a forge ", setup.name,
                     " already: take its entry out, or choose another --name"));
  }
  return Insert(*text, "\n", path).status();
}

absl::Status WriteConfigFor(const GitHubSetup& setup, const GitHubApp& app,
                            const std::string& path) {
  if (absl::Status good = CheckConfigFor(setup, path); !good.ok()) return good;
  const std::map<std::string, std::string> secrets = {{KeyFile(setup), app.pem},
                                                      {HookFile(setup), app.webhook_secret},
                                                      {ClientFile(setup), app.client_secret}};
  for (const auto& [name, secret] : secrets) {
    if (absl::Status written = WriteNew(Beside(path, name), secret); !written.ok()) return written;
  }
  const std::string entry = EntryOf(setup, app);
  const auto text = ReadWhole(path);
  if (!text.ok()) return WriteNew(path, NewConfig(setup, entry));
  const auto whole = Insert(*text, entry, path);
  if (!whole.ok()) return whole.status();
  // Beside it first: the configuration is never half written.
  const std::string fresh = path + ".new";
  if (absl::Status written = WriteNew(fresh, *whole); !written.ok()) return written;
  std::error_code error;
  fs::permissions(fresh, fs::status(path, error).permissions(), error);
  fs::rename(fresh, path, error);
  return error ? absl::FailedPreconditionError(absl::StrCat(path, ": ", error.message()))
               : absl::OkStatus();
}

}  // namespace retainer::cli
