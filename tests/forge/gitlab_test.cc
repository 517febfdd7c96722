// The GitLab client: each method of the port.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/forge/json.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

const std::string kProject = "/api/v4/projects/7";
const std::string kIssue = kProject + "/issues/12";

class GitLabTest : public testing::Test {
 protected:
  Json Sent() { return ParseJson(world_.script.Last().body).value_or(Json()); }
  void Tick() { world_.clock.Advance(absl::Seconds(1)); }

  World world_{World::GitLabToken()};
  Script& script_ = world_.script;
};

TEST_F(GitLabTest, ShowsItsTokenInGitLabsHeaderOnly) {
  script_.On("GET /api/v4/user", 200, R"({"id":9,"username":"desk","bot":true})");
  EXPECT_EQ(*world_.forge->Self(), (Actor{"9", "desk", true}));
  EXPECT_EQ(script_.Last().headers.at("PRIVATE-TOKEN"), World::GitLabToken().token);
  EXPECT_FALSE(script_.Last().headers.contains("Authorization"));
  EXPECT_FALSE(script_.Last().headers.contains("X-GitHub-Api-Version"));
}

TEST_F(GitLabTest, ACheckIsACommitStatusThatFailsOnlyToBlock) {
  const std::string commit(40, 'a');
  script_.On("POST " + kProject + "/statuses/" + commit, 201, R"({"id":31})");
  RemoteCheck check{commit,
                    CheckView::Verdict::kNeutral,
                    {"#1: first reply by …", "words"},
                    "https://gitlab.test/acme/-/issues/1"};
  const auto id = world_.forge->SetCheck(world_.at, check, "");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(*id, "31");
  EXPECT_EQ(Sent()["name"], "retainer/sla");
  EXPECT_EQ(Sent()["state"], "success");
  EXPECT_EQ(Sent()["description"], "#1: first reply by …");
  EXPECT_EQ(Sent()["target_url"], check.url);
  Tick();
  check.verdict = CheckView::Verdict::kFailure;
  ASSERT_TRUE(world_.forge->SetCheck(world_.at, check, "31").ok());
  EXPECT_EQ(Sent()["state"], "failed");
}

TEST(GitLabHooksTest, PushesMatterOnlyInThePolicysRepository) {
  const auto wrong = [](const ForgeUse& use, const char* hook_there) {
    World world(World::GitLabToken(), use);
    world.script.On("GET /api/v4/projects/acme%2Fopendb/hooks?per_page=100", 200,
                    R"([{"id":1,"url":"https://desk.test/webhooks/gitlab","issues_events":true,
                         "confidential_issues_events":true,"note_events":true,
                         "confidential_note_events":true,"merge_requests_events":true,
                         "push_events":false}])");
    world.script.On("GET /api/v4/projects/acme%2Fpolicy/hooks?per_page=100", 200, hook_there);
    const auto health =
        world.forge->CheckHooks("https://desk.test/webhooks/gitlab", {"acme/opendb"});
    EXPECT_TRUE(health.ok()) << health.status();
    std::string all;
    for (const std::string& line : health->wrong) absl::StrAppend(&all, line, "\n");
    for (const std::string& line : health->unseen) absl::StrAppend(&all, line, "\n");
    return all;
  };
  // Nothing of the policy's repository but its pushes and merge requests.
  const char* hears =
      R"([{"id":2,"url":"https://desk.test/webhooks/gitlab","issues_events":false,
           "note_events":false,"merge_requests_events":true,"push_events":true}])";
  EXPECT_EQ(wrong({}, "[]"), "");
  EXPECT_EQ(wrong({.policy = "acme/policy"}, hears), "");
  const std::string deaf =
      wrong({.policy = "acme/policy"},
            R"([{"id":2,"url":"https://desk.test/webhooks/gitlab","push_events":false,
           "merge_requests_events":false}])");
  EXPECT_TRUE(
      absl::StrContains(deaf, "the webhook of acme/policy does not tell of pushes, merge requests"))
      << deaf;
  const std::string none = wrong({.policy = "acme/policy"}, "[]");
  EXPECT_TRUE(absl::StrContains(none, "no webhook of acme/policy goes to")) << none;
  const std::string same = wrong({.policy = "acme/opendb"}, "[]");
  EXPECT_TRUE(absl::StrContains(same, "the webhook of acme/opendb does not tell of pushes:"))
      << same;
}

