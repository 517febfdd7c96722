// What every forge client must do, tested over HTTP against the sandbox: one suite, run for each
// client.
//
// A source file of a test binary includes this and instantiates it with makers of clients:
//
//     INSTANTIATE_TEST_SUITE_P(GitHubApp, ForgeContract, testing::Values(ForgeMaker{…}));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "src/sandbox/sandbox.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {

// Makes a client that writes as `desk` (or as an app's bot) to a started sandbox. The client must
// not space mutations, because the suite's clock stands still.
struct ForgeMaker {
  std::string name;
  ForgeKind kind = ForgeKind::kGitHub;
  std::function<std::unique_ptr<Forge>(sandbox::Sandbox& sandbox, const Clock& clock, Log& log)>
      make;
};

inline void PrintTo(const ForgeMaker& maker, std::ostream* out) { *out << maker.name; }

// The setup: the public project acme/opendb. desk maintains it, alice can write, dave has no
// rights; erin is a public and frank a hidden member of the organisation acme-inc.
class ForgeContract : public testing::TestWithParam<ForgeMaker> {
 protected:
  ForgeContract() {
    EXPECT_TRUE(sandbox_.Start().ok());
    std::int64_t id = 100;
    for (const char* login : {"desk", "alice", "dave", "erin", "frank"}) {
      sandbox_.AddUser(kind_,
                       {.login = login, .id = ++id, .email = absl::StrCat(login, "@Acme.example")});
    }
    project_.forge = kind_ == ForgeKind::kGitHub ? "github" : "gitlab";
    project_.path = "acme/opendb";
    project_id_ = sandbox_.AddProject({.ref = project_});
    sandbox_.AddOrganization(kind_, "acme-inc");
    EXPECT_TRUE(sandbox_.AddMember(kind_, "acme-inc", "erin", true).ok());
    EXPECT_TRUE(sandbox_.AddMember(kind_, "acme-inc", "frank", false).ok());
    EXPECT_TRUE(sandbox_.SetRole(project_, "desk", "maintain").ok());
    EXPECT_TRUE(sandbox_.SetRole(project_, "alice", "write").ok());
    forge_ = GetParam().make(sandbox_, clock_, log_);
  }

  // Each step of the setup has its own second.
  void Tick() { clock_.Advance(absl::Seconds(2)); }

  RemoteTicket Remote(const TicketRef& ref) const {
    return {{forge_->name(), absl::StrCat(project_id_), ref.kind, ref.number}, ref.path, ""};
  }
  RemoteTicket Open(const std::vector<std::string>& labels = {}) {
    Tick();
    ref_ = *sandbox_.OpenIssue(project_, "dave", "It is slow", "Please help me", labels);
    Tick();
    return Remote(ref_);
  }
  std::string Thread() { return *sandbox_.RenderThread(ref_); }
  Actor Person(const std::string& login) { return *forge_->FindUser(login); }

  const ForgeKind kind_ = GetParam().kind;
  FakeClock clock_{absl::FromUnixSeconds(1772323200)};
  FakeLog log_;
  sandbox::Sandbox sandbox_{sandbox::SandboxOptions{.clock = clock_}};
  ProjectRef project_;
  std::int64_t project_id_ = 0;
  TicketRef ref_;
  std::unique_ptr<Forge> forge_;
};

TEST_P(ForgeContract, LacksNothingHere) {
  auto health = forge_->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_FALSE(health->self.id.empty());
  EXPECT_EQ(health->self, *forge_->Self());
  for (const std::string& missing : health->missing) ADD_FAILURE() << missing;
}

