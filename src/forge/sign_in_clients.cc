#include "src/forge/sign_in_clients.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "src/forge/json.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

constexpr char kJsonType[] = "application/json";
constexpr char kOurAgent[] = "retainer";

// A person waits for the answer.
TransportOptions SignInTransport() {
  TransportOptions options;
  options.read_timeout = absl::Seconds(5);
  options.total_timeout = absl::Seconds(10);
  options.max_response_bytes = 1 << 20;
  options.max_idle_connections = 1;
  return options;
}

class SignInClient : public SignIn {
 public:
  SignInClient(const ForgeConfig& config, std::string web_url, BaseUrl web, BaseUrl api,
               std::unique_ptr<HttpTransport> to_web, std::unique_ptr<HttpTransport> to_api)
      : name_(config.name),
        kind_(config.kind),
        client_id_(config.sign_in->client_id),
        client_secret_(config.sign_in->client_secret),
        web_url_(std::move(web_url)),
        web_(std::move(web)),
        api_(std::move(api)),
        to_web_(std::move(to_web)),
        to_api_(std::move(to_api)) {}

  const std::string& forge() const override { return name_; }

  std::string AuthorizeUrl(const std::string& state, const std::string& challenge,
                           const std::string& redirect_uri) const override {
    const bool github = kind_ == ForgeKind::kGitHub;
    return absl::StrCat(
        web_url_, github ? "/login/oauth/authorize" : "/oauth/authorize",
        "?client_id=", PercentEncode(client_id_), "&redirect_uri=", PercentEncode(redirect_uri),
        "&state=", PercentEncode(state), "&code_challenge=", PercentEncode(challenge),
        "&code_challenge_method=S256", github ? "" : "&response_type=code&scope=read_user");
  }

  absl::StatusOr<Account> Finish(const std::string& code, const std::string& verifier,
                                 const std::string& redirect_uri) override {
    auto token = Exchange(code, verifier, redirect_uri);
    if (!token.ok()) return token.status();
    auto account = ReadAccount(*token);
    // Also when the account could not be read. If it fails, the token expires by itself.
    (void)Revoke(*token);
    return account;
  }

 private:
  absl::Status Unreadable(std::string_view what) const {
    return absl::UnavailableError(
        absl::StrCat(name_, " gave no readable ", std::string(what), " while signing in"));
  }

  absl::StatusOr<std::string> Exchange(const std::string& code, const std::string& verifier,
                                       const std::string& redirect_uri) {
    const bool github = kind_ == ForgeKind::kGitHub;
    Json body = {{"client_id", client_id_},
                 {"client_secret", client_secret_},
                 {"code", code},
                 {"redirect_uri", redirect_uri},
                 {"code_verifier", verifier}};
    if (!github) body["grant_type"] = "authorization_code";
    HttpRequest request{
        "POST",
        absl::StrCat(web_.prefix, github ? "/login/oauth/access_token" : "/oauth/token"),
        {{"Accept", kJsonType}, {"User-Agent", kOurAgent}},
        Dump(body)};
    const auto response = to_web_->Send(request);
    if (!response.ok()) return response.status();
    const std::optional<Json> answer = ParseJson(response->body);
    if (!answer || !answer->is_object()) return Unreadable("token");
    // GitHub answers 200 also to an error.
    const std::string error = StringAt(*answer, "error");
    if (error == "incorrect_client_credentials" || error == "invalid_client") {
      return absl::FailedPreconditionError(
          absl::StrCat(name_, " refuses the client id or the client secret: correct sign_in"));
    }
    if (error == "redirect_uri_mismatch") {
      return absl::FailedPreconditionError(absl::StrCat(
          name_, " refuses the callback address: register PUBLIC_URL/signed-in/", name_));
    }
    if (!error.empty()) return absl::PermissionDeniedError(name_ + " refuses the code");
    std::string token = StringAt(*answer, "access_token");
    if (response->status != 200 || token.empty()) return Unreadable("token");
    return token;
  }