TEST_F(GitLabTest, ACommitStatusOfThePolicy) {
  const std::string commit(40, 'a');
  const std::string call = "POST " + kProject + "/statuses/" + commit;
  script_.On(call, 201, R"({"id":31})");
  ASSERT_TRUE(world_.forge->SetStatus(world_.at, {commit, "retainer/policy", false, "words"}).ok());
  EXPECT_EQ(Sent()["name"], "retainer/policy");
  EXPECT_EQ(Sent()["state"], "failed");
  EXPECT_EQ(Sent()["description"], "words");
  Tick();
  // GitLab's answer when the status is set already.
  script_.Forget(call);
  script_.On(call, 400, R"({"message":"Cannot transition status via :succeed from :success"})");
  EXPECT_TRUE(world_.forge->SetStatus(world_.at, {commit, "retainer/policy", true, "words"}).ok());
  EXPECT_EQ(Sent()["state"], "success");
  Tick();
  script_.Forget(call);
  script_.On(call, 403, R"({"message":"403 Forbidden"})");
  const auto refused = world_.forge->SetStatus(world_.at, {commit, "retainer/policy", true, ""});
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "Developer")) << refused;
}

TEST_F(GitLabTest, WhoMaySetNoStatusIsToldWhatIsMissing) {
  const std::string commit(40, 'a');
  script_.On("POST " + kProject + "/statuses/" + commit, 403, R"({"message":"403 Forbidden"})");
  const auto id = world_.forge->SetCheck(world_.at, {commit, {}, {"title", "words"}, ""}, "");
  EXPECT_TRUE(absl::IsPermissionDenied(id.status())) << id.status();
  EXPECT_TRUE(absl::StrContains(id.status().message(), "Developer")) << id.status();
}

TEST_F(GitLabTest, ARefContainsItsOwnMergeBases) {
  const std::string commit(40, 'a');
  const std::string path =
      "GET " + kProject + "/repository/merge_base?refs%5B%5D=v1%2F2&refs%5B%5D=" + commit;
  script_.On(path, 200, absl::StrCat(R"({"id":")", commit, R"("})"));
  EXPECT_TRUE(*world_.forge->Contains(world_.at, "v1/2", commit));
  World other(World::GitLabToken());
  other.script.On(path, 200, R"({"id":"bbbb"})");
  EXPECT_FALSE(*other.forge->Contains(other.at, "v1/2", commit));
  EXPECT_TRUE(absl::IsNotFound(world_.forge->Contains(world_.at, "v9", commit).status()));
}

TEST_F(GitLabTest, MapsAccessLevels) {
  const std::pair<int, const char*> cases[] = {{60, "admin"}, {50, "admin"},  {40, "maintain"},
                                               {30, "write"}, {20, "triage"}, {15, "triage"},
                                               {10, "read"},  {5, "none"},    {0, "none"}};
  for (const auto& [level, role] : cases) {
    World world(World::GitLabToken());
    world.script.On("GET " + kProject + "/members/all/4", 200,
                    absl::StrCat(R"({"id":4,"state":"active","access_level":)", level, "}"));
    EXPECT_EQ(*world.forge->Permission(world.at, {"4", "dave", false}), role) << level;
  }
}

