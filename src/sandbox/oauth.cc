#include "src/sandbox/oauth.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/render.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

// Both forges let a code live ten minutes.
constexpr absl::Duration kCodeLives = absl::Minutes(10);
// A challenge is the base64url of a SHA-256 digest.
constexpr std::size_t kChallengeLength = 43;

Response JsonAnswer(int status, const json& body) {
  Response response;
  response.status = status;
  response.body = body.dump();
  return response;
}

Response WebPage(int status, const std::string& body) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = absl::StrCat(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Sandbox: sign in</title>",
      body, "</html>\n");
  return response;
}

// The fields of a JSON or form body.
std::map<std::string, std::string> ReadBody(const Request& request) {
  std::map<std::string, std::string> fields;
  if (absl::StartsWith(request.Header("content-type"), "application/json")) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return fields;
    for (const auto& [name, value] : body.items()) {
      if (value.is_string()) fields[name] = value.get<std::string>();
    }
    return fields;
  }
  Request form;
  form.target = absl::StrCat("/?", request.body);
  ReadTarget(form);
  return form.query;
}

std::string Of(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? "" : it->second;
}

std::string Challenge(const std::string& verifier) {
  return absl::WebSafeBase64Escape(base::ToBytes(base::Sha256({verifier})));
}

Response Redirect(const std::string& callback, const std::string& query) {
  Response response;
  response.status = 302;
  response.content_type = "text/html; charset=utf-8";
  response.Set("Location",
               absl::StrCat(callback, absl::StrContains(callback, '?') ? "&" : "?", query));
  return response;
}

}  // namespace

SandboxClient OAuth::Register(ForgeKind forge) {
  for (const auto& [id, client] : clients_) {
    if (client.forge == forge) return {id, client.secret};
  }
  const std::string id = forge == ForgeKind::kGitHub ? "Iv23" + RandomHex(8) : RandomHex(32);
  clients_[id] = {forge, RandomHex(20), {}};
  return {id, clients_[id].secret};
}

void OAuth::AddCallback(ForgeKind forge, const std::string& address) {
  clients_.at(Register(forge).id).callbacks.insert(address);
}

std::optional<ForgeKind> OAuth::ForgeOf(const Request& request) {
  const std::vector<std::string>& path = request.segments;
  if (path.size() == 3 && path[0] == "login" && path[1] == "oauth") return ForgeKind::kGitHub;
  if (path.size() == 5 && path[0] == "api" && path[1] == "v3" && path[2] == "applications") {
    return ForgeKind::kGitHub;
  }
  if (path.size() == 2 && path[0] == "oauth") return ForgeKind::kGitLab;
  return std::nullopt;
}

Response OAuth::Answer(const Request& request) {
  const ForgeKind forge = *ForgeOf(request);
  const std::string& what = request.segments.back();
  if (what == "authorize" && request.method == "GET") return AskPerson(forge, request.query);
  if (what == "authorize" && request.method == "POST") return Decided(forge, ReadBody(request));
  const bool github = forge == ForgeKind::kGitHub;
  if (request.method == "POST" && what == (github ? "access_token" : "token")) {
    return Exchange(forge, ReadBody(request));
  }
  if (github ? request.method == "DELETE" && what == "token"
             : request.method == "POST" && what == "revoke") {
    return Revoke(forge, request, ReadBody(request));
  }
  return JsonAnswer(404, {{"message", "Not Found"}});
}

const OAuth::Client* OAuth::Find(ForgeKind forge, const std::string& id) const {
  const auto client = clients_.find(id);
  return client == clients_.end() || client->second.forge != forge ? nullptr : &client->second;
}

Response OAuth::AskPerson(ForgeKind forge, const Fields& asked) {
  const Client* client = Find(forge, Of(asked, "client_id"));
  if (client == nullptr) return WebPage(404, "<h1>No such application</h1>");
  if (!client->callbacks.contains(Of(asked, "redirect_uri"))) {
    return WebPage(400, "<h1>The callback address is not registered</h1>");
  }
  const bool gitlab = forge == ForgeKind::kGitLab;
  if (Of(asked, "code_challenge_method") != "S256" ||
      Of(asked, "code_challenge").size() != kChallengeLength ||
      (gitlab && Of(asked, "response_type") != "code")) {
    return WebPage(400, "<h1>The request is malformed</h1>");
  }
  std::string form = absl::StrCat("<h1>Sign in to the sandbox ", gitlab ? "GitLab" : "GitHub",
                                  "</h1><form method=\"post\" action=\"",
                                  gitlab ? "/oauth/authorize" : "/login/oauth/authorize", "\">");
  for (const auto& [name, value] : asked) {
    absl::StrAppend(&form, "<input type=\"hidden\" name=\"", HtmlEscape(name), "\" value=\"",
                    HtmlEscape(value), "\">");
  }
  for (const User& user : world_.users()) {
    if (user.forge != forge || user.machine) continue;
    absl::StrAppend(&form, "<p><button name=\"login\" value=\"", HtmlEscape(user.login),
                    "\">Continue as ", HtmlEscape(user.login), "</button></p>");
  }
  return WebPage(200, form + "<p><button name=\"login\" value=\"\">Cancel</button></p></form>");
}