TEST_P(ForgeContract, KnowsPeopleByIdAndByLogin) {
  const Actor alice = Person("alice");
  EXPECT_FALSE(alice.id.empty());
  EXPECT_EQ(alice.login, "alice");
  EXPECT_FALSE(alice.machine);
  EXPECT_EQ(forge_->FindUser("nobody").status().code(), absl::StatusCode::kNotFound);
  const RemoteTicket at = Open();
  for (const Actor& actor : {alice, Actor{alice.id, "", false}, Actor{"", "alice", false}}) {
    auto permission = forge_->Permission(at, actor);
    ASSERT_TRUE(permission.ok()) << permission.status();
    EXPECT_EQ(*permission, "write");
    auto email = forge_->PublicEmail(at, actor);
    ASSERT_TRUE(email.ok()) << email.status();
    EXPECT_EQ(*email, "alice@acme.example");
  }
  auto stranger = forge_->Permission(at, Person("dave"));
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  EXPECT_TRUE(*stranger == "read" || *stranger == "none") << *stranger;
}

TEST_P(ForgeContract, NeverTakesAnUnseenMemberForAStrangerOrAStrangerForAMember) {
  const RemoteTicket at = Open();
  EXPECT_EQ(*forge_->Membership(at, "acme-inc", Person("erin")), "yes");
  EXPECT_NE(*forge_->Membership(at, "acme-inc", Person("frank")), "no");
  EXPECT_NE(*forge_->Membership(at, "acme-inc", Person("dave")), "yes");
}

TEST_P(ForgeContract, SaysWhoseHiddenMembersItSees) {
  const RemoteTicket at = Open();
  const auto sees = forge_->SeesMembers(at, "acme-inc");
  ASSERT_TRUE(sees.ok()) << sees.status();
  EXPECT_EQ(*sees, *forge_->Membership(at, "acme-inc", Person("frank")) == "yes");
  if (kind_ == ForgeKind::kGitHub) {
    EXPECT_FALSE(*sees);
    EXPECT_TRUE(absl::IsNotFound(forge_->SeesMembers(at, "nobody-inc").status()));
    sandbox_.AddOrganization(kind_, "acme");
    ASSERT_TRUE(sandbox_.AddMember(kind_, "acme", "desk", false).ok());
    EXPECT_TRUE(*forge_->SeesMembers(at, "acme"));
  } else {
    sandbox_.AddOrganization(kind_, "hidden", true);
    EXPECT_FALSE(*forge_->SeesMembers(at, "hidden"));
    ASSERT_TRUE(sandbox_.AddMember(kind_, "hidden", "desk", false).ok());
    EXPECT_TRUE(*forge_->SeesMembers(at, "hidden"));
  }
}

TEST_P(ForgeContract, SaysWhenAWebhookGoesElsewhere) {
  ASSERT_TRUE(sandbox_.SetRole(project_, "desk", "admin").ok());
  const std::string url = "https://support.example.com/webhooks/x";
  sandbox_.SetHook(kind_, {.url = url, .secret = "s", .token = "s"});
  auto hooks = forge_->CheckHooks(url, {project_.path});
  ASSERT_TRUE(hooks.ok()) << hooks.status();
  for (const std::string& wrong : hooks->wrong) ADD_FAILURE() << wrong;
  for (const std::string& unseen : hooks->unseen) ADD_FAILURE() << unseen;
  hooks = forge_->CheckHooks("https://other.example.com/webhooks/x", {project_.path});
  ASSERT_TRUE(hooks.ok()) << hooks.status();
  EXPECT_EQ(hooks->wrong.size() + hooks->unseen.size(), 1u);
}

TEST_P(ForgeContract, LooksAtWebhooksOnlyWhereItMay) {
  ASSERT_TRUE(sandbox_.SetRole(project_, "desk", "write").ok());
  auto hooks = forge_->CheckHooks("", {project_.path});
  ASSERT_TRUE(hooks.ok()) << hooks.status();
  if (GetParam().name != "GitHubApp") {
    ASSERT_EQ(hooks->unseen.size(), 1u);
    EXPECT_TRUE(absl::StrContains(hooks->unseen[0], "may not look"));
  }
}