TEST_F(GitLabTest, StrangersAndTheBlockedHaveNoPermission) {
  script_.On("GET " + kProject + "/members/all/4", 404, R"({"message":"404 Not found"})");
  EXPECT_EQ(*world_.forge->Permission(world_.at, {"4", "", false}), "none");
  script_.On("GET " + kProject + "/members/all/5", 200, R"({"state":"blocked","access_level":50})");
  EXPECT_EQ(*world_.forge->Permission(world_.at, {"5", "", false}), "none");
  script_.On("GET " + kProject + "/members/all/6", 404, R"({"message":"404 Project Not Found"})");
  EXPECT_EQ(world_.forge->Permission(world_.at, {"6", "", false}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(GitLabTest, ALoginAloneIsLookedUp) {
  script_.On("GET /api/v4/users?username=dave", 200, R"([{"id":4,"username":"Dave"}])");
  script_.On("GET " + kProject + "/members/all/4", 200, R"({"access_level":30})");
  EXPECT_EQ(*world_.forge->Permission(world_.at, {"", "dave", false}), "write");
  script_.On("GET /api/v4/users?username=nobody", 200, "[]");
  EXPECT_EQ(world_.forge->Permission(world_.at, {"", "nobody", false}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(GitLabTest, MembershipTellsStrangersFromHiddenGroups) {
  const auto ask = [&](const std::string& group) {
    return *world_.forge->Membership(world_.at, group, {"4", "dave", false});
  };
  script_.On("GET /api/v4/groups/acme%2Finc/members/all/4", 200, R"({"state":"active"})");
  EXPECT_EQ(ask("acme/inc"), "yes");
  script_.On("GET /api/v4/groups/b/members/all/4", 404, R"({"message":"404 Not found"})");
  EXPECT_EQ(ask("b"), "no");
  script_.On("GET /api/v4/groups/c/members/all/4", 404, R"({"message":"404 Group Not Found"})");
  EXPECT_EQ(ask("c"), "unseen");
  script_.On("GET /api/v4/groups/d/members/all/4", 403, "{}");
  EXPECT_EQ(ask("d"), "unseen");
  script_.On("GET /api/v4/groups/e/members/all/4", 200, R"({"membership_state":"awaiting"})");
  EXPECT_EQ(ask("e"), "no");
}

TEST_F(GitLabTest, FindsUsersEmailsAndProjects) {
  script_.On("GET /api/v4/users?username=dave", 200, R"([{"id":4,"username":"dave"}])");
  script_.On("GET /api/v4/users/4", 200,
             R"({"id":4,"username":"dave","bot":false,"public_email":"Dave@acme.example"})");
  EXPECT_EQ(*world_.forge->FindUser("dave"), (Actor{"4", "dave", false}));
  EXPECT_EQ(*world_.forge->PublicEmail(world_.at, {"4", "dave", false}), "dave@acme.example");
  script_.On("GET /api/v4/projects/acme%2Fsub%2Fopendb", 200,
             R"({"id":7,"path_with_namespace":"acme/sub/opendb","visibility":"internal"})");
  auto project = world_.forge->FindProject("acme/sub/opendb");
  ASSERT_TRUE(project.ok());
  EXPECT_EQ(project->id, "7");
  EXPECT_TRUE(project->is_private);
  EXPECT_FALSE(project->members_only);
  script_.On("GET /api/v4/projects/acme%2Fvault", 200,
             R"({"id":8,"path_with_namespace":"acme/vault","visibility":"private"})");
  EXPECT_TRUE(world_.forge->FindProject("acme/vault")->members_only);
}

TEST_F(GitLabTest, NotesAreMadeChangedAndDeleted) {
  script_.On("POST " + kIssue + "/notes", 201, R"({"id":77,"author":{"id":9},"body":"hi"})");
  EXPECT_EQ(world_.forge->CreateComment(world_.at, "hi")->id, "77");
  Tick();
  script_.On("PUT " + kIssue + "/notes/77", 200, "{}");
  EXPECT_TRUE(world_.forge->UpdateComment(world_.at, "77", "new").ok());
  EXPECT_EQ(StringAt(Sent(), "body"), "new");
  Tick();
  script_.On("DELETE " + kIssue + "/notes/77", 204);
  EXPECT_TRUE(world_.forge->DeleteComment(world_.at, "77").ok());
  Tick();
  EXPECT_TRUE(world_.forge->DeleteComment(world_.at, "78").ok());
}

TEST_F(GitLabTest, ChangesGoToMergeRequests) {
  world_.at.key.kind = TicketKind::kChange;
  script_.On("POST " + kProject + "/merge_requests/12/notes", 201, R"({"id":1})");
  EXPECT_TRUE(world_.forge->CreateComment(world_.at, "hi").ok());
}

TEST_F(GitLabTest, FindsItsOwnNoteWithoutReadingAllOfThem) {
  script_.On("GET /api/v4/user", 200, R"({"id":9,"username":"desk"})");
  const std::string list = "GET " + kIssue + "/notes?sort=desc&order_by=created_at&per_page=100";
  script_.On(list, 200,
             R"([{"id":3,"author":{"id":4},"body":"<!-- m -->","created_at":"2026-03-01T00:00:03Z"},
                 {"id":2,"author":{"id":9},"body":"<!-- m -->","created_at":"2026-03-01T00:00:02Z"},
                 {"id":1,"author":{"id":9},"body":"<!-- m -->","created_at":"2026-02-01T00:00:00Z"}])",
             {{"Link", "<https://gitlab.test/x?page=2>; rel=\"next\""}});
  auto found = world_.forge->FindOwnComments(world_.at, "<!-- m -->", Start());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].id, "2");
  EXPECT_EQ(script_.Last().target.find("page=2"), std::string::npos);
}

TEST_F(GitLabTest, LabelsAreMadeOnceAndGoOnAndOff) {
  script_.On("POST " + kProject + "/labels", 201, "{}");
  ASSERT_TRUE(world_.forge->EnsureLabel(world_.at, {"sla: late", "d93f0b", "d"}).ok());
  EXPECT_EQ(StringAt(Sent(), "color"), "#d93f0b");
  const std::size_t calls = script_.history().size();
  ASSERT_TRUE(world_.forge->EnsureLabel(world_.at, {"sla: late", "d93f0b", "d"}).ok());
  EXPECT_EQ(script_.history().size(), calls);
  Tick();
  script_.On("PUT " + kIssue, 200, "{}");
  ASSERT_TRUE(world_.forge->AddLabels(world_.at, {"a", "b"}).ok());
  EXPECT_EQ(StringAt(Sent(), "add_labels"), "a,b");
  Tick();
  ASSERT_TRUE(world_.forge->RemoveLabel(world_.at, "a").ok());
  EXPECT_EQ(StringAt(Sent(), "remove_labels"), "a");
}

TEST_F(GitLabTest, ALabelMadeByAnotherMeanwhileIsFine) {
  script_.On("POST " + kProject + "/labels", 409, R"({"message":"Label already exists"})");
  EXPECT_TRUE(world_.forge->EnsureLabel(world_.at, {"bug", "ffffff", ""}).ok());
}

TEST_F(GitLabTest, AssigneesAreAddedToThoseThere) {
  script_.On("GET " + kIssue, 200, R"({"iid":12,"assignees":[{"id":1},{"id":2}]})");
  script_.On("GET /api/v4/users?username=alice", 200, R"([{"id":3,"username":"alice"}])");
  script_.On("GET /api/v4/users?username=bob", 200, R"([{"id":2,"username":"bob"}])");
  script_.On("GET /api/v4/users?username=nobody", 200, "[]");
  script_.On("PUT " + kIssue, 200, "{}");
  ASSERT_TRUE(world_.forge->AddAssignees(world_.at, {"bob", "nobody"}).ok());
  EXPECT_EQ(script_.Count("PUT " + kIssue), 0);  // nothing to add
  ASSERT_TRUE(world_.forge->AddAssignees(world_.at, {"alice", "bob"}).ok());
  EXPECT_EQ(Sent()["assignee_ids"], Json({1, 2, 3}));
}

TEST_F(GitLabTest, LimitsWithoutHeadersWaitAMinute) {
  script_.On("POST " + kIssue + "/notes", 429, "Retry later");
  const absl::Status status = world_.forge->CreateComment(world_.at, "hi").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(status), absl::Minutes(1));
  EXPECT_EQ(world_.forge->NextMutationAt(world_.at), Start() + absl::Minutes(1));
}

TEST_F(GitLabTest, EchoedContentStaysOutOfMessages) {
  script_.On("POST " + kIssue + "/notes", 400,
             R"({"message":"400 Bad request - Note {:note=>[\"words of dave\"]}"})");
  const absl::Status status = world_.forge->CreateComment(world_.at, "words of dave").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(absl::StrContains(status.message(), "dave")) << status;
}

TEST_F(GitLabTest, ReadsWhereADuplicateAndAMovedTicketWent) {
  script_.On("GET " + kProject, 200,
             R"({"id":7,"path_with_namespace":"acme/sub/opendb","visibility":"public"})");
  script_.On("GET " + kIssue, 200,
             R"({"iid":12,"title":"T","state":"closed","description":"d","moved_to_id":4711,
                 "author":{"id":4,"username":"dave"},"labels":[],
                 "_links":{"closed_as_duplicate_of":"https://gitlab.test/api/v4/projects/7/issues/9"},
                 "created_at":"2026-02-01T10:00:00Z","updated_at":"2026-02-02T10:00:00Z",
                 "closed_at":"2026-02-02T10:00:00Z"})");
  script_.On("GET " + kIssue + "/notes?sort=asc&order_by=created_at&per_page=100", 200,
             R"([{"id":1,"author":{"id":4,"username":"dave"},"body":"moved to acme/evil#1",
                  "created_at":"2026-02-01T11:00:00Z"},
                 {"id":2,"system":true,"author":{"id":3,"username":"alice"},
                  "body":"moved to driver#5","created_at":"2026-02-02T10:00:00Z"}])");
  script_.On("GET " + kIssue + "/resource_label_events?per_page=100", 200, "[]");
  script_.On("GET " + kIssue + "/resource_state_events?per_page=100", 200,
             R"([{"id":1,"user":{"id":3,"username":"alice"},"created_at":"2026-02-02T10:00:00Z",
                  "state":"closed"}])");
  script_.On("GET " + kIssue + "/resource_milestone_events?per_page=100", 200, "[]");
  script_.On("GET /api/v4/projects/acme%2Fsub%2Fdriver", 200,
             R"({"id":8,"path_with_namespace":"acme/sub/driver","visibility":"public"})");
  auto backfill = world_.forge->ReadTicket(world_.at);
  ASSERT_TRUE(backfill.ok()) << backfill.status();
  std::map<std::string, std::string> references;
  for (const Fact& fact : backfill->facts) {
    if (fact.kind == FactKind::kReference) references[fact.subject] = fact.value;
  }
  const std::string forge = world_.at.key.forge;
  EXPECT_EQ(references,
            (std::map<std::string, std::string>{{"duplicate 1770026400", forge + "/7/issue/9"},
                                                {"moved", forge + "/8/issue/5"}}));
}

