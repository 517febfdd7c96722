#include "src/sinks/otlp.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "retainer/forge.h"
#include "src/base/version.h"

namespace retainer::sinks {
namespace {

using nlohmann::ordered_json;

// Integers of 64 bits are strings in protobuf's JSON.
std::string Nanos(absl::Time at) { return absl::StrCat(absl::ToUnixNanos(at)); }

ordered_json Attribute(const std::string& key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

ordered_json SpanJson(const base::Span& span) {
  ordered_json attributes = ordered_json::array();
  for (const auto& [key, value] : span.attributes) attributes.push_back(Attribute(key, value));
  ordered_json json = {{"traceId", span.context.trace_id}, {"spanId", span.context.span_id}};
  if (!span.parent_id.empty()) json["parentSpanId"] = span.parent_id;
  json["name"] = span.name;
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = Nanos(span.begin);
  json["endTimeUnixNano"] = Nanos(std::max(span.begin, span.end));
  json["attributes"] = std::move(attributes);
  json["status"] = ordered_json::object();
  if (span.failed) json["status"]["code"] = 2;  // STATUS_CODE_ERROR
  return json;
}

std::string TracesUrl(const std::string& endpoint) {
  constexpr const char* kPath = "/v1/traces";
  if (absl::EndsWith(endpoint, kPath)) return endpoint;
  return absl::StrCat(absl::StripSuffix(endpoint, "/"), kPath);
}

}  // namespace

std::string OtlpJson(const std::vector<base::Span>& spans) {
  ordered_json list = ordered_json::array();
  for (const base::Span& span : spans) list.push_back(SpanJson(span));
  const ordered_json resource = {
      {"attributes", ordered_json::array({Attribute("service.name", "retainer"),
                                          Attribute("service.version", base::kVersion)})}};
  const ordered_json scope = {{"name", "retainer"}, {"version", base::kVersion}};
  const ordered_json request = {
      {"resourceSpans",
       ordered_json::array(
           {{{"resource", resource},
             {"scopeSpans", ordered_json::array({{{"scope", scope}, {"spans", list}}})}}})}};
  return request.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

OtlpTracer::OtlpTracer(const TracingConfig& config, std::shared_ptr<const Transport> transport,
                       Log& log, Metrics& metrics)
    : config_(config),
      transport_(std::move(transport)),
      log_(log),
      metrics_(metrics),
      thread_([this] { Run(); }) {}

OtlpTracer::~OtlpTracer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OtlpTracer::Take(base::Span span) {
  bool whole_batch = false;
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = queue_.size() >= kMostQueued;
    if (!full) queue_.push_back(std::move(span));
    whole_batch = queue_.size() >= kMostTogether;
  }
  if (full) Drop(1);
  if (whole_batch) changed_.notify_all();
}

bool OtlpTracer::Samples() {
  if (config_.sample >= 1) return true;
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random) < config_.sample;
}

void OtlpTracer::Drop(std::size_t count) {
  metrics_.Count("retainer_spans_total", {{"result", "dropped"}}, static_cast<double>(count));
}

void OtlpTracer::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, absl::ToChronoMilliseconds(kEvery),
                      [this] { return stopping_ || queue_.size() >= kMostTogether; });
    if (queue_.empty()) {
      if (stopping_) return;
      continue;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMostTogether));
    const std::vector<base::Span> spans(std::make_move_iterator(queue_.begin()),
                                        std::make_move_iterator(queue_.begin() + count));
    queue_.erase(queue_.begin(), queue_.begin() + count);
    lock.unlock();
    Send(spans);
    lock.lock();
  }
}

void OtlpTracer::Send(const std::vector<base::Span>& spans) {
  std::vector<std::string> headers = {"Content-Type: application/json"};
  for (const auto& [name, value] : config_.headers) {
    headers.push_back(absl::StrCat(name, ": ", value));
  }
  const std::string body = OtlpJson(spans);
  // The operator named the collector, which usually has a private address.
  const Endpoint endpoint{TracesUrl(config_.endpoint), true, true, "", ""};
  absl::Status sent;
  for (int tries = 1; tries <= kMostTries; ++tries) {
    sent = transport_->Post(endpoint, headers, body);
    if (sent.ok()) {
      metrics_.Count("retainer_spans_total", {{"result", "exported"}},
                     static_cast<double>(spans.size()));
      if (std::exchange(said_, false)) log_.Info("the trace collector takes spans again");
      return;
    }
    if (!absl::IsUnavailable(sent) && !absl::IsResourceExhausted(sent)) break;
    const absl::Duration wait =
        std::min(RetryAfter(sent).value_or(tries * absl::Seconds(1)), kLongestWait);
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, absl::ToChronoMilliseconds(wait), [this] { return stopping_; })) {
      break;
    }
  }
  Drop(spans.size());
  if (std::exchange(said_, true)) return;
  log_.Warning("the trace collector does not take spans; they are dropped",
               {{"collector", HostOf(config_.endpoint)}, {"error", StatusText(sent)}});
}

}  // namespace retainer::sinks
