#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "retainer/change.h"
#include "retainer/fact_builders.h"
#include "tests/webhooks/deliveries.h"

namespace retainer::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Actor kDave{"4004", "dave", false};
const Actor kAlice{"4001", "alice", false};
const Actor kCarol{"4003", "carol", false};

absl::StatusOr<Event> Parse(std::string_view event, std::string body) {
  return GitHub()->Parse(Deliver("github", event, std::move(body)));
}

TEST(GitHubParseTest, AnOpeningIsItsAuthorsWithTextAndLabels) {
  const Event event = Read("github/issues.opened");
  EXPECT_EQ(event.kind, EventKind::kTicket);
  EXPECT_EQ(event.type, "issues");
  EXPECT_EQ(event.action, "opened");
  EXPECT_EQ(event.project.id, "1296269");
  EXPECT_EQ(event.project.path, "acme/opendb");
  EXPECT_FALSE(event.project.is_private);
  EXPECT_EQ(event.project.installation_id, "551");
  EXPECT_EQ(event.sender, kDave);
  ASSERT_TRUE(event.ticket.has_value());
  EXPECT_EQ(event.ticket->kind, TicketKind::kIssue);
  EXPECT_EQ(event.ticket->number, 12);
  EXPECT_EQ(event.ticket->author, kDave);
  EXPECT_EQ(event.ticket->url, "https://github.example/acme/opendb/issues/12");
  EXPECT_TRUE(event.ticket->open);
  const Fact opened = Only(event, FactKind::kOpened);
  EXPECT_EQ(opened.id, MakeFactId(FactKind::kOpened, "", ""));
  EXPECT_EQ(opened.at, At("2026-03-03T09:02:00Z"));
  EXPECT_EQ(opened.actor, kDave);
  EXPECT_TRUE(opened.text.substance);
  EXPECT_EQ(opened.text.form_priority, "P1");
  EXPECT_EQ(opened.provenance, Provenance::kWebhook);
  EXPECT_FALSE(opened.at_receipt);
}

TEST(GitHubParseTest, EveryDeliveryObservesAllLabels) {
  const Fact labels = Only(Read("github/issues.labeled"), FactKind::kLabels);
  EXPECT_THAT(labels.labels, ElementsAre("bug", "priority: P1"));
  EXPECT_EQ(labels.at, At("2026-03-03T09:10:00Z"));
  EXPECT_THAT(Only(Read("github/issue_comment.created"), FactKind::kLabels).labels, IsEmpty());
  EXPECT_THAT(Only(Read("github/pull_request_review.submitted"), FactKind::kLabels).labels,
              IsEmpty());
}

TEST(GitHubParseTest, APullRequestSaysWhatItFixesAndWhereItStands) {
  ChangeInfo change;
  change.base = "main";
  change.head = "0f3c1de29a7b45cc10d2f6a4b1e88d7a6c5e4b31";
  change.fixes = {"#12"};
  EXPECT_EQ(SeenIn(Read("github/pull_request.opened")), change);
  EXPECT_EQ(SeenIn(Read("github/pull_request.synchronize")), change);
  EXPECT_EQ(Only(Read("github/pull_request.synchronize"), FactKind::kChangeSeen).revision % 2, 1u);
  EXPECT_EQ(Only(Read("github/pull_request.opened"), FactKind::kChangeSeen).revision % 2, 0u);
  EXPECT_EQ(Only(Read("github/pull_request.synchronize"), FactKind::kChangeSeen).at,
            At("2026-03-03T12:00:00Z"));
  change.state = ChangeState::kMerged;
  change.merge = "5e1d0c9b8a7f6e5d4c3b2a190817263544536271";
  EXPECT_EQ(SeenIn(Read("github/pull_request.closed.merged")), change);
  // A comment's delivery does not show the commits, and an issue has none.
  EXPECT_EQ(SeenIn(Read("github/issue_comment.created.on-pull-request")), std::nullopt);
  EXPECT_EQ(SeenIn(Read("github/issues.opened")), std::nullopt);
}

