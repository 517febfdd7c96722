#include "src/api/prometheus_metrics.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/time/clock.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "src/api/metric_families.h"
#include "src/api/open_metrics.h"

namespace retainer::api {
namespace {

const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto& bounds = *new prometheus::Histogram::BucketBoundaries{
      0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200};
  return bounds;
}

}  // namespace

// The families of one type, with their series by labels. Rationale: prometheus-cpp copies and
// hashes all labels under a lock each time it finds a series.
template <class Series>
class Figures {
 public:
  void Add(std::string_view name, prometheus::Family<Series>* family) {
    figures_.try_emplace(std::string(name), family);
  }

  // The series of these labels. When the metric has enough series, that of `other` for each label,
  // because values from outside must not let it grow without bound. `more`: further arguments for a
  // new series. Nullptr for a metric without a family: a bug, which tests find. It must not stop
  // the desk.
  template <class... More>
  Series* Find(const std::string& name, const Metrics::Labels& labels, const More&... more) {
    const auto figure = figures_.find(name);
    assert(figure != figures_.end() && "declare it in metric_families.cc");
    if (figure == figures_.end()) return nullptr;
    assert(labels.size() == FindMetricFamily(name)->labels.size());
    Figure& of = figure->second;
    const std::lock_guard lock(of.mutex);
    const auto known = of.series.find(labels);
    if (known != of.series.end()) return known->second;
    if (of.series.size() >= kMostSeries) {
      Metrics::Labels other;
      for (const auto& [label, value] : labels) other.emplace(label, "other");
      return &of.family->Add(other, more...);
    }
    Series* const made = &of.family->Add(labels, more...);
    of.series.emplace(labels, made);
    return made;
  }

 private:
  static constexpr std::size_t kMostSeries = 1000;

  struct Figure {
    explicit Figure(prometheus::Family<Series>* of) : family(of) {}
    prometheus::Family<Series>* const family;
    std::mutex mutex;
    absl::flat_hash_map<Metrics::Labels, Series*> series;
  };
  absl::node_hash_map<std::string, Figure> figures_;  // changes only during construction
};

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
          counters_.Add(family.name, &made);
          if (family.labels.empty()) made.Add({});
          break;
        }
        case MetricType::kGauge: {
          auto& made = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
          gauges_.Add(family.name, &made);
          if (family.labels.empty()) made.Add({});
          break;
        }
        case MetricType::kHistogram: {
          auto& made = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
          histograms_.Add(family.name, &made);
          if (family.labels.empty()) made.Add({}, Seconds());
          break;
        }
      }
    }
  }

  Figures<prometheus::Counter> counters_;
  Figures<prometheus::Gauge> gauges_;
  Figures<prometheus::Histogram> histograms_;
  prometheus::Registry registry_;
  Exemplars exemplars_;
};

PrometheusMetrics::PrometheusMetrics() : impl_(std::make_unique<Impl>()) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::Count(const std::string& name, const Labels& labels, double by) {
  if (auto* series = impl_->counters_.Find(name, labels)) series->Increment(by);
}

void PrometheusMetrics::Set(const std::string& name, double value, const Labels& labels) {
  if (auto* series = impl_->gauges_.Find(name, labels)) series->Set(value);
}

void PrometheusMetrics::Observe(const std::string& name, double value, const Labels& labels) {
  auto* series = impl_->histograms_.Find(name, labels, Seconds());
  if (series == nullptr) return;
  series->Observe(value);
  if (const base::TraceContext* trace = base::CurrentTrace()) {
    const auto bucket = std::lower_bound(Seconds().begin(), Seconds().end(), value);
    impl_->exemplars_.Set(
        name, labels, bucket == Seconds().end() ? std::numeric_limits<double>::infinity() : *bucket,
        value, *trace, absl::Now());
  }
}

std::string PrometheusMetrics::Expose() const {
  return prometheus::TextSerializer().Serialize(impl_->registry_.Collect());
}

std::string PrometheusMetrics::ExposeOpen() const {
  return OpenMetricsText(impl_->registry_.Collect(), impl_->exemplars_);
}

}  // namespace retainer::api
