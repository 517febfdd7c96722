#include "src/forge/metered_transport.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"

namespace retainer::forge {
namespace {

const std::string* Header(const HttpResponse& response, const char* name) {
  const auto it = response.headers.find(name);
  return it == response.headers.end() ? nullptr : &it->second;
}

// A 403 or 429 that a rate limit explains; GitHub's secondary limits name an instant or nothing left.
bool IsLimited(const HttpResponse& response) {
  if (response.status == 429) return true;
  if (response.status != 403) return false;
  const std::string* left = Header(response, "X-RateLimit-Remaining");
  return Header(response, "Retry-After") != nullptr || (left != nullptr && *left == "0");
}

const char* OutcomeOf(const HttpResponse& response) {
  if (IsLimited(response)) return "limited";
  if (response.status == 304) return "unchanged";
  if (response.status >= 500) return "error";
  return response.status >= 400 ? "refused" : "ok";
}

class MeteredTransport final : public HttpTransport {
 public:
  MeteredTransport(std::string forge, std::unique_ptr<HttpTransport> inner, const Clock& clock,
                   Metrics& metrics)
      : forge_(std::move(forge)), inner_(std::move(inner)), clock_(clock), metrics_(metrics) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    absl::StatusOr<HttpResponse> response = inner_->Send(request);
    metrics_.Count(
        "retainer_forge_calls_total",
        {{"forge", forge_}, {"outcome", response.ok() ? OutcomeOf(*response) : "unreachable"}});
    if (!response.ok()) return response;
    for (const char* name : {"X-RateLimit-Remaining", "RateLimit-Remaining"}) {
      std::int64_t left = 0;
      const std::string* text = Header(*response, name);
      if (text == nullptr || !absl::SimpleAtoi(*text, &left)) continue;
      metrics_.Set("retainer_forge_rate_limit_remaining", static_cast<double>(left),
                   {{"forge", forge_}});
      break;
    }
    absl::Time date;
    std::string error;
    const std::string* text = Header(*response, "Date");
    if (text != nullptr && absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", *text, &date, &error)) {
      metrics_.Set("retainer_clock_skew_seconds", absl::ToDoubleSeconds(date - clock_.Now()),
                   {{"forge", forge_}});
    }
    return response;
  }

 private:
  const std::string forge_;
  const std::unique_ptr<HttpTransport> inner_;
  const Clock& clock_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<HttpTransport> MakeMeteredTransport(std::string forge,
                                                    std::unique_ptr<HttpTransport> inner,
                                                    const Clock& clock, Metrics& metrics) {
  return std::make_unique<MeteredTransport>(std::move(forge), std::move(inner), clock, metrics);
}

}  // namespace retainer::forge