TEST(GitHubParseTest, EditingAMergedPullRequestChangesNothingOfWhatItFixed) {
  FactSet facts;
  const Event merged = Read("github/pull_request.closed.merged");
  for (const Fact& fact : All(merged, FactKind::kChangeSeen)) facts.Add(fact);
  const auto before = FindChange(facts);
  ASSERT_TRUE(before);
  const std::string body = absl::StrReplaceAll(
      Sample("github/pull_request.closed.merged"),
      {{"\"action\": \"closed\"", R"("action": "edited", "changes": {"body": {"from": "x"}})"},
       {"Fixes #12.", "Fixes #99."},
       {"2026-03-03T14:00:01Z", "2026-03-04T14:00:01Z"}});
  ASSERT_NE(body.find("Fixes #99."), body.npos);
  const auto edited = Parse("pull_request", body);
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_THAT(SeenIn(*edited)->fixes, IsEmpty());
  EXPECT_EQ(SeenIn(*edited)->merge, before->merge);
  for (const Fact& fact : All(*edited, FactKind::kChangeSeen)) facts.Add(fact);
  EXPECT_EQ(FindChange(facts), before);
}

TEST(GitHubParseTest, LabelsTakeTheTicketsUpdate) {
  const Fact added = Only(Read("github/issues.labeled"), FactKind::kLabelAdded);
  EXPECT_EQ(added.subject, "priority: P1");
  EXPECT_EQ(added.actor, kAlice);
  EXPECT_EQ(added.at, At("2026-03-03T09:10:00Z"));
  EXPECT_FALSE(added.at_receipt);
  EXPECT_EQ(added.id, MakeFactId(FactKind::kLabelAdded, "priority: P1", "1772529000"));
  const Fact removed = Only(Read("github/issues.unlabeled"), FactKind::kLabelRemoved);
  EXPECT_EQ(removed.subject, "bug");
}

TEST(GitHubParseTest, ALabelThatWasDeletedIsSeenByItsAbsence) {
  const Event event = Read("github/issues.unlabeled.label-deleted");
  EXPECT_THAT(All(event, FactKind::kLabelRemoved), IsEmpty());
  EXPECT_THAT(Only(event, FactKind::kLabels).labels, IsEmpty());
}

TEST(GitHubParseTest, AnEditedOpeningShowsBothVersions) {
  const Event event = Read("github/issues.edited");
  const Fact edited = Only(event, FactKind::kTextEdited);
  EXPECT_EQ(edited.actor, kDave);
  EXPECT_EQ(edited.author, kDave);
  EXPECT_EQ(edited.at, At("2026-03-03T09:06:30Z"));
  EXPECT_EQ(edited.created, At("2026-03-03T09:02:00Z"));
  ASSERT_TRUE(edited.before.has_value());
  EXPECT_EQ(edited.before->form_priority, "P1");
  EXPECT_EQ(Only(event, FactKind::kAction).value, "retitled");
}

TEST(GitHubParseTest, AssignmentsNameTheAssignee) {
  const Fact assigned = Only(Read("github/issues.assigned"), FactKind::kAssigned);
  EXPECT_EQ(assigned.assignee, kAlice);
  EXPECT_EQ(assigned.actor, kCarol);
  EXPECT_EQ(assigned.subject, "alice");
  EXPECT_EQ(Only(Read("github/issues.unassigned"), FactKind::kUnassigned).assignee, kAlice);
}

TEST(GitHubParseTest, ClosingSaysWhyAndWhen) {
  const Event event = Read("github/issues.closed");
  const Fact closed = Only(event, FactKind::kClosed);
  EXPECT_EQ(closed.value, "completed");
  EXPECT_EQ(closed.at, At("2026-03-03T15:40:05Z"));
  EXPECT_EQ(closed.actor, kAlice);
  EXPECT_FALSE(event.ticket->open);
  EXPECT_EQ(Only(Read("github/issues.reopened"), FactKind::kReopened).at,
            At("2026-03-03T16:00:00Z"));
  const Fact merged = Only(Read("github/pull_request.closed.merged"), FactKind::kClosed);
  EXPECT_EQ(merged.value, "merged");
  EXPECT_EQ(merged.at, At("2026-03-03T14:00:00Z"));
}

