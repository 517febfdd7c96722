// The GitHub client with a token: each method of the port, each kind of refusal.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/forge/json.h"
#include "tests/fakes/places.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

const std::string kRepo = "/repos/acme/opendb";
const std::string kIssue = kRepo + "/issues/12";

class GitHubTest : public testing::Test {
 protected:
  GitHubTest() : world_(World::GitHubToken()) {}
  absl::StatusOr<std::string> Permission(const Actor& actor) {
    return world_.forge->Permission(world_.at, actor);
  }
  Json Sent() { return ParseJson(world_.script.Last().body).value_or(Json()); }

  World world_;
  Script& script_ = world_.script;
};

TEST_F(GitHubTest, SendsWhatGitHubAsksFor) {
  script_.On("GET /users/alice", 200, R"({"id":1,"login":"alice","type":"User"})");
  EXPECT_EQ(*world_.forge->FindUser("alice"), (Actor{"1", "alice", false}));
  const HttpRequest sent = script_.Last();
  EXPECT_EQ(sent.headers.at("Authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(sent.headers.at("Accept"), "application/vnd.github+json");
  EXPECT_EQ(sent.headers.at("X-GitHub-Api-Version"), "2022-11-28");
  EXPECT_TRUE(absl::StartsWith(sent.headers.at("User-Agent"), "retainer/"));
}

TEST_F(GitHubTest, EnterpriseHasAPrefix) {
  ForgeConfig config = World::GitHubToken();
  config.api_url = "https://ghe.test/api/v3/";
  World world(config);
  world.script.On("GET /api/v3/users/alice", 200, R"({"id":1,"login":"alice"})");
  EXPECT_TRUE(world.forge->FindUser("alice").ok());
}

TEST_F(GitHubTest, StatusesBecomeCanonicalErrors) {
  const std::pair<int, absl::StatusCode> cases[] = {
      {400, absl::StatusCode::kInvalidArgument},  {401, absl::StatusCode::kFailedPrecondition},
      {403, absl::StatusCode::kPermissionDenied}, {404, absl::StatusCode::kNotFound},
      {409, absl::StatusCode::kUnavailable},      {410, absl::StatusCode::kNotFound},
      {422, absl::StatusCode::kInvalidArgument},  {429, absl::StatusCode::kResourceExhausted},
      {451, absl::StatusCode::kPermissionDenied}, {500, absl::StatusCode::kUnavailable},
      {502, absl::StatusCode::kUnavailable},      {503, absl::StatusCode::kUnavailable},
  };
  for (const auto& [status, code] : cases) {
    World world(World::GitHubToken());
    world.script.On("GET /users/x", status, R"({"message":"Because"})");
    const absl::Status got = world.forge->FindUser("x").status();
    EXPECT_EQ(got.code(), code) << status << " " << got;
    if (status == 429) {
      EXPECT_EQ(RetryAfter(got), absl::Minutes(1));
    } else {
      EXPECT_TRUE(absl::StrContains(got.message(), "Because")) << got;
    }
  }
}

TEST_F(GitHubTest, NamesTheMissingPermission) {
  script_.On("GET /users/x", 403, R"({"message":"Resource not accessible by integration"})",
             {{"X-Accepted-GitHub-Permissions", "issues=write"}});
  EXPECT_TRUE(absl::StrContains(world_.forge->FindUser("x").status().message(), "issues=write"));
}

TEST_F(GitHubTest, ErrorsNeverRepeatContentOrBodies) {
  const std::string create = "POST " + kIssue + "/comments";
  script_.On(create, 422,
             R"({"message":"Validation Failed","errors":[{"resource":"IssueComment","field":"body",
                 "code":"custom","message":"the words of dave"}],"body":"the words of dave"})");
  const absl::Status status = world_.forge->CreateComment(world_.at, "the words of dave").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "IssueComment body custom")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "dave")) << status;
}

