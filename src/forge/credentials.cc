#include "src/forge/credentials.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/forge/json.h"

namespace retainer::forge {
namespace {

// A refused JWT is signed again when the measured clock skew has changed by this much since.
constexpr absl::Duration kFreshSkew = absl::Seconds(5);
constexpr absl::Duration kBeforeExpiry = absl::Minutes(1);

class TokenCredentials final : public Credentials {
 public:
  TokenCredentials(const std::string& header, const std::string& token)
      : grant_{"token", header,
               header == "Authorization" ? absl::StrCat("Bearer ", token) : token} {}

  absl::StatusOr<Grant> Get(const Scope&) override { return grant_; }
  bool Renew(const Scope&, const Grant&) override { return false; }
  std::string AccountOf(const Scope&) const override { return grant_.account; }

 private:
  const Grant grant_;
};

class AppCredentials final : public Credentials {
 public:
  AppCredentials(ApiClient& client, std::unique_ptr<AppSigner> signer)
      : client_(client), signer_(std::move(signer)) {}

  absl::StatusOr<Grant> Get(const Scope& scope) override {
    if (scope.kind == Scope::Kind::kApp) return AppGrant();
    auto installation = InstallationOf(scope);
    if (!installation.ok()) return installation.status();
    auto grant = InstallationGrant(*installation);
    if (!absl::IsNotFound(grant.status())) return grant;
    // The app was installed again and now has another id than the one that we were told.
    Forget(*installation);
    auto present = InstallationOf(scope);
    if (!present.ok()) return present.status();
    if (*present != *installation) grant = InstallationGrant(*present);
    // What the caller asked for is not what is missing: the caller must not take this for its
    // NotFound.
    if (absl::IsNotFound(grant.status())) {
      return absl::FailedPreconditionError(
          absl::StrCat(client_.name(), ": the installation ", *present,
                       " of the GitHub App is gone: install the app again"));
    }
    return grant;
  }

  bool Renew(const Scope& scope, const Grant& grant) override {
    if (scope.kind == Scope::Kind::kApp) return false;  // CallAsApp has done what can be done
    std::lock_guard lock(mutex_);
    for (auto& [id, token] : tokens_) {
      if (grant.value == absl::StrCat("Bearer ", token.value)) {
        token.value.clear();  // the token was revoked, or the app was changed
        return true;
      }
    }
    return true;  // another thread has renewed it already
  }

  std::string AccountOf(const Scope& scope) const override {
    if (scope.kind == Scope::Kind::kApp) return "app";
    if (!scope.installation_id.empty()) return Account(scope.installation_id);
    std::lock_guard lock(mutex_);
    const auto it = installations_.find(absl::AsciiStrToLower(scope.path));
    return it == installations_.end() ? std::string() : Account(it->second);
  }

 private:
  struct Token {
    std::string value;
    absl::Time expires = absl::InfinitePast();  // by the forge's clock
    bool refreshing = false;
    std::uint64_t refreshes = 0;  // the number of finished refreshes
    absl::Status last;
  };

  static std::string Account(const std::string& installation) {
    return absl::StrCat("installation/", installation);
  }

  absl::StatusOr<Grant> AppGrant() {
    auto jwt = signer_->Sign(client_.ForgeNow());
    if (!jwt.ok()) return jwt.status();
    return Grant{"app", "Authorization", absl::StrCat("Bearer ", *jwt)};
  }

  // A call signed by the app itself. It is repeated once when a 401 shows that our clock is wrong.
  absl::StatusOr<HttpResponse> CallAsApp(const ApiRequest& request) {
    const absl::Duration skew = client_.skew().value_or(absl::ZeroDuration());
    auto grant = AppGrant();
    if (!grant.ok()) return grant.status();
    auto response = client_.Exchange(*grant, request);
    if (!response.ok() || response->status != 401) return response;
    const absl::Duration fresh = client_.skew().value_or(absl::ZeroDuration());
    if (absl::AbsDuration(fresh - skew) < kFreshSkew) return response;
    grant = AppGrant();
    if (!grant.ok()) return grant.status();
    return client_.Exchange(*grant, request);
  }

  absl::StatusOr<std::string> InstallationOf(const Scope& scope) {
    if (!scope.installation_id.empty()) {
      std::lock_guard lock(mutex_);
      if (!gone_.contains(scope.installation_id)) return scope.installation_id;
    }
    if (scope.kind == Scope::Kind::kProject) {
      {
        std::lock_guard lock(mutex_);
        const auto it = installations_.find(absl::AsciiStrToLower(scope.path));
        if (it != installations_.end()) return it->second;
      }
      return Discover(scope.path);
    }
    {
      std::lock_guard lock(mutex_);
      for (const auto& [id, token] : tokens_) {
        if (!gone_.contains(id)) return id;
      }
    }
    return AnyInstallation();
  }

