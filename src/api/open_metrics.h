// The metrics in OpenMetrics' text format, with exemplars: for a bucket of a histogram, the trace
// of the last value in it. Private to this room.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "prometheus/metric_family.h"
#include "retainer/metrics.h"
#include "src/base/trace.h"

namespace retainer::api {

// Thread-safe.
class Exemplars {
 public:
  static constexpr std::size_t kMostSeries = 1000;

  struct Exemplar {
    std::string trace_id;
    std::string span_id;
    double value = 0;
    absl::Time at;
  };

  // `bucket`: the upper bound of the value's bucket.
  void Set(const std::string& name, const Metrics::Labels& labels, double bucket, double value,
           const base::TraceContext& trace, absl::Time now);
  std::optional<Exemplar> Find(const std::string& name, const Metrics::Labels& labels,
                               double bucket) const;

 private:
  using Series = std::pair<std::string, Metrics::Labels>;
  mutable std::mutex mutex_;
  std::map<Series, std::map<double, Exemplar>> exemplars_;  // guarded by mutex_
};

std::string OpenMetricsText(const std::vector<prometheus::MetricFamily>& families,
                            const Exemplars& exemplars);

}  // namespace retainer::api