TEST_P(ForgeContract, SaysWhereOurRoleDoesNotSuffice) {
  if (kind_ == ForgeKind::kGitHub) {
    const auto access = forge_->CheckAccess({project_.path});
    ASSERT_TRUE(access.ok()) << access.status();
    EXPECT_TRUE(access->wrong.empty() && access->weaker.empty()) << "Check tells it";
    return;
  }
  const auto look = [&](const char* role, const std::string& path) {
    if (role != nullptr) {
      EXPECT_TRUE(sandbox_.SetRole(project_, "desk", role).ok());
    }
    const auto access = forge_->CheckAccess({path});
    EXPECT_TRUE(access.ok()) << access.status();
    return access.value_or(AccessHealth());
  };
  for (const char* role : {"admin", "maintain", "write"}) {
    const AccessHealth access = look(role, project_.path);
    EXPECT_TRUE(access.wrong.empty() && access.weaker.empty()) << role;
  }
  AccessHealth access = look("triage", project_.path);
  EXPECT_TRUE(access.wrong.empty());
  ASSERT_EQ(access.weaker.size(), 1u);
  EXPECT_TRUE(absl::StrContains(access.weaker[0], "Developer")) << access.weaker[0];
  access = look("read", project_.path);
  ASSERT_EQ(access.wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(access.wrong[0], "has Guest in")) << access.wrong[0];
  EXPECT_TRUE(absl::StrContains(access.wrong[0], "Reporter at least")) << access.wrong[0];
  access = look(nullptr, "nobody/nowhere");
  ASSERT_EQ(access.wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(access.wrong[0], "cannot be seen")) << access.wrong[0];
}

TEST_P(ForgeContract, SaysWhichWebhookTheForgeHasSwitchedOff) {
  if (kind_ == ForgeKind::kGitHub) return;  // GitHub never does that
  sandbox::SandboxHook hook{.url = "https://support.example.com/webhooks/x", .token = "s"};
  hook.alert_status = "temporarily_disabled";
  hook.disabled_until = clock_.Now() + absl::Hours(1);
  sandbox_.SetHook(kind_, hook);
  auto hooks = forge_->CheckHooks(hook.url, {project_.path});
  ASSERT_TRUE(hooks.ok()) << hooks.status();
  ASSERT_EQ(hooks->wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(hooks->wrong[0], "switched off by GitLab until 2026-"))
      << hooks->wrong[0];
}

TEST_P(ForgeContract, FindsProjects) {
  auto project = forge_->FindProject("acme/opendb");
  ASSERT_TRUE(project.ok()) << project.status();
  EXPECT_EQ(project->id, absl::StrCat(project_id_));
  EXPECT_EQ(project->path, "acme/opendb");
  EXPECT_FALSE(project->is_private);
  EXPECT_FALSE(project->members_only);
  EXPECT_FALSE(forge_->FindProject("acme/none").ok());
}

TEST_P(ForgeContract, ListsTheProjectsThatItReaches) {
  std::set<std::string> expected = {"acme/opendb"};
  for (int i = 0; i < 120; ++i) {
    const ProjectRef one{project_.forge, absl::StrCat("acme/tool", i)};
    sandbox_.AddProject({.ref = one});
    ASSERT_TRUE(sandbox_.SetRole(one, "desk", "read").ok());
    expected.insert(one.path);
  }
  // One that everybody can read, and that is none of ours.
  sandbox_.AddProject({.ref = {project_.forge, "other/tool"}, .installed = false});
  auto projects = forge_->ListProjects();
  ASSERT_TRUE(projects.ok()) << projects.status();
  std::set<std::string> listed;
  for (const ProjectInfo& project : *projects) {
    listed.insert(project.path);
    EXPECT_FALSE(project.id.empty());
    EXPECT_EQ(project.installation_id.empty(), GetParam().name != "GitHubApp") << project.path;
  }
  EXPECT_EQ(listed, expected);
}

TEST_P(ForgeContract, ReadsATicketWithAllItsPages) {
  const RemoteTicket at = Open({"bug"});
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(sandbox_.Comment(ref_, "alice", "an answer").ok());
  auto backfill = forge_->ReadTicket(at);
  ASSERT_TRUE(backfill.ok()) << backfill.status();
  EXPECT_EQ(backfill->ticket.title, "It is slow");
  EXPECT_EQ(backfill->ticket.author.login, "dave");
  EXPECT_TRUE(backfill->ticket.open);
  EXPECT_EQ(backfill->project.id, absl::StrCat(project_id_));
  FactSet facts;
  int comments = 0;
  for (const Fact& fact : backfill->facts) {
    EXPECT_TRUE(facts.Add(fact)) << fact.id;
    EXPECT_EQ(fact.provenance, Provenance::kBackfill);
    comments += fact.kind == FactKind::kComment;
  }
  EXPECT_EQ(comments, 120);
}

