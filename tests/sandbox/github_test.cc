#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/sandbox/test_client.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr char kRepo[] = "/repos/acme/opendb";

class GitHubTest : public SandboxTest {
 protected:
  TicketRef Open(const std::vector<std::string>& labels = {}) {
    return *sandbox_.OpenIssue(github_, "alice", "It fails", "Every time.", labels);
  }
  std::string Jwt(absl::Duration issued, absl::Duration expires, const std::string& issuer = "") {
    return TestJwt(app_.private_key_pem, issuer.empty() ? app_.id : issuer, clock_.Now() + issued,
                   clock_.Now() + expires);
  }
};

TEST_F(GitHubTest, AskingWithoutCredentialsIsRefusedInGitHubsWords) {
  Reply reply = Send("GET", sandbox_.github_api_url() + "/user");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.Json()["message"], "Requires authentication");
  EXPECT_EQ(reply.Json()["status"], "401");
  reply = GitHub("GET", kRepo, "", {}, "ghp_wrong");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.Json()["message"], "Bad credentials");
}

TEST_F(GitHubTest, AnAppProvesItselfWithASignedTokenOfAtMostTenMinutes) {
  EXPECT_EQ(GitHub("GET", "/app", "", {}, Jwt(-absl::Seconds(60), absl::Minutes(9))).status, 200);
  EXPECT_EQ(GitHub("GET", "/app", "", {}, Jwt(-absl::Seconds(60), absl::Minutes(9), app_.client_id))
                .Json()["slug"],
            "retainer");
  Reply installations =
      GitHub("GET", "/app/installations", "", {}, Jwt(absl::ZeroDuration(), absl::Minutes(9)));
  ASSERT_EQ(installations.Json().size(), 1u);
  EXPECT_EQ(installations.Json()[0]["account"]["login"], "acme");
  Reply late = GitHub("GET", "/app", "", {}, Jwt(-absl::Minutes(20), -absl::Minutes(10)));
  EXPECT_EQ(late.status, 401);
  Reply ahead = GitHub("GET", "/app", "", {}, Jwt(absl::Seconds(30), absl::Minutes(9)));
  EXPECT_EQ(ahead.status, 401);
  EXPECT_THAT(ahead.body, HasSubstr("iat"));
  Reply far = GitHub("GET", "/app", "", {}, Jwt(absl::ZeroDuration(), absl::Minutes(11)));
  EXPECT_EQ(far.status, 401);
  EXPECT_THAT(far.body, HasSubstr("too far in the future"));
  EXPECT_EQ(
      GitHub("GET", "/app", "", {}, Jwt(absl::ZeroDuration(), absl::Minutes(5), "999")).status,
      404);
  std::string forged = Jwt(absl::ZeroDuration(), absl::Minutes(5));
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  Reply refused = GitHub("GET", "/app", "", {}, forged);
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.body, HasSubstr("could not be decoded"));
}

TEST_F(GitHubTest, AJudgementOfTheTokenFollowsTheForgesOwnClock) {
  sandbox_.SetClockSkew(-absl::Minutes(2));
  Reply ahead = GitHub("GET", "/app", "", {}, Jwt(-absl::Seconds(60), absl::Minutes(8)));
  EXPECT_EQ(ahead.status, 401);
  EXPECT_EQ(ahead.Header("date"), "Tue, 03 Mar 2026 09:00:00 GMT");
  EXPECT_EQ(GitHub("GET", "/app", "", {}, Jwt(-absl::Seconds(180), absl::Minutes(7))).status, 200);
}

TEST_F(GitHubTest, AnAppWithoutAKeyIsGivenOne) {
  app_ = *sandbox_.RegisterApp("second");
  EXPECT_EQ(
      GitHub("GET", "/app", "", {}, Jwt(absl::ZeroDuration(), absl::Minutes(9))).Json()["slug"],
      "second");
}

TEST_F(GitHubTest, AnInstallationTokenEndsAfterAnHour) {
  EXPECT_EQ(GitHub("GET", kRepo).status, 200);
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(GitHub("GET", kRepo).status, 200);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(GitHub("GET", kRepo).status, 401);
  app_token_ = InstallationToken();
  EXPECT_EQ(GitHub("GET", kRepo).status, 200);
}

