// Traces: what one delivery caused, as spans that are exported (OpenTelemetry). A span of this
// thread's active trace costs nothing while no trace is active.
//
// A span never holds a name of a customer, a project or a person, an address, or a text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer::base {

// W3C Trace Context: ids in lower-case hexadecimal digits, not all zero.
struct TraceContext {
  std::string trace_id;  // 32 digits
  std::string span_id;   // 16 digits
  bool sampled = false;  // it is exported
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Reads a `traceparent`. Nullopt for anything that the recommendation forbids.
std::optional<TraceContext> ParseTraceparent(std::string_view header);
std::string FormatTraceparent(const TraceContext& context);

// Random ids; nullopt if the system has no random bytes.
std::optional<TraceContext> NewTrace(bool sampled);
std::optional<std::string> NewSpanId();

// The numbers are OTLP's.
enum class SpanKind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3 };

struct Span {
  TraceContext context;
  std::string parent_id;  // empty: it is the root
  std::string name;       // one of a few constant texts
  SpanKind kind = SpanKind::kInternal;
  absl::Time begin;
  absl::Time end;
  std::map<std::string, std::string> attributes;
  bool failed = false;
};

// Where finished spans go. Thread-safe; no method waits.
class Tracer {
 public:
  virtual ~Tracer() = default;
  virtual void Take(Span span) = 0;
  // Whether a trace that begins here is to be exported.
  virtual bool Samples() = 0;
};

// The span that is under way in this thread; nullptr if none is, or if it is not sampled.
const TraceContext* CurrentTrace();

// Makes a span the active one of this thread until the end of the scope. Nothing happens without
// `tracer`, without `context`, or if it is not sampled.
class ActiveTrace {
 public:
  ActiveTrace(Tracer* tracer, const std::optional<TraceContext>& context);
  ~ActiveTrace();
  ActiveTrace(const ActiveTrace&) = delete;
  ActiveTrace& operator=(const ActiveTrace&) = delete;

 private:
  friend class SpanScope;
  Tracer* tracer_ = nullptr;
  TraceContext context_;
  ActiveTrace* outer_ = nullptr;
};

// A span below the active one of this thread, from here until the end of the scope, and active
// meanwhile. Nothing if there is no active one.
class SpanScope {
 public:
  explicit SpanScope(std::string_view name, SpanKind kind = SpanKind::kInternal);
  ~SpanScope();
  SpanScope(const SpanScope&) = delete;
  SpanScope& operator=(const SpanScope&) = delete;

  void Set(const std::string& attribute, std::string value);
  void Fail() { span_.failed = true; }

 private:
  Tracer* tracer_ = nullptr;  // null: there is nothing to record
  Span span_;
  std::optional<ActiveTrace> active_;
};

}  // namespace retainer::base
