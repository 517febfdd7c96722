// The chart of promises.
#include "src/pages/promise_chart.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "src/pages/page_words.h"
#include "tests/core/story.h"

namespace retainer::pages {
namespace {

using absl::StrContains;
using core::Story;
using core::StoryPolicy;
using core::Utc;

std::string Draw(const Story& story) {
  const Standing standing = story.See();
  return PromiseChart(standing.claims.at(0).clocks, story.now(), absl::UTCTimeZone());
}

TEST(PromiseChart, ShowsBarsPausesStopsAndWhatIsLeft) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1)).Says("alice", "We are looking into it.");
  story.Wait(absl::Hours(1)).Labels("alice", "waiting for customer").Wait(absl::Hours(2));
  story.Says("dave", "Here is the log, what now?").Wait(absl::Hours(1));
  const std::string svg = Draw(story);
  EXPECT_TRUE(StrContains(svg, "<rect class=\"kept\"")) << svg;
  EXPECT_TRUE(StrContains(svg, "<rect class=\"going\"")) << svg;
  EXPECT_TRUE(StrContains(svg, "<rect class=\"rest\"")) << svg;
  EXPECT_TRUE(StrContains(svg, "<rect class=\"pause\"")) << svg;
  EXPECT_TRUE(StrContains(svg, "<line class=\"due\"")) << svg;
  EXPECT_TRUE(StrContains(svg, "<line class=\"now\"")) << svg;
  EXPECT_FALSE(StrContains(svg, "class=\"open\"")) << "always open: nothing to shade";
  EXPECT_FALSE(StrContains(svg, "style=")) << "the content security policy forbids it";
}

TEST(PromiseChart, ShadesOpeningHours) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].calendars = {"office"};
  Story story(policy);
  story.Opens("dave").Wait(absl::Hours(30));
  EXPECT_TRUE(StrContains(Draw(story), "class=\"open\""));
}

TEST(PromiseChart, IsNothingBeforeAnythingBegins) {
  EXPECT_EQ(PromiseChart({}, Utc("2026-03-02 09:00:00"), absl::UTCTimeZone()), "");
}

TEST(Words, InstantsSayNoMoreThanIsNeeded) {
  const absl::Time now = Utc("2026-03-02 09:00:00");
  const auto words = [&](std::string_view at) {
    return InstantWords(Utc(at), now, absl::UTCTimeZone());
  };
  EXPECT_EQ(words("2026-03-02 10:02:00"), "today 10:02");
  EXPECT_EQ(words("2026-03-03 10:02:00"), "tomorrow 10:02");
  EXPECT_EQ(words("2026-03-01 10:02:00"), "yesterday 10:02");
  EXPECT_EQ(words("2026-03-05 10:02:00"), "Thu 5 Mar 10:02");
  EXPECT_EQ(words("2025-11-25 10:02:00"), "Tue 25 Nov 2025 10:02");
  EXPECT_EQ(InstantWords(absl::InfiniteFuture(), now, absl::UTCTimeZone()), "");
  EXPECT_EQ(LeftWords(now + absl::Minutes(185), now), "in 3h 05m");
  EXPECT_EQ(LeftWords(now - absl::Hours(50), now), "2d 2h late");
}

}  // namespace
}  // namespace retainer::pages
