// All metrics of the service: name, type, labels and meaning.
//
// The alert rules and the dashboard in deploy/ use only these names; a test checks that. Names
// follow Prometheus' conventions (base units, `_total` for counters).
#pragma once

#include <string_view>
#include <vector>

namespace retainer::api {

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricFamily {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::vector<std::string_view> labels;
  std::string_view help;
};

// Ordered by name.
const std::vector<MetricFamily>& MetricFamilies();
// nullptr when there is no such metric.
const MetricFamily* FindMetricFamily(std::string_view name);

}  // namespace retainer::api
