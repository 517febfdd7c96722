#include <gtest/gtest.h>

#include "src/api/prometheus_metrics.h"

namespace retainer {
namespace {

TEST(PrometheusMetrics, ExposesNamesHelpAndTypes) {
  PrometheusMetrics metrics;
  metrics.Count("retainer_deliveries_total", {{"forge", "github"}, {"status", "202"}}, 2);
  metrics.Count("retainer_deliveries_total", {{"forge", "github"}, {"status", "202"}}, 1);
  metrics.Set("retainer_inbox_entries", 7, {});
  metrics.Observe("retainer_delivery_lag_seconds", 0.3, {});
  const std::string text = metrics.Expose();
  for (const char* line : {
           "# HELP retainer_deliveries_total Webhook deliveries",
           "# TYPE retainer_deliveries_total counter",
           "retainer_deliveries_total{forge=\"github\",status=\"202\"} 3",
           "# TYPE retainer_inbox_entries gauge",
           "retainer_inbox_entries 7",
           "# TYPE retainer_delivery_lag_seconds histogram",
           "retainer_delivery_lag_seconds_count 1",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace retainer
