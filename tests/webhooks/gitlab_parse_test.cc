#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "retainer/change.h"
#include "retainer/fact_builders.h"
#include "tests/webhooks/deliveries.h"
#include "webhooks/gitlab/gitlab_facts.h"

namespace retainer::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Actor kDave{"54", "dave", false};
const Actor kAlice{"51", "alice", false};
const Actor kCarol{"53", "carol", false};

absl::StatusOr<Event> Parse(std::string_view event, std::string body) {
  return GitLab()->Parse(Deliver("gitlab", event, std::move(body)));
}

TEST(GitLabParseTest, AnOpeningBringsLabelsAndAssignees) {
  const Event event = Read("gitlab/issue_hook.open");
  EXPECT_EQ(event.kind, EventKind::kTicket);
  EXPECT_EQ(event.type, "Issue Hook");
  EXPECT_EQ(event.action, "open");
  EXPECT_EQ(event.project.id, "77");
  EXPECT_EQ(event.project.path, "acme/opendb");
  EXPECT_FALSE(event.project.is_private);
  EXPECT_EQ(event.ticket->kind, TicketKind::kIssue);
  EXPECT_EQ(event.ticket->number, 7);
  EXPECT_EQ(event.ticket->author, kDave);
  const Fact opened = Only(event, FactKind::kOpened);
  EXPECT_EQ(opened.actor, kDave);
  EXPECT_EQ(opened.at, At("2026-03-03T09:02:00Z"));
  EXPECT_THAT(opened.labels, ElementsAre("bug"));
  EXPECT_EQ(Only(event, FactKind::kAssigned).assignee, kAlice);
  EXPECT_THAT(All(event, FactKind::kAction), IsEmpty());
}

// An `internal` project is private to outsiders, but every signed-in user may read it.
TEST(GitLabParseTest, ToldApartIsWhomAProjectIsPrivateTo) {
  const auto read = [](std::string_view visibility) {
    std::string body = Sample("gitlab/issue_hook.open");
    EXPECT_EQ(absl::StrReplaceAll({{"\"visibility_level\": 20,", std::string(visibility)}}, &body),
              1);
    const absl::StatusOr<Event> event = Parse("Issue Hook", body);
    EXPECT_TRUE(event.ok()) << event.status();
    return event.ok() ? event->project : ProjectInfo();
  };
  for (const auto& [visibility, is_private, members_only] :
       {std::tuple("\"visibility_level\": 0,", true, true),
        std::tuple("\"visibility_level\": 10,", true, false),
        std::tuple("\"visibility_level\": 20,", false, false),
        std::tuple("\"visibility\": \"private\",", true, true),
        std::tuple("\"visibility\": \"internal\",", true, false),
        std::tuple("\"visibility_level\": 0, \"visibility\": \"internal\",", true, false),
        std::tuple("", false, false)}) {
    EXPECT_EQ(read(visibility).is_private, is_private) << visibility;
    EXPECT_EQ(read(visibility).members_only, members_only) << visibility;
  }
}

TEST(GitLabParseTest, AMergeRequestSaysWhatItFixesAndWhereItStands) {
  ChangeInfo change;
  change.base = "main";
  change.head = "0f3c1de29a7b45cc10d2f6a4b1e88d7a6c5e4b31";
  change.fixes = {"#7"};
  EXPECT_EQ(SeenIn(Read("gitlab/merge_request_hook.open")), change);
  EXPECT_EQ(SeenIn(Read("gitlab/merge_request_hook.update.push")), change);
  EXPECT_EQ(SeenIn(Read("gitlab/merge_request_hook.approved")), change);
  change.state = ChangeState::kMerged;
  change.merge = "5e1d0c9b8a7f6e5d4c3b2a190817263544536271";
  EXPECT_EQ(SeenIn(Read("gitlab/merge_request_hook.merge")), change);
  EXPECT_EQ(SeenIn(Read("gitlab/note_hook.create.on-merge-request")), std::nullopt);
  EXPECT_EQ(SeenIn(Read("gitlab/issue_hook.open")), std::nullopt);
}

