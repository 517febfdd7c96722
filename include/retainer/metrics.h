// The Metrics port: the figures of the service (counters, gauges, histograms), named as in
// Prometheus.
#pragma once

#include <map>
#include <string>

namespace retainer {

// Thread-safe. Names carry their unit (`_seconds`, `_bytes`) and counters end in `_total`.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;
  virtual ~Metrics() = default;
  virtual void Count(const std::string& name, const Labels& labels = {}, double by = 1) = 0;
  virtual void Set(const std::string& name, double value, const Labels& labels = {}) = 0;
  virtual void Observe(const std::string& name, double value, const Labels& labels = {}) = 0;
};

}  // namespace retainer
