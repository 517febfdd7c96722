#include "src/forge/api_client.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "retainer/forge.h"
#include "src/forge/json.h"
#include "src/forge/response_headers.h"

namespace retainer::forge {
namespace {

// The header is cut to seconds, and the answer takes time to arrive: a smaller difference is no
// skew.
constexpr absl::Duration kNoSkew = absl::Seconds(2);

constexpr int kMaxRedirects = 3;
constexpr std::size_t kCacheEntries = 1024;
constexpr std::size_t kCacheBytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kMaxForgeWords = 200;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

// The forge's own words about its refusal: `message`, and from GitHub's `errors` the resource,
// field and code. The rest of an error body is left out, because it may hold somebody's text.
std::string ForgeWords(const std::string& body) {
  const Json json = ParseJson(body).value_or(Json());
  std::string words;
  const auto append = [&words](const std::string& text) {
    if (text.empty()) return;
    absl::StrAppend(&words, words.empty() ? "" : "; ", text);
  };
  if (!json.is_object()) return words;
  for (const char* key : {"message", "error", "error_description"}) {
    const auto it = json.find(key);
    if (it == json.end()) continue;
    if (it->is_string()) append(it->get<std::string>());
    // GitLab: {"message": {"field": ["is too long"]}}.
    if (!it->is_object()) continue;
    for (const auto& [field, reasons] : it->items()) {
      std::string text = field;
      if (reasons.is_array()) {
        for (const Json& reason : reasons)
          if (reason.is_string()) absl::StrAppend(&text, " ", reason.get<std::string>());
      }
      append(text);
    }
  }
  if (const auto errors = json.find("errors"); errors != json.end() && errors->is_array()) {
    for (const Json& error : *errors) {
      if (!error.is_object()) continue;
      append(absl::StrCat(StringAt(error, "resource"), " ", StringAt(error, "field"), " ",
                          StringAt(error, "code")));
    }
  }
  // Old GitLab versions repeat the refused object after a brace.
  words = words.substr(0, words.find('{'));
  if (words.size() > kMaxForgeWords) words.resize(kMaxForgeWords);
  for (char& c : words)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return words;
}

bool IsTokenChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
}

}  // namespace

void Redactor::Add(const std::string& slot, std::string secret) {
  std::lock_guard lock(mutex_);
  secrets_[slot] = std::move(secret);
}

std::string Redactor::Apply(std::string text) const {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [slot, secret] : secrets_) {
      if (!secret.empty()) text = absl::StrReplaceAll(text, {{secret, "[redacted]"}});
    }
  }
  // ghp_…, ghs_…, github_pat_…, glpat-…, and JWTs (eyJ…), of at least 20 characters.
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && IsTokenChar(text[end])) ++end;
    if (end == i) {
      out.push_back(text[i++]);
      continue;
    }
    const std::string word = text.substr(i, end - i);
    const bool looks_secret =
        word.size() >= 20 && ((word.size() > 4 && absl::StartsWith(word, "gh") && word[3] == '_') ||
                              absl::StartsWith(word, "github_pat_") ||
                              absl::StartsWith(word, "glpat-") || absl::StartsWith(word, "eyJ"));
    absl::StrAppend(&out, looks_secret ? "[redacted]" : word);
    i = end;
  }
  return out;
}

ApiClient::ApiClient(std::string name, const BaseUrl& base, const GateRules& rules,
                     const Clock& clock, std::unique_ptr<HttpTransport> transport)
    : name_(std::move(name)),
      base_(base),
      kind_(rules.kind),
      clock_(clock),
      transport_(std::move(transport)),
      gate_(name_, rules),
      cache_(kCacheEntries, kCacheBytes) {}

std::optional<absl::Duration> ApiClient::skew() const {
  std::optional<absl::Duration> ahead;
  {
    std::lock_guard lock(mutex_);
    ahead = forge_ahead_;
  }
  if (!ahead) return std::nullopt;
  const absl::Duration skew = *ahead + (clock_.Steady() - clock_.Now());
  return absl::AbsDuration(skew) < kNoSkew ? absl::ZeroDuration() : skew;
}

absl::Time ApiClient::ForgeNow() const {
  std::lock_guard lock(mutex_);
  return forge_ahead_ ? clock_.Steady() + *forge_ahead_ : clock_.Now();
}

void ApiClient::NoteDate(const HttpResponse& response) {
  const auto date = DateIn(response, "Date");
  if (!date) return;
  const absl::Time now = clock_.Now();
  absl::Duration skew = *date - now;
  if (absl::AbsDuration(skew) < kNoSkew) skew = absl::ZeroDuration();
  std::lock_guard lock(mutex_);
  forge_ahead_ = skew + (now - clock_.Steady());
}

