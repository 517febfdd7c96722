#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "src/policy/config_parser.h"

namespace retainer::policy {
namespace {

ConfigResult Parse(const std::string& tracing) {
  ConfigSources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "KEY") return "Bearer top-secret";
    if (name == "BROKEN") return "two\nlines";
    if (name == "HOOK") return "a-secret-that-is-long-enough-to-be-one";
    return std::nullopt;
  };
  sources.read_file = [](const std::string&) { return absl::NotFoundError("no such file"); };
  return ParseConfig("retainer.yaml",
                     absl::StrCat("store: rocksdb:./data\npolicy: ./policy\n"
                                  "forges: [{name: gitlab, kind: gitlab, webhook_secrets: "
                                  "[env:HOOK], token: env:HOOK}]\n",
                                  tracing, "\n"),
                     "/etc/desk", sources);
}

TEST(ConfigTracingTest, IsOffUnlessItIsAskedFor) {
  const ConfigResult result = Parse("");
  ASSERT_TRUE(result.config) << FormatProblems(result.problems);
  EXPECT_FALSE(result.config->tracing);
}

TEST(ConfigTracingTest, AnEndpointIsEnough) {
  const ConfigResult result = Parse("tracing: {endpoint: \"http://127.0.0.1:4318\"}");
  ASSERT_TRUE(result.config) << FormatProblems(result.problems);
  EXPECT_EQ(result.config->tracing->endpoint, "http://127.0.0.1:4318");
  EXPECT_EQ(result.config->tracing->sample, 1);
  EXPECT_TRUE(result.config->tracing->headers.empty());
}

TEST(ConfigTracingTest, HeadersAreSecretsAndASampleIsAShare) {
  const ConfigResult result = Parse(
      "tracing: {endpoint: \"https://otel.example.com\", headers: {authorization: env:KEY}, "
      "sample: 0.25}");
  ASSERT_TRUE(result.config) << FormatProblems(result.problems);
  EXPECT_EQ(result.config->tracing->headers.at("authorization"), "Bearer top-secret");
  EXPECT_EQ(result.config->tracing->sample, 0.25);
}

TEST(ConfigTracingTest, WhatCannotBeUsedIsRefused) {
  const auto refused = [](const std::string& tracing, const std::string& why) {
    const ConfigResult result = Parse("tracing: " + tracing);
    EXPECT_FALSE(result.config) << tracing;
    const std::string problems = FormatProblems(result.problems);
    EXPECT_NE(problems.find(why), std::string::npos) << problems;
    EXPECT_EQ(problems.find("top-secret"), std::string::npos) << problems;
  };
  refused("{sample: 0.1}", "tracing without endpoint");
  refused("{endpoint: \"http://otel.example.com\"}", "endpoint");
  refused("{endpoint: \"https://o.example.com\", sample: 2}", "sample is no share");
  refused("{endpoint: \"https://o.example.com\", sample: nan}", "sample is no share");
  refused("{endpoint: \"https://o.example.com\", headers: {authorization: top-secret}}", "secret");
  refused("{endpoint: \"https://o.example.com\", headers: {Content-Type: env:KEY}}",
          "is not a header for a collector");
  refused("{endpoint: \"https://o.example.com\", headers: {\"a b\": env:KEY}}",
          "is not a header for a collector");
  refused("{endpoint: \"https://o.example.com\", headers: {x-key: env:BROKEN}}",
          "more than one line");
  refused("{endpoint: \"https://o.example.com\", port: 1}", "port");
}

}  // namespace
}  // namespace retainer::policy