  absl::StatusOr<std::string> Discover(const std::string& path) {
    const std::vector<std::string> parts = absl::StrSplit(path, '/');
    if (parts.size() != 2) {
      return absl::InvalidArgumentError(
          absl::StrCat(client_.name(), ": \"", path, "\" is not a repository: write OWNER/REPO"));
    }
    ApiRequest request;
    request.path = absl::StrCat("/repos/", PercentEncode(parts[0]), "/", PercentEncode(parts[1]),
                                "/installation");
    request.expected = {404};
    auto response = CallAsApp(request);
    if (!response.ok()) return response.status();
    if (absl::Status status = client_.StatusOf(request, *response); !status.ok()) return status;
    const std::string id = IdAt(ParseJson(response->body).value_or(Json()), "id");
    if (response->status == 404 || id.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(client_.name(), ": the GitHub App is not installed on ", path,
                       ": install it there, on the app's page under \"Install App\""));
    }
    std::lock_guard lock(mutex_);
    installations_[absl::AsciiStrToLower(path)] = id;
    gone_.erase(id);
    return id;
  }

  absl::StatusOr<std::string> AnyInstallation() {
    ApiRequest request;
    request.path = "/app/installations";
    request.query = "per_page=1";
    auto response = CallAsApp(request);
    if (!response.ok()) return response.status();
    if (absl::Status status = client_.StatusOf(request, *response); !status.ok()) return status;
    const Json list = ParseJson(response->body).value_or(Json());
    if (!list.is_array() || list.empty() || IdAt(list[0], "id").empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(client_.name(),
                       ": the GitHub App is not installed anywhere: install it on a repository, "
                       "on the app's page under \"Install App\""));
    }
    return IdAt(list[0], "id");
  }

  void Forget(const std::string& installation) {
    std::lock_guard lock(mutex_);
    gone_.insert(installation);
    tokens_[installation].value.clear();  // the entry stays, because another thread may wait for it
    std::erase_if(installations_, [&](const auto& entry) { return entry.second == installation; });
  }

  absl::StatusOr<Grant> InstallationGrant(const std::string& id) {
    const auto grant_of = [&](const Token& token) {
      return Grant{Account(id), "Authorization", absl::StrCat("Bearer ", token.value)};
    };
    std::unique_lock lock(mutex_);
    {
      const Token& token = tokens_[id];
      if (!token.value.empty() && client_.ForgeNow() < token.expires - kBeforeExpiry)
        return grant_of(token);
      if (token.refreshing) {
        const std::uint64_t before = token.refreshes;
        changed_.wait(lock, [&] { return tokens_[id].refreshes != before; });
        const Token& fresh = tokens_[id];
        if (!fresh.last.ok()) return fresh.last;
        return grant_of(fresh);
      }
    }
    tokens_[id].refreshing = true;
    lock.unlock();
    absl::StatusOr<Token> fresh = Fetch(id);
    lock.lock();
    Token& token = tokens_[id];
    token.refreshing = false;
    ++token.refreshes;
    token.last = fresh.status();
    if (fresh.ok()) {
      token.value = fresh->value;
      token.expires = fresh->expires;
    }
    changed_.notify_all();
    if (!fresh.ok()) return fresh.status();
    return grant_of(token);
  }

  absl::StatusOr<Token> Fetch(const std::string& id) {
    ApiRequest request;
    request.method = "POST";
    request.path = absl::StrCat("/app/installations/", id, "/access_tokens");
    auto response = CallAsApp(request);
    if (!response.ok()) return response.status();
    if (absl::Status status = client_.StatusOf(request, *response); !status.ok()) return status;
    const Json json = ParseJson(response->body).value_or(Json());
    Token token;
    token.value = StringAt(json, "token");
    token.expires = TimeAt(json, "expires_at").value_or(absl::InfinitePast());
    if (token.value.empty()) {
      return absl::UnavailableError(
          absl::StrCat(client_.name(), ": the answer to an installation token holds none"));
    }
    client_.redactor().Add(Account(id), token.value);
    return token;
  }

  ApiClient& client_;
  const std::unique_ptr<AppSigner> signer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Token> tokens_;               // by installation
  std::map<std::string, std::string> installations_;  // by repository path in lower case
  std::set<std::string> gone_;
};

}  // namespace

std::unique_ptr<Credentials> MakeTokenCredentials(const std::string& header,
                                                  const std::string& token) {
  return std::make_unique<TokenCredentials>(header, token);
}

std::unique_ptr<Credentials> MakeAppCredentials(ApiClient& client,
                                                std::unique_ptr<AppSigner> signer) {
  return std::make_unique<AppCredentials>(client, std::move(signer));
}

absl::StatusOr<HttpResponse> CallAs(ApiClient& client, Credentials& credentials, const Scope& scope,
                                    const ApiRequest& wanted) {
  ApiRequest request = wanted;
  request.project = scope.project;
  auto grant = credentials.Get(scope);
  if (!grant.ok()) return grant.status();
  const absl::Duration skew = client.skew().value_or(absl::ZeroDuration());
  auto response = client.Exchange(*grant, request);
  if (response.ok() && response->status == 401) {
    const bool fresh_skew =
        absl::AbsDuration(client.skew().value_or(absl::ZeroDuration()) - skew) >= kFreshSkew;
    if (credentials.Renew(scope, *grant) || (scope.kind == Scope::Kind::kApp && fresh_skew)) {
      auto renewed = credentials.Get(scope);
      if (!renewed.ok()) return renewed.status();
      response = client.Exchange(*renewed, request);
    }
  }
  if (!response.ok()) return response.status();
  if (absl::Status status = client.StatusOf(request, *response); !status.ok()) return status;
  return response;
}

}  // namespace retainer::forge