TEST_F(GitHubTest, NetworkTroubleIsUnavailable) {
  script_.On("GET /users/x", [](const HttpRequest&) -> absl::StatusOr<HttpResponse> {
    return absl::UnavailableError("https://api.github.test cannot be read: Connection");
  });
  EXPECT_EQ(world_.forge->FindUser("x").status().code(), absl::StatusCode::kUnavailable);
  script_.On("GET /users/y", 200, "<html>");
  EXPECT_EQ(world_.forge->FindUser("y").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(GitHubTest, UnchangedAnswersComeFromTheCache) {
  script_.On("GET /users/x", 200, R"({"id":5,"login":"x"})", {{"ETag", "\"v1\""}});
  script_.On("GET /users/x", [](const HttpRequest& r) -> absl::StatusOr<HttpResponse> {
    return HttpResponse{r.headers.at("If-None-Match") == "\"v1\"" ? 304 : 500, {}, ""};
  });
  EXPECT_EQ(world_.forge->FindUser("x")->id, "5");
  EXPECT_EQ(world_.forge->FindUser("x")->id, "5");
  EXPECT_EQ(script_.Count("GET /users/x"), 2);
}

TEST_F(GitHubTest, FollowsRedirectsOnTheSameHostOnly) {
  script_.On("GET /users/x", 301, "", {{"Location", "https://api.github.test/user/5"}});
  script_.On("GET /user/5", 200, R"({"id":5,"login":"y"})");
  EXPECT_EQ(world_.forge->FindUser("x")->login, "y");
  script_.On("GET /users/z", 302, "", {{"Location", "https://evil.test/user/5"}});
  const std::size_t before = script_.history().size();
  EXPECT_EQ(world_.forge->FindUser("z").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(script_.history().size(), before + 1);
  script_.On("GET /users/loop", 301, "", {{"Location", "/users/loop"}});
  EXPECT_EQ(world_.forge->FindUser("loop").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(GitHubTest, ARenamedRepositoryTakesMutationsToo) {
  script_.On("POST " + kIssue + "/comments", 307, "",
             {{"Location", "https://api.github.test/repositories/7/issues/12/comments"}});
  script_.On("POST /repositories/7/issues/12/comments", 201, R"({"id":9,"user":{"id":1}})");
  EXPECT_EQ(world_.forge->CreateComment(world_.at, "hello")->id, "9");
  EXPECT_EQ(StringAt(Sent(), "body"), "hello");
}

TEST_F(GitHubTest, ATransferredTicketTakesNoMutations) {
  for (const char* there : {"/repositories/8/issues/12/comments", "/repos/acme/b/issues/1/comments",
                            "/repositories/77/issues/12/comments"}) {
    script_.On("POST " + kIssue + "/comments", 307, "", {{"Location", there}});
    script_.On(absl::StrCat("POST ", there), 201, R"({"id":9,"user":{"id":1}})");
    EXPECT_EQ(world_.forge->CreateComment(world_.at, "hello").status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(script_.Count(absl::StrCat("POST ", there)), 0) << there;
    world_.clock.Advance(absl::Seconds(1));
  }
}

TEST_F(GitHubTest, ALimitHoldsEveryCallWithoutAskingAgain) {
  script_.On("GET /users/x", 403, R"({"message":"secondary rate limit"})", {{"Retry-After", "40"}});
  EXPECT_EQ(RetryAfter(world_.forge->FindUser("x").status()), absl::Seconds(40));
  EXPECT_EQ(world_.forge->NextMutationAt(world_.at), Start() + absl::Seconds(40));
  const std::size_t before = script_.history().size();
  world_.clock.Advance(absl::Seconds(10));
  const absl::Status early = world_.forge->CreateComment(world_.at, "hello").status();
  EXPECT_EQ(early.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(early), absl::Seconds(30));
  EXPECT_EQ(script_.history().size(), before);
}

TEST_F(GitHubTest, MutationsAreSpaced) {
  script_.On("POST " + kIssue + "/labels", 200, "[]");
  EXPECT_EQ(world_.forge->NextMutationAt(world_.at), absl::InfinitePast());
  ASSERT_TRUE(world_.forge->AddLabels(world_.at, {"a"}).ok());
  EXPECT_EQ(world_.forge->NextMutationAt(world_.at), Start() + absl::Seconds(1));
  const absl::Status early = world_.forge->AddLabels(world_.at, {"b"});
  EXPECT_EQ(RetryAfter(early), absl::Seconds(1));
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(world_.forge->AddLabels(world_.at, {"b"}).ok());
}

// ---- Who is who

TEST_F(GitHubTest, MapsRolesAndFallsBackFromCustomOnes) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"permission":"admin","role_name":"admin","user":{"id":4}})", "admin"},
      {R"({"permission":"write","role_name":"maintain","user":{"id":4}})", "maintain"},
      {R"({"permission":"read","role_name":"triage","user":{"id":4}})", "triage"},
      {R"({"permission":"write","role_name":"security-desk","user":{"id":4}})", "write"},
      {R"({"permission":"none","user":{"id":4}})", "none"},
      {R"({})", "none"}};
  for (const auto& [body, role] : cases) {
    World world(World::GitHubToken());
    world.script.On("GET " + kRepo + "/collaborators/dave/permission", 200, body);
    EXPECT_EQ(*world.forge->Permission(world.at, {"4", "dave", false}), role) << body;
  }
}

TEST_F(GitHubTest, AnActorWithAnIdAloneIsLookedUp) {
  script_.On("GET /user/4", 200, R"({"id":4,"login":"dave"})");
  script_.On("GET " + kRepo + "/collaborators/dave/permission", 200,
             R"({"permission":"write","role_name":"write","user":{"id":4}})");
  EXPECT_EQ(*Permission({"4", "", false}), "write");
}

TEST_F(GitHubTest, ALoginThatPassedToSomebodyElseGivesNoRights) {
  script_.On("GET " + kRepo + "/collaborators/dave/permission", 200,
             R"({"permission":"admin","role_name":"admin","user":{"id":666}})");
  script_.On("GET /user/4", 200, R"({"id":4,"login":"dave-old"})");
  script_.On("GET " + kRepo + "/collaborators/dave-old/permission", 200,
             R"({"permission":"read","role_name":"read","user":{"id":4}})");
  EXPECT_EQ(*Permission({"4", "dave", false}), "read");
}

TEST_F(GitHubTest, WhoIsNoUserHasNoPermission) {
  script_.On("GET " + kRepo + "/collaborators/x%5Bbot%5D/permission", 404,
             R"({"message":"x[bot] is not a user"})");
  EXPECT_EQ(*Permission({"", "x[bot]", true}), "none");
  EXPECT_EQ(Permission({"", "nobody", false}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GitHubTest, MembershipAsAMemberAndAsAnOutsider) {
  script_.On("GET /user/4", 200, R"({"id":4,"login":"dave"})");
  const auto ask = [&](const std::string& org) {
    return *world_.forge->Membership(world_.at, org, {"4", "was-dave", false});
  };
  script_.On("GET /orgs/in/members/dave", 204);
  EXPECT_EQ(ask("in"), "yes");
  EXPECT_EQ(ask("out"), "no");  // 404
  script_.On("GET /orgs/pub/members/dave", 302, "",
             {{"Location", "https://api.github.test/orgs/pub/public_members/dave"}});
  script_.On("GET /orgs/pub/public_members/dave", 204);
  EXPECT_EQ(ask("pub"), "yes");
  script_.On("GET /orgs/hidden/members/dave", 302, "", {{"Location", "/elsewhere"}});
  EXPECT_EQ(ask("hidden"), "unseen");
  EXPECT_EQ(*world_.forge->Membership(world_.at, "in", {"5", "gone", false}), "no");
}

TEST_F(GitHubTest, OnlyThePublicEmailInLowerCase) {
  script_.On("GET /user/4", 200, R"({"id":4,"login":"dave","email":"Dave@ACME.example"})");
  script_.On("GET /user/5", 200, R"({"id":5,"login":"erin","email":null})");
  EXPECT_EQ(*world_.forge->PublicEmail(world_.at, {"4", "dave", false}), "dave@acme.example");
  EXPECT_EQ(*world_.forge->PublicEmail(world_.at, {"5", "erin", false}), "");
}

TEST_F(GitHubTest, FindsProjects) {
  auto project = world_.forge->FindProject("acme/opendb");
  ASSERT_TRUE(project.ok());
  EXPECT_EQ(project->id, "7");
  EXPECT_EQ(project->path, "acme/opendb");
  EXPECT_FALSE(project->is_private);
  script_.On("GET /repos/acme/inner", 200,
             R"({"id":8,"full_name":"acme/inner","private":false,"visibility":"internal"})");
  EXPECT_TRUE(world_.forge->FindProject("acme/inner")->is_private);
  EXPECT_FALSE(world_.forge->FindProject("acme/inner")->members_only);
  script_.On("GET /repos/acme/vault", 200,
             R"({"id":9,"full_name":"acme/vault","private":true,"visibility":"private"})");
  EXPECT_TRUE(world_.forge->FindProject("acme/vault")->members_only);
  script_.On("GET /repos/acme/old", 200, R"({"id":10,"full_name":"acme/old","private":true})");
  EXPECT_TRUE(world_.forge->FindProject("acme/old")->is_private);
  EXPECT_FALSE(world_.forge->FindProject("acme/old")->members_only) << "it may be internal";
  EXPECT_EQ(world_.forge->FindProject("acme/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.forge->FindProject("acme").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(GitHubTest, ReadsEveryPageOfATicket) {
  script_.On("GET " + kIssue, 200,
             R"({"number":12,"title":"T","state":"open","user":{"id":4,"login":"dave"},"body":"b",
                 "created_at":"2026-02-01T10:00:00Z","updated_at":"2026-02-01T11:00:00Z",
                 "repository_url":"https://api.github.test/repos/Acme/OpenDB","labels":[]})");
  script_.On(
      "GET " + kIssue + "/comments?per_page=100", 200,
      R"([{"id":1,"user":{"id":1,"login":"a"},"body":"x","created_at":"2026-02-01T10:30:00Z"}])",
      {{"Link", "<https://elsewhere.test/x?per_page=100&page=2>; rel=\"next\""}});
  script_.On(
      "GET " + kIssue + "/comments?per_page=100&page=2", 200,
      R"([{"id":2,"user":{"id":1,"login":"a"},"body":"y","created_at":"2026-02-01T10:31:00Z"}])");
  script_.On("GET " + kIssue + "/events?per_page=100", 200, "[]");
  auto backfill = world_.forge->ReadTicket(world_.at);
  ASSERT_TRUE(backfill.ok()) << backfill.status();
  EXPECT_EQ(backfill->project.id, "7");
  EXPECT_EQ(backfill->ticket.author.login, "dave");
  EXPECT_EQ(std::count_if(backfill->facts.begin(), backfill->facts.end(),
                          [](const Fact& f) { return f.kind == FactKind::kComment; }),
            2);
  for (const Fact& fact : backfill->facts) EXPECT_EQ(fact.provenance, Provenance::kBackfill);
}

TEST_F(GitHubTest, ATransferredTicketIsNotReadInAnotherRepository) {
  script_.On("GET " + kIssue, 301, "", {{"Location", "/repos/acme/other/issues/12"}});
  script_.On("GET /repos/acme/other/issues/12", 200,
             R"({"number":12,"repository_url":"https://api.github.test/repos/acme/other"})");
  EXPECT_EQ(world_.forge->ReadTicket(world_.at).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GitHubTest, AnotherRepositoryUnderAFreedNameIsNotTouched) {
  world_.at.key.project = "6";
  EXPECT_EQ(world_.forge->CreateComment(world_.at, "x").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.forge->ReadTicket(world_.at).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(script_.Count("POST " + kIssue + "/comments"), 0);
}

// ---- Writing

TEST_F(GitHubTest, CommentsAreMadeChangedAndDeleted) {
  script_.On("POST " + kIssue + "/comments", 201,
             R"({"id":77,"user":{"id":9,"login":"desk"},"body":"hi"})");
  auto comment = world_.forge->CreateComment(world_.at, "hi");
  ASSERT_TRUE(comment.ok());
  EXPECT_EQ(comment->id, "77");
  EXPECT_EQ(comment->author.login, "desk");
  world_.clock.Advance(absl::Seconds(1));
  script_.On("PATCH " + kRepo + "/issues/comments/77", 200, "{}");
  EXPECT_TRUE(world_.forge->UpdateComment(world_.at, "77", "new").ok());
  EXPECT_EQ(StringAt(Sent(), "body"), "new");
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(world_.forge->UpdateComment(world_.at, "78", "new").code(),
            absl::StatusCode::kNotFound);
  world_.clock.Advance(absl::Seconds(1));
  script_.On("DELETE " + kRepo + "/issues/comments/77", 204);
  EXPECT_TRUE(world_.forge->DeleteComment(world_.at, "77").ok());
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(world_.forge->DeleteComment(world_.at, "79").ok());  // gone already
}

TEST_F(GitHubTest, ATooLongCommentIsRefusedHere) {
  std::string longest;
  for (int i = 0; i < 65536; ++i) longest += "é";
  EXPECT_EQ(world_.forge->CreateComment(world_.at, longest + "x").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(world_.forge->UpdateComment(world_.at, "1", longest + "x").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(script_.history().empty());
  script_.On("POST " + kIssue + "/comments", 201, R"({"id":1})");
  EXPECT_TRUE(world_.forge->CreateComment(world_.at, longest).ok());
}

TEST_F(GitHubTest, FindsItsOwnCommentByAuthorAndMarkerSinceAnInstant) {
  script_.On("GET /user", 200, R"({"id":9,"login":"desk"})");
  const absl::Time since = Start();
  script_.On("GET " + kIssue + "/comments?since=2026-02-28T23%3A58%3A00Z&per_page=100", 200,
             R"([{"id":1,"user":{"id":4},"body":"<!-- m -->","created_at":"2026-03-01T00:00:01Z"},
                 {"id":2,"user":{"id":9},"body":"no","created_at":"2026-03-01T00:00:01Z"},
                 {"id":3,"user":{"id":9},"body":"<!-- m -->","created_at":"2026-02-01T00:00:01Z"},
                 {"id":4,"user":{"id":9},"body":"x <!-- m -->","created_at":"2026-03-01T00:00:02Z"}])");
  auto found = world_.forge->FindOwnComments(world_.at, "<!-- m -->", since);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].id, "4");
  EXPECT_TRUE(world_.forge->FindOwnComments(world_.at, "<!-- other -->", since)->empty());
}

TEST_F(GitHubTest, LabelsAreMadeOnceAndRemembered) {
  const FaceLabel label{"sla: at_risk", "d93f0b", "A promise is in danger"};
  script_.On("POST " + kRepo + "/labels", 201, "{}");
  ASSERT_TRUE(world_.forge->EnsureLabel(world_.at, label).ok());
  EXPECT_EQ(StringAt(Sent(), "name"), "sla: at_risk");
  EXPECT_EQ(StringAt(Sent(), "color"), "d93f0b");
  const std::size_t calls = script_.history().size();
  ASSERT_TRUE(world_.forge->EnsureLabel(world_.at, label).ok());
  EXPECT_EQ(script_.history().size(), calls);
}

TEST_F(GitHubTest, ALabelThatIsThereIsLeftAsPeopleMadeIt) {
  script_.On("GET " + kRepo + "/labels/bug", 200, R"({"name":"bug","color":"000000"})");
  ASSERT_TRUE(world_.forge->EnsureLabel(world_.at, {"bug", "ffffff", ""}).ok());
  EXPECT_EQ(script_.Count("POST " + kRepo + "/labels"), 0);
}

TEST_F(GitHubTest, ALabelMadeByAnotherMeanwhileIsFine) {
  script_.On("POST " + kRepo + "/labels", 422,
             R"({"errors":[{"resource":"Label","code":"already_exists","field":"name"}]})");
  EXPECT_TRUE(world_.forge->EnsureLabel(world_.at, {"bug", "ffffff", ""}).ok());
  World world(World::GitHubToken());
  world.script.On("POST " + kRepo + "/labels", 422, R"({"errors":[{"code":"invalid"}]})");
  EXPECT_EQ(world.forge->EnsureLabel(world.at, {"bug", "no", ""}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(GitHubTest, LabelsGoOnAndOff) {
  script_.On("POST " + kIssue + "/labels", 200, "[]");
  ASSERT_TRUE(world_.forge->AddLabels(world_.at, {"a", "b"}).ok());
  EXPECT_EQ(Sent()["labels"], Json({"a", "b"}));
  world_.clock.Advance(absl::Seconds(1));
  script_.On("DELETE " + kIssue + "/labels/sla%3A%20late", 200, "[]");
  EXPECT_TRUE(world_.forge->RemoveLabel(world_.at, "sla: late").ok());
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(world_.forge->RemoveLabel(world_.at, "not there").ok());
  EXPECT_TRUE(world_.forge->AddLabels(world_.at, {}).ok());
}

TEST_F(GitHubTest, AssigneesAreAddedAndTheRefusedPassedOver) {
  script_.On("POST " + kIssue + "/assignees", 201, "{}");
  script_.On("POST " + kIssue + "/assignees", 422, "{}");
  ASSERT_TRUE(world_.forge->AddAssignees(world_.at, {"alice"}).ok());
  EXPECT_EQ(Sent()["assignees"], Json({"alice"}));
  world_.clock.Advance(absl::Seconds(1));
  EXPECT_TRUE(world_.forge->AddAssignees(world_.at, {"ghost"}).ok());
  EXPECT_EQ(world_.log.lines().size(), 1u);
}

// ---- Health

TEST_F(GitHubTest, ChecksATokensScopes) {
  script_.On("GET /user", 200, R"({"id":9,"login":"desk"})",
             {{"X-OAuth-Scopes", "repo, gist"},
              {"X-RateLimit-Remaining", "4321"},
              {"Date", HttpDate(Start() + absl::Seconds(90))}});
  auto health = world_.forge->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_EQ(health->self.login, "desk");
  EXPECT_EQ(health->clock_skew, absl::Seconds(90));
  EXPECT_EQ(health->rate_remaining, 4321);
  ASSERT_EQ(health->missing.size(), 1u);
  EXPECT_TRUE(absl::StrContains(health->missing[0], "read:org"));
}

RemoteCheck MakeCheck(CheckView::Verdict verdict) {
  return {std::string(40, 'a'), verdict, {"a title", "some words"}, "https://forge.test/issues/1"};
}

TEST_F(GitHubTest, ACheckIsMadeThenChangedInItsPlace) {
  script_.On("POST " + kRepo + "/check-runs", 201, R"({"id":31})");
  auto id = world_.forge->SetCheck(world_.at, MakeCheck(CheckView::Verdict::kNeutral), "");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(*id, "31");
  EXPECT_EQ(Sent(), ParseJson(absl::StrCat(
                        R"({"name":"retainer/sla","head_sha":")", std::string(40, 'a'),
                        R"(","status":"completed","conclusion":"neutral","details_url":)",
                        R"("https://forge.test/issues/1","output":{"title":"a title",)",
                        R"("summary":"some words"}})")));

  world_.clock.Advance(absl::Seconds(2));
  script_.On("PATCH " + kRepo + "/check-runs/31", 200, R"({"id":31})");
  id = world_.forge->SetCheck(world_.at, MakeCheck(CheckView::Verdict::kFailure), "31");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(Sent()["conclusion"], "failure");
  EXPECT_FALSE(Sent().contains("head_sha"));
}

TEST_F(GitHubTest, ACommitStatusOfThePolicy) {
  const std::string commit(40, 'a');
  const std::string call = "POST " + kRepo + "/statuses/" + commit;
  script_.On(call, 201, R"({"id":31})");
  ASSERT_TRUE(world_.forge->SetStatus(world_.at, {commit, "retainer/policy", true, "words"}).ok());
  EXPECT_EQ(Sent(), ParseJson(R"({"state":"success","context":"retainer/policy",)"
                              R"("description":"words"})"));
  world_.clock.Advance(absl::Seconds(2));
  // GitHub refuses more than 140 characters.
  const std::string words = absl::StrCat(std::string(136, 'x'), "ééé");
  ASSERT_TRUE(world_.forge->SetStatus(world_.at, {commit, "retainer/policy", false, words}).ok());
  EXPECT_EQ(Sent()["state"], "failure");
  EXPECT_EQ(Sent()["description"], absl::StrCat(std::string(136, 'x'), "…"));
  world_.clock.Advance(absl::Seconds(2));
  script_.Forget(call);
  script_.On(call, 403, R"({"message":"Resource not accessible by integration"})");
  const auto refused = world_.forge->SetStatus(world_.at, {commit, "retainer/policy", true, ""});
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "Commit statuses: write")) << refused;
}

TEST_F(GitHubTest, ACheckThatIsGoneIsNotFound) {
  const auto id = world_.forge->SetCheck(world_.at, MakeCheck(CheckView::Verdict::kSuccess), "31");
  EXPECT_TRUE(absl::IsNotFound(id.status())) << id.status();
}

TEST_F(GitHubTest, WhoMayWriteNoChecksIsToldWhatIsMissing) {
  script_.On("POST " + kRepo + "/check-runs", 403,
             R"({"message":"You must authenticate via a GitHub App."})");
  const auto id = world_.forge->SetCheck(world_.at, MakeCheck(CheckView::Verdict::kNeutral), "");
  EXPECT_TRUE(absl::IsPermissionDenied(id.status())) << id.status();
  EXPECT_TRUE(absl::StrContains(id.status().message(), "GitHub App")) << id.status();
}

TEST_F(GitHubTest, ARefContainsWhatComparesBehindIt) {
  const std::string commit(40, 'a');
  for (const auto& [status, contained] : std::vector<std::pair<std::string, bool>>{
           {"behind", true}, {"identical", true}, {"ahead", false}, {"diverged", false}}) {
    World world(World::GitHubToken());
    world.script.On("GET " + kRepo + "/compare/release%2Fv1..." + commit + "?per_page=1", 200,
                    absl::StrCat(R"({"status":")", status, R"("})"));
    const auto holds = world.forge->Contains(world.at, "release/v1", commit);
    ASSERT_TRUE(holds.ok()) << holds.status();
    EXPECT_EQ(*holds, contained) << status;
  }
  EXPECT_TRUE(absl::IsNotFound(world_.forge->Contains(world_.at, "v9", commit).status()));
}

TEST(GitHubAppHealthTest, NamesWhatTheAppAndItsInstallationsLack) {
  World world(World::GitHubApp());
  world.script.On("GET /app", 200,
                  R"({"slug":"retainer","events":["issues","issue_comment","pull_request",
                      "pull_request_review","pull_request_review_comment","label",
                      "repository","push"],
                      "permissions":{"issues":"write","pull_requests":"write","metadata":"read",
                                     "members":"read","contents":"read","checks":"write","statuses":"write"}})");
  world.script.On("GET /app/installations?per_page=100", 200,
                  R"([{"id":55,"account":{"login":"acme"},"permissions":{"issues":"read",
                       "pull_requests":"write","metadata":"read","members":"read",
                       "contents":"read","checks":"write","statuses":"write"}},
                      {"id":56,"account":{"login":"old"},"suspended_at":"2026-01-01T00:00:00Z"}])");
  world.script.On("GET /app/installations?per_page=1", 200, R"([{"id":55}])");
  world.script.On("POST /app/installations/55/access_tokens", 201,
                  R"({"token":"ghs_a","expires_at":"2030-01-01T00:00:00Z"})");
  world.script.On("GET /users/retainer%5Bbot%5D", 200, R"({"id":900,"login":"retainer[bot]"})");
  auto health = world.forge->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  ASSERT_EQ(health->missing.size(), 2u);
  EXPECT_TRUE(absl::StrContains(health->missing[0], "on acme lacks the permission Issues: write"));
  EXPECT_TRUE(absl::StrContains(health->missing[1], "on old is suspended"));
  EXPECT_TRUE(health->self.machine);
}

TEST(GitHubAppHealthTest, AnAppThatIsInstalledNowhereIsSaidToBe) {
  World world(World::GitHubApp(), {.policy = "acme/policy"});
  world.script.On("GET /app", 200, R"({"slug":"retainer","events":[],"permissions":{}})");
  world.script.On("GET /app/installations?per_page=100", 200, "[]");
  world.script.On("GET /app/installations?per_page=1", 200, "[]");
  auto health = world.forge->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_EQ(health->missing.size(), 7u + 8u + 1u);
}

TEST(GitHubAppHealthTest, NothingIsAskedForThatIsNotUsed) {
  const auto missing = [](const ForgeUse& use) {
    World world(World::GitHubApp(), use);
    // What the manifest asked for before a policy came from git.
    world.script.On("GET /app", 200,
                    R"({"slug":"retainer","events":["issues","issue_comment","pull_request",
                        "pull_request_review","pull_request_review_comment","label","repository"],
                        "permissions":{"issues":"write","pull_requests":"write","metadata":"read",
                                       "members":"read","contents":"read"}})");
    world.script.On("GET /app/installations?per_page=100", 200,
                    R"([{"id":55,"account":{"login":"acme"},"permissions":{"issues":"write",
                         "pull_requests":"write","metadata":"read","members":"read",
                         "contents":"read"}}])");
    world.script.On("GET /app/installations?per_page=1", 200, R"([{"id":55}])");
    world.script.On("POST /app/installations/55/access_tokens", 201,
                    R"({"token":"ghs_a","expires_at":"2030-01-01T00:00:00Z"})");
    world.script.On("GET /users/retainer%5Bbot%5D", 200, R"({"id":900,"login":"retainer[bot]"})");
    const auto health = world.forge->Check();
    EXPECT_TRUE(health.ok()) << health.status();
    return absl::StrJoin(health->missing, "\n");
  };
  EXPECT_EQ(missing({.checks = false}), "");
  const std::string checks = missing({});
  EXPECT_TRUE(absl::StrContains(checks, "lacks the permission Checks: write")) << checks;
  EXPECT_FALSE(absl::StrContains(checks, "\n")) << checks;
  const std::string policy = missing({.policy = "acme/policy", .checks = false});
  EXPECT_TRUE(absl::StrContains(policy, "lacks the permission Commit statuses: write")) << policy;
  EXPECT_TRUE(absl::StrContains(policy, "is not subscribed to the event push")) << policy;
}

TEST(GitHubAppHealthTest, AsksForWhatTheManifestAsksFor) {
  std::ifstream file(SourceDir() + "/webhooks/github/app-manifest.json");
  const Json manifest =
      ParseJson(std::string(std::istreambuf_iterator<char>(file), {})).value_or(Json());
  World world(World::GitHubApp());
  world.script.On("GET /app", 200,
                  Dump({{"slug", "retainer"},
                        {"events", At(manifest, "default_events")},
                        {"permissions", At(manifest, "default_permissions")}}));
  world.script.On("GET /app/installations?per_page=100", 200, "[]");
  world.script.On("GET /app/installations?per_page=1", 200, "[]");
  auto health = world.forge->Check();
  ASSERT_TRUE(health.ok()) << health.status();
  ASSERT_EQ(health->missing.size(), 1u);
  EXPECT_TRUE(absl::StrContains(health->missing[0], "installed nowhere"));
}

}  // namespace
}  // namespace retainer::forge
