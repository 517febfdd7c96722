// The service's metrics; the alert rules and the dashboard use exactly these.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "src/api/metric_families.h"
#include "src/api/prometheus_metrics.h"
#include "tests/fakes/places.h"

namespace retainer::api {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::filesystem::path& Source() {
  static const auto& source = *new std::filesystem::path(SourceDir());
  return source;
}

// The families in a PromQL text; a histogram is named by its series.
std::set<std::string> FamiliesNamed(const std::string& text) {
  static const auto& name = *new std::regex(R"(\bretainer_[a-z_]+)");
  std::set<std::string> families;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
    std::string found = it->str();
    for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
      if (!found.ends_with(suffix)) continue;
      const std::string base = found.substr(0, found.size() - suffix.size());
      const MetricFamily* family = FindMetricFamily(base);
      if (family != nullptr && family->type == MetricType::kHistogram) found = base;
    }
    const MetricFamily* family = FindMetricFamily(found);
    EXPECT_NE(family, nullptr) << found;
    families.insert(found);
  }
  return families;
}

TEST(PrometheusMetrics, AFigureHasNotMoreSeriesThanItCanKeep) {
  PrometheusMetrics metrics;
  for (int i = 0; i < 5000; ++i) {
    metrics.Count("retainer_deliveries_total",
                  {{"forge", "github"}, {"event", "x" + std::to_string(i)}, {"status", "200"}}, 1);
  }
  metrics.Count("retainer_deliveries_total",
                {{"forge", "github"}, {"event", "x7"}, {"status", "200"}}, 1);
  const std::string text = metrics.Expose();
  EXPECT_LT(text.size(), 150000u);
  EXPECT_NE(text.find("event=\"x7\",forge=\"github\",status=\"200\"} 2"), std::string::npos);
  EXPECT_NE(text.find("event=\"other\",forge=\"other\",status=\"other\"} 4000"), std::string::npos);
}

TEST(PrometheusMetrics, ExposesNamesHelpAndTypes) {
  PrometheusMetrics metrics;
  metrics.Count("retainer_decisions_total", {{"forge", "github"}}, 2);
  metrics.Count("retainer_decisions_total", {{"forge", "github"}}, 1);
  metrics.Set("retainer_inbox_entries", 7, {});
  metrics.Observe("retainer_delivery_lag_seconds", 0.3, {{"forge", "github"}});
  const std::string text = metrics.Expose();
  for (const char* line : {
           "# HELP retainer_decisions_total Decisions committed.",
           "# TYPE retainer_decisions_total counter",
           "retainer_decisions_total{forge=\"github\"} 3",
           "# TYPE retainer_inbox_entries gauge",
           "retainer_inbox_entries 7",
           "# TYPE retainer_delivery_lag_seconds histogram",
           "retainer_delivery_lag_seconds_count{forge=\"github\"} 1",
           // Nothing has changed this metric yet, but an alert must see it.
           "retainer_dead_faces 0",
           "retainer_dead_notices 0",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(MetricFamilies, AreInOrderAndNamedAsPrometheusAsks) {
  const auto& families = MetricFamilies();
  EXPECT_TRUE(std::is_sorted(families.begin(), families.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const MetricFamily& family : families) {
    EXPECT_EQ(family.name.ends_with("_total"), family.type == MetricType::kCounter) << family.name;
    EXPECT_TRUE(family.type != MetricType::kHistogram || family.name.ends_with("_seconds"))
        << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
}

// Also used by `promtool check metrics` (tests/deploy/check.sh).
TEST(MetricFamilies, ExposesEveryOne) {
  PrometheusMetrics metrics;
  for (const MetricFamily& family : MetricFamilies()) {
    Metrics::Labels labels;
    for (std::string_view label : family.labels) labels[std::string(label)] = "x";
    const std::string name(family.name);
    switch (family.type) {
      case MetricType::kCounter:
        metrics.Count(name, labels, 1);
        break;
      case MetricType::kGauge:
        metrics.Set(name, 1, labels);
        break;
      case MetricType::kHistogram:
        metrics.Observe(name, 1, labels);
        break;
    }
  }
  const std::string text = metrics.Expose();
  for (const MetricFamily& family : MetricFamilies()) {
    EXPECT_NE(text.find("# HELP " + std::string(family.name) + " "), std::string::npos)
        << family.name;
  }
  if (const char* path = std::getenv("RETAINER_EXPOSITION")) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    EXPECT_TRUE(file.flush().good());
  }
}

// A metric without a family would be lost, and a family that nothing counts would be useless.
TEST(MetricFamilies, AreWhatTheCodeTells) {
  std::set<std::string> told;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(Source() / "src")) {
    if (entry.path().extension() != ".cc" || entry.path().stem() == "metric_families") continue;
    static const auto& quoted = *new std::regex(R"re("(retainer_[a-z_]+)")re");
    const std::string text = Read(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), quoted), end; it != end; ++it) {
      told.insert((*it)[1].str());
      EXPECT_NE(FindMetricFamily((*it)[1].str()), nullptr)
          << (*it)[1].str() << " in " << entry.path() << ": declare it in metric_families.cc";
    }
  }
  for (const MetricFamily& family : MetricFamilies()) {
    EXPECT_TRUE(told.contains(std::string(family.name))) << family.name << " is told by nothing";
  }
}

TEST(MetricFamilies, AreAllOnTheDashboardAndNoOthers) {
  const std::set<std::string> shown =
      FamiliesNamed(Read(Source() / "deploy/grafana/retainer.json"));
  for (const MetricFamily& family : MetricFamilies()) {
    EXPECT_TRUE(shown.contains(std::string(family.name))) << family.name;
  }
}

TEST(MetricFamilies, AreWhatTheAlertsSpeakOf) {
  EXPECT_GE(FamiliesNamed(Read(Source() / "deploy/prometheus/alerts.yml")).size(), 10u);
}

}  // namespace
}  // namespace retainer::api