TEST(GitLabParseTest, AMergeRequestsTitleClosesTooAndAFastForwardHasNoCommitOfItsOwn) {
  std::string body = Sample("gitlab/merge_request_hook.merge");
  const auto replace = [&](std::string_view from, std::string_view to) {
    const std::size_t at = body.find(from);
    ASSERT_NE(at, body.npos) << from;
    body.replace(at, from.size(), to);
  };
  replace("End the backup of an empty table", "Resolve #8 in acme/opendb");
  replace("5e1d0c9b8a7f6e5d4c3b2a190817263544536271", "");
  const auto event = Parse("Merge Request Hook", body);
  ASSERT_TRUE(event.ok()) << event.status();
  const auto change = SeenIn(*event);
  ASSERT_TRUE(change);
  EXPECT_THAT(change->fixes, ElementsAre("#7", "#8"));
  EXPECT_EQ(change->merge, "0f3c1de29a7b45cc10d2f6a4b1e88d7a6c5e4b31");
}

TEST(GitLabParseTest, EditingAMergedMergeRequestChangesNothingOfWhatItFixed) {
  FactSet facts;
  const Event merged = Read("gitlab/merge_request_hook.merge");
  for (const Fact& fact : All(merged, FactKind::kChangeSeen)) facts.Add(fact);
  const auto before = FindChange(facts);
  ASSERT_TRUE(before);
  std::string body = absl::StrReplaceAll(Sample("gitlab/merge_request_hook.merge"),
                                         {{"\"action\": \"merge\"", "\"action\": \"update\""},
                                          {"Closes #7", "Closes #99"},
                                          {"14:00:00 UTC", "18:00:00 UTC"}});
  // With a change of the description instead of the state.
  body.resize(body.find("\"changes\""));
  body += R"("changes": {"description": {"previous": "Closes #7", "current": "Closes #99"}}})";
  const auto edited = Parse("Merge Request Hook", body);
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_THAT(SeenIn(*edited)->fixes, IsEmpty());
  for (const Fact& fact : All(*edited, FactKind::kChangeSeen)) facts.Add(fact);
  EXPECT_EQ(FindChange(facts), before);
}

TEST(GitLabParseTest, LabelChangesComeFromTheDifference) {
  const Event event = Read("gitlab/issue_hook.update.labels");
  const Fact added = Only(event, FactKind::kLabelAdded);
  EXPECT_EQ(added.subject, "priority: P1");
  EXPECT_EQ(added.actor, kAlice);
  EXPECT_EQ(added.at, At("2026-03-03T09:10:00Z"));
  EXPECT_EQ(Only(event, FactKind::kLabelRemoved).subject, "triage");
  EXPECT_THAT(Only(event, FactKind::kLabels).labels, ElementsAre("bug", "priority: P1"));
}

TEST(GitLabParseTest, AChangeThatMovesNoUpdateTakesItsReceipt) {
  const Event event = Read("gitlab/issue_hook.update.labels-undated");
  const Fact added = Only(event, FactKind::kLabelAdded);
  EXPECT_TRUE(added.at_receipt);
  EXPECT_EQ(added.at, Received());
  EXPECT_EQ(added.actor.login, "alice");
  EXPECT_EQ(added.actor.id, "");
  EXPECT_TRUE(Only(event, FactKind::kLabels).at_receipt);
  const Event again =
      Read("gitlab/issue_hook.update.labels-undated", Received() + absl::Minutes(1));
  EXPECT_EQ(Only(again, FactKind::kLabelAdded).id, added.id);
}

TEST(GitLabParseTest, AssigneesComeFromTheDifference) {
  const Event event = Read("gitlab/issue_hook.update.assignees");
  EXPECT_EQ(Only(event, FactKind::kAssigned).assignee, kAlice);
  EXPECT_EQ(Only(event, FactKind::kUnassigned).assignee, kCarol);
}

TEST(GitLabParseTest, AnEditedDescriptionShowsBothVersions) {
  const Event event = Read("gitlab/issue_hook.update.description");
  const Fact edited = Only(event, FactKind::kTextEdited);
  EXPECT_EQ(edited.actor, kDave);
  EXPECT_EQ(edited.author, kDave);
  EXPECT_EQ(edited.at, At("2026-03-03T09:13:00Z"));
  EXPECT_EQ(edited.text.commands.size(), 1u);
  EXPECT_THAT(edited.before->commands, IsEmpty());
  EXPECT_EQ(Only(event, FactKind::kAction).value, "retitled");
}

TEST(GitLabParseTest, ConfidentialityIsAFact) {
  const Event changed = Read("gitlab/confidential_issue_hook.update");
  const Fact visibility = Only(changed, FactKind::kVisibility);
  EXPECT_EQ(visibility.value, "confidential");
  EXPECT_EQ(visibility.actor, kDave);
  EXPECT_TRUE(changed.ticket->confidential);
  const Event opened = Read("gitlab/confidential_issue_hook.open");
  EXPECT_EQ(Only(opened, FactKind::kVisibility).value, "confidential");
}