TEST_F(GitHubTest, AnInstallationIsNoUserAndSeesOnlyWhatItMay) {
  EXPECT_EQ(GitHub("GET", "/user").status, 403);
  EXPECT_EQ(GitHub("GET", "/user", "", {}, alice_token_).Json()["login"], "alice");
  EXPECT_THAT(GitHub("GET", "/user", "", {}, alice_token_).Header("x-oauth-scopes"),
              HasSubstr("repo"));
  sandbox_.AddProject({.ref = {"github", "other/secret"}, .is_private = true});
  EXPECT_EQ(GitHub("GET", "/repos/other/secret").status, 404);
  sandbox_.AddProject({.ref = {"github", "other/open"}});
  TicketRef issue = *sandbox_.OpenIssue({"github", "other/open"}, "eve", "x", "y");
  EXPECT_EQ(GitHub("GET", "/repos/other/open/issues/1").status, 200);
  EXPECT_EQ(GitHub("POST", "/repos/other/open/issues/1/comments", R"({"body":"hi"})").status, 403);
  EXPECT_EQ(issue.number, 1);
}

TEST_F(GitHubTest, AMissingPermissionIsNamed) {
  Open();
  sandbox_.SetAppPermissions({{"metadata", "read"}, {"issues", "read"}});
  app_token_ = InstallationToken();
  Reply reply = GitHub("POST", "/repos/acme/opendb/issues/1/comments", R"({"body":"hi"})");
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Json()["message"], "Resource not accessible by integration");
  EXPECT_EQ(reply.Header("x-accepted-github-permissions"), "issues=write");
}

TEST_F(GitHubTest, PeopleAreFoundByNameAndById) {
  Reply dave = GitHub("GET", "/users/dave");
  EXPECT_EQ(dave.Json()["email"], "dave@acme.example");
  const std::int64_t id = dave.Json()["id"];
  EXPECT_EQ(GitHub("GET", absl::StrCat("/user/", id)).Json()["login"], "dave");
  EXPECT_EQ(GitHub("GET", "/users/retainer%5Bbot%5D").Json()["type"], "Bot");
  EXPECT_EQ(GitHub("GET", "/users/nobody").status, 404);
  EXPECT_EQ(GitHub("GET", "/repositories/1296269").Json()["full_name"], "acme/opendb");
}

TEST_F(GitHubTest, PermissionIsTheRoleElseReadWhereEverybodyMay) {
  Reply alice = GitHub("GET", "/repos/acme/opendb/collaborators/alice/permission");
  EXPECT_EQ(alice.Json()["permission"], "write");
  EXPECT_EQ(alice.Json()["role_name"], "maintain");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/collaborators/eve/permission").Json()["permission"],
            "read");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/collaborators/nobody/permission").status, 404);
}

TEST_F(GitHubTest, MembershipIsAnsweredByWhoAsks) {
  sandbox_.AddOrganization(ForgeKind::kGitHub, "acme-inc");
  for (const char* organization : {"acme", "acme-inc"}) {
    ASSERT_TRUE(sandbox_.AddMember(ForgeKind::kGitHub, organization, "dave", false).ok());
    ASSERT_TRUE(sandbox_.AddMember(ForgeKind::kGitHub, organization, "eve", true).ok());
  }
  // Our own organisation: we are a member.
  EXPECT_EQ(GitHub("GET", "/orgs/acme/members/dave").status, 204);
  EXPECT_EQ(GitHub("GET", "/orgs/acme/members/alice").status, 404);
  // A customer's organisation: we are not a member and see only public members.
  Reply outside = GitHub("GET", "/orgs/acme-inc/members/dave");
  EXPECT_EQ(outside.status, 302);
  EXPECT_THAT(outside.Header("location"), testing::EndsWith("/orgs/acme-inc/public_members/dave"));
  EXPECT_EQ(GitHub("GET", "/orgs/acme-inc/public_members/dave").status, 404);
  EXPECT_EQ(GitHub("GET", "/orgs/acme-inc/public_members/eve").status, 204);
}