TEST_P(ForgeContract, ReadsChanges) {
  Tick();
  ref_ = *sandbox_.OpenPullRequest(project_, "dave", "A fix", "It fixes");
  Tick();
  ASSERT_TRUE(sandbox_.Comment(ref_, "alice", "thank you").ok());
  auto backfill = forge_->ReadTicket(Remote(ref_));
  ASSERT_TRUE(backfill.ok()) << backfill.status();
  EXPECT_EQ(backfill->ticket.kind, TicketKind::kChange);
  EXPECT_TRUE(forge_->CreateComment(Remote(ref_), "noted").ok());
}

TEST_P(ForgeContract, ListsTicketsByWhenTheyWereLastUpdated) {
  const RemoteTicket first = Open();
  const TicketRef first_ref = ref_;
  const RemoteTicket second = Open();
  Tick();
  ASSERT_TRUE(sandbox_.Comment(first_ref, "dave", "It still is").ok());
  TicketListing listing;
  auto page = forge_->ListTickets(first, listing);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->tickets.size(), 2u);
  EXPECT_EQ(page->tickets[0].number, second.key.number);
  EXPECT_EQ(page->tickets[1].number, first.key.number) << "it was touched last";
  EXPECT_EQ(page->tickets[1].kind, TicketKind::kIssue);
  EXPECT_FALSE(page->more);
  // Lists what changed since the last one that was read, including that one.
  ASSERT_TRUE(page->tickets[1].updated_at.has_value());
  listing.since = *page->tickets[1].updated_at;
  page = forge_->ListTickets(first, listing);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->tickets.size(), 1u);
  EXPECT_EQ(page->tickets[0].number, first.key.number);
  // Closed tickets are listed if not only open ones are requested.
  Tick();
  ASSERT_TRUE(sandbox_.Close(first_ref, "alice").ok());
  EXPECT_TRUE(forge_->ListTickets(first, listing)->tickets.empty());
  listing.open_only = false;
  EXPECT_EQ(forge_->ListTickets(first, listing)->tickets.size(), 1u);
}

TEST_P(ForgeContract, ListsTicketsInPages) {
  RemoteTicket at;
  for (int i = 0; i < kTicketPage + 1; ++i) at = Open();
  TicketListing listing;
  auto page = forge_->ListTickets(at, listing);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->tickets.size(), static_cast<std::size_t>(kTicketPage));
  EXPECT_TRUE(page->more);
  listing.page = 2;
  page = forge_->ListTickets(at, listing);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->tickets.size(), 1u);
  EXPECT_EQ(page->tickets[0].number, at.key.number);
  EXPECT_FALSE(page->more);
}

TEST_P(ForgeContract, FindsATicketByItsNumber) {
  const RemoteTicket issue = Open();
  EXPECT_EQ(*forge_->FindTicket(issue), issue.key);
  Tick();
  const RemoteTicket change = Remote(*sandbox_.OpenPullRequest(project_, "dave", "A fix", "It"));
  EXPECT_EQ(*forge_->FindTicket(change), change.key);
  if (kind_ == ForgeKind::kGitHub) {
    RemoteTicket other = change;
    other.key.kind = TicketKind::kIssue;
    EXPECT_EQ(*forge_->FindTicket(other), change.key) << "one row of numbers for both kinds";
  }
}

