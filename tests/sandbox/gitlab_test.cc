#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/sandbox/test_client.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kProject[] = "/projects/clients%2Feu%2Facme";

class GitLabTest : public SandboxTest {
 protected:
  TicketRef Open() { return *sandbox_.OpenIssue(gitlab_, "dave", "It fails", "Every time."); }
  std::string Issue(const std::string& rest = "") {
    return absl::StrCat(kProject, "/issues/1", rest);
  }
  std::string TokenOf(const std::string& login) {
    return *sandbox_.CreateToken(ForgeKind::kGitLab, login);
  }
  std::int64_t IdOf(const std::string& login) {
    return GitLab("GET", "/users?username=" + login).Json()[0]["id"];
  }
};

TEST_F(GitLabTest, TokensComeInEitherHeader) {
  EXPECT_EQ(Send("GET", sandbox_.gitlab_api_url() + "/user").status, 401);
  EXPECT_EQ(GitLab("GET", "/user").Json()["username"], "desk");
  EXPECT_EQ(GitLab("GET", "/personal_access_tokens/self").Json()["scopes"][0], "api");
  EXPECT_EQ(Send("GET", sandbox_.gitlab_api_url() + "/user",
                 {{"Authorization", "Bearer " + gitlab_token_}})
                .status,
            200);
  Reply wrong = GitLab("GET", "/user", "", {}, "glpat-wrong");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.Json()["message"], "401 Unauthorized");
  EXPECT_EQ(GitLab("GET", "/user", "", {}, alice_token_).status, 401) << "a token of GitHub's";
  EXPECT_THAT(GitLab("GET", "/version").Json()["version"].get<std::string>(), HasSubstr("18."));
}

TEST_F(GitLabTest, AProjectIsFoundByIdAndByItsEscapedPath) {
  Reply by_path = GitLab("GET", kProject);
  ASSERT_EQ(by_path.status, 200);
  EXPECT_EQ(by_path.Json()["path_with_namespace"], "clients/eu/acme");
  EXPECT_EQ(GitLab("GET", absl::StrCat("/projects/", by_path.Json()["id"].get<int>())).status, 200);
  Reply none = GitLab("GET", "/projects/clients%2Fnone");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.Json()["message"], "404 Project Not Found");
  EXPECT_EQ(GitLab("GET", "/projects/clients/eu/acme").status, 404) << "unescaped is another path";
}

TEST_F(GitLabTest, PeopleAreFoundByNameAndById) {
  const std::int64_t dave = IdOf("dave");
  EXPECT_EQ(GitLab("GET", absl::StrCat("/users/", dave)).Json()["public_email"],
            "dave@acme.example");
  EXPECT_EQ(GitLab("GET", "/users?username=nobody").Json().size(), 0u);
  EXPECT_EQ(GitLab("GET", "/users/1").status, 404);
}

TEST_F(GitLabTest, MembersHaveTheirLevel) {
  EXPECT_EQ(
      GitLab("GET", absl::StrCat(kProject, "/members/all/", IdOf("alice"))).Json()["access_level"],
      40);
  EXPECT_EQ(GitLab("GET", absl::StrCat(kProject, "/members/all/", IdOf("dave"))).status, 404);
  sandbox_.AddOrganization(ForgeKind::kGitLab, "clients/eu", true);
  ASSERT_TRUE(sandbox_.AddMember(ForgeKind::kGitLab, "clients/eu", "dave", false).ok());
  const std::string path = absl::StrCat("/groups/clients%2Feu/members/all/", IdOf("dave"));
  EXPECT_EQ(GitLab("GET", path).Json()["message"], "404 Group Not Found") << "to outsiders";
  ASSERT_TRUE(sandbox_.AddMember(ForgeKind::kGitLab, "clients/eu", "desk", false).ok());
  EXPECT_EQ(GitLab("GET", path).Json()["username"], "dave");
  EXPECT_EQ(GitLab("GET", absl::StrCat("/groups/clients%2Feu/members/all/", IdOf("eve")))
                .Json()["message"],
            "404 Not found");
}