TEST_F(GitHubTest, ACommentIsCreatedReadEditedAndDeleted) {
  Open();
  Reply created = GitHub("POST", "/repos/acme/opendb/issues/1/comments", R"({"body":"**hi**"})");
  ASSERT_EQ(created.status, 201);
  EXPECT_EQ(created.Json()["user"]["login"], "retainer[bot]");
  EXPECT_EQ(created.Json()["performed_via_github_app"]["slug"], "retainer");
  EXPECT_EQ(created.Json()["created_at"], "2026-03-03T09:02:00Z");
  const std::string path =
      absl::StrCat("/repos/acme/opendb/issues/comments/", created.Json()["id"].get<int>());
  clock_.Advance(absl::Seconds(90));
  Reply edited = GitHub("PATCH", path, R"({"body":"ho"})");
  EXPECT_EQ(edited.status, 200);
  EXPECT_EQ(edited.Json()["updated_at"], "2026-03-03T09:03:30Z");
  EXPECT_EQ(GitHub("GET", path).Json()["body"], "ho");
  EXPECT_EQ(GitHub("DELETE", path).status, 204);
  EXPECT_EQ(GitHub("GET", path).status, 404);
  EXPECT_EQ(GitHub("DELETE", path).status, 404);
}

TEST_F(GitHubTest, ACommentsTextIsChecked) {
  Open();
  const std::string path = "/repos/acme/opendb/issues/1/comments";
  EXPECT_EQ(GitHub("POST", path, R"({"body":"  "})").status, 422);
  EXPECT_EQ(GitHub("POST", path, R"({})").status, 422);
  EXPECT_EQ(GitHub("POST", path, "{").status, 400);
  // The limit counts characters, not bytes.
  std::string longest;
  for (int i = 0; i < 65536; ++i) longest += "é";
  EXPECT_EQ(GitHub("POST", path, json{{"body", longest}}.dump()).status, 201);
  Reply refused = GitHub("POST", path, json{{"body", longest + "x"}}.dump());
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.Json()["message"], "Validation Failed");
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/issues/99/comments", R"({"body":"x"})").status, 404);
}

TEST_F(GitHubTest, AStrangersTokenMayNotTouchWhatOthersWrote) {
  TicketRef issue = Open();
  const std::int64_t comment = *sandbox_.Comment(issue, "alice", "mine");
  const std::string eve = *sandbox_.CreateToken(ForgeKind::kGitHub, "eve");
  const std::string path = absl::StrCat("/repos/acme/opendb/issues/comments/", comment);
  EXPECT_EQ(GitHub("PATCH", path, R"({"body":"ha"})", {}, eve).status, 403);
  EXPECT_EQ(
      GitHub("POST", "/repos/acme/opendb/issues/1/labels", R"({"labels":["x"]})", {}, eve).status,
      403);
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/issues/1/comments", R"({"body":"me too"})", {}, eve)
                .status,
            201);
}

TEST_F(GitHubTest, CommentsComeInPagesWithLinks) {
  TicketRef issue = Open();
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(sandbox_.Comment(issue, "eve", absl::StrCat("comment ", i)).ok());
    clock_.Advance(absl::Minutes(1));
  }
  Reply first = GitHub("GET", "/repos/acme/opendb/issues/1/comments?per_page=3");
  EXPECT_EQ(first.Json().size(), 3u);
  EXPECT_THAT(first.Header("link"), HasSubstr("rel=\"next\""));
  EXPECT_THAT(first.Header("link"), HasSubstr("page=3>; rel=\"last\""));
  // The links lead through all pages, each once, in order.
  std::vector<std::string> bodies;
  std::string url = sandbox_.github_api_url() + "/repos/acme/opendb/issues/1/comments?per_page=3";
  while (!url.empty()) {
    Reply page = Send("GET", url, {{"Authorization", "token " + app_token_}});
    for (const json& comment : page.Json()) bodies.push_back(comment["body"]);
    std::string link = page.Header("link");
    std::size_t next = link.find(">; rel=\"next\"");
    url = next == std::string::npos
              ? ""
              : link.substr(link.rfind('<', next) + 1, next - link.rfind('<', next) - 1);
  }
  ASSERT_EQ(bodies.size(), 7u);
  EXPECT_EQ(bodies.front(), "comment 0");
  EXPECT_EQ(bodies.back(), "comment 6");
  Reply since = GitHub("GET", "/repos/acme/opendb/issues/1/comments?since=2026-03-03T09:06:00Z");
  EXPECT_EQ(since.Json().size(), 3u);
  EXPECT_EQ(since.Header("link"), "");
}