absl::StatusOr<HttpResponse> ApiClient::Once(const Grant& grant, const ApiRequest& request,
                                             const std::string& target) {
  HttpRequest wire;
  wire.method = request.method;
  wire.target = target;
  wire.body = request.body;
  wire.headers["User-Agent"] = "retainer/0.1";
  wire.headers[grant.header] = grant.value;
  if (kind_ == ForgeKind::kGitHub) {
    wire.headers["Accept"] = "application/vnd.github+json";
    wire.headers["X-GitHub-Api-Version"] = "2022-11-28";
  } else {
    wire.headers["Accept"] = "application/json";
  }
  std::optional<HttpResponse> known;
  const std::string cache_key = absl::StrCat(grant.account, " ", target);
  if (request.method == "GET") {
    known = cache_.Find(cache_key);
    if (known) wire.headers["If-None-Match"] = known->headers.find("ETag")->second;
  }

  if (absl::Status early = gate_.Enter(grant.account, request.call, Steady()); !early.ok())
    return early;
  absl::StatusOr<HttpResponse> response = transport_->Send(wire);
  if (response.ok()) NoteDate(*response);
  const std::optional<absl::Duration> wait =
      gate_.Leave(grant.account, request.call, response.ok() ? &*response : nullptr,
                  ForgeNow() - Steady(), Steady());
  if (!response.ok()) {
    return absl::Status(response.status().code(),
                        redactor_.Apply(absl::StrCat(name_, ": ", request.method, " ", request.path,
                                                     ": ", response.status().message())));
  }
  if (wait) {
    return WithRetryAfter(absl::ResourceExhaustedError(redactor_.Apply(absl::StrCat(
                              name_, ": ", request.method, " ", request.path, ": rate limit (",
                              response->status, "), wait ", absl::FormatDuration(*wait)))),
                          *wait);
  }
  if (response->status == 304 && known) return std::move(*known);
  if (request.method == "GET") cache_.Store(cache_key, *response);
  return response;
}

absl::StatusOr<HttpResponse> ApiClient::Exchange(const Grant& grant, const ApiRequest& request) {
  std::string target =
      absl::StrCat(base_.prefix, request.path, request.query.empty() ? "" : "?", request.query);
  ApiRequest next = request;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    auto response = Once(grant, next, target);
    if (!response.ok() || !request.follow_redirects || !IsRedirect(response->status))
      return response;
    // The forge has done nothing but redirect. The call to the new place is the same mutation, so
    // it does not count as another one.
    next.call = CallClass::kRead;
    const auto location = response->headers.find("Location");
    const auto there = location == response->headers.end()
                           ? std::nullopt
                           : SameOriginTarget(base_, location->second);
    if (!there) {
      return absl::FailedPreconditionError(
          absl::StrCat(name_, ": ", request.method, " ", request.path,
                       " is redirected to another host, where our credentials do not go: set "
                       "api_url to the forge's own address"));
    }
    // GitHub addresses a renamed repository by its id.
    const std::string own = absl::StrCat(base_.prefix, "/repositories/", request.project, "/");
    if (request.method != "GET" && !request.project.empty() && !absl::StartsWith(*there, own)) {
      return absl::NotFoundError(absl::StrCat(name_, ": ", request.method, " ", request.path,
                                              ": it went to another project"));
    }
    target = *there;
  }
  return absl::UnavailableError(
      absl::StrCat(name_, ": ", request.method, " ", request.path, ": too many redirects"));
}

absl::Status ApiClient::StatusOf(const ApiRequest& request, const HttpResponse& response) const {
  const int status = response.status;
  if ((status >= 200 && status < 300) || request.expected.contains(status)) return absl::OkStatus();
  std::string message = absl::StrCat(name_, ": ", request.method, " ", request.path, ": ", status);
  if (const std::string words = ForgeWords(response.body); !words.empty())
    absl::StrAppend(&message, " ", words);
  const auto done = [&](absl::StatusCode code) {
    return absl::Status(code, redactor_.Apply(std::move(message)));
  };
  switch (status) {
    case 401:
      absl::StrAppend(&message,
                      ": the forge does not accept our credentials; renew the token (or the app's "
                      "id and private key) in the configuration");
      // Every other call would get the same answer.
      return WithRetryAfter(done(absl::StatusCode::kFailedPrecondition), absl::Minutes(1));
    case 403:
    case 451:
      if (const auto it = response.headers.find("X-Accepted-GitHub-Permissions");
          it != response.headers.end())
        absl::StrAppend(&message, ": needs the permission ", it->second);
      return done(absl::StatusCode::kPermissionDenied);
    case 404:
    case 410:
      return done(absl::StatusCode::kNotFound);
    case 408:
    case 409:
      return done(absl::StatusCode::kUnavailable);
    default:
      return done(status >= 500 || status < 400 ? absl::StatusCode::kUnavailable
                                                : absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace retainer::forge
