// Every figure that the service tells Prometheus: its name, type, labels and meaning, in one place.
//
// The alert rules and the dashboard in deploy/ speak of these names and no others, and a test holds
// the three together. Names follow Prometheus' conventions (base units, `_total` for counters).
#pragma once

#include <string_view>
#include <vector>

namespace retainer {

enum class MetricType { kCounter, kGauge, kHistogram };

struct MetricFamily {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::vector<std::string_view> labels;
  std::string_view help;
};

// By name.
const std::vector<MetricFamily>& MetricFamilies();
// nullptr where there is none of this name.
const MetricFamily* FindMetricFamily(std::string_view name);

}  // namespace retainer
