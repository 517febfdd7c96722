#include "src/base/trace.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace retainer::base {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

class KeepingTracer final : public Tracer {
 public:
  void Take(Span span) override { spans.push_back(std::move(span)); }
  bool Samples() override { return true; }
  std::vector<Span> spans;
};

TEST(Traceparent, IsReadAsTheRecommendationSays) {
  const auto read = ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (TraceContext{kTrace, kSpan, true}));
  EXPECT_EQ(FormatTraceparent(*read), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_FALSE(
      ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_TRUE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->sampled)
      << "only the lowest bit counts";
  EXPECT_TRUE(
      ParseTraceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"))
      << "a later version";
}

TEST(Traceparent, EverythingElseIsRefused) {
  for (const char* bad : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
       }) {
    EXPECT_FALSE(ParseTraceparent(bad)) << bad;
  }
}

TEST(Spans, AreBelowTheActiveOneOfTheirThread) {
  KeepingTracer tracer;
  const TraceContext root{kTrace, kSpan, true};
  EXPECT_EQ(CurrentTrace(), nullptr);
  {
    const ActiveTrace active(&tracer, root);
    EXPECT_EQ(*CurrentTrace(), root);
    SpanScope outer("decide");
    outer.Set("retainer.forge", "github");
    {
      SpanScope inner("call forge", SpanKind::kClient);
      inner.Fail();
    }
    std::thread([] {
      EXPECT_EQ(CurrentTrace(), nullptr);
      const SpanScope of_nothing("call forge");
    }).join();
  }
  EXPECT_EQ(CurrentTrace(), nullptr);
  ASSERT_EQ(tracer.spans.size(), 2u);
  const Span& inner = tracer.spans[0];
  const Span& outer = tracer.spans[1];
  EXPECT_EQ(outer.parent_id, kSpan);
  EXPECT_EQ(inner.parent_id, outer.context.span_id);
  EXPECT_EQ(inner.context.trace_id, kTrace);
  EXPECT_TRUE(inner.failed);
  EXPECT_FALSE(outer.failed);
  EXPECT_EQ(outer.attributes.at("retainer.forge"), "github");
  EXPECT_LE(outer.begin, inner.begin);
  EXPECT_GE(outer.end, inner.end);
}

TEST(Spans, AreNotMadeWithoutATraceThatIsSampled) {
  KeepingTracer tracer;
  {
    const ActiveTrace none(&tracer, std::nullopt);
    const SpanScope span("decide");
  }
  {
    const ActiveTrace not_sampled(&tracer, TraceContext{kTrace, kSpan, false});
    const SpanScope span("decide");
    EXPECT_EQ(CurrentTrace(), nullptr);
  }
  {
    const ActiveTrace nowhere(nullptr, TraceContext{kTrace, kSpan, true});
    const SpanScope span("decide");
  }
  EXPECT_TRUE(tracer.spans.empty());
}

TEST(Spans, HaveIdsOfTheirOwn) {
  const auto one = NewTrace(true);
  const auto other = NewTrace(true);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->trace_id, other->trace_id);
  EXPECT_NE(one->span_id, other->span_id);
  EXPECT_EQ(*ParseTraceparent(FormatTraceparent(*one)), *one);
}

}  // namespace
}  // namespace retainer::base
