// One configured forge's REST API: requests in, answers or canonical errors out.
//
// Puts the pieces together that GitHub and GitLab share: base URL and prefix, pinned headers, rate
// gate, ETag cache, redirects on the same host, clock skew, the mapping of answers to errors, and
// the redaction of what a forge says before it becomes part of a message. Who we are is the
// caller's business (Grant). Thread-safe.
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

// By what right a call is made.
struct Grant {
  std::string account;  // rate limits and cached answers are kept by it; holds no secret
  std::string header;   // `Authorization` or `PRIVATE-TOKEN`
  std::string value;
};

struct ApiRequest {
  std::string method = "GET";
  std::string path;   // below the base URL, encoded, beginning with `/`
  std::string query;  // encoded, without `?`
  std::string body;   // JSON or empty
  CallClass call = CallClass::kRead;
  std::set<int> expected;        // statuses besides 2xx that the caller handles: no error
  bool follow_redirects = true;  // false: a 302 is an answer
  // A change is followed to the place that this project, by its id, has now and to no other: what
  // was transferred is another ticket. Empty: anywhere on the forge.
  std::string project = {};
};

// Hides what must not be told: the secrets it was given, and whatever looks like a forge's token.
// Thread-safe.
class Redactor {
 public:
  void Add(const std::string& slot,
           std::string secret);  // a slot's new secret replaces its old one
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

  // Any answer that is no rate limit, with a cached body in place of 304. Errors:
  // ResourceExhausted with RetryAfter (too early, or a limit), Unavailable (network, a redirect
  // loop), FailedPrecondition (a redirect to another host).
  absl::StatusOr<HttpResponse> Exchange(const Grant& grant, const ApiRequest& request);

  // OK for 2xx and for what the request expects; else the canonical error (retainer/forge.h).
  absl::Status StatusOf(const ApiRequest& request, const HttpResponse& response) const;

  const std::string& name() const { return name_; }
  absl::Time Now() const { return clock_.Now(); }
  absl::Time Steady() const { return clock_.Steady(); }
  // The forge's clock minus ours by the last `Date` header; nullopt before the first answer.
  std::optional<absl::Duration> skew() const;
  // By the last `Date` header and the time that has passed since, whatever is done to our date.
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
