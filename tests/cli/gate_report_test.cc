#include "src/cli/gate_report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "src/cli/command.h"
#include "src/cli/fork.h"
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
            "Every support promise of github:acme/opendb is kept.\n"
            "  the next falls due at 2026-03-02T14:00:00Z\n");
  EXPECT_EQ(GateReport(Parse(kFail), GateFormat::kText),
            "3 promises are broken (github:acme/opendb).\n"
            "  github:acme/opendb#1: first_response (P1) was due\n"
            "    https://forge/acme/opendb/issues/1\n"
            "  2 commitments to private customers are broken.\n"
            "  Deliveries wait.\n"
            "  Every ticket counted.\n");
  EXPECT_EQ(GateReport(Parse(kPass), GateFormat::kJson), std::string(kPass) + "\n");
}

TEST(GateReport, TheServersHeadlineComesFirstAndItsNoteLast) {
  const GateVerdict verdict = Parse(R"({
    "verdict": "pass", "headline": "No broken promise among: P2 (x:y).", "project": "x:y",
    "as_of": "2026-03-02T13:00:00Z", "next_change_at": null, "reasons": [],
    "note": "Others count elsewhere."})");
  EXPECT_EQ(GateReport(verdict, GateFormat::kText),
            "No broken promise among: P2 (x:y).\n  Others count elsewhere.\n");
  EXPECT_EQ(GateMarkdown(verdict),
            "### ✅ No broken promise among: P2 \\(x:y\\).\n\nOthers count elsewhere.\n\n"
            "As of 2026-03-02T13:00:00Z.\n");
}

TEST(GateReport, WhatOnlyWarnsIsNoError) {
  const std::string github = GateReport(Parse(kFail), GateFormat::kGitHub, GateLeniency::kWarnOnly);
  EXPECT_EQ(github.find("::error"), std::string::npos) << github;
  EXPECT_NE(github.find("Only warned"), std::string::npos) << github;
  EXPECT_NE(GateReport(Parse(kFail), GateFormat::kGitHub).find("::error"), std::string::npos);
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

// Every format shows that somebody made an override, and which promises are broken.
TEST(GateReport, EveryFormatSaysThatItWasOverridden) {
  const GateVerdict verdict = Parse(R"({
    "verdict": "pass", "project": "github:acme/opendb", "as_of": "2026-03-02T13:00:00Z",
    "next_change_at": "2026-03-02T14:00:00Z",
    "reasons": [{"kind": "promise", "text": "opendb#1 was due"},
                {"kind": "unknown", "code": "backlog", "text": "Deliveries wait."}],
    "override": {"id": "3f9a", "by": "carol", "reason": "security <fix>",
                 "from": "2026-03-02T12:00:00Z", "until": "2026-03-02T14:00:00Z",
                 "without": "fail"}})");
  EXPECT_EQ(ExitCodeOf(verdict), 0);
  const std::string said =
      "override 3f9a of carol, in force until 2026-03-02T14:00:00Z: security <fix>; without it the "
      "verdict is fail";
  EXPECT_EQ(GateReport(verdict, GateFormat::kText),
            "Let through by an override (github:acme/opendb).\n  " + said +
                "\n  opendb#1 was due\n  Deliveries wait.\n");
  EXPECT_NE(GateReport(verdict, GateFormat::kJson).find("\"override\""), std::string::npos);
  const std::string junit = GateReport(verdict, GateFormat::kJUnit);
  EXPECT_NE(junit.find(R"(tests="3" failures="0" errors="0" skipped="2")"), std::string::npos)
      << junit;
  EXPECT_NE(junit.find("<skipped message=\"override 3f9a of carol"), std::string::npos) << junit;
  const std::string markdown = GateReport(verdict, GateFormat::kMarkdown);
  EXPECT_NE(markdown.find("Let through by an override"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("**override 3f9a of carol"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("security &lt;fix"), std::string::npos) << markdown;
  const std::string github = GateReport(verdict, GateFormat::kGitHub);
  EXPECT_TRUE(github.starts_with("::warning title=retainer gate::" + said + "\n")) << github;
  EXPECT_EQ(github.find("::error"), std::string::npos) << github;
}

// Text that strangers write into a ticket must not become a workflow command or markup.
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

TEST(GateReport, AForksPullRequestIsNeutralInEveryFormat) {
  const GateVerdict verdict = NotAsked("github:acme/opendb");
  EXPECT_EQ(ExitCodeOf(verdict), 0);
  EXPECT_TRUE(
      GateReport(verdict, GateFormat::kText).starts_with("Not asked (github:acme/opendb).\n"));
  EXPECT_NE(GateReport(verdict, GateFormat::kJson).find("\"verdict\": \"neutral\""),
            std::string::npos);
  EXPECT_NE(GateReport(verdict, GateFormat::kJUnit)
                .find(R"(tests="1" failures="0" errors="0" skipped="1")"),
            std::string::npos);
  EXPECT_TRUE(
      GateReport(verdict, GateFormat::kGitHub).starts_with("::notice title=retainer gate::"));
  EXPECT_FALSE(ParseVerdict(verdict.json).ok()) << "no server says so";
}

TEST(Fork, IsToldByWhatTheRunnerSays) {
  TemporaryFolder folder;
  const std::string event = folder.path() + "/event.json";
  const auto on_github = [&](const char* name, const std::string& payload) {
    std::ofstream(event) << payload;
    ::setenv("GITHUB_EVENT_NAME", name, 1);
    ::setenv("GITHUB_EVENT_PATH", event.c_str(), 1);
    return IsForksPullRequest();
  };
  const std::string forks =
      R"({"pull_request": {"base": {"repo": {"id": 1}}, "head": {"repo": {"id": 2}}}})";
  EXPECT_TRUE(on_github("pull_request", forks));
  EXPECT_TRUE(on_github("pull_request_target", forks));
  EXPECT_FALSE(on_github("push", forks));
  EXPECT_TRUE(on_github(
      "pull_request", R"({"pull_request": {"base": {"repo": {"id": 1}}, "head": {"repo": null}}})"))
      << "a fork that was deleted";
  EXPECT_FALSE(
      on_github("pull_request",
                R"({"pull_request": {"base": {"repo": {"id": 1}}, "head": {"repo": {"id": 1}}}})"));
  for (const char* odd :
       {"", "[]", "{}", R"({"pull_request": 1})", R"({"pull_request": {"base": [], "head": 3}})"}) {
    EXPECT_FALSE(on_github("pull_request", odd)) << odd;
  }
  ::unsetenv("GITHUB_EVENT_NAME");
  ::unsetenv("GITHUB_EVENT_PATH");
  EXPECT_FALSE(IsForksPullRequest());
  ::setenv("CI_MERGE_REQUEST_PROJECT_ID", "7", 1);
  ::setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "7", 1);
  EXPECT_FALSE(IsForksPullRequest());
  ::setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "8", 1);
  EXPECT_TRUE(IsForksPullRequest());
  ::unsetenv("CI_MERGE_REQUEST_PROJECT_ID");
  ::unsetenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
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
