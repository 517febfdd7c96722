// The REST API of one configured forge: takes requests, returns answers or canonical errors.
//
// It joins what GitHub and GitLab share: base URL and prefix, pinned headers, rate gate, ETag
// cache, redirects on the same host, clock skew, the mapping of answers to errors, and the
// redaction of a forge's words before they become part of a message. The caller supplies the
// credentials (Grant). Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/ids.h"
#include "src/forge/etag_cache.h"
#include "src/forge/http.h"
#include "src/forge/rate_gate.h"
#include "src/forge/url.h"

namespace retainer::forge {

// The credentials of one call.
struct Grant {
  // The key for rate limits and cached answers. Holds no secret.
  std::string account;
  std::string header;  // `Authorization` or `PRIVATE-TOKEN`
  std::string value;
};

struct ApiRequest {
  std::string method = "GET";
  std::string path;   // below the base URL, encoded, starts with `/`
  std::string query;  // encoded, without `?`
  std::string body;   // JSON or empty
  CallClass call = CallClass::kRead;
  std::set<int> expected;        // statuses besides 2xx that the caller handles; they are no error
  bool follow_redirects = true;  // false: the caller takes a 302 as the answer
  // A redirected mutation is followed only to the present place of the project with this id,
  // because a transferred ticket is another ticket. Empty: a redirect may lead anywhere on the
  // forge.
  std::string project = {};
};

// Removes secrets from text: those that were added, and everything that looks like a forge's token.
// Thread-safe.
class Redactor {
 public:
  // A slot's new secret replaces its old one.
  void Add(const std::string& slot, std::string secret);
  std::string Apply(std::string text) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> secrets_;
};

class ApiClient {
 public:
  // REQUIRES: `clock` outlives this.
  ApiClient(std::string name, const BaseUrl& base, const GateRules& rules, const Clock& clock,
            std::unique_ptr<HttpTransport> transport);

  // Returns any answer that is not a rate limit; a 304 is returned with the cached body. Errors:
  // ResourceExhausted with RetryAfter (too early, or a rate limit), Unavailable (network, a
  // redirect loop), FailedPrecondition (a redirect to another host).
  absl::StatusOr<HttpResponse> Exchange(const Grant& grant, const ApiRequest& request);

  // OK for 2xx and for the request's expected statuses; otherwise the canonical error
  // (retainer/forge.h).
  absl::Status StatusOf(const ApiRequest& request, const HttpResponse& response) const;

  const std::string& name() const { return name_; }
  absl::Time Now() const { return clock_.Now(); }
  absl::Time Steady() const { return clock_.Steady(); }
  // The forge's clock minus ours, from the last `Date` header; nullopt before the first answer.
  std::optional<absl::Duration> skew() const;
  // The forge's present time, from the last `Date` header and the steady time since then. A change
  // of our own date does not affect it.
  absl::Time ForgeNow() const;
  RateGate& gate() { return gate_; }
  const RateGate& gate() const { return gate_; }
  Redactor& redactor() { return redactor_; }

 private:
  absl::StatusOr<HttpResponse> Once(const Grant& grant, const ApiRequest& request,
                                    const std::string& target);
  void NoteDate(const HttpResponse& response);

  const std::string name_;
  const BaseUrl base_;
  const ForgeKind kind_;
  const Clock& clock_;
  const std::unique_ptr<HttpTransport> transport_;
  RateGate gate_;
  EtagCache cache_;
  Redactor redactor_;
  mutable std::mutex mutex_;
  std::optional<absl::Duration> forge_ahead_;  // of Clock::Steady
};

}  // namespace retainer::forge