TEST_F(GitLabTest, ANoteIsCreatedReadEditedAndDeleted) {
  Open();
  Reply created = GitLab("POST", Issue("/notes"), R"({"body":"hello"})");
  ASSERT_EQ(created.status, 201);
  EXPECT_EQ(created.Json()["author"]["username"], "desk");
  EXPECT_EQ(created.Json()["created_at"], "2026-03-03T09:02:00.000Z");
  EXPECT_EQ(created.Json()["noteable_type"], "Issue");
  const std::string path = Issue(absl::StrCat("/notes/", created.Json()["id"].get<int>()));
  EXPECT_EQ(GitLab("PUT", path, R"({"body":"hullo"})").Json()["body"], "hullo");
  EXPECT_EQ(GitLab("PUT", path, R"({"body":"ha"})", {}, TokenOf("eve")).status, 403);
  EXPECT_EQ(GitLab("GET", path).Json()["body"], "hullo");
  EXPECT_EQ(GitLab("DELETE", path).status, 204);
  EXPECT_EQ(GitLab("DELETE", path).status, 404);
  // A form is accepted as well as JSON.
  Reply form = Send(
      "POST", sandbox_.gitlab_api_url() + Issue("/notes"),
      {{"PRIVATE-TOKEN", gitlab_token_}, {"Content-Type", "application/x-www-form-urlencoded"}},
      "body=a+b%26c");
  EXPECT_EQ(form.Json()["body"], "a b&c");
}

TEST_F(GitLabTest, ANotesTextIsChecked) {
  Open();
  EXPECT_EQ(GitLab("POST", Issue("/notes"), R"({})").Json()["error"], "body is missing");
  EXPECT_EQ(GitLab("POST", Issue("/notes"), R"({"body":" "})").status, 400);
  EXPECT_EQ(GitLab("POST", Issue("/notes"), R"([1])").status, 400);
  EXPECT_EQ(GitLab("POST", kProject + std::string("/issues/9/notes"), R"({"body":"x"})").status,
            404);
  EXPECT_EQ(GitLab("POST", Issue("/notes"), R"({"body":"/close"})").status, 202);
  EXPECT_EQ(GitLab("GET", Issue()).Json()["state"], "closed");
}

TEST_F(GitLabTest, InternalNotesAreForTheTeam) {
  TicketRef issue = Open();
  const std::int64_t id = *sandbox_.InternalNote(issue, "alice", "psst");
  EXPECT_EQ(GitLab("GET", Issue("/notes")).Json()[0]["internal"], true);
  EXPECT_EQ(GitLab("GET", Issue("/notes"), "", {}, TokenOf("dave")).Json().size(), 0u);
  EXPECT_EQ(GitLab("GET", Issue(absl::StrCat("/notes/", id)), "", {}, TokenOf("dave")).status, 404);
  EXPECT_EQ(GitLab("POST", Issue("/notes"), R"({"body":"x","internal":true})", {}, TokenOf("dave"))
                .status,
            403);
  EXPECT_FALSE(sandbox_.InternalNote(issue, "dave", "psst").ok());
}

TEST_F(GitLabTest, NotesComeInPagesNewestFirst) {
  TicketRef issue = Open();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(sandbox_.Comment(issue, "dave", absl::StrCat("note ", i)).ok());
  }
  Reply first = GitLab("GET", Issue("/notes?per_page=2"));
  EXPECT_EQ(first.Json()[0]["body"], "note 4");
  EXPECT_EQ(first.Header("x-total"), "5");
  EXPECT_EQ(first.Header("x-total-pages"), "3");
  EXPECT_EQ(first.Header("x-next-page"), "2");
  EXPECT_THAT(first.Header("link"), HasSubstr("/issues/1/notes?per_page=2&page=2>; rel=\"next\""));
  Reply last = GitLab("GET", Issue("/notes?per_page=2&page=3&sort=asc&order_by=created_at"));
  EXPECT_EQ(last.Json()[0]["body"], "note 4");
  EXPECT_EQ(last.Header("x-next-page"), "");
  std::vector<std::string> bodies;
  // By number: the HTTP library's client decodes escapes in headers, which breaks links with paths.
  std::string url = absl::StrCat(sandbox_.gitlab_api_url(), "/projects/",
                                 GitLab("GET", kProject).Json()["id"].get<int>(),
                                 "/issues/1/notes?pagination=keyset&per_page=2&sort=asc");
  while (!url.empty() && bodies.size() < 10) {
    Reply page = Send("GET", url, {{"PRIVATE-TOKEN", gitlab_token_}});
    EXPECT_EQ(page.Header("x-total"), "");
    for (const json& note : page.Json()) bodies.push_back(note["body"]);
    std::string link = page.Header("link");
    url = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  EXPECT_THAT(bodies, ElementsAre("note 0", "note 1", "note 2", "note 3", "note 4"));
}