Response OAuth::Decided(ForgeKind forge, const Fields& asked) {
  const Client* client = Find(forge, Of(asked, "client_id"));
  const std::string callback = Of(asked, "redirect_uri");
  if (client == nullptr || !client->callbacks.contains(callback)) {
    return WebPage(400, "<h1>No such application</h1>");
  }
  const std::string state = absl::StrCat("state=", Escape(Of(asked, "state")));
  const std::string login = Of(asked, "login");
  const User* user = login.empty() ? nullptr : world_.FindUser(forge, login);
  if (user == nullptr) return Redirect(callback, absl::StrCat("error=access_denied&", state));
  const std::string code = RandomHex(20);
  grants_[code] = {Of(asked, "client_id"), callback, Of(asked, "code_challenge"), user->id,
                   world_.Now(forge) + kCodeLives};
  return Redirect(callback, absl::StrCat("code=", code, "&", state));
}

Response OAuth::Exchange(ForgeKind forge, const Fields& given) {
  const bool github = forge == ForgeKind::kGitHub;
  // GitHub answers 200 also to an error.
  const auto refuse = [&](const char* github_error, const char* gitlab_error, int status) {
    return JsonAnswer(github ? 200 : status, {{"error", github ? github_error : gitlab_error}});
  };
  const Client* client = Find(forge, Of(given, "client_id"));
  if (client == nullptr || client->secret != Of(given, "client_secret")) {
    return refuse("incorrect_client_credentials", "invalid_client", 401);
  }
  if (!github && Of(given, "grant_type") != "authorization_code") {
    return refuse("", "unsupported_grant_type", 400);
  }
  const auto found = grants_.find(Of(given, "code"));
  if (found == grants_.end()) return refuse("bad_verification_code", "invalid_grant", 400);
  const Grant grant = found->second;
  grants_.erase(found);
  if (grant.client != Of(given, "client_id") || grant.expires <= world_.Now(forge) ||
      grant.challenge != Challenge(Of(given, "code_verifier"))) {
    return refuse("bad_verification_code", "invalid_grant", 400);
  }
  if (grant.callback != Of(given, "redirect_uri")) {
    return refuse("redirect_uri_mismatch", "invalid_grant", 400);
  }
  Credential credential;
  credential.forge = forge;
  credential.user = grant.user;
  credential.expires = world_.Now(forge) + (github ? absl::Hours(8) : absl::Hours(2));
  const std::string token = world_.IssueToken(credential);
  tokens_.insert(token);
  json answer = {{"access_token", token}, {"token_type", github ? "bearer" : "Bearer"}};
  answer["scope"] = github ? "" : "read_user";
  answer["expires_in"] = github ? 28800 : 7200;
  if (!github) answer["created_at"] = absl::ToUnixSeconds(world_.Now(forge));
  return JsonAnswer(200, answer);
}

Response OAuth::Revoke(ForgeKind forge, const Request& request, const Fields& given) {
  const bool github = forge == ForgeKind::kGitHub;
  std::string id = Of(given, "client_id");
  std::string secret = Of(given, "client_secret");
  if (github) {
    std::string plain;
    const std::string header = request.Header("authorization");
    if (absl::StartsWith(header, "Basic ")) absl::Base64Unescape(header.substr(6), &plain);
    const std::vector<std::string> parts = absl::StrSplit(plain, absl::MaxSplits(':', 1));
    if (parts.size() != 2 || parts[0] != request.segments[3]) {
      return JsonAnswer(404, {{"message", "Not Found"}});
    }
    id = parts[0];
    secret = parts[1];
  }
  const Client* client = Find(forge, id);
  if (client == nullptr || client->secret != secret) {
    return JsonAnswer(github ? 404 : 403, {{"message", "Not Found"}});
  }
  const std::string token = Of(given, github ? "access_token" : "token");
  const bool there = tokens_.erase(token) > 0;
  world_.RevokeToken(token);
  if (!github) return JsonAnswer(200, json::object());
  Response response;
  response.status = there ? 204 : 422;
  return response;
}

}  // namespace retainer::sandbox
