#include "src/cli/setup_github.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/cli/app_manifest.h"
#include "src/cli/setup_files.h"
#include "src/forge/http.h"
#include "src/forge/url.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

std::string EscapeHtml(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

// The names of the files beside the configuration.
std::string KeyFile(const GitHubSetup& setup) { return setup.name + ".app.pem"; }
std::string HookFile(const GitHubSetup& setup) { return setup.name + ".webhook.secret"; }
std::string ClientFile(const GitHubSetup& setup) { return setup.name + ".client.secret"; }

std::string EntryOf(const GitHubSetup& setup, const GitHubApp& app) {
  return absl::StrCat("  - name: ", setup.name, "\n    kind: github\n    api_url: ", setup.api_url,
                      "\n    webhook_secrets: [\"file:", HookFile(setup),
                      "\"]\n    app: {id: ", app.id, ", private_key: \"file:", KeyFile(setup),
                      "\"}\n    sign_in: {client_id: \"", app.client_id,
                      "\", client_secret: \"file:", ClientFile(setup), "\"}\n");
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
  if (HasForge(path, setup.name)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " has a forge ", setup.name,
                     " already: take its entry out, or choose another --name"));
  }
  return CheckRoomForEntry(path);
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
  return WriteEntry(path, setup.public_url, EntryOf(setup, app));
}

}  // namespace retainer::cli
