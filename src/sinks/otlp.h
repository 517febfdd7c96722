// OtlpTracer: exports spans to an OpenTelemetry collector, with OTLP over HTTP in JSON.
//
// A thread sends batches. The queue is bounded: spans that come while it is full, and those that
// the collector does not take in kMostTries tries, are dropped and counted
// (retainer_spans_total). Nobody ever waits for the collector.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "src/base/trace.h"
#include "src/sinks/transport.h"

namespace retainer::sinks {

// An ExportTraceServiceRequest in OTLP's JSON encoding.
std::string OtlpJson(const std::vector<base::Span>& spans);

class OtlpTracer final : public base::Tracer {
 public:
  static constexpr std::size_t kMostQueued = 4096;
  static constexpr std::size_t kMostTogether = 512;
  static constexpr absl::Duration kEvery = absl::Seconds(2);
  static constexpr int kMostTries = 3;
  static constexpr absl::Duration kLongestWait = absl::Seconds(30);

  // Starts the thread. `log` and `metrics` must outlive this object.
  OtlpTracer(const TracingConfig& config, std::shared_ptr<const Transport> transport, Log& log,
             Metrics& metrics);
  // Sends what is queued, once, and ends the thread.
  ~OtlpTracer() override;

  void Take(base::Span span) override;
  bool Samples() override;

 private:
  void Run();
  void Send(const std::vector<base::Span>& spans);
  void Drop(std::size_t count);

  const TracingConfig config_;
  const std::shared_ptr<const Transport> transport_;
  Log& log_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<base::Span> queue_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_
  bool said_ = false;             // the thread's: trouble was logged and has not ended
  std::thread thread_;
};

}  // namespace retainer::sinks