TEST_P(ForgeContract, WhatIsNotThereIsNotFound) {
  RemoteTicket at = Open();
  at.key.number = 999;
  EXPECT_EQ(forge_->FindTicket(at).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(forge_->ReadTicket(at).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(forge_->CreateComment(at, "x").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ForgeContract, AStatusCommentsLife) {
  const RemoteTicket at = Open();
  const std::string marker = CommentMarker(at.key);
  const absl::Time intent = clock_.Now();
  // A person quotes the marker: that is not our comment.
  ASSERT_TRUE(sandbox_.Comment(ref_, "dave", absl::StrCat("> ", marker)).ok());
  ASSERT_TRUE(forge_->FindOwnComments(at, marker, intent)->empty());
  auto created = forge_->CreateComment(at, absl::StrCat("first words ", marker));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->author.id, forge_->Self()->id);
  Tick();
  auto second = forge_->CreateComment(at, absl::StrCat("the same again ", marker));
  ASSERT_TRUE(second.ok()) << second.status();
  auto found = forge_->FindOwnComments(at, marker, intent);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].id, created->id) << "the oldest first";
  EXPECT_EQ((*found)[1].id, second->id);
  EXPECT_EQ(forge_->FindOwnComments(at, "<!-- retainer:", intent)->size(), 2u);
  EXPECT_TRUE(forge_->FindOwnComments(at, marker, intent + absl::Hours(1))->empty());
  ASSERT_TRUE(forge_->DeleteComment(at, second->id).ok());

  ASSERT_TRUE(forge_->UpdateComment(at, created->id, "second words").ok());
  EXPECT_TRUE(absl::StrContains(Thread(), "second words"));
  EXPECT_FALSE(absl::StrContains(Thread(), "first words"));
  ASSERT_TRUE(forge_->DeleteComment(at, created->id).ok());
  EXPECT_FALSE(absl::StrContains(Thread(), "second words"));
  EXPECT_TRUE(forge_->DeleteComment(at, created->id).ok());
  EXPECT_EQ(forge_->UpdateComment(at, created->id, "x").code(), absl::StatusCode::kNotFound);
}

TEST_P(ForgeContract, LabelsOnAndOff) {
  const RemoteTicket at = Open();
  const FaceLabel label{"sla: at_risk", "d93f0b", "A promise is in danger"};
  ASSERT_TRUE(forge_->EnsureLabel(at, label).ok());
  ASSERT_TRUE(forge_->EnsureLabel(at, label).ok());
  ASSERT_TRUE(forge_->AddLabels(at, {label.name}).ok());
  EXPECT_TRUE(absl::StrContains(Thread(), label.name));
  ASSERT_TRUE(forge_->RemoveLabel(at, label.name).ok());
  EXPECT_FALSE(absl::StrContains(Thread(), label.name));
  EXPECT_TRUE(forge_->RemoveLabel(at, label.name).ok());
}

TEST_P(ForgeContract, ReactionsOnAndOff) {
  const RemoteTicket at = Open();
  auto comment = forge_->CreateComment(at, "words");
  ASSERT_TRUE(comment.ok()) << comment.status();
  const std::string object =
      absl::StrCat(kind_ == ForgeKind::kGitHub ? "comment/" : "note/", comment->id);
  for (const std::string& on : {std::string(), object}) {
    auto done = forge_->SetReaction(at, {on, FaceReaction::Kind::kDone});
    ASSERT_TRUE(done.ok()) << on << done.status();
    EXPECT_FALSE(done->empty());
    EXPECT_EQ(*forge_->SetReaction(at, {on, FaceReaction::Kind::kDone}), *done) << "there already";
    auto refused = forge_->SetReaction(at, {on, FaceReaction::Kind::kRefused});
    ASSERT_TRUE(refused.ok()) << refused.status();
    EXPECT_NE(*refused, *done);
    ASSERT_TRUE(forge_->RemoveReaction(at, on, *done).ok());
    EXPECT_TRUE(forge_->RemoveReaction(at, on, *done).ok()) << "gone counts as taken away";
    EXPECT_NE(*forge_->SetReaction(at, {on, FaceReaction::Kind::kDone}), *done);
  }
  ASSERT_TRUE(forge_->DeleteComment(at, comment->id).ok());
  EXPECT_TRUE(
      absl::IsNotFound(forge_->SetReaction(at, {object, FaceReaction::Kind::kDone}).status()));
  EXPECT_TRUE(absl::IsUnimplemented(
      forge_->SetReaction(at, {"review/5", FaceReaction::Kind::kDone}).status()));
}