TEST(GitHubParseTest, AnIssueThatWasTransferredHereIsReadFromTheForge) {
  const Event event = Read("github/issues.opened.transferred");
  EXPECT_EQ(Only(event, FactKind::kCame).value, "github/1296300/issue/4");
  EXPECT_EQ(std::count_if(event.facts.begin(), event.facts.end(),
                          [](const Fact& fact) { return fact.kind == FactKind::kOpened; }),
            0);
}

TEST(GitHubParseTest, ALabelThatGotAnotherNameNamesBothAndWho) {
  const std::string body = absl::StrReplaceAll(
      Sample("github/label.edited"),
      {{"\"color\": {\n      \"from\": \"b60205\"", "\"name\": {\n      \"from\": \"prio 1\""}});
  const auto event = Parse("label", body);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->kind, EventKind::kLabel);
  EXPECT_EQ(event->ref, "priority: P1");
  EXPECT_EQ(event->renamed_from, "prio 1");
  EXPECT_EQ(event->sender, kCarol);
  EXPECT_EQ(Read("github/label.edited").renamed_from, "");
}

TEST(GitHubParseTest, ATransferNamesItsSuccessor) {
  const Fact moved = Only(Read("github/issues.transferred"), FactKind::kMoved);
  EXPECT_EQ(moved.value, "github/1296300/issue/4");
  // Also the project to which it went, so that the worker can confirm it.
  const Event event = Read("github/issues.transferred");
  ASSERT_EQ(event.projects.size(), 1u);
  EXPECT_EQ(event.projects[0].id, "1296300");
  EXPECT_EQ(event.projects[0].path, "acme/opendb-replica");
  EXPECT_TRUE(moved.at_receipt);
  EXPECT_EQ(moved.at, Received());
}

TEST(GitHubParseTest, WhatStatesNoTimeTakesItsReceiptUnderOneId) {
  for (const char* name :
       {"github/issues.deleted", "github/issue_comment.deleted", "github/issues.pinned",
        "github/pull_request_review_comment.deleted", "github/pull_request_review.edited"}) {
    const Event first = Read(name);
    const Event again = Read(name, Received() + absl::Hours(2));
    ASSERT_FALSE(first.facts.empty()) << name;
    EXPECT_TRUE(first.facts[0].at_receipt) << name;
    EXPECT_EQ(first.facts[0].at, Received()) << name;
    EXPECT_EQ(first.facts[0].id, again.facts[0].id) << name;
    FactSet set;
    set.Add(again.facts[0]);
    set.Add(first.facts[0]);
    EXPECT_EQ(set.Find(first.facts[0].id)->at, Received()) << name;
  }
}

TEST(GitHubParseTest, ATimeFarAheadIsTakenAtReceiptAndFlagged) {
  const absl::Time stated = At("2026-03-03T09:40:00Z");
  const Fact near =
      Only(Read("github/issue_comment.created", stated - absl::Minutes(10)), FactKind::kComment);
  EXPECT_FALSE(near.at_receipt);
  EXPECT_EQ(near.at, stated);
  const absl::Time received = stated - absl::Minutes(10) - absl::Seconds(1);
  const Fact far = Only(Read("github/issue_comment.created", received), FactKind::kComment);
  EXPECT_TRUE(far.at_receipt);
  EXPECT_EQ(far.at, received);
  EXPECT_EQ(far.id, near.id);
}

