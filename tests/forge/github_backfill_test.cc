#include "src/forge/github_backfill.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

Json Event(const std::string& name, const std::string& rest = "") {
  return *ParseJson(absl::StrCat(R"({"id":1,"event":")", name,
                                 R"(","actor":{"id":3,"login":"alice","type":"User"},
                                     "created_at":"2026-03-01T00:00:10Z")",
                                 rest, "}"));
}

GitHubAnswers Ticket(const std::string& rest = "") {
  GitHubAnswers answers;
  answers.repository = *ParseJson(R"({"id":7,"full_name":"acme/opendb"})");
  answers.issue = *ParseJson(absl::StrCat(
      R"({"number":12,"title":"T","state":"open","user":{"id":4,"login":"dave"},"body":"help",
          "created_at":"2026-03-01T00:00:00Z","updated_at":"2026-03-01T00:00:20Z",
          "labels":[{"name":"z"},{"name":"a"}])",
      rest, "}"));
  return answers;
}

const Fact* Find(const Backfill& backfill, FactKind kind) {
  for (const Fact& fact : backfill.facts) {
    if (fact.kind == kind) return &fact;
  }
  return nullptr;
}

std::string At10() { return absl::StrCat(absl::ToUnixSeconds(Start()) + 10); }

TEST(GitHubBackfillTest, TheOpeningAndTheLabelsNow) {
  const Backfill out = ReadGitHub(Ticket(), Start() + absl::Hours(1));
  EXPECT_EQ(out.ticket.kind, TicketKind::kIssue);
  EXPECT_EQ(out.ticket.number, 12);
  ASSERT_NE(Find(out, FactKind::kOpened), nullptr);
  EXPECT_EQ(Find(out, FactKind::kOpened)->actor.id, "4");
  ASSERT_NE(Find(out, FactKind::kLabels), nullptr);
  EXPECT_EQ(Find(out, FactKind::kLabels)->labels, (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ(Find(out, FactKind::kLabels)->at, Start() + absl::Seconds(20));
}

TEST(GitHubBackfillTest, EventsBecomeFactsUnderTheWebhooksIds) {
  GitHubAnswers answers = Ticket();
  answers.events = {Event("labeled", R"(,"label":{"name":"bug"})"),
                    Event("unlabeled", R"(,"label":{"name":"bug"})"),
                    Event("closed", R"(,"state_reason":"not_planned")"),
                    Event("reopened"),
                    Event("renamed"),
                    Event("assigned", R"(,"assignee":{"id":3,"login":"alice"},
                                          "assigner":{"id":8,"login":"carol"})"),
                    Event("mentioned"),
                    Event("subscribed")};
  const Backfill out = ReadGitHub(answers, Start() + absl::Hours(1));
  std::vector<std::string> ids;
  for (const Fact& fact : out.facts) ids.push_back(fact.id);
  for (const std::string& id :
       {"label+:bug:" + At10(), "label-:bug:" + At10(), "closed::" + At10(), "reopened::" + At10(),
        "action:retitled:" + At10() + " 3", "assigned:alice:" + At10()}) {
    EXPECT_NE(std::find(ids.begin(), ids.end(), id), ids.end()) << id;
  }
  EXPECT_EQ(out.facts.size(), 2u + 6u);  // being mentioned is not an action
  EXPECT_EQ(Find(out, FactKind::kClosed)->value, "not_planned");
  EXPECT_EQ(Find(out, FactKind::kAssigned)->actor.login, "carol");
}

TEST(GitHubBackfillTest, AMergeIsOneClosing) {
  GitHubAnswers answers = Ticket(R"(,"pull_request":{"merged_at":"2026-03-01T00:00:10Z"})");
  answers.events = {Event("merged"), Event("closed")};
  const Backfill out = ReadGitHub(answers, Start() + absl::Hours(1));
  EXPECT_EQ(out.ticket.kind, TicketKind::kChange);
  EXPECT_EQ(std::count_if(out.facts.begin(), out.facts.end(),
                          [](const Fact& f) { return f.kind == FactKind::kClosed; }),
            1);
  EXPECT_EQ(Find(out, FactKind::kClosed)->value, "merged");
}

TEST(GitHubBackfillTest, CommentsReviewsAndEdits) {
  GitHubAnswers answers = Ticket(R"(,"pull_request":{})");
  answers.comments = {
      *ParseJson(R"({"id":17,"user":null,"body":"x","created_at":"2026-03-01T00:00:05Z",
                     "updated_at":"2026-03-01T00:00:09Z"})")};
  answers.reviews = {
      *ParseJson(R"({"id":5,"user":{"id":3,"login":"alice"},"body":"","state":"APPROVED",
                     "submitted_at":"2026-03-01T00:00:06Z"})"),
      *ParseJson(R"({"id":6,"user":{"id":3,"login":"alice"},"state":"PENDING"})")};
  answers.review_comments = {
      *ParseJson(R"({"id":9,"user":{"id":3,"login":"renovate[bot]"},"body":"y",
                     "created_at":"2026-03-01T00:00:07Z","updated_at":"2026-03-01T00:00:07Z"})")};
  const Backfill out = ReadGitHub(answers, Start() + absl::Hours(1));
  FactSet set;
  for (const Fact& fact : out.facts) set.Add(fact);
  ASSERT_NE(set.Find("comment:comment/17:"), nullptr);
  EXPECT_EQ(set.Find("comment:comment/17:")->actor.login, "ghost");
  ASSERT_NE(Find(out, FactKind::kCommentEdited), nullptr);
  EXPECT_EQ(Find(out, FactKind::kCommentEdited)->at, Start() + absl::Seconds(9));
  ASSERT_NE(set.Find("comment:review/5:"), nullptr);
  EXPECT_FALSE(set.Find("comment:review/5:")->text.substance) << "an approval says no word";
  EXPECT_EQ(set.Find("comment:review/6:"), nullptr);
  ASSERT_NE(set.Find("comment:review-comment/9:"), nullptr);
  EXPECT_TRUE(set.Find("comment:review-comment/9:")->actor.machine);
}

TEST(GitHubBackfillTest, AnyJsonIsSurvived) {
  for (const char* text : {"null", "[]", "3", R"({"user":3,"labels":{"a":1},"pull_request":[]})",
                           R"({"number":"x","created_at":9,"state":{}})"}) {
    GitHubAnswers answers;
    answers.repository = answers.issue = *ParseJson(text);
    answers.comments = answers.events = answers.reviews = answers.review_comments = {
        *ParseJson(text), Event("labeled", R"(,"label":7)"), Event("assigned")};
    EXPECT_FALSE(ReadGitHub(answers, Start()).facts.empty());
  }
}

}  // namespace
}  // namespace retainer::forge
