// Figures that can be read back.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "retainer/metrics.h"

namespace retainer {

// Thread-safe.
class FakeMetrics final : public Metrics {
 public:
  void Count(const std::string& name, const Labels&, double by) override {
    std::lock_guard lock(mutex_);
    values_[name] += by;
  }
  void Set(const std::string& name, double value, const Labels&) override {
    std::lock_guard lock(mutex_);
    values_[name] = value;
  }
  void Observe(const std::string&, double, const Labels&) override {}
  // The sum over all labels.
  double Value(const std::string& name) const {
    std::lock_guard lock(mutex_);
    const auto it = values_.find(name);
    return it == values_.end() ? 0 : it->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> values_;
};

}  // namespace retainer
