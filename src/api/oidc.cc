#include "src/api/oidc.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

extern "C" {
#include <cjose/cjose.h>
}
#include <nlohmann/json.hpp>

namespace retainer::api {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxToken = 8192;
constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMinRsaBits = 2048;
constexpr absl::Duration kLeeway = absl::Seconds(60);
constexpr absl::Duration kFresh = absl::Hours(1);
constexpr absl::Duration kUsable = absl::Hours(24);
constexpr absl::Duration kBetweenFetches = absl::Minutes(1);
constexpr int kMostWaiting = 16;  // for a fetch in progress

absl::Status Refused(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("The job's token does not count: ", why, "."));
}

}  // namespace

struct JwkRelease {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
struct JwsRelease {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jwk = std::unique_ptr<cjose_jwk_t, JwkRelease>;
using Jws = std::unique_ptr<cjose_jws_t, JwsRelease>;

// A key and the one algorithm that its type may sign with.
struct SigningKey {
  Jwk key;
  std::string algorithm;
};

namespace {

// Rationale: cjose aborts the process on a base64url text of an impossible length.
bool IsBase64Url(std::string_view text) {
  return text.size() % 4 != 1 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

bool IsCompactJws(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  return first != last && IsBase64Url(token.substr(0, first)) &&
         IsBase64Url(token.substr(first + 1, last - first - 1)) &&
         IsBase64Url(token.substr(last + 1));
}

std::optional<SigningKey> ReadKey(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  for (const char* number : {"n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi", "k"}) {
    const auto it = json.find(number);
    if (it == json.end()) continue;
    if (!it->is_string() || !IsBase64Url(it->get_ref<const std::string&>())) return std::nullopt;
  }
  if (json.contains("use") && json["use"] != "sig") return std::nullopt;
  const std::string text = json.dump();
  cjose_err error;
  SigningKey key;
  key.key.reset(cjose_jwk_import(text.data(), text.size(), &error));
  if (key.key == nullptr) return std::nullopt;
  switch (cjose_jwk_get_kty(key.key.get(), &error)) {
    case CJOSE_JWK_KTY_RSA:
      if (cjose_jwk_get_keysize(key.key.get(), &error) < kMinRsaBits) return std::nullopt;
      key.algorithm = "RS256";
      break;
    case CJOSE_JWK_KTY_EC:
      if (json.value("crv", "") != "P-256") return std::nullopt;
      key.algorithm = "ES256";
      break;
    default:
      return std::nullopt;
  }
  if (json.contains("alg") && json["alg"] != key.algorithm) return std::nullopt;
  return key;
}

// A claim that is an id. GitHub and GitLab write numbers as strings.
std::optional<std::int64_t> IdClaim(const Json& claims, const char* name) {
  const auto it = claims.find(name);
  if (it == claims.end()) return std::nullopt;
  if (it->is_number_integer()) return it->get<std::int64_t>();
  std::int64_t id = 0;
  if (it->is_string() && absl::SimpleAtoi(it->get_ref<const std::string&>(), &id)) return id;
  return std::nullopt;
}

std::optional<absl::Time> TimeClaim(const Json& claims, const char* name) {
  const auto it = claims.find(name);
  if (it == claims.end() || !it->is_number()) return std::nullopt;
  // Usually whole seconds, but RFC 7519 allows fractions.
  const double seconds = it->get<double>();
  if (!(seconds > 0 && seconds < 1e11)) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<std::int64_t>(seconds));
}

// Whether an encoded part of the token, a JSON object, has the member. cjose can only read members
// that are texts.
bool HasMember(std::string_view part, const char* name) {
  std::string text;
  if (!absl::WebSafeBase64Unescape({part.data(), part.size()}, &text)) return true;
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return !object.is_object() || object.contains(name);
}

bool HasAudience(const Json& claims, const std::string& audience) {
  const auto it = claims.find("aud");
  if (it == claims.end()) return false;
  if (it->is_string()) return *it == audience;
  return it->is_array() && std::find(it->begin(), it->end(), audience) != it->end();
}

bool Holds(const std::vector<std::int64_t>& ids, std::optional<std::int64_t> id) {
  return id && std::find(ids.begin(), ids.end(), *id) != ids.end();
}

std::string WithoutSlash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

std::vector<OidcConfig> Plain(std::vector<OidcConfig> entries) {
  for (OidcConfig& entry : entries) entry.issuer = WithoutSlash(entry.issuer);
  return entries;
}

}  // namespace

// A token that is well-formed.
struct OidcVerifier::Signed {
  cjose_jws_t* jws;
  std::string algorithm;
  std::string key_id;
  std::string named;   // its issuer, as in the token
  std::string issuer;  // its issuer, as in the configuration
  Json claims;
};

// One issuer's keys.
class OidcVerifier::Issuer {
 public:
  Issuer(std::string issuer, const Clock& clock, const Fetch& fetch)
      : issuer_(std::move(issuer)), clock_(clock), fetch_(fetch) {}

  const std::string& name() const { return issuer_; }