TEST_F(GitLabTest, LabelsAreMadePutOnAndTakenOff) {
  Open();
  EXPECT_EQ(GitLab("POST", kProject + std::string("/labels"),
                   R"({"name":"priority: P1","color":"#d73a4a"})")
                .status,
            201);
  EXPECT_EQ(GitLab("POST", kProject + std::string("/labels"),
                   R"({"name":"priority: P1","color":"#d73a4a"})")
                .status,
            409);
  EXPECT_EQ(
      GitLab("POST", kProject + std::string("/labels"), R"({"name":"x","color":"red-ish"})").status,
      400);
  EXPECT_EQ(GitLab("GET", kProject + std::string("/labels")).Json()[0]["name"], "priority: P1");
  Reply put = GitLab("PUT", Issue(), R"({"add_labels":"priority: P1,new one"})");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.Json()["labels"], json::parse(R"(["priority: P1","new one"])"));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(GitLab("PUT", Issue(), R"({"remove_labels":["new one","never there"]})")
                .Json()["labels"]
                .size(),
            1u);
  EXPECT_EQ(GitLab("PUT", Issue(), R"({})").status, 400);
  EXPECT_EQ(GitLab("PUT", Issue(), R"({"add_labels":"x"})", {}, TokenOf("eve")).status, 403);
  Reply events = GitLab("GET", Issue("/resource_label_events"));
  ASSERT_EQ(events.Json().size(), 3u);
  EXPECT_EQ(events.Json()[2]["action"], "remove");
  EXPECT_EQ(events.Json()[2]["label"]["name"], "new one");
  EXPECT_EQ(events.Json()[2]["created_at"], "2026-03-03T09:03:00.000Z");
}

TEST_F(GitLabTest, AssigneesAndStateChangeByPut) {
  Open();
  const std::int64_t alice = IdOf("alice");
  Reply put = GitLab("PUT", Issue(), absl::StrCat(R"({"assignee_ids":[)", alice, ",1]}"));
  EXPECT_EQ(put.Json()["assignees"][0]["username"], "alice");
  EXPECT_EQ(put.Json()["assignees"].size(), 1u);
  EXPECT_EQ(GitLab("GET", Issue("/notes")).Json()[0]["system"], true);
  EXPECT_EQ(GitLab("PUT", Issue(), R"({"state_event":"close"})").Json()["state"], "closed");
  EXPECT_EQ(GitLab("PUT", Issue(), R"({"state_event":"reopen"})").Json()["state"], "opened");
  Reply events = GitLab("GET", Issue("/resource_state_events"));
  EXPECT_EQ(events.Json()[0]["state"], "closed");
  EXPECT_EQ(events.Json()[1]["state"], "reopened");
}

TEST_F(GitLabTest, MergeRequestsCountByThemselves) {
  Open();
  TicketRef change = *sandbox_.OpenPullRequest(gitlab_, "dave", "Mend it", "");
  EXPECT_EQ(change.number, 1);
  const std::string path = absl::StrCat(kProject, "/merge_requests/1");
  EXPECT_EQ(GitLab("GET", path).Json()["source_branch"], "change-1");
  EXPECT_EQ(GitLab("POST", path + "/notes", R"({"body":"hi"})").Json()["noteable_type"],
            "MergeRequest");
  EXPECT_EQ(GitLab("GET", Issue("/notes")).Json().size(), 0u);
}

TEST_F(GitLabTest, ConfidentialIssuesAreForAuthorAndTeam) {
  ASSERT_TRUE(sandbox_.OpenIssue(gitlab_, "dave", "Secret", "", {}, true).ok());
  EXPECT_EQ(GitLab("GET", Issue()).Json()["confidential"], true);
  EXPECT_EQ(GitLab("GET", Issue(), "", {}, TokenOf("dave")).status, 200);
  EXPECT_EQ(GitLab("GET", Issue(), "", {}, TokenOf("eve")).status, 404);
}

TEST_F(GitLabTest, TheMinutesLimitAnswersInPlainText) {
  sandbox_.SetRateRemaining(ForgeKind::kGitLab, 1);
  EXPECT_EQ(GitLab("GET", "/user").Header("ratelimit-remaining"), "0");
  Reply over = GitLab("GET", "/user");
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(over.body, "Retry later\n");
  EXPECT_EQ(over.Header("retry-after"), "60");
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(GitLab("GET", "/user").status, 200);
}

TEST_F(GitLabTest, TagsSpareTheBody) {
  Open();
  Reply first = GitLab("GET", Issue());
  Reply same = GitLab("GET", Issue(), "", {{"If-None-Match", first.Header("etag")}});
  EXPECT_EQ(same.status, 304);
}

}  // namespace
}  // namespace retainer::sandbox
