#include "src/api/open_metrics.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace retainer::api {
namespace {

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return absl::StrFormat("%.*g", std::numeric_limits<double>::max_digits10 - 2, value);
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

// `{a="b",le="1"}`; empty without labels.
std::string LabelText(const std::vector<prometheus::ClientMetric::Label>& labels,
                      const std::string& le = "") {
  std::string out;
  for (const auto& label : labels) {
    absl::StrAppend(&out, out.empty() ? "" : ",", label.name, "=\"", Escaped(label.value), "\"");
  }
  if (!le.empty()) absl::StrAppend(&out, out.empty() ? "" : ",", "le=\"", le, "\"");
  return out.empty() ? out : absl::StrCat("{", out, "}");
}

void AppendHistogram(const std::string& name, const prometheus::ClientMetric& metric,
                     const Exemplars& exemplars, std::string* out) {
  Metrics::Labels labels;
  for (const auto& label : metric.label) labels[label.name] = label.value;
  for (const auto& bucket : metric.histogram.bucket) {
    absl::StrAppend(out, name, "_bucket", LabelText(metric.label, Number(bucket.upper_bound)), " ",
                    bucket.cumulative_count);
    if (const auto exemplar = exemplars.Find(name, labels, bucket.upper_bound)) {
      absl::StrAppend(
          out, " # {trace_id=\"", exemplar->trace_id, "\",span_id=\"", exemplar->span_id, "\"} ",
          Number(exemplar->value), " ",
          absl::StrFormat("%.3f", absl::ToDoubleSeconds(exemplar->at - absl::UnixEpoch())));
    }
    absl::StrAppend(out, "\n");
  }
  const std::string all = LabelText(metric.label);
  absl::StrAppend(out, name, "_count", all, " ", metric.histogram.sample_count, "\n");
  absl::StrAppend(out, name, "_sum", all, " ", Number(metric.histogram.sample_sum), "\n");
}

}  // namespace

void Exemplars::Set(const std::string& name, const Metrics::Labels& labels, double bucket,
                    double value, const base::TraceContext& trace, absl::Time now) {
  const std::lock_guard lock(mutex_);
  Series series(name, labels);
  if (exemplars_.size() >= kMostSeries && !exemplars_.contains(series)) return;
  exemplars_[std::move(series)][bucket] = {trace.trace_id, trace.span_id, value, now};
}

std::optional<Exemplars::Exemplar> Exemplars::Find(const std::string& name,
                                                   const Metrics::Labels& labels,
                                                   double bucket) const {
  const std::lock_guard lock(mutex_);
  const auto series = exemplars_.find({name, labels});
  if (series == exemplars_.end()) return std::nullopt;
  const auto exemplar = series->second.find(bucket);
  if (exemplar == series->second.end()) return std::nullopt;
  return exemplar->second;
}

std::string OpenMetricsText(const std::vector<prometheus::MetricFamily>& families,
                            const Exemplars& exemplars) {
  std::string out;
  for (const prometheus::MetricFamily& family : families) {
    const bool counts = family.type == prometheus::MetricType::Counter;
    const bool observes = family.type == prometheus::MetricType::Histogram;
    // A counter's family is named without the suffix of its samples.
    const std::string name =
        counts ? std::string(absl::StripSuffix(absl::string_view(family.name), "_total"))
               : family.name;
    absl::StrAppend(&out, "# TYPE ", name,
                    counts     ? " counter"
                    : observes ? " histogram"
                               : " gauge",
                    "\n# HELP ", name, " ", Escaped(family.help), "\n");
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (observes) {
        AppendHistogram(name, metric, exemplars, &out);
        continue;
      }
      const double value = counts ? metric.counter.value : metric.gauge.value;
      absl::StrAppend(&out, family.name, LabelText(metric.label), " ", Number(value), "\n");
    }
  }
  absl::StrAppend(&out, "# EOF\n");
  return out;
}

}  // namespace retainer::api
