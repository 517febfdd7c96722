// The Metrics port on Prometheus' client library.
//
// The names that the service uses have a help text and a type here; one that has not appears with
// its name as help. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "retainer/metrics.h"

namespace retainer {

class PrometheusMetrics final : public Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  void Count(const std::string& name, const Labels& labels, double by) override;
  void Set(const std::string& name, double value, const Labels& labels) override;
  void Observe(const std::string& name, double value, const Labels& labels) override;

  // In the text exposition format.
  std::string Expose() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
