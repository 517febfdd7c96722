#include "src/base/trace.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "src/base/digest.h"

namespace retainer::base {
namespace {

thread_local ActiveTrace* current = nullptr;
thread_local const TraceContext* current_context = nullptr;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::optional<std::string> RandomId(std::size_t bytes) {
  const auto random = RandomBytes(bytes);
  if (!random.ok()) return std::nullopt;
  std::string id = absl::BytesToHexString(*random);
  if (!IsId(id)) return std::nullopt;
  return id;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags; a later version may go on after another "-".
  constexpr std::size_t kLength = 55;
  if (header.size() < kLength) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view span_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  if (!IsHex(version) || version == "ff" || !IsId(trace_id) || !IsId(span_id) || !IsHex(flags)) {
    return std::nullopt;
  }
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  const char low = flags[1];
  const int digit = low <= '9' ? low - '0' : low - 'a' + 10;
  return TraceContext{std::string(trace_id), std::string(span_id), (digit & 1) != 0};
}

std::string FormatTraceparent(const TraceContext& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.span_id,
                      context.sampled ? "-01" : "-00");
}

std::optional<TraceContext> NewTrace(bool sampled) {
  auto trace_id = RandomId(16);
  auto span_id = RandomId(8);
  if (!trace_id || !span_id) return std::nullopt;
  return TraceContext{*std::move(trace_id), *std::move(span_id), sampled};
}

std::optional<std::string> NewSpanId() { return RandomId(8); }

const TraceContext* CurrentTrace() { return current_context; }

ActiveTrace::ActiveTrace(Tracer* tracer, const std::optional<TraceContext>& context) {
  if (tracer == nullptr || !context || !context->sampled) return;
  tracer_ = tracer;
  context_ = *context;
  outer_ = std::exchange(current, this);
  current_context = &context_;
}

ActiveTrace::~ActiveTrace() {
  if (tracer_ == nullptr) return;
  current = outer_;
  current_context = outer_ == nullptr ? nullptr : &outer_->context_;
}

SpanScope::SpanScope(std::string_view name, SpanKind kind) {
  if (current == nullptr) return;
  auto id = NewSpanId();
  if (!id) return;
  tracer_ = current->tracer_;
  span_.context = current->context_;
  span_.parent_id = std::exchange(span_.context.span_id, *std::move(id));
  span_.name = name;
  span_.kind = kind;
  span_.begin = absl::Now();
  active_.emplace(tracer_, span_.context);
}

SpanScope::~SpanScope() {
  if (tracer_ == nullptr) return;
  active_.reset();
  span_.end = absl::Now();
  tracer_->Take(std::move(span_));
}

void SpanScope::Set(const std::string& attribute, std::string value) {
  if (tracer_ != nullptr) span_.attributes[attribute] = std::move(value);
}

}  // namespace retainer::base
