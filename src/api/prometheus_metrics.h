// The Metrics port with Prometheus' client library.
//
// It has only the metrics of metric_families.h; using another name is a bug. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "retainer/metrics.h"

namespace retainer::api {

class PrometheusMetrics final : public Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  void Count(const std::string& name, const Labels& labels, double by) override;
  void Set(const std::string& name, double value, const Labels& labels) override;
  void Observe(const std::string& name, double value, const Labels& labels) override;

  // The metrics in the text exposition format.
  std::string Expose() const;
  // The same in OpenMetrics' text format, with exemplars of the traces that were under way when a
  // value was observed.
  std::string ExposeOpen() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::api
