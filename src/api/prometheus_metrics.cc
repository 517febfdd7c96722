#include "src/api/prometheus_metrics.h"

#include <cassert>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "src/api/metric_families.h"

namespace retainer {
namespace {

const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto& bounds = *new prometheus::Histogram::BucketBoundaries{
      0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200};
  return bounds;
}

}  // namespace

// All metrics exist from the start, so that an alert on a metric that was never changed sees a
// value and not a gap.
class PrometheusMetrics::Impl {
 public:
  Impl() {
    for (const MetricFamily& family : MetricFamilies()) {
      const std::string name(family.name);
      const std::string help(family.help);
      switch (family.type) {
        case MetricType::kCounter: {
          auto& made = prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
          counters_.emplace(family.name, &made);
          if (family.labels.empty()) made.Add({});
          break;
        }
        case MetricType::kGauge: {
          auto& made = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
          gauges_.emplace(family.name, &made);
          if (family.labels.empty()) made.Add({});
          break;
        }
        case MetricType::kHistogram: {
          auto& made = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
          histograms_.emplace(family.name, &made);
          if (family.labels.empty()) made.Add({}, Seconds());
          break;
        }
      }
    }
  }

  template <class T>
  using Families = std::map<std::string, prometheus::Family<T>*, std::less<>>;
  Families<prometheus::Counter> counters_;
  Families<prometheus::Gauge> gauges_;
  Families<prometheus::Histogram> histograms_;
  // Returns the labels, or `other` for each when the metric has enough series, because values from
  // outside must not let it grow without bound.
  Metrics::Labels Bounded(const std::string& name, const Metrics::Labels& labels) {
    if (labels.empty()) return labels;
    const std::lock_guard lock(mutex_);
    auto& known = series_[name];
    if (known.contains(labels)) return labels;
    if (known.size() < kMostSeries) {
      known.insert(labels);
      return labels;
    }
    Metrics::Labels other;
    for (const auto& [label, value] : labels) other.emplace(label, "other");
    return other;
  }

  prometheus::Registry registry_;

 private:
  static constexpr std::size_t kMostSeries = 1000;

  std::mutex mutex_;
  std::map<std::string, std::set<Metrics::Labels>, std::less<>> series_;
};

namespace {

// A metric without a family is a bug, which tests find. It must not stop the desk.
template <class Families>
auto* Find(const Families& families, const std::string& name, const Metrics::Labels& labels) {
  const auto it = families.find(name);
  assert(it != families.end() && "declare it in metric_families.cc");
  assert(it == families.end() || labels.size() == FindMetricFamily(name)->labels.size());
  (void)labels;
  return it == families.end() ? nullptr : it->second;
}

}  // namespace

PrometheusMetrics::PrometheusMetrics() : impl_(std::make_unique<Impl>()) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::Count(const std::string& name, const Labels& labels, double by) {
  if (auto* family = Find(impl_->counters_, name, labels))
    family->Add(impl_->Bounded(name, labels)).Increment(by);
}

void PrometheusMetrics::Set(const std::string& name, double value, const Labels& labels) {
  if (auto* family = Find(impl_->gauges_, name, labels))
    family->Add(impl_->Bounded(name, labels)).Set(value);
}

void PrometheusMetrics::Observe(const std::string& name, double value, const Labels& labels) {
  if (auto* family = Find(impl_->histograms_, name, labels)) {
    family->Add(impl_->Bounded(name, labels), Seconds()).Observe(value);
  }
}

std::string PrometheusMetrics::Expose() const {
  return prometheus::TextSerializer().Serialize(impl_->registry_.Collect());
}

}  // namespace retainer