TEST_P(ForgeContract, KnowsWhoCanBeAssigned) {
  const RemoteTicket at = Open();
  EXPECT_TRUE(*forge_->CanAssign(at, "alice"));
  EXPECT_FALSE(*forge_->CanAssign(at, "nobody-at-all"));
}

TEST_P(ForgeContract, AddsAssigneesAndUnassignsNobody) {
  const RemoteTicket at = Open();
  ASSERT_TRUE(sandbox_.Assign(ref_, "desk", "desk").ok());
  const absl::Status added = forge_->AddAssignees(at, {"alice", "nobody-at-all"});
  ASSERT_TRUE(added.ok()) << added;
  EXPECT_TRUE(absl::StrContains(Thread(), "alice"));
  EXPECT_TRUE(absl::StrContains(Thread(), "desk"));
}

TEST_P(ForgeContract, TroubleIsNamedByItsKind) {
  const RemoteTicket at = Open();
  // fetches an app's token first, so that the faults hit the tested call
  ASSERT_TRUE(forge_->ReadTicket(at).ok());
  sandbox_.FailNext("POST", "", {.kind = sandbox::FaultKind::kStatus502});
  EXPECT_EQ(forge_->CreateComment(at, "x").status().code(), absl::StatusCode::kUnavailable);
  sandbox_.FailNext("POST", "", {.kind = sandbox::FaultKind::kDropConnection});
  EXPECT_EQ(forge_->CreateComment(at, "x").status().code(), absl::StatusCode::kUnavailable);
  sandbox_.FailNext(
      "POST", "", {.kind = sandbox::FaultKind::kTooManyRequests, .retry_after = absl::Seconds(17)});
  const absl::Status limited = forge_->CreateComment(at, "x").status();
  EXPECT_EQ(limited.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(limited), absl::Seconds(17));
  const std::size_t asked = sandbox_.requests().size();
  EXPECT_EQ(forge_->CreateComment(at, "x").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(sandbox_.requests().size(), asked);
  EXPECT_EQ(forge_->NextMutationAt(at), clock_.Now() + absl::Seconds(17));
  clock_.Advance(absl::Seconds(17));
  EXPECT_TRUE(forge_->CreateComment(at, "x").ok());
}

TEST_P(ForgeContract, ALostAnswerIsFoundAgain) {
  const RemoteTicket at = Open();
  const std::string marker = CommentMarker(at.key);
  ASSERT_TRUE(forge_->FindOwnComments(at, marker, clock_.Now())->empty());
  sandbox_.FailNext("POST", "", {.kind = sandbox::FaultKind::kDropAfterApplying});
  EXPECT_EQ(forge_->CreateComment(at, marker).status().code(), absl::StatusCode::kUnavailable);
  auto found = forge_->FindOwnComments(at, marker, clock_.Now());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->size(), 1u);
}

TEST_P(ForgeContract, AClockThatIsSetBackHoldsUpNothing) {
  const RemoteTicket at = Open();
  ASSERT_TRUE(forge_->CreateComment(at, "before").ok());
  // The forge's own clock continues.
  clock_.ChangeDate(-absl::Hours(24));
  sandbox_.SetClockSkew(absl::Hours(24));
  clock_.Advance(absl::Seconds(2));
  const absl::Status created = forge_->CreateComment(at, "after").status();
  EXPECT_TRUE(created.ok()) << created;
  clock_.Advance(absl::Seconds(2));
  sandbox_.FailNext(
      "POST", "", {.kind = sandbox::FaultKind::kTooManyRequests, .retry_after = absl::Seconds(17)});
  EXPECT_FALSE(forge_->CreateComment(at, "x").ok());
  clock_.ChangeDate(-absl::Hours(24));
  sandbox_.SetClockSkew(absl::Hours(48));
  clock_.Advance(absl::Seconds(17));
  EXPECT_LE(forge_->NextMutationAt(at), clock_.Steady());
  const absl::Status again = forge_->CreateComment(at, "y").status();
  EXPECT_TRUE(again.ok()) << again;
}