  absl::StatusOr<Account> ReadAccount(const std::string& token) {
    HttpRequest request{"GET",
                        absl::StrCat(api_.prefix, "/user"),
                        {{"Accept", kJsonType},
                         {"User-Agent", kOurAgent},
                         {"Authorization", absl::StrCat("Bearer ", token)}},
                        ""};
    const auto response = to_api_->Send(request);
    if (!response.ok()) return response.status();
    const std::optional<Json> answer = ParseJson(response->body);
    if (response->status != 200 || !answer) return Unreadable("account");
    Account account;
    account.forge = name_;
    account.actor.id = IdAt(*answer, "id");
    account.actor.login = StringAt(*answer, kind_ == ForgeKind::kGitHub ? "login" : "username");
    account.actor.machine = StringAt(*answer, "type") == "Bot" || BoolAt(*answer, "bot");
    if (account.actor.id.empty() || account.actor.login.empty()) return Unreadable("account");
    return account;
  }

  absl::Status Revoke(const std::string& token) {
    HttpRequest request;
    request.headers = {{"Accept", kJsonType}, {"User-Agent", kOurAgent}};
    if (kind_ == ForgeKind::kGitHub) {
      request.method = "DELETE";
      request.target =
          absl::StrCat(api_.prefix, "/applications/", PercentEncode(client_id_), "/token");
      request.headers.emplace("Authorization",
                              absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                                         client_id_, ":", client_secret_))));
      request.body = Dump(Json{{"access_token", token}});
      return to_api_->Send(request).status();
    }
    request.method = "POST";
    request.target = absl::StrCat(web_.prefix, "/oauth/revoke");
    request.body =
        Dump(Json{{"client_id", client_id_}, {"client_secret", client_secret_}, {"token", token}});
    return to_web_->Send(request).status();
  }

  const std::string name_;
  const ForgeKind kind_;
  const std::string client_id_;
  const std::string client_secret_;
  const std::string web_url_;
  const BaseUrl web_;
  const BaseUrl api_;
  const std::unique_ptr<HttpTransport> to_web_;
  const std::unique_ptr<HttpTransport> to_api_;
};

}  // namespace

std::string WebUrl(ForgeKind kind, const std::string& api_url) {
  absl::string_view url = api_url;
  if (kind == ForgeKind::kGitLab) {
    return absl::ConsumeSuffix(&url, "/api/v4") ? std::string(url) : "";
  }
  if (absl::ConsumeSuffix(&url, "/api/v3")) return std::string(url);  // an Enterprise Server
  // `api.github.com`, or `api.NAME.ghe.com`.
  if (!absl::ConsumePrefix(&url, "https://api.")) return "";
  return absl::StrCat("https://", url);
}

absl::StatusOr<std::unique_ptr<SignIn>> MakeSignInOver(const ForgeConfig& config,
                                                       std::unique_ptr<HttpTransport> to_web,
                                                       std::unique_ptr<HttpTransport> to_api) {
  const std::string web_url = WebUrl(config.kind, config.api_url);
  const auto web = ParseBaseUrl(web_url);
  const auto api = ParseBaseUrl(config.api_url);
  if (!web.ok() || !api.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "forge \"", config.name, "\": no address for signing in follows from its api_url"));
  }
  return std::make_unique<SignInClient>(config, web_url, *web, *api, std::move(to_web),
                                        std::move(to_api));
}

absl::StatusOr<std::unique_ptr<SignIn>> MakeSignIn(const ForgeConfig& config) {
  auto to_web = MakeHttplibTransport(WebUrl(config.kind, config.api_url), SignInTransport());
  auto to_api = MakeHttplibTransport(config.api_url, SignInTransport());
  if (!to_web.ok() || !to_api.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "forge \"", config.name, "\": no address for signing in follows from its api_url"));
  }
  return MakeSignInOver(config, *std::move(to_web), *std::move(to_api));
}

}  // namespace retainer::forge