TEST_F(GitLabTest, ReadsATicketWithItsEvents) {
  script_.On("GET " + kProject, 200,
             R"({"id":7,"path_with_namespace":"acme/sub/opendb","visibility":"public"})");
  script_.On("GET " + kIssue, 200,
             R"({"iid":12,"title":"T","state":"closed","confidential":true,"description":"d",
                 "author":{"id":4,"username":"dave"},"labels":["bug"],
                 "created_at":"2026-02-01T10:00:00.123Z","updated_at":"2026-02-02T10:00:00.456Z"})");
  script_.On("GET " + kIssue + "/notes?sort=asc&order_by=created_at&per_page=100", 200,
             R"([{"id":1,"author":{"id":3,"username":"alice"},"body":"answer","internal":true,
                  "created_at":"2026-02-01T11:00:00.100Z","updated_at":"2026-02-01T11:00:00.100Z"},
                 {"id":2,"system":true,"author":{"id":3,"username":"alice"},
                  "body":"assigned to @alice and @bob and unassigned @carol",
                  "created_at":"2026-02-01T12:00:00.000Z"}])");
  script_.On("GET " + kIssue + "/resource_label_events?per_page=100", 200,
             R"([{"id":1,"user":{"id":3,"username":"alice"},"created_at":"2026-02-01T10:05:00.9Z",
                  "label":{"name":"bug"},"action":"add"},
                 {"id":2,"user":{"id":3},"created_at":"2026-02-01T10:06:00Z","label":null,
                  "action":"remove"}])");
  script_.On("GET " + kIssue + "/resource_state_events?per_page=100", 200,
             R"([{"id":1,"user":{"id":3,"username":"alice"},"created_at":"2026-02-02T10:00:00Z",
                  "state":"closed"}])");
  script_.On("GET " + kIssue + "/resource_milestone_events?per_page=100", 200, "[]");
  auto backfill = world_.forge->ReadTicket(world_.at);
  ASSERT_TRUE(backfill.ok()) << backfill.status();
  EXPECT_FALSE(backfill->ticket.open);
  EXPECT_TRUE(backfill->ticket.confidential);
  std::vector<std::string> ids;
  for (const Fact& fact : backfill->facts) ids.push_back(fact.id);
  const auto second = [](const char* time) {
    absl::Time t;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &t, &error));
    return absl::StrCat(absl::ToUnixSeconds(t));
  };
  const auto has = [&](const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  EXPECT_TRUE(has("opened::"));
  EXPECT_TRUE(has("comment:note/1:"));
  EXPECT_TRUE(has("label+:bug:" + second("2026-02-01T10:05:00Z")));
  EXPECT_TRUE(has("closed::" + second("2026-02-02T10:00:00Z")));
  EXPECT_TRUE(has("assigned:alice:" + second("2026-02-01T12:00:00Z")));
  EXPECT_TRUE(has("assigned:bob:" + second("2026-02-01T12:00:00Z")));
  EXPECT_TRUE(has("unassigned:carol:" + second("2026-02-01T12:00:00Z")));
  EXPECT_TRUE(has("visibility:confidential:" + second("2026-02-02T10:00:00Z")));
  EXPECT_TRUE(has("labels::" + second("2026-02-02T10:00:00Z")));
  EXPECT_EQ(ids.size(), 9u);
}