  // Fetches the keys if there may be newer ones, at most once a minute and by one caller at a time.
  // `missed`: the known keys do not verify a token. Otherwise it fetches only if the keys are old,
  // and does not wait for a fetch in progress. False when no usable keys are available.
  bool Look(bool missed) {
    std::unique_lock lock(mutex_);
    const absl::Time now = clock_.Steady();
    if ((missed || now - fetched_ > kFresh) && !fetching_ && now - tried_ >= kBetweenFetches) {
      tried_ = now;
      away_ = !Refresh(lock, now);
    } else if (missed && fetching_) {
      // These callers need the keys that are being fetched. Only a few may wait: if the issuer does
      // not answer, more would use up the threads of callers that need no keys.
      if (waiting_ >= kMostWaiting) return false;
      ++waiting_;
      settled_.wait(lock, [this] { return !fetching_; });
      --waiting_;
    }
    return !away_ && now - fetched_ <= kUsable;
  }

  // Verifies that a key of this issuer signed the token. One signature is verified in any case,
  // with `decoy` when no key fits. `named` is the issuer's name in the token and must be exactly
  // the name that the issuer gives itself (OpenID Connect Core, 3.1.3.7). A slash at its end, which
  // our configuration leaves out, is part of that name.
  absl::Status Prove(const Signed& token, const SigningKey& decoy) {
    std::unique_lock lock(mutex_);
    const auto it = keys_.find(token.key_id);
    const bool known = it != keys_.end() && clock_.Steady() - fetched_ <= kUsable;
    const bool fits = known && it->second.algorithm == token.algorithm;
    cjose_err error;
    const bool holds =
        cjose_jws_verify(token.jws, fits ? it->second.key.get() : decoy.key.get(), &error);
    if (!known) return Refused("its issuer has no such key");
    if (!fits) return Refused("its algorithm is not its key's");
    if (!holds) return Refused("its signature does not hold");
    if (token.named != own_name_) return Refused("its issuer is called otherwise");
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Json> FetchJson(const std::string& url) const {
    auto body = fetch_(url);
    if (!body.ok()) return body.status();
    Json json = Json::parse(*body, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) {
      return absl::UnavailableError(absl::StrCat(url, " does not answer with a JSON object"));
    }
    return json;
  }

  // By one caller at a time, and without the lock, so that tokens with a known key do not wait for
  // an issuer that does not answer.
  bool Refresh(std::unique_lock<std::mutex>& lock, absl::Time now) {
    fetching_ = true;
    // Whatever the result is, waiting callers must be woken.
    const absl::Cleanup settled = [&] {
      if (!lock.owns_lock()) lock.lock();
      fetching_ = false;
      settled_.notify_all();
    };
    lock.unlock();
    auto described = FetchKeys();
    lock.lock();
    if (!described.ok()) return false;
    own_name_ = std::move(described->own_name);
    keys_ = std::move(described->keys);
    fetched_ = now;
    return true;
  }

  // An issuer's own description.
  struct Described {
    std::string own_name;
    std::map<std::string, SigningKey> keys;  // by kid
  };

  absl::StatusOr<Described> FetchKeys() const {
    auto about = FetchJson(absl::StrCat(issuer_, "/.well-known/openid-configuration"));
    if (!about.ok()) return about.status();
    const auto issuer = about->find("issuer");
    const auto where = about->find("jwks_uri");
    if (issuer == about->end() || !issuer->is_string() ||
        WithoutSlash(issuer->get<std::string>()) != issuer_ || where == about->end() ||
        !where->is_string()) {
      return absl::UnavailableError(absl::StrCat(issuer_, " does not describe itself as such"));
    }
    auto set = FetchJson(where->get<std::string>());
    if (!set.ok()) return set.status();
    const auto list = set->find("keys");
    if (list == set->end() || !list->is_array()) {
      return absl::UnavailableError(absl::StrCat(issuer_, " has no keys"));
    }
    std::map<std::string, SigningKey> keys;
    for (const Json& json : *list) {
      if (keys.size() == kMaxKeys) break;
      auto key = ReadKey(json);
      if (!key || !json.contains("kid") || !json["kid"].is_string()) continue;
      keys.insert_or_assign(json["kid"].get<std::string>(), *std::move(key));
    }
    if (keys.empty()) return absl::UnavailableError(absl::StrCat(issuer_, " has no usable key"));
    return Described{issuer->get<std::string>(), std::move(keys)};
  }

  const std::string issuer_;  // without a slash at the end
  const Clock& clock_;
  const Fetch& fetch_;
  std::mutex mutex_;
  std::condition_variable settled_;  // a fetch is over
  bool fetching_ = false;
  bool away_ = false;  // the last fetch failed
  int waiting_ = 0;
  std::string own_name_;                    // as the issuer names itself
  std::map<std::string, SigningKey> keys_;  // by kid
  absl::Time fetched_ = absl::InfinitePast();
  absl::Time tried_ = absl::InfinitePast();
};

// Keys that belong to nobody. Verifying with them takes as long as with a real key.
struct OidcVerifier::Decoys {
  Decoys() {
    // A number as large as a modulus.
    std::string modulus;
    absl::WebSafeBase64Escape(std::string(kMinRsaBits / 8, '\xc5'), &modulus);
    if (auto key = ReadKey({{"kty", "RSA"}, {"n", modulus}, {"e", "AQAB"}})) rsa = *std::move(key);
    cjose_err error;
    elliptic.key.reset(cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
  }
  const SigningKey& For(const std::string& algorithm) const {
    return algorithm == "ES256" ? elliptic : rsa;
  }

  SigningKey rsa;
  SigningKey elliptic;
};

OidcVerifier::OidcVerifier(std::vector<OidcConfig> entries, const Clock& clock, Fetch fetch)
    : entries_(Plain(std::move(entries))),
      clock_(clock),
      fetch_(std::move(fetch)),
      decoys_(std::make_unique<Decoys>()) {
  for (const OidcConfig& entry : entries_) {
    const bool known = std::any_of(issuers_.begin(), issuers_.end(),
                                   [&](const auto& i) { return i->name() == entry.issuer; });
    if (!known) issuers_.push_back(std::make_unique<Issuer>(entry.issuer, clock_, fetch_));
  }
}

OidcVerifier::~OidcVerifier() = default;

bool OidcVerifier::LooksLikeJwt(std::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

absl::StatusOr<OidcAccess> OidcVerifier::Verify(std::string_view token) {
  if (token.size() > kMaxToken) return Refused("it is too long");
  if (!IsCompactJws(token)) return Refused("it is not a signed token");
  cjose_err error;
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return Refused("it is not a signed token");
  cjose_header_t* header = cjose_jws_get_protected(jws.get());
  const char* algorithm = cjose_header_get(header, CJOSE_HDR_ALG, &error);
  const char* key_id = cjose_header_get(header, CJOSE_HDR_KID, &error);
  if (algorithm == nullptr || key_id == nullptr) return Refused("it names no key");
  const std::string alg = algorithm;
  if (HasMember(token.substr(0, token.find('.')), "crit")) {
    return Refused("its header demands what is not known here (crit)");
  }
  if (alg != "RS256" && alg != "ES256") return Refused("it is not signed with RS256 or ES256");

  std::uint8_t* text = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &text, &size, &error)) return Refused("it says nothing");
  const Json claims = Json::parse(text, text + size, nullptr, /*allow_exceptions=*/false);
  if (!claims.is_object() || !claims.contains("iss") || !claims["iss"].is_string()) {
    return Refused("it names no issuer");
  }
  const std::string named = claims["iss"];
  const Signed signed_token{jws.get(), alg, key_id, named, WithoutSlash(named), claims};
  // The signature comes first. The claims are compared with the configuration only after it is
  // verified, and the work before that is the same for all claims.
  if (absl::Status proven = Prove(signed_token); !proven.ok()) return proven;
  return Compare(signed_token);
}

absl::Status OidcVerifier::Prove(const Signed& token) {
  const SigningKey& decoy = decoys_->For(token.algorithm);
  const auto prove = [&]() -> absl::Status {
    for (const auto& issuer : issuers_) {
      if (issuer->name() == token.issuer) return issuer->Prove(token, decoy);
    }
    cjose_err error;
    cjose_jws_verify(token.jws, decoy.key.get(), &error);
    return Refused("its issuer is not configured");
  };
  bool all = true;
  for (const auto& issuer : issuers_) issuer->Look(/*missed=*/false);
  absl::Status proven = prove();
  for (const auto& issuer : issuers_) {
    if (proven.ok()) return proven;
    all &= issuer->Look(/*missed=*/true);
    proven = prove();
  }
  // The missing keys of any issuer might have verified it.
  if (proven.ok() || all) return proven;
  return absl::UnavailableError("The keys of an issuer cannot be had.");
}

absl::StatusOr<OidcAccess> OidcVerifier::Compare(const Signed& token) const {
  const Json& claims = token.claims;
  const absl::Time now = clock_.Now();
  const auto expires = TimeClaim(claims, "exp");
  if (!expires || *expires + kLeeway <= now) return Refused("it has expired");
  for (const char* name : {"nbf", "iat"}) {
    if (!claims.contains(name)) continue;
    const auto from = TimeClaim(claims, name);
    if (!from || *from - kLeeway > now) return Refused("it is not in force yet");
  }
  const auto repository = IdClaim(claims, "repository_id");
  const auto project = IdClaim(claims, "project_id");
  bool audience = false;
  const OidcConfig* entry = nullptr;
  for (const OidcConfig& candidate : entries_) {
    if (candidate.issuer != token.issuer || !HasAudience(claims, candidate.audience)) continue;
    audience = true;
    if (Holds(candidate.repository_ids, repository) || Holds(candidate.project_ids, project)) {
      entry = &candidate;
      break;
    }
  }
  if (!audience) return Refused("its audience is not ours");
  if (entry == nullptr) return Refused("its repository is not configured");

  OidcAccess access;
  access.id = Holds(entry->repository_ids, repository)
                  ? absl::StrCat("oidc:repository_id ", *repository)
                  : absl::StrCat("oidc:project_id ", *project);
  access.scope = entry->scope;
  access.projects = entry->projects;
  return access;
}

}  // namespace retainer::api