TEST_P(ForgeContract, AListLagsBehindWhatWasCreated) {
  const RemoteTicket at = Open();
  const std::string marker = CommentMarker(at.key);
  sandbox_.SetListLag(absl::Seconds(10));
  const auto created = forge_->CreateComment(at, marker);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(forge_->FindOwnComments(at, marker, absl::UnixEpoch())->empty());
  EXPECT_TRUE(forge_->UpdateComment(at, created->id, absl::StrCat("new ", marker)).ok());
  clock_.Advance(absl::Seconds(10));
  const auto found = forge_->FindOwnComments(at, marker, absl::UnixEpoch());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].id, created->id);
}

TEST_P(ForgeContract, ACallMayBeCarriedOutLongAfterItsAnswerWasLost) {
  const RemoteTicket at = Open();
  const std::string marker = CommentMarker(at.key);
  // Let the client make its preparing requests first.
  ASSERT_TRUE(forge_->FindOwnComments(at, marker, absl::UnixEpoch())->empty());
  ASSERT_TRUE(forge_->ReadTicket(at).ok());
  sandbox_.FailNext("POST", "", {.kind = sandbox::FaultKind::kLate, .delay = absl::Seconds(18)});
  EXPECT_EQ(forge_->CreateComment(at, marker).status().code(), absl::StatusCode::kUnavailable);
  clock_.Advance(absl::Seconds(17));
  EXPECT_TRUE(forge_->FindOwnComments(at, marker, absl::UnixEpoch())->empty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(forge_->FindOwnComments(at, marker, absl::UnixEpoch())->size(), 1u);
}

TEST_P(ForgeContract, ACheckWhoseAnswerWasLostIsFoundByItsName) {
  Tick();
  ref_ = *sandbox_.OpenPullRequest(project_, "dave", "A fix", "It fixes");
  const RemoteTicket at = Remote(ref_);
  // Let the client make its preparing requests first.
  ASSERT_TRUE(forge_->CreateComment(at, "noted").ok());
  Tick();
  RemoteCheck check;
  check.commit = sandbox_.Look(ref_)->head;
  check.text = {"1 promise", "It is kept."};
  sandbox_.FailNext("POST", "", {.kind = sandbox::FaultKind::kDropAfterApplying});
  const auto lost = forge_->SetCheck(at, check, "");
  ASSERT_EQ(lost.status().code(), absl::StatusCode::kUnavailable) << lost.status();
  Tick();
  const auto again = forge_->SetCheck(at, check, "");
  if (absl::IsPermissionDenied(again.status())) return;  // a token on GitHub
  ASSERT_TRUE(again.ok()) << again.status();
  // GitLab shows only the last of several statuses with the same name.
  if (kind_ == ForgeKind::kGitHub) {
    EXPECT_EQ(sandbox_.Look(ref_)->checks.size(), 1u);
  }
}

TEST_P(ForgeContract, WorksOnWhileHoursPassAndWithAnotherClock) {
  const RemoteTicket at = Open();
  ASSERT_TRUE(forge_->CreateComment(at, "now").ok());
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(forge_->CreateComment(at, "later").ok());
  sandbox_.SetClockSkew(absl::Minutes(30));
  clock_.Advance(absl::Hours(2));
  const absl::Status skewed = forge_->CreateComment(at, "later still").status();
  EXPECT_TRUE(skewed.ok()) << skewed;
  EXPECT_EQ(forge_->Check()->clock_skew, absl::Minutes(30));
}

TEST_P(ForgeContract, AnUnchangedTicketIsReadFromTheCache) {
  if (kind_ == ForgeKind::kGitLab) return;  // no rate limit to save there
  const RemoteTicket at = Open();
  ASSERT_TRUE(forge_->ReadTicket(at).ok());
  sandbox_.ClearRequests();
  ASSERT_TRUE(forge_->ReadTicket(at).ok());
  for (const sandbox::SandboxRequest& request : sandbox_.requests()) {
    EXPECT_EQ(request.status, 304) << request.method << " " << request.path;
  }
}

}  // namespace retainer
