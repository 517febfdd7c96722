#include "src/api/prometheus_metrics.h"

#include <map>
#include <mutex>
#include <utility>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace retainer {
namespace {

const std::map<std::string, std::string>& Helps() {
  static const auto& helps = *new std::map<std::string, std::string>{
      {"retainer_commit_races_total", "Decisions taken anew because another writer was quicker."},
      {"retainer_dead_faces", "Faces that were given up."},
      {"retainer_dead_faces_total", "Faces given up since the start."},
      {"retainer_decisions_total", "Decisions committed."},
      {"retainer_deliveries_total", "Webhook deliveries by the HTTP status they were answered."},
      {"retainer_delivery_lag_seconds", "From the receipt of a delivery to its decision."},
      {"retainer_dirty_face_age_seconds", "Age of the oldest face not shown yet."},
      {"retainer_dirty_faces", "Faces not shown yet."},
      {"retainer_face_lag_seconds", "From a face's change to the forge showing it."},
      {"retainer_forge_errors_total", "Calls to a forge that failed, by canonical code."},
      {"retainer_http_requests_total", "HTTP requests by route and status."},
      {"retainer_inbox_age_seconds", "Age of the oldest delivery not decided yet."},
      {"retainer_inbox_entries", "Deliveries not decided yet."},
      {"retainer_loops_broken_total", "Edits held back because something answered us too often."},
      {"retainer_mutations_total", "Changes made on a forge, by what."},
      {"retainer_notices_total", "Notices by sink, kind and result."},
      {"retainer_notices_withheld_total", "Private notices kept from sinks that take none."},
      {"retainer_pending_notices", "Notices not told yet."},
      {"retainer_refused_identities_total", "Accounts seen under a login pinned to another id."},
      {"retainer_set_aside_entries", "Deliveries that could not be decided and wait for a person."},
      {"retainer_set_aside_total", "Deliveries set aside since the start."},
      {"retainer_store_errors_total", "Writes that the store refused."},
      {"retainer_unsigned_deliveries_total",
       "Deliveries that passed on their token although signing tokens are configured."},
      {"retainer_wakeup_lag_seconds", "From a wake-up's instant to its decision."},
  };
  return helps;
}

std::string HelpOf(const std::string& name) {
  const auto it = Helps().find(name);
  return it == Helps().end() ? name : it->second;
}

const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto& bounds = *new prometheus::Histogram::BucketBoundaries{
      0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200};
  return bounds;
}

}  // namespace

class PrometheusMetrics::Impl {
 public:
  prometheus::Family<prometheus::Counter>& Counters(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto*& family = counters_[name];
    if (family == nullptr) {
      family = &prometheus::BuildCounter().Name(name).Help(HelpOf(name)).Register(registry_);
    }
    return *family;
  }
  prometheus::Family<prometheus::Gauge>& Gauges(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto*& family = gauges_[name];
    if (family == nullptr) {
      family = &prometheus::BuildGauge().Name(name).Help(HelpOf(name)).Register(registry_);
    }
    return *family;
  }
  prometheus::Family<prometheus::Histogram>& Histograms(const std::string& name) {
    std::lock_guard lock(mutex_);
    auto*& family = histograms_[name];
    if (family == nullptr) {
      family = &prometheus::BuildHistogram().Name(name).Help(HelpOf(name)).Register(registry_);
    }
    return *family;
  }
  std::string Expose() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters_;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges_;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms_;
};

PrometheusMetrics::PrometheusMetrics() : impl_(std::make_unique<Impl>()) {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::Count(const std::string& name, const Labels& labels, double by) {
  impl_->Counters(name).Add(labels).Increment(by);
}

void PrometheusMetrics::Set(const std::string& name, double value, const Labels& labels) {
  impl_->Gauges(name).Add(labels).Set(value);
}

void PrometheusMetrics::Observe(const std::string& name, double value, const Labels& labels) {
  impl_->Histograms(name).Add(labels, Seconds()).Observe(value);
}

std::string PrometheusMetrics::Expose() const { return impl_->Expose(); }

}  // namespace retainer
