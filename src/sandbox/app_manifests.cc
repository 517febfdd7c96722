#include "src/sandbox/app_manifests.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/render.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr absl::Duration kManifestCodeLives = absl::Hours(1);

Response Plain(int status, const std::string& text) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      absl::StrCat("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">", text, "</html>\n");
  return response;
}

std::map<std::string, std::string> FormOf(const Request& request) {
  Request form;
  form.target = absl::StrCat("/?", request.body);
  ReadTarget(form);
  return form.query;
}

// The address without query, if the manifest has one.
std::string TextOf(const json& manifest, const char* name) {
  const auto value = manifest.find(name);
  return value != manifest.end() && value->is_string() ? value->get<std::string>() : "";
}

}  // namespace

bool AppManifests::Takes(const Request& request) {
  const std::vector<std::string>& path = request.segments;
  const std::size_t size = path.size();
  if (size == 5 && path[0] == "api" && path[1] == "v3" && path[2] == "app-manifests") {
    return path[4] == "conversions";
  }
  const bool of_account = size == 3 && path[0] == "settings";
  const bool of_organization = size == 5 && path[0] == "organizations" && path[2] == "settings";
  return (of_account || of_organization) && path[size - 2] == "apps" && path[size - 1] == "new";
}

Response AppManifests::Answer(const Request& request, const std::string& web_url) {
  if (request.method != "POST") return Plain(404, "<h1>Not Found</h1>");
  if (request.segments[0] == "api") return Convert(request.segments[3], web_url);
  return Ask(request);
}

Response AppManifests::Ask(const Request& request) {
  std::map<std::string, std::string> form = FormOf(request);
  const json manifest = json::parse(form["manifest"], nullptr, false);
  if (!manifest.is_object() || TextOf(manifest, "url").empty() ||
      TextOf(manifest, "redirect_url").empty() || !manifest.contains("hook_attributes")) {
    return Plain(422, "<h1>The manifest is not valid</h1>");
  }
  if (form["confirmed"].empty()) {
    return Plain(200, absl::StrCat("<h1>Create GitHub App</h1><form method=\"post\" action=\"",
                                   HtmlEscape(request.target),
                                   "\"><input type=\"hidden\" name=\"manifest\" value=\"",
                                   HtmlEscape(form["manifest"]),
                                   "\"><button name=\"confirmed\" value=\"yes\">Create GitHub App "
                                   "for the sandbox</button></form>"));
  }
  const std::string code = RandomHex(20);
  waiting_[code] = {form["manifest"], world_.Now(ForgeKind::kGitHub) + kManifestCodeLives};
  Response response = Plain(302, "");
  response.Set("Location", absl::StrCat(TextOf(manifest, "redirect_url"), "?code=", code,
                                        "&state=", Escape(request.Query("state"))));
  return response;
}

Response AppManifests::Convert(const std::string& code, const std::string& web_url) {
  Response response;
  response.status = 404;
  response.body = R"({"message":"Not Found"})";
  const auto found = waiting_.find(code);
  if (found == waiting_.end()) return response;
  const Waiting waiting = found->second;
  waiting_.erase(found);
  if (waiting.expires <= world_.Now(ForgeKind::kGitHub)) return response;
  const auto key = MakeRsaKey();
  if (!key.ok()) return response;
  const json manifest = json::parse(waiting.manifest);
  const std::string name = TextOf(manifest, "name");
  const std::string slug = absl::AsciiStrToLower(absl::StrReplaceAll(name, {{" ", "-"}}));
  const App& app = world_.RegisterApp(slug, key->public_pem);
  const SandboxClient client = oauth_.Register(ForgeKind::kGitHub);
  if (const auto callbacks = manifest.find("callback_urls"); callbacks != manifest.end()) {
    for (const json& callback : *callbacks) {
      oauth_.AddCallback(ForgeKind::kGitHub, callback.get<std::string>());
    }
  }
  Hook& hook = world_.hooks[ForgeKind::kGitHub];
  hook.url = TextOf(manifest["hook_attributes"], "url");
  hook.has_secret = true;
  response.status = 201;
  response.body = json{{"id", app.id},
                       {"slug", slug},
                       {"name", name},
                       {"client_id", client.id},
                       {"client_secret", client.secret},
                       {"webhook_secret", RandomHex(20)},
                       {"pem", key->private_pem},
                       {"html_url", absl::StrCat(web_url, "/apps/", slug)},
                       {"permissions", manifest.value("default_permissions", json::object())},
                       {"events", manifest.value("default_events", json::array())}}
                      .dump();
  return response;
}

}  // namespace retainer::sandbox