TEST(GitHubParseTest, CommentsAreKnownByTheirObject) {
  const Fact comment = Only(Read("github/issue_comment.created"), FactKind::kComment);
  EXPECT_EQ(comment.subject, "comment/17");
  EXPECT_EQ(comment.actor, kAlice);
  EXPECT_EQ(comment.at, At("2026-03-03T09:40:00Z"));
  EXPECT_TRUE(comment.text.substance);
  EXPECT_FALSE(comment.internal);
  const Fact line = Only(Read("github/pull_request_review_comment.created"), FactKind::kComment);
  EXPECT_EQ(line.subject, "review-comment/9");
  EXPECT_EQ(line.at, At("2026-03-03T13:29:00Z"));
}

TEST(GitHubParseTest, ACommentOnAPullRequestIsOnTheChange) {
  const Event event = Read("github/issue_comment.created.on-pull-request");
  EXPECT_EQ(event.ticket->kind, TicketKind::kChange);
  EXPECT_EQ(event.ticket->number, 13);
}

TEST(GitHubParseTest, AnEditSaysWhoDidItAndToWhom) {
  const Fact edited = Only(Read("github/issue_comment.edited"), FactKind::kCommentEdited);
  EXPECT_EQ(edited.subject, "comment/17");
  EXPECT_EQ(edited.actor, kCarol);
  EXPECT_EQ(edited.author, kAlice);
  EXPECT_EQ(edited.at, At("2026-03-03T09:45:10Z"));
  EXPECT_EQ(edited.created, At("2026-03-03T09:40:00Z"));
  ASSERT_EQ(edited.text.commands.size(), 1u);
  EXPECT_EQ(edited.text.commands[0].name, CommandName::kWorkaround);
  ASSERT_TRUE(edited.before.has_value());
  EXPECT_THAT(edited.before->commands, IsEmpty());
}

TEST(GitHubParseTest, AReviewsVerdictWithoutAWordAnswersNothing) {
  const Fact review = Only(Read("github/pull_request_review.submitted"), FactKind::kComment);
  EXPECT_EQ(review.subject, "review/5");
  EXPECT_FALSE(review.text.substance);
  EXPECT_EQ(Only(Read("github/pull_request_review.dismissed"), FactKind::kAction).value,
            "dismissed");
  EXPECT_EQ(Only(Read("github/pull_request_review.edited"), FactKind::kCommentEdited).subject,
            "review/5");
}

TEST(GitHubParseTest, AppsAreMachinesAndPeopleThroughAppsAreNot) {
  const Event event = Read("github/issue_comment.created.by-bot");
  EXPECT_TRUE(event.sender.machine);
  EXPECT_TRUE(Only(event, FactKind::kComment).actor.machine);

  std::string body = Sample("github/issue_comment.created");
  const std::string null_app = "\"performed_via_github_app\": null";
  body.replace(body.rfind(null_app), null_app.size(),
               "\"performed_via_github_app\": {\"id\": 7, \"slug\": \"chat\"}");
  const auto through_app = Parse("issue_comment", body);
  ASSERT_TRUE(through_app.ok());
  EXPECT_FALSE(Only(*through_app, FactKind::kComment).actor.machine);
}

TEST(GitHubParseTest, OtherActsOfPeopleAreActions) {
  EXPECT_EQ(Only(Read("github/issues.milestoned"), FactKind::kAction).value, "milestoned");
  EXPECT_EQ(Only(Read("github/issues.pinned"), FactKind::kAction).value, "pinned");
  EXPECT_EQ(Only(Read("github/pull_request.review_requested"), FactKind::kAction).value,
            "review_requested");
  EXPECT_EQ(Only(Read("github/pull_request.synchronize"), FactKind::kAction).value, "synchronize");
}

TEST(GitHubParseTest, EventsAroundTheTickets) {
  const Event push = Read("github/push");
  EXPECT_EQ(push.kind, EventKind::kPush);
  EXPECT_EQ(push.ref, "refs/heads/main");
  EXPECT_EQ(push.commit, "77aa0c1d2e3f405162738495a6b7c8d9e0f1a2b3");
  EXPECT_EQ(Read("github/label.edited").kind, EventKind::kLabel);
  EXPECT_EQ(Read("github/ping").kind, EventKind::kPing);
  const Event renamed = Read("github/repository.renamed");
  EXPECT_EQ(renamed.kind, EventKind::kProject);
  EXPECT_EQ(renamed.project.path, "acme/open-db");
  EXPECT_TRUE(Read("github/repository.privatized").project.is_private);
}