TEST_F(GitLabTest, ChecksTheTokensScopes) {
  script_.On("GET /api/v4/user", 200, R"({"id":9,"username":"desk"})",
             {{"RateLimit-Remaining", "1999"}});
  script_.On("GET /api/v4/personal_access_tokens/self", 200, R"({"scopes":["read_api"]})");
  auto health = world_.forge->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_EQ(health->rate_remaining, 1999);
  ASSERT_EQ(health->missing.size(), 1u);
  EXPECT_TRUE(absl::StrContains(health->missing[0], "scope api"));
}

TEST_F(GitLabTest, BotsAreToldByTheirNames) {
  const std::pair<const char*, bool> cases[] = {
      {"project_12_bot", true},     {"group_3_bot_0a1b2c", true},
      {"project_12_bot2", true},    {"project_x_bot", false},
      {"my_project_12_bot", false}, {"service_account_group_3_ab", true},
      {"project_12_bottle", false}};
  for (const auto& [login, machine] : cases) {
    World world(World::GitLabToken());
    world.script.On("GET /api/v4/user", 200,
                    absl::StrCat(R"({"id":9,"username":")", login, R"("})"));
    EXPECT_EQ(world.forge->Self()->machine, machine) << login;
  }
}

}  // namespace
}  // namespace retainer::forge
