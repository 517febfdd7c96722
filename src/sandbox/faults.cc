#include "src/sandbox/faults.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer::sandbox {
namespace {

Response Answer(int status, const std::string& message) {
  Response response;
  response.status = status;
  response.body = absl::StrCat("{\"message\":\"", message, "\"}");
  return response;
}

}  // namespace

void Faults::Add(const std::string& method, const std::string& path_prefix, const Fault& fault) {
  waiting_.push_back({method, path_prefix, fault});
}

std::optional<Fault> Faults::Take(const Request& request, ForgeKind forge) {
  const std::string root = forge == ForgeKind::kGitHub ? "/api/v3" : "/api/v4";
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (!it->method.empty() && it->method != request.method) continue;
    if (!absl::StartsWith(request.path, it->path_prefix) &&
        !absl::StartsWith(request.path, absl::StrCat(root, it->path_prefix))) {
      continue;
    }
    Fault fault = it->fault;
    ++played_;
    if (--it->fault.count <= 0) waiting_.erase(it);
    return fault;
  }
  return std::nullopt;
}

bool Prevents(FaultKind kind) {
  switch (kind) {
    case FaultKind::kDropAfterApplying:
    case FaultKind::kSlow:
    case FaultKind::kCutBody:
    case FaultKind::kBrokenJson:
    case FaultKind::kOtherJson:
      return false;
    default:
      return true;
  }
}

Response Bend(const Fault& fault, ForgeKind forge, absl::Time now, Response served) {
  const bool github = forge == ForgeKind::kGitHub;
  Response out;
  switch (fault.kind) {
    case FaultKind::kStatus500:
      out = Answer(500, "Server Error");
      break;
    case FaultKind::kStatus502:
      // A proxy in front of the forge answers with its own page.
      out.status = 502;
      out.content_type = "text/html";
      out.body = "<html><body><h1>502 Bad Gateway</h1></body></html>";
      break;
    case FaultKind::kSecondaryLimit:
      out = Answer(403,
                   "You have exceeded a secondary rate limit. Please wait a few minutes before you "
                   "try again.");
      break;
    case FaultKind::kTooManyRequests:
      out = Answer(429, github ? "You have exceeded a secondary rate limit." : "Retry later");
      if (!github) {
        out.content_type = "text/plain";
        out.body = "Retry later\n";
      }
      break;
    case FaultKind::kDropConnection:
    case FaultKind::kDropAfterApplying:
    case FaultKind::kLate:
      out.cut = true;
      break;
    case FaultKind::kSlow:
      out = std::move(served);
      out.delay = fault.delay;
      break;
    case FaultKind::kStatus401:
      out = Answer(401, github ? "Bad credentials" : "401 Unauthorized");
      break;
    case FaultKind::kStatus404:
      out = Answer(404, github ? "Not Found" : "404 Not found");
      break;
    case FaultKind::kStatus503:
      out.status = 503;
      out.content_type = "text/plain";
      out.body = "Service Unavailable\n";
      break;
    case FaultKind::kRateLimit: {
      out = github ? Answer(403, "API rate limit exceeded for installation.")
                   : Answer(429, "Too Many Requests");
      const std::string prefix = github ? "X-RateLimit-" : "RateLimit-";
      out.Set(prefix + "Limit", "5000");
      out.Set(prefix + "Remaining", "0");
      out.Set(prefix + "Reset", absl::StrCat(absl::ToUnixSeconds(now + fault.delay)));
      break;
    }
    case FaultKind::kCutBody:
      out = std::move(served);
      out.body.resize(out.body.size() / 2);
      out.cut = true;
      break;
    case FaultKind::kBrokenJson:
      out = std::move(served);
      out.body.resize(out.body.size() / 2);
      break;
    case FaultKind::kOtherJson:
      out = std::move(served);
      out.body = "{\"unexpected\":[1,{\"id\":\"x\"}]}";
      break;
  }
  if (fault.retry_after) {
    out.Set("Retry-After", absl::StrCat(absl::ToInt64Seconds(*fault.retry_after)));
  }
  return out;
}

}  // namespace retainer::sandbox