TEST(GitLabParseTest, StateChangesWithAndWithoutAnAction) {
  const Fact closed = Only(Read("gitlab/issue_hook.close"), FactKind::kClosed);
  EXPECT_EQ(closed.at, At("2026-03-03T15:40:05Z"));
  EXPECT_EQ(closed.value, "");
  EXPECT_EQ(closed.actor, kAlice);
  EXPECT_EQ(Only(Read("gitlab/issue_hook.update.state-without-action"), FactKind::kClosed).at,
            At("2026-03-03T09:15:00Z"));
  EXPECT_EQ(Only(Read("gitlab/issue_hook.reopen"), FactKind::kReopened).at,
            At("2026-03-03T16:00:00Z"));
  const Fact merged = Only(Read("gitlab/merge_request_hook.merge"), FactKind::kClosed);
  EXPECT_EQ(merged.value, "merged");
  EXPECT_EQ(merged.at, At("2026-03-03T14:00:00Z"));
}

TEST(GitLabParseTest, DuplicatesAndMovesAreTold) {
  EXPECT_EQ(Only(Read("gitlab/issue_hook.close.duplicate"), FactKind::kClosed).value, "duplicate");
  const Fact moved = Only(Read("gitlab/issue_hook.close.moved"), FactKind::kMoved);
  EXPECT_EQ(moved.value, "");
  EXPECT_EQ(moved.at, At("2026-03-03T15:42:00Z"));
}

TEST(GitLabParseTest, NotesAreCommentsOfTheirAuthor) {
  const Event event = Read("gitlab/note_hook.create");
  const Fact comment = Only(event, FactKind::kComment);
  EXPECT_EQ(comment.subject, "note/9");
  EXPECT_EQ(comment.actor, kAlice);
  EXPECT_FALSE(comment.internal);
  EXPECT_EQ(event.ticket->number, 7);
  EXPECT_EQ(event.ticket->author.id, "54");
  const Event change = Read("gitlab/note_hook.create.on-merge-request");
  EXPECT_EQ(change.ticket->kind, TicketKind::kChange);
  EXPECT_EQ(change.ticket->number, 3);
}

TEST(GitLabParseTest, ANoteWithoutActionIsNewAndItsSenderIsTheAuthor) {
  const Event event = Read("gitlab/note_hook.create.old");
  EXPECT_EQ(event.action, "create");
  const Fact comment = Only(event, FactKind::kComment);
  EXPECT_EQ(comment.actor, kAlice);
  EXPECT_EQ(comment.at, At("2026-03-03T09:41:00Z"));
  EXPECT_EQ(event.ticket->url, "https://gitlab.example/acme/opendb/-/issues/7");
  EXPECT_THAT(All(event, FactKind::kLabels), IsEmpty());
}

TEST(GitLabParseTest, AnEditedNoteSaysWhoDidIt) {
  const Fact edited = Only(Read("gitlab/note_hook.update"), FactKind::kCommentEdited);
  EXPECT_EQ(edited.subject, "note/9");
  EXPECT_EQ(edited.actor, kCarol);
  EXPECT_EQ(edited.author.id, "51");
  EXPECT_EQ(edited.at, At("2026-03-03T09:50:00Z"));
  EXPECT_FALSE(edited.before.has_value());
}

TEST(GitLabParseTest, InternalIfHeaderOrTypeOrNoteSaysSo) {
  EXPECT_TRUE(
      Only(Read("gitlab/confidential_note_hook.create.internal"), FactKind::kComment).internal);
  const auto internal = [](std::string_view header, std::string body) {
    const auto event = Parse(header, std::move(body));
    EXPECT_TRUE(event.ok()) << event.status();
    return Only(*event, FactKind::kComment).internal;
  };
  const std::string plain = Sample("gitlab/note_hook.create");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string body = plain;
    body.replace(body.find(from), from.size(), to);
    return body;
  };
  EXPECT_FALSE(internal("Note Hook", plain));
  EXPECT_TRUE(internal("Confidential Note Hook", plain));
  EXPECT_TRUE(internal("Note Hook",
                       with("\"event_type\": \"note\"", "\"event_type\": \"confidential_note\"")));
  EXPECT_TRUE(internal("Note Hook", with("\"internal\": false", "\"internal\": true")));
  EXPECT_TRUE(internal("Note Hook", with("\"internal\": false", "\"confidential\": true")));
}

