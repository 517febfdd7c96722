// Lines for other programs are not answers; a sentence that begins with `/` is one.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "retainer/core.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
constexpr auto kFirst = Metric::kFirstResponse;
constexpr auto kNext = Metric::kNextResponse;

TEST(TextForeignTest, ALineOfOnlyACommandIsNoAnswer) {
  for (const char* text : {"/remove-lifecycle stale",
                           "/lgtm",
                           "/LGTM",
                           "/lifecycle frozen",
                           "/ok-to-test",
                           "/test_all",
                           "/retest-2",
                           "/bot:rebase",
                           "/v1.2",
                           "/Foo-Bar_9.x:y baz",
                           "/2fa reset",
                           "/milestone v1.2",
                           "/override ci/prow/unit",
                           "/cc @alice @bob",
                           "/azp run",
                           "/packit build --commit abc",
                           "/run-e2e-tests",
                           "/triage accepted",
                           "/unheard-of",
                           "/unheard of",
                           "/kind bug\n/area storage\n/priority-label x",
                           "  /lgtm  ",
                           "/close this is no longer needed",
                           "/hold until the release is out",
                           "/x",
                           "/assign",
                           "/priority",
                           "/claim",
                           "/duplicate x",
                           "/title Crash when the disk is full.",
                           "/retest\n\n:+1:",
                           "\u200B/lgtm",
                           "/l\u200Bgtm",
                           "/\u00FCberpr\u00FCfen",
                           "/deploy!",
                           "/test?",
                           "> quoted\n\n/lgtm",
                           "/lgtm\n\n-- \nAlice",
                           "@dependabot rebase",
                           "@renovate[bot] rebase please",
                           "@k8s-ci-robot retest",
                           "@mergifyio backport v1",
                           "@my-bot: hello"}) {
    EXPECT_FALSE(ReadText(text, false).substance) << text;
  }
}

TEST(TextForeignTest, APathOrASentenceIsProse) {
  for (const char* text : {"/usr/bin/foo fails",
                           "/usr/bin/foo",
                           "/etc is full",
                           "/tmp",
                           "/etc, /var and /home are full",
                           "/opt/x",
                           "/waiting for your logs",
                           "/resume works for me now",
                           "/metrics returns 500 because the disk is full.",
                           "/login fails for all of us!",
                           "/foo(bar) is called twice",
                           "/a|b",
                           "//x",
                           "/ a",
                           "lgtm",
                           "/lgtm\nWell done.",
                           "/retest\n```\nmake\n```",
                           "see /lgtm",
                           "- /lgtm",
                           "The file\n/tmp/x is gone",
                           "@alice please look",
                           "@abbot thanks",
                           "@talbot yes",
                           "/ is full",
                           "/'quoted' x"}) {
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
}

// Report (here): a command for another bot counts as the first reply.
TEST(TextForeignTest, TheFirstAnswerIsNotABotsCommand) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "/remove-lifecycle stale");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  story.Wait(Minutes(5)).Says("alice", "- [ ] \n- [x] ").Says("alice", "[](https://x)");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  story.Wait(Minutes(5)).Says("alice", "\u3164").Says("alice", "\u2800\u061C").Says("alice", "?");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  story.Wait(Minutes(5)).Says("alice", "/usr/bin/foo fails for me too");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(20));
}

// Report (here): a single question mark does not count as a question.
TEST(TextForeignTest, WhoWaitsIsHeardWhereItMayBeASentence) {
  for (const char* text : {"?", "???", "> It is fixed.\n\n??", "\uFF1F", "\u061F", "\u2753",
                           ":question:", "/metrics returns 500", "Thanks\n/metrics returns 500",
                           "\u00BFsigue?", "/usr/bin/foo fails"}) {
    Story story;
    story.Opens("dave").Wait(Minutes(5)).Says("alice", "It is fixed.").Wait(Minutes(5));
    story.Says("dave", text);
    EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning) << text;
    story.Wait(Minutes(5)).Says("alice", "Oh.");
    EXPECT_EQ(story.Last("acme", kNext).elapsed, Minutes(5)) << text;
  }
  for (const char* text : {"!", "...", ":+1:", "/lgtm", "/remove-lifecycle stale", "/unheard-of x",
                           "Thanks!", "> why?", "`?`\n\n:+1:", "/support sla"}) {
    Story story;
    story.Opens("dave").Wait(Minutes(5)).Says("alice", "It is fixed.").Wait(Minutes(5));
    const auto before = story.See().claims[0];
    story.Says("dave", text);
    if (absl::StrContains(text, "`")) continue;  // code is substance
    EXPECT_NE(story.State("acme", kNext), ClockState::kRunning) << text;
  }
}

TEST(TextForeignTest, AQuestionThatIsEditedInCountsOnce) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "Done.").Wait(Minutes(5));
  story.Says("dave", ":+1:").Wait(Minutes(5)).Edits("dave", "dave", ":+1:", "?");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning);
  story.Wait(Minutes(5)).Says("alice", "What else?").Wait(Minutes(5));
  EXPECT_EQ(story.Last("acme", kNext).elapsed, Minutes(5));
}

}  // namespace
}  // namespace retainer::core