// Every member of the enterprise may read an `internal` repository. An old server reports it as
// private.
TEST(GitHubParseTest, ToldApartIsWhomARepositoryIsPrivateTo) {
  const auto read = [](std::string_view is_private, std::string_view visibility) {
    std::string body = Sample("github/issues.opened");
    EXPECT_EQ(absl::StrReplaceAll({{"\"private\": false,", std::string(is_private)}}, &body), 1);
    EXPECT_EQ(
        absl::StrReplaceAll({{"\"visibility\": \"public\",", std::string(visibility)}}, &body), 1);
    const absl::StatusOr<Event> event = Parse("issues", body);
    EXPECT_TRUE(event.ok()) << event.status();
    return event.ok() ? event->project : ProjectInfo();
  };
  EXPECT_TRUE(read("\"private\": true,", "\"visibility\": \"private\",").members_only);
  const ProjectInfo internal = read("\"private\": true,", "\"visibility\": \"internal\",");
  EXPECT_TRUE(internal.is_private);
  EXPECT_FALSE(internal.members_only);
  EXPECT_TRUE(read("\"private\": true,", "").is_private);
  EXPECT_FALSE(read("\"private\": true,", "").members_only) << "it may be internal";
  EXPECT_FALSE(read("\"private\": false,", "\"visibility\": \"private\",").members_only);
}

TEST(GitHubParseTest, InstallationsListTheirProjects) {
  const Event created = Read("github/installation.created");
  EXPECT_EQ(created.kind, EventKind::kInstallation);
  EXPECT_EQ(created.account.login, "acme");
  ASSERT_EQ(created.projects.size(), 2u);
  EXPECT_EQ(created.projects[0].path, "acme/opendb");
  EXPECT_EQ(created.projects[0].installation_id, "551");
  const Event added = Read("github/installation_repositories.added");
  ASSERT_EQ(added.projects.size(), 1u);
  EXPECT_TRUE(added.projects[0].is_private);
  EXPECT_EQ(Read("github/installation_repositories.removed").projects[0].id, "1296300");
}

TEST(GitHubParseTest, SubscriptionsSayWhoAndWhat) {
  const Event bought = Read("github/marketplace_purchase.purchased");
  EXPECT_EQ(bought.kind, EventKind::kSubscription);
  EXPECT_EQ(bought.account.id, "4200");
  ASSERT_TRUE(bought.subscription);
  EXPECT_EQ(bought.subscription->act, SubscriptionAct::kBegan);
  EXPECT_EQ(bought.subscription->tier, "435");
  EXPECT_EQ(bought.subscription->effective, At("2026-03-01T00:00:00Z"));
  const Event sponsor = Read("github/sponsorship.created");
  EXPECT_EQ(sponsor.account, kDave);
  ASSERT_TRUE(sponsor.subscription);
  EXPECT_EQ(sponsor.subscription->sponsorable, "acme");
  EXPECT_EQ(sponsor.subscription->cents, 10000);
  EXPECT_EQ(sponsor.subscription->began, At("2026-03-03T08:00:00Z"));
  EXPECT_FALSE(sponsor.subscription->is_private);
  const Event hidden = Read("github/sponsorship.created.private");
  EXPECT_EQ(hidden.account.id, "4004");
  EXPECT_EQ(hidden.account.login, "");
  EXPECT_EQ(hidden.sender.login, "");
  ASSERT_TRUE(hidden.subscription);
  EXPECT_TRUE(hidden.subscription->is_private);
}

