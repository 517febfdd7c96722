#include "src/forge/metered_transport.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/trace.h"
#include "src/forge/response_headers.h"

namespace retainer::forge {
namespace {

const char* OutcomeOf(const HttpResponse& response, ForgeKind kind) {
  if (IsRateLimit(response, kind)) return "limited";
  if (response.status == 304) return "unchanged";
  if (response.status >= 500) return "error";
  return response.status >= 400 ? "refused" : "ok";
}

class MeteredTransport final : public HttpTransport {
 public:
  MeteredTransport(std::string forge, ForgeKind kind, std::unique_ptr<HttpTransport> inner,
                   const Clock& clock, Metrics& metrics)
      : forge_(std::move(forge)),
        kind_(kind),
        inner_(std::move(inner)),
        clock_(clock),
        metrics_(metrics) {}

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    base::SpanScope span("call forge", base::SpanKind::kClient);
    absl::StatusOr<HttpResponse> response = inner_->Send(request);
    span.Set("retainer.forge", forge_);
    span.Set("http.request.method", request.method);
    if (response.ok()) span.Set("http.response.status_code", absl::StrCat(response->status));
    if (!response.ok() || response->status >= 500) span.Fail();
    metrics_.Count("retainer_forge_calls_total",
                   {{"forge", forge_},
                    {"outcome", response.ok() ? OutcomeOf(*response, kind_) : "unreachable"}});
    if (!response.ok()) return response;
    if (const auto left = RateRemaining(*response, kind_)) {
      metrics_.Set("retainer_forge_rate_limit_remaining", static_cast<double>(*left),
                   {{"forge", forge_}});
    }
    if (const auto date = DateIn(*response, "Date")) {
      metrics_.Set("retainer_clock_skew_seconds", absl::ToDoubleSeconds(*date - clock_.Now()),
                   {{"forge", forge_}});
    }
    return response;
  }

 private:
  const std::string forge_;
  const ForgeKind kind_;
  const std::unique_ptr<HttpTransport> inner_;
  const Clock& clock_;
  Metrics& metrics_;
};

}  // namespace

std::unique_ptr<HttpTransport> MakeMeteredTransport(std::string forge, ForgeKind kind,
                                                    std::unique_ptr<HttpTransport> inner,
                                                    const Clock& clock, Metrics& metrics) {
  return std::make_unique<MeteredTransport>(std::move(forge), kind, std::move(inner), clock,
                                            metrics);
}

}  // namespace retainer::forge
