#include "src/sinks/otlp.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer::sinks {
namespace {

base::Span SampleSpan() {
  base::Span span;
  span.context = {"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", true};
  span.parent_id = "b7ad6b7169203331";
  span.name = "call forge";
  span.kind = base::SpanKind::kClient;
  span.begin = absl::FromUnixNanos(1'772'000'000'123'456'789);
  span.end = span.begin + absl::Milliseconds(5);
  span.attributes = {{"http.request.method", "POST"}};
  return span;
}

class OtlpTest : public testing::Test {
 protected:
  TracingConfig Config() const {
    TracingConfig config;
    config.endpoint = collector.url("");
    config.headers = {{"authorization", "Bearer t0k"}};
    return config;
  }
  double Spans(const char* result) const {
    return metrics.Value("retainer_spans_total", {{"result", result}});
  }
  HttpReceiver collector;
  FakeLog log;
  FakeMetrics metrics;
};

// As opentelemetry-proto's trace.proto in the JSON mapping that OTLP defines: ids in hexadecimal
// digits, names in camel case, 64-bit integers as strings, enumerations as numbers.
TEST_F(OtlpTest, SpansHaveTheShapeThatTheSpecificationGives) {
  base::Span failed = SampleSpan();
  failed.parent_id.clear();
  failed.failed = true;
  failed.attributes.clear();
  const auto request = nlohmann::json::parse(OtlpJson({SampleSpan(), failed}));
  ASSERT_EQ(request.size(), 1u);
  const auto& resource = request["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0],
            (nlohmann::json{{"key", "service.name"}, {"value", {{"stringValue", "retainer"}}}}));
  const auto& scope = resource["scopeSpans"][0];
  EXPECT_EQ(scope["scope"]["name"], "retainer");
  const auto& span = scope["spans"][0];
  EXPECT_EQ(
      span,
      (nlohmann::json{
          {"traceId", "4bf92f3577b34da6a3ce929d0e0e4736"},
          {"spanId", "00f067aa0ba902b7"},
          {"parentSpanId", "b7ad6b7169203331"},
          {"name", "call forge"},
          {"kind", 3},
          {"startTimeUnixNano", "1772000000123456789"},
          {"endTimeUnixNano", "1772000000128456789"},
          {"attributes", {{{"key", "http.request.method"}, {"value", {{"stringValue", "POST"}}}}}},
          {"status", nlohmann::json::object()}}));
  const auto& root = scope["spans"][1];
  EXPECT_FALSE(root.contains("parentSpanId"));
  EXPECT_EQ(root["status"]["code"], 2);
  EXPECT_TRUE(root["attributes"].is_array());
}

TEST_F(OtlpTest, SendsWhatIsQueuedToTheCollectorsTraces) {
  {
    OtlpTracer tracer(Config(), std::make_shared<Transport>(), log, metrics);
    for (int i = 0; i < 3; ++i) tracer.Take(SampleSpan());
  }
  ASSERT_EQ(collector.received().size(), 1u) << "one batch";
  const Received got = collector.received()[0];
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/v1/traces");
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_EQ(got.headers.at("authorization"), "Bearer t0k");
  EXPECT_EQ(nlohmann::json::parse(got.body)["resourceSpans"][0]["scopeSpans"][0]["spans"].size(),
            3u);
  EXPECT_EQ(Spans("exported"), 3);
  EXPECT_EQ(Spans("dropped"), 0);
}

TEST_F(OtlpTest, WhatTheCollectorRefusesIsDroppedCountedAndSaidOnce) {
  collector.Answer(400);
  {
    OtlpTracer tracer(Config(), std::make_shared<Transport>(), log, metrics);
    for (std::size_t i = 0; i < 2 * OtlpTracer::kMostTogether; ++i) tracer.Take(SampleSpan());
    EXPECT_TRUE(collector.Await(2));
  }
  EXPECT_EQ(Spans("dropped"), 2 * OtlpTracer::kMostTogether);
  EXPECT_EQ(log.Count("the trace collector does not take spans"), 1u);
  for (const std::string& line : log.lines()) {
    EXPECT_EQ(line.find("t0k"), std::string::npos) << line;
  }
}

TEST_F(OtlpTest, NobodyWaitsForACollectorThatIsDown) {
  TracingConfig config = Config();
  config.endpoint = "http://127.0.0.1:9";
  {
    OtlpTracer tracer(config, std::make_shared<Transport>(), log, metrics);
    for (std::size_t i = 0; i < OtlpTracer::kMostQueued + 2000; ++i) tracer.Take(SampleSpan());
  }
  EXPECT_EQ(Spans("dropped"), OtlpTracer::kMostQueued + 2000) << "each is counted";
}

TEST_F(OtlpTest, TracesTheShareThatIsAskedFor) {
  TracingConfig config = Config();
  config.sample = 0;
  OtlpTracer none(config, std::make_shared<Transport>(), log, metrics);
  config.sample = 0.5;
  OtlpTracer half(config, std::make_shared<Transport>(), log, metrics);
  int sampled = 0;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(none.Samples());
    sampled += half.Samples() ? 1 : 0;
  }
  EXPECT_GT(sampled, 300);
  EXPECT_LT(sampled, 700);
}

}  // namespace
}  // namespace retainer::sinks
