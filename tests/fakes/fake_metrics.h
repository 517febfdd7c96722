// Metrics whose values a test can read.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "retainer/metrics.h"

namespace retainer {

// Thread-safe.
class FakeMetrics final : public Metrics {
 public:
  void Count(const std::string& name, const Labels& labels, double by) override {
    std::lock_guard lock(mutex_);
    values_[name] += by;
    labelled_[{name, labels}] += by;
  }
  void Set(const std::string& name, double value, const Labels& labels) override {
    std::lock_guard lock(mutex_);
    values_[name] = value;
    labelled_[{name, labels}] = value;
  }
  void Observe(const std::string&, double, const Labels&) override {}
  // The sum over all labels.
  double Value(const std::string& name) const {
    std::lock_guard lock(mutex_);
    const auto it = values_.find(name);
    return it == values_.end() ? 0 : it->second;
  }
  double Value(const std::string& name, const Labels& labels) const {
    std::lock_guard lock(mutex_);
    const auto it = labelled_.find({name, labels});
    return it == labelled_.end() ? 0 : it->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> values_;
  std::map<std::pair<std::string, Labels>, double> labelled_;
};

}  // namespace retainer