TEST(GitHubParseTest, TheBodyMustFitItsHeader) {
  for (const auto& [event, name] : std::vector<std::pair<const char*, const char*>>{
           {"issue_comment", "github/issues.opened"},
           {"issues", "github/issue_comment.created"},
           {"issues", "github/pull_request.opened"},
           {"pull_request", "github/pull_request_review.submitted"},
           {"pull_request", "github/pull_request_review_comment.created"},
           {"pull_request_review", "github/pull_request_review_comment.created"},
           {"pull_request_review_comment", "github/issue_comment.created"},
           {"label", "github/issues.labeled"},
           {"repository", "github/issues.opened"},
           {"push", "github/issues.opened"},
           {"installation", "github/installation_repositories.added"},
           {"installation_repositories", "github/installation.created"},
           {"installation", "github/issues.opened"},
           {"marketplace_purchase", "github/sponsorship.created"},
           {"ping", "github/issues.opened"}}) {
    EXPECT_EQ(Parse(event, Sample(name)).status().code(), absl::StatusCode::kInvalidArgument)
        << event << " " << name;
  }
}

TEST(GitHubParseTest, UnknownEventsAndActionsAreNothing) {
  const auto unknown_event = Parse("star", R"({"action":"created"})");
  ASSERT_TRUE(unknown_event.ok());
  EXPECT_EQ(unknown_event->kind, EventKind::kNothing);
  EXPECT_FALSE(unknown_event->reason.empty());
  std::string body = Sample("github/issues.pinned");
  body.replace(body.find("pinned"), 6, "sprung");
  const auto unknown_action = Parse("issues", body);
  ASSERT_TRUE(unknown_action.ok());
  EXPECT_EQ(unknown_action->kind, EventKind::kNothing);
  EXPECT_THAT(unknown_action->facts, IsEmpty());
}

TEST(GitHubParseTest, SaysWhatIsMissing) {
  for (
      const char* body :
      {R"({"action":"opened","issue":{"number":1},"repository":{"full_name":"a/b"}})",
       R"({"action":"opened","issue":{"number":1}})",
       R"({"action":"opened","issue":{"number":1},"repository":{"id":1,"full_name":"a b"}})",
       R"({"action":"opened","issue":{"number":0},"repository":{"id":1,"full_name":"a/b"}})",
       R"({"action":"opened","issue":{"number":-3},"repository":{"id":1,"full_name":"a/b"}})",
       R"({"action":"opened","issue":{"number":1.5},"repository":{"id":1,"full_name":"a/b"}})",
       R"({"action":"opened","issue":{"number":"1"},"repository":{"id":1,"full_name":"a/b"}})",
       R"({"action":"opened","issue":{"number":1},"repository":{"id":99999999999999999999,"full_name":"a/b"}})",
       R"({"issue":{"number":1},"repository":{"id":1,"full_name":"a/b"}})"}) {
    const auto event = Parse("issues", body);
    ASSERT_FALSE(event.ok()) << body;
    EXPECT_THAT(std::string(event.status().message()), testing::HasSubstr("lacks")) << body;
  }
}

TEST(GitHubParseTest, BelievesNoOddNamesAndAddresses) {
  const auto event = Parse("issues", R"({"action":"opened","repository":{"id":1,"full_name":"a/b"},
      "sender":{"id":2,"login":"@all <!--"},
      "issue":{"number":1,"html_url":"javascript:alert","user":{"id":2,"login":"x y"}}})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->sender.id, "2");
  EXPECT_EQ(event->sender.login, "");
  EXPECT_EQ(event->ticket->url, "");
  EXPECT_EQ(event->ticket->author.login, "");
  const auto dots = Parse("issues", R"({"action":"opened","sender":{"id":2,"login":".."},
      "repository":{"id":1,"full_name":"a/.b.c"},"issue":{"number":1}})");
  ASSERT_TRUE(dots.ok()) << dots.status();
  EXPECT_EQ(dots->sender.login, "");
  EXPECT_EQ(dots->project.path, "a/.b.c");
  // An opening without a time gets the time of receipt.
  EXPECT_TRUE(Only(*event, FactKind::kOpened).at_receipt);
}

}  // namespace
}  // namespace retainer::webhooks
