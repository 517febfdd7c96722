// The Metrics port for commands that end at once: it does nothing.
#pragma once

#include "retainer/metrics.h"

namespace retainer::cli {

class NoMetrics final : public Metrics {
 public:
  void Count(const std::string&, const Labels&, double) override {}
  void Set(const std::string&, double, const Labels&) override {}
  void Observe(const std::string&, double, const Labels&) override {}
};

}  // namespace retainer::cli
