// The real binary exports one trace a delivery, and scrapers that accept OpenMetrics see exemplars.
#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "src/sandbox/hooks.h"
#include "src/sandbox/http_server.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

// All spans that the collector got.
std::vector<nlohmann::json> SpansOf(const sinks::HttpReceiver& collector) {
  std::vector<nlohmann::json> spans;
  for (const sinks::Received& request : collector.received()) {
    const auto json = nlohmann::json::parse(request.body);
    for (const auto& span : json["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
      spans.push_back(span);
    }
  }
  return spans;
}

TEST(TracingTest, ADeliveryIsOneTraceFromItsReceiptToTheForge) {
  sinks::HttpReceiver collector;
  Installation installation;
  installation.Write("collector.key", "not-to-be-told");
  installation.Write("retainer.yaml", installation.Read("retainer.yaml") +
                                          "tracing: {endpoint: \"" + collector.url("") +
                                          "\", headers: {x-key: \"file:collector.key\"}}\n");
  std::string exposition;
  std::string open;
  {
    Serving serving(installation);
    ASSERT_TRUE(
        installation.sandbox().OpenIssue(kOpenDb, "erin", "It fails", "Initech waits").ok());
    ASSERT_TRUE(installation.sandbox()
                    .OpenIssue(kOpenDb, "dave", "Reads hang", "/support priority P1")
                    .ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("face shown"));
    exposition = HttpGet(serving.metrics_url(), "/metrics").body;
    httplib::Client scraper(serving.metrics_url());
    const auto answer = scraper.Get(
        "/metrics", {{"Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1"}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->get_header_value("Content-Type"),
              "application/openmetrics-text; version=1.0.0; charset=utf-8");
    open = answer->body;
    const Finished stopped = serving.Stop();
    EXPECT_EQ(stopped.exit_code, 0);
    EXPECT_EQ(stopped.err.find("not-to-be-told"), std::string::npos);
  }
  std::map<std::string, std::set<std::string>> names;  // by trace
  std::map<std::string, std::set<std::string>> ids;
  std::map<std::string, int> roots;
  for (const auto& span : SpansOf(collector)) {
    const std::string trace = span["traceId"];
    names[trace].insert(span["name"].get<std::string>());
    ids[trace].insert(span["spanId"].get<std::string>());
    roots[trace] += span.contains("parentSpanId") ? 0 : 1;
    for (const char* secret : {"erin", "Initech", "initech", "dave", "opendb", "Reads hang"}) {
      EXPECT_EQ(span.dump().find(secret), std::string::npos) << span.dump();
    }
  }
  EXPECT_GE(names.size(), 2u) << "one a delivery";
  std::size_t whole = 0;
  for (const auto& [trace, all] : names) {
    EXPECT_EQ(roots[trace], 1) << trace;
    EXPECT_TRUE(all.contains("receive delivery") && all.contains("store delivery"));
    whole +=
        all.contains("decide delivery") && all.contains("show ticket") && all.contains("call forge")
            ? 1
            : 0;
  }
  EXPECT_GE(whole, 1u);
  for (const auto& span : SpansOf(collector)) {
    if (!span.contains("parentSpanId")) continue;
    EXPECT_TRUE(ids[span["traceId"]].contains(span["parentSpanId"].get<std::string>()))
        << span.dump() << " hangs on nothing";
  }
  EXPECT_EQ(collector.received()[0].headers.at("x-key"), "not-to-be-told");

  EXPECT_EQ(exposition.find("trace_id"), std::string::npos) << "that format has no exemplars";
  EXPECT_NE(open.find("# {trace_id=\""), std::string::npos) << open;
  EXPECT_TRUE(open.ends_with("# EOF\n"));
}

TEST(TracingTest, TheSendersTraceIsContinued) {
  sinks::HttpReceiver collector;
  Installation installation;
  installation.Write("retainer.yaml", installation.Read("retainer.yaml") +
                                          "tracing: {endpoint: \"" + collector.url("") +
                                          "\", sample: 0}\n");
  Serving serving(installation);
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "dave", "Reads hang", "Some do").ok());
  for (sandbox::SandboxDelivery delivery : installation.sandbox().TakePending()) {
    delivery.headers.emplace_back("traceparent",
                                  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    EXPECT_EQ(
        sandbox::Post(serving.url() + "/webhooks/github", delivery.headers, delivery.body).status,
        202);
  }
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  EXPECT_EQ(serving.Stop().exit_code, 0);
  const auto spans = SpansOf(collector);
  ASSERT_FALSE(spans.empty());
  bool begins_below_the_senders = false;
  for (const auto& span : spans) {
    EXPECT_EQ(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    begins_below_the_senders |= span["parentSpanId"] == "00f067aa0ba902b7";
  }
  EXPECT_TRUE(begins_below_the_senders);
}

}  // namespace
}  // namespace retainer