TEST(GitLabParseTest, OnAConfidentialIssueTheNotesOwnWordCounts) {
  const Event event = Read("gitlab/confidential_note_hook.create.on-confidential-issue");
  EXPECT_FALSE(Only(event, FactKind::kComment).internal);
  EXPECT_EQ(Only(event, FactKind::kVisibility).value, "confidential");
  std::string silent = Sample("gitlab/confidential_note_hook.create.on-confidential-issue");
  const std::string_view word = "\"internal\": false,";
  silent.replace(silent.find(word), word.size(), "");
  const auto unsure = Parse("Confidential Note Hook", silent);
  ASSERT_TRUE(unsure.ok());
  EXPECT_TRUE(Only(*unsure, FactKind::kComment).internal);
}

TEST(GitLabParseTest, SystemNotesAndNotesElsewhereAreNothing) {
  EXPECT_EQ(Read("gitlab/note_hook.create.system").kind, EventKind::kNothing);
  EXPECT_EQ(Read("gitlab/note_hook.create.on-commit").kind, EventKind::kNothing);
}

TEST(GitLabParseTest, WorkItemsAreIssues) {
  const Event event = Read("gitlab/issue_hook.open.work-item");
  EXPECT_EQ(event.ticket->kind, TicketKind::kIssue);
  EXPECT_EQ(event.ticket->number, 8);
  // Cut to the whole second, as in other versions and in the API.
  EXPECT_EQ(Only(event, FactKind::kOpened).at, At("2026-03-03T09:20:00Z"));
}

TEST(GitLabParseTest, MergeRequestsAreChanges) {
  EXPECT_EQ(Read("gitlab/merge_request_hook.open").ticket->kind, TicketKind::kChange);
  EXPECT_EQ(Only(Read("gitlab/merge_request_hook.update.push"), FactKind::kAction).value,
            "synchronize");
  EXPECT_EQ(Only(Read("gitlab/merge_request_hook.update.push"), FactKind::kChangeSeen).revision % 2,
            1u);
  EXPECT_EQ(Only(Read("gitlab/merge_request_hook.open"), FactKind::kChangeSeen).revision % 2, 0u);
  EXPECT_EQ(Only(Read("gitlab/merge_request_hook.approved"), FactKind::kAction).value, "approved");
}

TEST(GitLabParseTest, PushesSayWhoAndWhere) {
  const Event push = Read("gitlab/push_hook");
  EXPECT_EQ(push.kind, EventKind::kPush);
  EXPECT_EQ(push.ref, "refs/heads/main");
  EXPECT_EQ(push.sender, kAlice);
}

TEST(GitLabParseTest, TheBodyMustFitItsHeader) {
  for (const auto& [event, name] : std::vector<std::pair<const char*, const char*>>{
           {"Note Hook", "gitlab/issue_hook.open"},
           {"Issue Hook", "gitlab/note_hook.create"},
           {"Merge Request Hook", "gitlab/issue_hook.open"},
           {"Push Hook", "gitlab/issue_hook.open"},
           {"Issue Hook", "github/issues.opened"}}) {
    EXPECT_EQ(Parse(event, Sample(name)).status().code(), absl::StatusCode::kInvalidArgument)
        << event << " " << name;
  }
}

TEST(GitLabParseTest, AGroupsWorkItemIsNothing) {
  const auto event = Parse("Issue Hook", R"({"object_kind":"work_item","group":{"id":3},
      "object_attributes":{"iid":1,"action":"open","type":"Epic"}})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->kind, EventKind::kNothing);
}

TEST(GitLabParseTest, TokensBotsAreKnownByTheirLogins) {
  for (const char* bot : {"project_12_bot", "project_12_bot2", "project_12_bot_1a2b3c",
                          "group_7_bot_00ff", "service_account_group_7_00ff00"}) {
    EXPECT_TRUE(gitlab::IsBotLogin(bot)) << bot;
  }
  for (const char* person :
       {"", "alice", "project_bot", "project_12_botanist", "robot", "group_x_bot",
        "my_project_12_bot", "project_12_bot_zoe", "service_account_bob"}) {
    EXPECT_FALSE(gitlab::IsBotLogin(person)) << person;
  }
}

}  // namespace
}  // namespace retainer::webhooks
