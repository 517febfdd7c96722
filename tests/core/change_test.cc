#include "retainer/change.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "retainer/core.h"

namespace retainer::core {
namespace {

using Names = std::vector<std::string>;

constexpr char kWeb[] = "https://github.com/acme/opendb";
constexpr char kHead[] = "1111111111111111111111111111111111111111";
constexpr char kMerge[] = "2222222222222222222222222222222222222222";

Names OnGitHub(std::string_view text) {
  return ReadFixes(ForgeKind::kGitHub, text, "acme/opendb", kWeb);
}
Names OnGitLab(std::string_view text) {
  return ReadFixes(ForgeKind::kGitLab, text, "acme/sub/opendb",
                   "https://gitlab.example.com/acme/sub/opendb");
}

TEST(ReadFixesTest, GitHubsClosingWordsAndReferences) {
  for (const char* word : {"close", "closes", "closed", "fix", "fixes", "fixed", "resolve",
                           "resolves", "resolved", "FIXES", "Closes:"}) {
    EXPECT_EQ(OnGitHub(std::string(word) + " #12"), Names{"#12"}) << word;
  }
  EXPECT_EQ(OnGitHub("This fixes acme/tools#3, and closes #1."), (Names{"#1", "acme/tools#3"}));
  EXPECT_EQ(OnGitHub("Fixes ACME/OpenDB#4"), Names{"#4"});
  EXPECT_EQ(OnGitHub("Fixes https://github.com/acme/tools/issues/9#issuecomment-1"),
            Names{"acme/tools#9"});
  EXPECT_EQ(OnGitHub("- [x] Fixes #2"), Names{"#2"});
  // There, each reference needs its own keyword.
  EXPECT_EQ(OnGitHub("Fixes #1, #2"), Names{"#1"});
}

TEST(ReadFixesTest, WhatIsNoClosingReference) {
  for (const char* text :
       {"See #12", "fixing #12", "prefixes #12", "fixes#12", "fixes # 12", "fixes #0", "fixes #12a",
        "fixes #99999999999999999999", "fixes acme#12", "fixes a/b/c#12", "fix es #12",
        "fixes https://elsewhere.example/acme/tools/issues/9", "fixes !12", "fixes -#12"}) {
    EXPECT_EQ(OnGitHub(text), Names{}) << text;
  }
}

TEST(ReadFixesTest, CodeQuotesAndCommentsDoNotCount) {
  for (const char* text :
       {"> fixes #12", "`fixes #12`", "```\nfixes #12\n```", "    fixes #12", "<!-- fixes #12 -->",
        "<blockquote>fixes #12</blockquote>", "<code>fixes #12</code>"}) {
    EXPECT_EQ(OnGitHub(text), Names{}) << text;
    EXPECT_EQ(OnGitLab(text), Names{}) << text;
  }
  EXPECT_EQ(OnGitHub("> fixes #12\n\nfixes #13"), Names{"#13"});
}

TEST(ReadFixesTest, GitLabsClosingPattern) {
  EXPECT_EQ(OnGitLab("Closes #4, #6 and #8"), (Names{"#4", "#6", "#8"}));
  EXPECT_EQ(OnGitLab("Closes #4, #6, and group/project#8"), (Names{"#4", "#6", "group/project#8"}));
  EXPECT_EQ(OnGitLab("Implements issue #5"), Names{"#5"});
  EXPECT_EQ(OnGitLab("Fixing issues #5 and #6"), (Names{"#5", "#6"}));
  EXPECT_EQ(OnGitLab("Resolving: https://gitlab.example.com/acme/x/-/issues/7"), Names{"acme/x#7"});
  EXPECT_EQ(OnGitLab("Fixes tools#7"), Names{"acme/sub/tools#7"});
  EXPECT_EQ(OnGitLab("Closes acme/sub/opendb#7"), Names{"#7"});
  EXPECT_EQ(OnGitLab("CLOSES #7"), Names{});
  EXPECT_EQ(OnGitLab("Closes #4 for #5"), Names{"#4"});
}

TEST(ReadFixesTest, IsBounded) {
  std::string text;
  for (int i = 1; i <= 5000; ++i) text += "fixes #" + std::to_string(i) + "\n";
  EXPECT_EQ(OnGitHub(text).size(), kMaxFixes);
  EXPECT_EQ(OnGitHub("fixes acme/" + std::string(10'000, 'x') + "#1"), Names{});
}

RC_GTEST_PROP(ReadFixesTest, TakesAnyBytes, (std::string text)) {
  for (const std::string& fix : OnGitHub(text)) RC_ASSERT(fix.find('#') != fix.npos);
  RC_ASSERT(OnGitLab("Closes #1\n\n" + text).size() <= kMaxFixes);
}

Fact Seen(const ChangeInfo& change, int second) {
  return MakeChangeSeen({Provenance::kWebhook, absl::FromUnixSeconds(1'000'000)}, change,
                        Moment::At(absl::FromUnixSeconds(second)));
}

TEST(ChangeSeenTest, TheNewestVersionCountsInAnyOrder) {
  const ChangeInfo first{ChangeState::kOpen, "main", kHead, "", {"#1", "acme/tools#3"}};
  const ChangeInfo second{ChangeState::kOpen, "main", kHead, "", {}};
  const ChangeInfo merged{ChangeState::kMerged, "main", kHead, kMerge, {"#1"}};
  FactSet facts;
  facts.Add(Seen(first, 100));
  EXPECT_EQ(FindChange(facts), first);
  // The keyword is removed by an edit, so the link disappears. The older delivery arrives late.
  facts.Add(Seen(second, 200));
  facts.Add(Seen(first, 100));
  EXPECT_EQ(FindChange(facts), second);
  // Within one second the merge is later than an open state.
  facts.Add(Seen(merged, 200));
  facts.Add(Seen(second, 200));
  EXPECT_EQ(FindChange(facts), merged);
  EXPECT_EQ(facts.size(), 1u);
  EXPECT_EQ(FindChange(FactSet()), std::nullopt);
}

TEST(ChangeSeenTest, APushWithinTheSecondOfTheOpeningCounts) {
  const absl::Time at = absl::FromUnixSeconds(100);
  const auto seen = [&](const char* head, ChangeState state, bool pushed) {
    return MakeChangeSeen({Provenance::kWebhook, at}, {state, "main", head, "", {}}, Moment::At(at),
                          pushed);
  };
  // Neither the commit's name nor the order of arrival decides.
  for (const bool lesser : {true, false}) {
    const char* const before = lesser ? kMerge : kHead;
    const char* const after = lesser ? kHead : kMerge;
    const Fact opened = seen(before, ChangeState::kOpen, false);
    const Fact pushed = seen(after, ChangeState::kOpen, true);
    FactSet one;
    one.Add(opened);
    one.Add(pushed);
    FactSet other;
    other.Add(pushed);
    other.Add(opened);
    EXPECT_EQ(one, other);
    EXPECT_EQ(FindChange(one)->head, after);
    one.Add(seen(after, ChangeState::kClosed, false));
    one.Add(pushed);
    EXPECT_EQ(FindChange(one)->state, ChangeState::kClosed);
  }
}

Fact SeenAfter(const ChangeInfo& change, int second) {
  return MakeMergedSeen({Provenance::kWebhook, absl::FromUnixSeconds(1'000'000)}, change,
                        Moment::At(absl::FromUnixSeconds(second)));
}

ChangeInfo Version(ChangeState state, std::vector<std::string> fixes) {
  return {state, "main", kHead, state == ChangeState::kMerged ? kMerge : "", std::move(fixes)};
}

TEST(ChangeSeenTest, WhatIsEditedInAfterTheMergeFixesNothing) {
  const ChangeInfo open = Version(ChangeState::kOpen, {"#1"});
  const ChangeInfo merged = Version(ChangeState::kMerged, {"#1", "#2"});
  FactSet facts;
  facts.Add(Seen(open, 100));
  facts.Add(Seen(merged, 200));
  facts.Add(SeenAfter(Version(ChangeState::kMerged, {"#12"}), 200));
  facts.Add(SeenAfter(Version(ChangeState::kMerged, {"#12"}), 300));
  EXPECT_EQ(FindChange(facts), merged);
}

TEST(ChangeSeenTest, WithoutTheDeliveryOfTheMergeTheNewestVersionBeforeItCounts) {
  const ChangeInfo later = Version(ChangeState::kMerged, {"#12"});
  FactSet facts;
  facts.Add(SeenAfter(later, 300));
  EXPECT_EQ(FindChange(facts), Version(ChangeState::kMerged, {}));
  facts.Add(Seen(Version(ChangeState::kOpen, {"#1"}), 100));
  EXPECT_EQ(FindChange(facts), Version(ChangeState::kMerged, {"#1"}));
  // An edit from before the merge arrives late.
  facts.Add(Seen(Version(ChangeState::kOpen, {"#2"}), 150));
  EXPECT_EQ(FindChange(facts), Version(ChangeState::kMerged, {"#2"}));
}

RC_GTEST_PROP(ChangeSeenTest, AMergeFreezesWhatStoodThereInAnyOrder, ()) {
  const auto fixes = [](int n) { return std::vector<std::string>{"#" + std::to_string(n)}; };
  const int before = *rc::gen::inRange(0, 5);
  const int after = *rc::gen::inRange(0, 5);
  const bool told = *rc::gen::arbitrary<bool>();
  std::vector<Fact> sent;
  for (int i = 0; i < before; ++i) {
    sent.push_back(Seen(Version(ChangeState::kOpen, fixes(i + 1)), 100 + i));
  }
  // The merge is in the last second in which it was open; edits come from that second on.
  const int merge = 100 + std::max(before - 1, 0);
  const ChangeInfo merged = Version(ChangeState::kMerged, fixes(50));
  if (told) sent.push_back(Seen(merged, merge));
  for (int i = 0; i < after; ++i) {
    sent.push_back(SeenAfter(Version(ChangeState::kMerged, fixes(100 + i)), merge + i));
  }
  FactSet facts;
  const auto twice = *rc::gen::inRange<std::size_t>(0, sent.size() + 1);
  const std::vector<Fact> again(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(twice));
  sent.insert(sent.end(), again.begin(), again.end());
  while (!sent.empty()) {
    const auto next = *rc::gen::inRange<std::size_t>(0, sent.size());
    facts.Add(sent[next]);
    sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(next));
  }
  const auto found = FindChange(facts);
  if (told) {
    RC_ASSERT(found == merged);
  } else if (before + after == 0) {
    RC_ASSERT(!found);
  } else {
    const std::vector<std::string> last = before > 0 ? fixes(before) : std::vector<std::string>();
    const auto state = after > 0 ? ChangeState::kMerged : ChangeState::kOpen;
    RC_ASSERT(found == Version(state, last));
  }
}

TEST(ChangeSeenTest, AStoreOfBeforeIsReadAsItWas) {
  // There a merge had the revision of an ordinary version.
  Fact known = Seen(Version(ChangeState::kMerged, {"#1"}), 200);
  known.revision = 200 * 4 + 3;
  FactSet facts;
  facts.Add(known);
  EXPECT_EQ(FindChange(facts), Version(ChangeState::kMerged, {"#1"}));
  facts.Add(SeenAfter(Version(ChangeState::kMerged, {"#12"}), 300));
  EXPECT_EQ(FindChange(facts), Version(ChangeState::kMerged, {"#1"}));
}

TEST(ChangeSeenTest, WhatIsNoCommitOrBranchIsNotKept) {
  FactSet facts;
  facts.Add(Seen({ChangeState::kOpen, "a b", "HEAD", "x", {}}, 100));
  EXPECT_EQ(FindChange(facts), (ChangeInfo{ChangeState::kOpen, "", "", "", {}}));
}

TEST(ChangeSeenTest, AVersionFarAheadIsTakenAtItsReceipt) {
  FactSet facts;
  facts.Add(Seen({ChangeState::kOpen, "main", kHead, "", {"#1"}}, 2'000'000'000));
  const ChangeInfo later{ChangeState::kOpen, "main", kHead, "", {"#2"}};
  facts.Add(MakeChangeSeen({Provenance::kWebhook, absl::FromUnixSeconds(1'000'100)}, later,
                           Moment::At(absl::FromUnixSeconds(1'000'090))));
  EXPECT_EQ(FindChange(facts), later);
}

ChangeRecord Open() {
  ChangeRecord change;
  change.head = kHead;
  return change;
}

PublicPromise Promise(Metric metric, ClockState state, int minute) {
  return {metric, PromiseKind::kCommitment, state, absl::UnixEpoch() + absl::Minutes(minute)};
}

TEST(PresentCheckTest, SaysWhatIsDueFirstFirst) {
  const std::vector<FixedTicket> tickets = {
      {"#1", "https://x/1", {Promise(Metric::kResolution, ClockState::kRunning, 90)}},
      {"#2",
       "https://x/2",
       {{Metric::kFirstResponse, PromiseKind::kCommitment, ClockState::kMet,
         absl::InfiniteFuture()},
        Promise(Metric::kUpdate, ClockState::kAtRisk, 30)}}};
  const auto view = PresentCheck(Open(), tickets, CheckMode::kNeutral);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->commit, kHead);
  EXPECT_EQ(view->verdict, CheckView::Verdict::kNeutral);
  ASSERT_EQ(view->rows.size(), 3u);
  EXPECT_EQ(view->rows[0].ticket, "#2");
  EXPECT_EQ(view->rows[0].promise, "update");
  EXPECT_EQ(view->rows[0].state, "due soon");
  EXPECT_EQ(view->rows[1].ticket, "#1");
  EXPECT_EQ(view->rows[2].state, "met");
  EXPECT_FALSE(view->rows[2].due);
}

TEST(PresentCheckTest, NothingToSayIsNoCheckUnlessOneIsToBeTakenBack) {
  EXPECT_EQ(PresentCheck(Open(), {}, CheckMode::kNeutral), std::nullopt);
  EXPECT_EQ(PresentCheck(Open(), {{"#1", "", {}}}, CheckMode::kBlocking), std::nullopt);
  ChangeRecord checked = Open();
  checked.checked = true;
  const auto view = PresentCheck(checked, {}, CheckMode::kNeutral);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->rows.empty());
  checked.state = ChangeState::kMerged;
  EXPECT_EQ(PresentCheck(checked, {}, CheckMode::kNeutral), std::nullopt);
}

TEST(PresentCheckTest, BlocksForALateAnswerAloneAndOnlyWhereThePolicySaysSo) {
  const std::vector<FixedTicket> unanswered = {
      {"#1", "", {Promise(Metric::kFirstResponse, ClockState::kBreached, 1)}}};
  const std::vector<FixedTicket> unresolved = {
      {"#1", "", {Promise(Metric::kResolution, ClockState::kBreached, 1)}}};
  using Verdict = CheckView::Verdict;
  EXPECT_EQ(PresentCheck(Open(), unanswered, CheckMode::kNeutral)->verdict, Verdict::kNeutral);
  EXPECT_EQ(PresentCheck(Open(), unanswered, CheckMode::kBlocking)->verdict, Verdict::kFailure);
  EXPECT_EQ(PresentCheck(Open(), unresolved, CheckMode::kBlocking)->verdict, Verdict::kSuccess);
  EXPECT_EQ(PresentCheck(Open(), unanswered, CheckMode::kOff), std::nullopt);
  // When checks are turned off, a failed one no longer blocks anybody.
  ChangeRecord checked = Open();
  checked.checked = true;
  const auto off = PresentCheck(checked, unanswered, CheckMode::kOff);
  ASSERT_TRUE(off);
  EXPECT_TRUE(off->rows.empty());
  EXPECT_EQ(off->verdict, Verdict::kNeutral);
}

}  // namespace
}  // namespace retainer::core