TEST_F(GitHubTest, WhatHasNotChangedIsFree) {
  Open();
  Reply first = GitHub("GET", "/repos/acme/opendb/issues/1");
  const std::string tag = first.Header("etag");
  ASSERT_FALSE(tag.empty());
  const std::string remaining = first.Header("x-ratelimit-remaining");
  Reply same = GitHub("GET", "/repos/acme/opendb/issues/1", "", {{"If-None-Match", tag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.Header("x-ratelimit-remaining"), remaining);
  ASSERT_TRUE(
      sandbox_.Label({"github", "acme/opendb", TicketKind::kIssue, 1}, "alice", "bug").ok());
  Reply changed = GitHub("GET", "/repos/acme/opendb/issues/1", "", {{"If-None-Match", tag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.Header("etag"), tag);
}

TEST_F(GitHubTest, TheHourlyLimitRunsOutAndComesBack) {
  sandbox_.SetRateRemaining(ForgeKind::kGitHub, 1);
  Reply last = GitHub("GET", kRepo);
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.Header("x-ratelimit-remaining"), "0");
  Reply over = GitHub("GET", kRepo);
  EXPECT_EQ(over.status, 403);
  EXPECT_THAT(over.body, HasSubstr("API rate limit exceeded"));
  EXPECT_EQ(over.Header("x-ratelimit-reset"),
            absl::StrCat(absl::ToUnixSeconds(clock_.Now() + absl::Hours(1))));
  clock_.Advance(absl::Hours(1));
  app_token_ = InstallationToken();
  EXPECT_EQ(GitHub("GET", kRepo).status, 200);
}

TEST_F(GitHubTest, LabelsAreMadeAddedAndTakenOff) {
  Open();
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/labels",
                   R"({"name":"priority: P1","color":"d73a4a","description":"Now"})")
                .status,
            201);
  Reply again =
      GitHub("POST", "/repos/acme/opendb/labels", R"({"name":"Priority: p1","color":"d73a4a"})");
  EXPECT_EQ(again.status, 422);
  EXPECT_EQ(again.Json()["errors"][0]["code"], "already_exists");
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/labels", R"({"name":"x","color":"#d73a4a"})").status,
            422);
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/labels/priority%3A%20P1").Json()["color"], "d73a4a");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/labels/none").status, 404);
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/labels").Json().size(), 1u);

  Reply added =
      GitHub("POST", "/repos/acme/opendb/issues/1/labels", R"({"labels":["priority: P1","a/b"]})");
  EXPECT_EQ(added.status, 200);
  EXPECT_EQ(added.Json().size(), 2u);
  EXPECT_EQ(GitHub("DELETE", "/repos/acme/opendb/issues/1/labels/a%2Fb").Json().size(), 1u);
  Reply gone = GitHub("DELETE", "/repos/acme/opendb/issues/1/labels/a%2Fb");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.Json()["message"], "Label does not exist");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/issues/1").Json()["labels"][0]["name"],
            "priority: P1");
}

TEST_F(GitHubTest, AssigneesWhoCannotBeAreLeftOut) {
  Open();
  Reply reply = GitHub("POST", "/repos/acme/opendb/issues/1/assignees",
                       R"({"assignees":["alice","eve","nobody"]})");
  EXPECT_EQ(reply.status, 201);
  ASSERT_EQ(reply.Json()["assignees"].size(), 1u);
  EXPECT_EQ(reply.Json()["assignees"][0]["login"], "alice");
}

