#include "src/forge/metered_transport.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "tests/fakes/fake_clock.h"
#include "tests/forge/fake_transport.h"

namespace retainer::forge {
namespace {

// Counts by outcome.
class OutcomeMetrics final : public Metrics {
 public:
  void Count(const std::string&, const Labels& labels, double by) override {
    outcomes[labels.at("outcome")] += by;
  }
  void Set(const std::string& name, double value, const Labels&) override { gauges[name] = value; }
  void Observe(const std::string&, double, const Labels&) override {}
  std::map<std::string, double> outcomes;
  std::map<std::string, double> gauges;
};

class MeteredTransportTest : public testing::Test {
 protected:
  void Answer(int status, Headers headers = {}) {
    script_.Forget("GET /x");
    script_.On("GET /x", status, "{}", std::move(headers));
    EXPECT_EQ(transport_->Send({"GET", "/x", {}, ""})->status, status);
  }

  FakeClock clock_{absl::FromUnixSeconds(1'772'000'000)};
  OutcomeMetrics metrics_;
  Script script_;
  std::unique_ptr<HttpTransport> transport_ = MakeMeteredTransport(
      "github", ForgeKind::kGitHub, std::make_unique<FakeTransport>(script_), clock_, metrics_);
};

TEST_F(MeteredTransportTest, CountsByOutcome) {
  Answer(200);
  Answer(204);
  Answer(304);
  Answer(404);
  Answer(403);
  Answer(403, {{"Retry-After", "30"}});
  Answer(403, {{"X-RateLimit-Remaining", "0"}});
  Answer(429);
  Answer(502);
  script_.Forget("GET /x");
  script_.On("GET /x", [](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
    return absl::UnavailableError("no route");
  });
  EXPECT_FALSE(transport_->Send({"GET", "/x", {}, ""}).ok());
  EXPECT_EQ(metrics_.outcomes, (std::map<std::string, double>{{"ok", 2},
                                                              {"unchanged", 1},
                                                              {"refused", 2},
                                                              {"limited", 3},
                                                              {"error", 1},
                                                              {"unreachable", 1}}));
}

TEST_F(MeteredTransportTest, TellsTheBudgetLeftAndTheSkew) {
  Answer(200, {{"X-RateLimit-Remaining", "4711"}, {"Date", "Wed, 25 Feb 2026 06:14:20 GMT"}});
  EXPECT_EQ(metrics_.gauges["retainer_forge_rate_limit_remaining"], 4711);
  EXPECT_EQ(metrics_.gauges["retainer_clock_skew_seconds"], 60);
  Answer(200, {{"X-RateLimit-Remaining", "12"}});
  EXPECT_EQ(metrics_.gauges["retainer_forge_rate_limit_remaining"], 12);
  // Values that the forge does not send keep their last value.
  Answer(200, {{"X-RateLimit-Remaining", "soon"}, {"Date", "yesterday"}});
  EXPECT_EQ(metrics_.gauges["retainer_forge_rate_limit_remaining"], 12);
  EXPECT_EQ(metrics_.gauges["retainer_clock_skew_seconds"], 60);
}

TEST_F(MeteredTransportTest, ReadsGitLabsOwnHeader) {
  transport_ = MakeMeteredTransport("gitlab", ForgeKind::kGitLab,
                                    std::make_unique<FakeTransport>(script_), clock_, metrics_);
  Answer(200, {{"RateLimit-Remaining", "7"}});
  EXPECT_EQ(metrics_.gauges["retainer_forge_rate_limit_remaining"], 7);
}

// In the form that GitHub's secondary rate limits sometimes have.
TEST_F(MeteredTransportTest, ALimitInWordsAloneIsALimit) {
  script_.On("GET /x", 403, R"({"message":"You have exceeded a secondary rate limit."})");
  EXPECT_EQ(transport_->Send({"GET", "/x", {}, ""})->status, 403);
  EXPECT_EQ(metrics_.outcomes["limited"], 1);
}

}  // namespace
}  // namespace retainer::forge
