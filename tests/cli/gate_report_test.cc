#include "src/cli/gate_report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "src/cli/command.h"
#include "src/cli/gate_token.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::cli {
namespace {

constexpr char kFail[] = R"({
  "verdict": "fail", "project": "github:acme/opendb", "fail_on": "breached",
  "as_of": "2026-03-02T13:00:00Z", "next_change_at": null,
  "reasons": [
    {"kind": "promise", "text": "github:acme/opendb#1: first_response (P1) was due",
     "ticket": "github:acme/opendb#1", "url": "https://forge/acme/opendb/issues/1"},
    {"kind": "private", "text": "2 commitments to private customers are broken.", "count": 2},
    {"kind": "unknown", "code": "backlog", "text": "Deliveries wait."}],
  "ref": {"name": "v1", "applied": false, "text": "Every ticket counted."}})";
constexpr char kPass[] =
    R"({"verdict": "pass", "project": "github:acme/opendb", "as_of": "2026-03-02T13:00:00Z",
        "next_change_at": "2026-03-02T14:00:00Z", "reasons": []})";

GateVerdict Parse(const char* body) {
  const auto verdict = ParseVerdict(body);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  return verdict.value_or(GateVerdict());
}

TEST(GateReport, ExitCodesAreAPromise) {
  EXPECT_EQ(ExitCodeOf(Parse(kPass)), 0);
  EXPECT_EQ(ExitCodeOf(Parse(kFail)), 1);
  EXPECT_EQ(ExitCodeOf(Parse(R"({"verdict": "unknown"})")), 2);
  for (const char* wrong : {"", "<html>", "[]", R"({"verdict": "maybe"})", R"({"status": "ok"})"}) {
    EXPECT_FALSE(ParseVerdict(wrong).ok()) << wrong;
  }
  EXPECT_EQ(JsonText(R"({"detail": "This token is\n not"})", "detail"), "This token is? not");
  EXPECT_EQ(JsonText("<html>", "detail"), "");
}

TEST(GateReport, Text) {
  EXPECT_EQ(GateReport(Parse(kPass), GateFormat::kText),
            "github:acme/opendb: no commitment stands in the way\n"
            "  changes by itself at 2026-03-02T14:00:00Z\n");
  EXPECT_EQ(GateReport(Parse(kFail), GateFormat::kText),
            "github:acme/opendb: commitments stand in the way\n"
            "  github:acme/opendb#1: first_response (P1) was due\n"
            "    https://forge/acme/opendb/issues/1\n"
            "  2 commitments to private customers are broken.\n"
            "  Deliveries wait.\n"
            "  Every ticket counted.\n");
  EXPECT_EQ(GateReport(Parse(kPass), GateFormat::kJson), std::string(kPass) + "\n");
}

TEST(GateReport, JUnit) {
  const std::string report = GateReport(Parse(kFail), GateFormat::kJUnit);
  EXPECT_NE(report.find(R"(tests="3" failures="2" errors="1" timestamp="2026-03-02T13:00:00Z")"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("<failure message=\"github:acme/opendb#1: first_response (P1) was due\">"
                        "https://forge/acme/opendb/issues/1</failure>"),
            std::string::npos)
      << report;
  EXPECT_NE(GateReport(Parse(kPass), GateFormat::kJUnit).find(R"(tests="1" failures="0")"),
            std::string::npos);
}

// What strangers can write into a ticket must not speak to the runner or become markup.
TEST(GateReport, NothingFromTheServerIsMoreThanText) {
  GateVerdict verdict = Parse(kFail);
  verdict.reasons = {
      {"promise", "a\n::set-env name=X::y % <b> @team [x](http://evil)", "https://x/)<script>"}};
  const std::string github = GateReport(verdict, GateFormat::kGitHub);
  EXPECT_EQ(github.find("\n::set-env"), std::string::npos) << github;
  EXPECT_TRUE(
      github.starts_with("::error title=retainer gate::a%0A::set-env name=X::y %25 <b> @team"))
      << github;
  const std::string markdown = GateMarkdown(verdict);
  EXPECT_EQ(markdown.find("<b>"), std::string::npos) << markdown;
  EXPECT_EQ(markdown.find("@team"), std::string::npos) << markdown;
  EXPECT_EQ(markdown.find("[x]("), std::string::npos) << markdown;
  EXPECT_EQ(markdown.find("script"), std::string::npos) << markdown;
  EXPECT_NE(GateReport(verdict, GateFormat::kJUnit).find("&lt;b&gt;"), std::string::npos);
  EXPECT_EQ(Annotation("error", "a:b,c", "x"), "::error title=a%3Ab%2Cc::x\n");
}

TEST(GateReport, GitHubWarnsOfWhatCannotBeTold) {
  const std::string report = GateReport(Parse(kFail), GateFormat::kGitHub);
  EXPECT_NE(report.find("::warning title=retainer gate::Deliveries wait.\n"), std::string::npos)
      << report;
}

TEST(GateToken, ComesFromAFileOrTheEnvironment) {
  TemporaryFolder folder;
  const std::string file = folder.path() + "/token";
  std::ofstream(file) << "rt_abc \nmore\n";
  EXPECT_EQ(*GateToken(file, "retainer"), "rt_abc");
  EXPECT_FALSE(GateToken(folder.path() + "/none", "retainer").ok());
  ::setenv("RETAINER_TOKEN", "rt_env", 1);
  EXPECT_EQ(*GateToken("", "retainer"), "rt_env");
  ::setenv("RETAINER_TOKEN", "rt env", 1);
  const auto odd = GateToken("", "retainer");
  EXPECT_FALSE(odd.ok());
  EXPECT_EQ(odd.status().message().find("rt env"), odd.status().message().npos);
  ::unsetenv("RETAINER_TOKEN");
  EXPECT_FALSE(GateToken("", "retainer").ok());
}

}  // namespace
}  // namespace retainer::cli