TEST_F(GitHubTest, EventsAndTimelineTellWhoDidWhatWhen) {
  TicketRef issue = Open({"bug"});
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(sandbox_.Comment(issue, "eve", "me too").ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(sandbox_.Assign(issue, "alice", "alice").ok());
  ASSERT_TRUE(sandbox_.Close(issue, "alice", "not_planned").ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(sandbox_.Reopen(issue, "alice").ok());
  auto kinds = [](const Reply& reply) {
    std::vector<std::string> out;
    for (const json& event : reply.Json()) out.push_back(event["event"]);
    return out;
  };
  EXPECT_THAT(kinds(GitHub("GET", "/repos/acme/opendb/issues/1/events")),
              testing::ElementsAre("labeled", "assigned", "closed", "reopened"));
  Reply timeline = GitHub("GET", "/repos/acme/opendb/issues/1/timeline");
  EXPECT_THAT(kinds(timeline),
              testing::ElementsAre("labeled", "commented", "assigned", "closed", "reopened"));
  EXPECT_EQ(timeline.Json()[3]["state_reason"], "not_planned");
  EXPECT_EQ(timeline.Json()[1]["body"], "me too");
}

TEST_F(GitHubTest, DeletedMovedAndRenamedThingsSaySo) {
  ASSERT_TRUE(sandbox_.SetRole(github_, "alice", "admin").ok());
  sandbox_.AddProject({.ref = {"github", "acme/tools"}});
  ASSERT_TRUE(sandbox_.DeleteIssue(Open(), "alice").ok());
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/issues/1").status, 410);
  TicketRef moved = *sandbox_.Transfer(Open(), "alice", {"github", "acme/tools"});
  EXPECT_EQ(moved.path, "acme/tools");
  Reply away = GitHub("GET", "/repos/acme/opendb/issues/2");
  EXPECT_EQ(away.status, 301);
  EXPECT_EQ(Send("GET", away.Header("location"), {{"Authorization", "Bearer " + app_token_}})
                .Json()["number"],
            1);
  Open();
  ASSERT_TRUE(sandbox_.RenameProject(github_, "alice", "acme/newdb").ok());
  Reply renamed = GitHub("GET", "/repos/acme/opendb/issues/3?x=y");
  EXPECT_EQ(renamed.status, 301);
  EXPECT_THAT(renamed.Header("location"), testing::EndsWith("/repositories/1296269/issues/3?x=y"));
  EXPECT_EQ(
      Send("GET", renamed.Header("location"), {{"Authorization", "Bearer " + app_token_}}).status,
      200);
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/issues/3/comments", R"({"body":"x"})").status, 307);
}

TEST_F(GitHubTest, PullRequestsShareTheNumbersAndTheComments) {
  Open();
  TicketRef change = *sandbox_.OpenPullRequest(github_, "eve", "Mend it", "Fixes #1");
  EXPECT_EQ(change.number, 2);
  ASSERT_TRUE(sandbox_.Review(change, "alice", "changes_requested", "Almost.").ok());
  ASSERT_TRUE(sandbox_.ReviewComment(change, "alice", "Here.").ok());
  ASSERT_TRUE(sandbox_.Comment(change, "alice", "Thanks!").ok());
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/pulls/2").Json()["head"]["ref"], "change-2");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/pulls/1").status, 404);
  EXPECT_TRUE(GitHub("GET", "/repos/acme/opendb/issues/2").Json().contains("pull_request"));
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/pulls/2/reviews").Json()[0]["state"],
            "CHANGES_REQUESTED");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/pulls/2/comments").Json()[0]["body"], "Here.");
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/issues/2/comments").Json()[0]["body"], "Thanks!");
  EXPECT_EQ(GitHub("POST", "/repos/acme/opendb/issues/2/comments", R"({"body":"x"})").status, 201);
}

TEST_F(GitHubTest, IssuesAreListedByStateAndUpdate) {
  TicketRef first = Open();
  clock_.Advance(absl::Minutes(1));
  Open();
  ASSERT_TRUE(sandbox_.Close(first, "alice").ok());
  EXPECT_EQ(GitHub("GET", "/repos/acme/opendb/issues").Json().size(), 1u);
  Reply all = GitHub("GET", "/repos/acme/opendb/issues?state=all&sort=updated&direction=asc");
  EXPECT_EQ(all.Json().size(), 2u);
  EXPECT_EQ(
      GitHub("GET", "/repos/acme/opendb/issues?state=all&since=2026-03-03T10:00:00Z").Json().size(),
      0u);
}

}  // namespace
}  // namespace retainer::sandbox
