// Writes down every request that the clients can send, with every status that they handle, for the
// contract check against the forges' published descriptions (openapi/check.mjs).
//
// One JSON object per line: {forge, method, path, status, keys}. `keys` are the body's members. The
// file's name comes from RETAINER_REQUEST_SHAPES. Without it the lines are only made, and the
// GitLab half is compared with the table below.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/forge/json.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

constexpr char kUserJson[] = R"({"id":4,"login":"dave","username":"dave"})";

// Calls every method, with a pause before each mutation.
void CallEverything(World& world) {
  Forge& forge = *world.forge;
  const Actor dave{"4", "dave", false};
  const auto next = [&] { world.clock.Advance(absl::Seconds(2)); };
  (void)forge.Check();
  (void)forge.Self();
  (void)forge.CheckHooks("https://support.example.com/webhooks/x", {world.at.path});
  (void)forge.CheckAccess({world.at.path});
  (void)forge.SeesMembers(world.at, "acme-inc");
  (void)forge.Redeliver({world.clock.Now() - absl::Hours(1), 1});
  (void)forge.Permission(world.at, dave);
  (void)forge.Permission(world.at, {"4", "", false});
  (void)forge.Membership(world.at, "acme-inc", dave);
  (void)forge.PublicEmail(world.at, dave);
  (void)forge.FindUser("dave");
  (void)forge.FindProject(world.at.path);
  (void)forge.ReadTicket(world.at);
  for (const TicketKind kind : {TicketKind::kIssue, TicketKind::kChange}) {
    TicketListing listing;
    listing.kind = kind;
    (void)forge.ListTickets(world.at, listing);
  }
  (void)forge.FindOwnComments(world.at, "<!-- m -->", world.clock.Now());
  (void)forge.CreateComment(world.at, "hello");
  next();
  (void)forge.UpdateComment(world.at, "17", "hello");
  next();
  (void)forge.DeleteComment(world.at, "17");
  next();
  (void)forge.EnsureLabel(world.at, {"sla: late", "d93f0b", "late"});
  next();
  (void)forge.AddLabels(world.at, {"sla: late"});
  next();
  (void)forge.RemoveLabel(world.at, "sla: late");
  next();
  (void)forge.AddAssignees(world.at, {"dave"});
  next();
  (void)forge.CanAssign(world.at, "dave");
  for (const char* object : {"", "comment/17", "review-comment/18", "note/17"}) {
    (void)forge.SetReaction(world.at, {object, FaceReaction::Kind::kDone});
    next();
    (void)forge.RemoveReaction(world.at, object, "41");
    next();
  }
  const RemoteCheck check{std::string(40, 'a'),
                          CheckView::Verdict::kNeutral,
                          {"title", "words"},
                          "https://forge.example/acme/opendb/issues/12"};
  (void)forge.SetCheck(world.at, check, "");
  next();
  (void)forge.SetCheck(world.at, check, "31");
  next();
  (void)forge.SetStatus(world.at, {std::string(40, 'a'), "retainer/policy", true, "words"});
  next();
  (void)forge.ListPurchases("4711");
  next();
  (void)forge.ListProjects();
  next();
  (void)forge.Contains(world.at, "v1.2", std::string(40, 'a'));
}

struct Shape {
  std::string forge;
  std::string method;
  std::string path;
  int status = 0;
  std::vector<std::string> keys;
  friend auto operator<=>(const Shape&, const Shape&) = default;
};

class Shapes {
 public:
  void Take(const World& world, const std::string& forge, const std::string& prefix) {
    for (const Script::Exchange& exchange : world.script.history()) {
      Shape shape{forge, exchange.request.method, exchange.request.target, exchange.status, {}};
      shape.path = shape.path.substr(0, shape.path.find('?')).substr(prefix.size());
      const Json body = ParseJson(exchange.request.body).value_or(Json());
      if (body.is_object()) {
        for (const auto& [key, value] : body.items()) shape.keys.push_back(key);
      }
      shapes_.insert(shape);
    }
  }
  const std::set<Shape>& all() const { return shapes_; }

 private:
  std::set<Shape> shapes_;
};

// GitHub's answers in case of success. `change`: the ticket is a pull request.
void PrepareGitHub(World& world, bool change) {
  Script& script = world.script;
  const std::string repo = "/repos/acme/opendb";
  const std::string issue = repo + "/issues/12";
  script.On("GET /user", 200, R"({"id":9,"login":"desk"})");
  script.On("GET /user/4", 200, kUserJson);
  script.On("GET /users/dave", 200, kUserJson);
  script.On("GET /users/retainer%5Bbot%5D", 200, R"({"id":9,"login":"retainer[bot]"})");
  script.On("GET /app", 200, R"({"slug":"retainer"})");
  script.On("GET /app/installations?per_page=1", 200, R"([{"id":55}])");
  script.On("GET /app/installations?per_page=100", 200, R"([{"id":55}])");
  script.On("GET " + repo + "/installation", 200, R"({"id":55})");
  script.On("GET /installation/repositories?per_page=100&page=1", 200, R"({"repositories":[]})");
  script.On(
      "GET /user/repos?affiliation=owner,collaborator,organization_member&sort=full_name"
      "&per_page=100",
      200, "[]");
  script.On("POST /app/installations/55/access_tokens", 201,
            R"({"token":"ghs_a","expires_at":"2030-01-01T00:00:00Z"})");
  script.On("GET " + repo + "/collaborators/dave/permission", 200,
            R"({"permission":"write","user":{"id":4}})");
  script.On("GET /orgs/acme-inc/members/dave", 302);
  script.On("GET /orgs/acme-inc/public_members/dave", 204);
  script.On("GET /orgs/acme-inc", 200, "{}");
  script.On("GET /orgs/acme-inc/members/desk", 302);
  script.On("GET /orgs/acme-inc/members/retainer%5Bbot%5D", 302);
  script.On("GET " + repo + "/hooks?per_page=100", 200, "[]");
  script.On("GET /app/hook/config", 200, "{}");
  script.On("GET /app/hook/deliveries?per_page=100", 200,
            R"([{"id":3,"guid":"a","status_code":503,"delivered_at":"2026-03-01T00:00:00Z"}])");
  script.On("POST /app/hook/deliveries/3/attempts", 202, "{}");
  script.On("GET " + issue, 200,
            change ? R"({"number":12,"pull_request":{}})" : R"({"number":12})");
  script.On("GET " + repo +
                "/issues?state=open&since=1970-01-01T00%3A00%3A00Z&sort=updated&direction=asc"
                "&per_page=100&page=1",
            200, "[]");
  for (const char* list :
       {"/issues/12/comments", "/issues/12/events", "/pulls/12/reviews", "/pulls/12/comments"}) {
    script.On("GET " + repo + list + "?per_page=100", 200, "[]");
  }
  script.On("GET " + issue + "/comments?since=2026-02-28T23%3A58%3A00Z&per_page=100", 200, "[]");
  script.On("POST " + issue + "/comments", 201, R"({"id":17})");
  script.On("PATCH " + repo + "/issues/comments/17", 200, "{}");
  script.On("DELETE " + repo + "/issues/comments/17", 204);
  if (change) script.On("GET " + repo + "/labels/sla%3A%20late", 200, "{}");
  script.On("POST " + repo + "/labels", 201, "{}");
  script.On("POST " + issue + "/labels", 200, "[]");
  script.On("DELETE " + issue + "/labels/sla%3A%20late", 200, "[]");
  script.On("POST " + issue + "/assignees", 201, "{}");
  script.On("GET " + repo + "/assignees/dave", 204);
  for (const std::string& reactions : {issue + "/reactions", repo + "/issues/comments/17/reactions",
                                       repo + "/pulls/comments/18/reactions"}) {
    script.On("POST " + reactions, 201, R"({"id":41})");
    script.On("DELETE " + reactions + "/41", 204);
  }
  script.On("GET " + repo + "/commits/" + std::string(40, 'a') +
                "/check-runs?check_name=retainer%2Fsla&filter=all&per_page=100",
            200, R"({"total_count":0,"check_runs":[]})");
  script.On("GET /marketplace_listing/plans/4711/accounts?per_page=100", 200, "[]");
  script.On("POST " + repo + "/check-runs", 201, R"({"id":31})");
  script.On("POST " + repo + "/statuses/" + std::string(40, 'a'), 201, R"({"id":32})");
  script.On("PATCH " + repo + "/check-runs/31", 200, R"({"id":31})");
  script.On("GET " + repo + "/compare/v1.2..." + std::string(40, 'a') + "?per_page=1", 200,
            R"({"status":"behind"})");
}

// Errors that the clients treat as an answer; the other errors follow the common table.
void PrepareGitHubRefusals(World& world) {
  Script& script = world.script;
  const std::string repo = "/repos/acme/opendb";
  PrepareGitHub(world, false);
  for (const std::string& call :
       {"DELETE " + repo + "/issues/comments/17",
        "DELETE " + repo + "/issues/12/labels/sla%3A%20late",
        "GET " + repo + "/collaborators/dave/permission", "GET " + repo + "/assignees/dave",
        std::string("GET /orgs/acme-inc/public_members/dave")}) {
    script.Forget(call);  // 404
  }
  script.Forget("POST " + repo + "/labels");
  script.On("POST " + repo + "/labels", 422, R"({"errors":[{"code":"already_exists"}]})");
  script.Forget("POST " + repo + "/issues/12/assignees");
  script.On("POST " + repo + "/issues/12/assignees", 422, "{}");
}

void PrepareGitLab(World& world) {
  Script& script = world.script;
  const std::string project = "/api/v4/projects/7";
  const std::string ticket =
      project + (world.at.key.kind == TicketKind::kChange ? "/merge_requests/12" : "/issues/12");
  script.On("GET /api/v4/user", 200, kUserJson);
  script.On("GET /api/v4/users/4", 200, kUserJson);
  script.On("GET /api/v4/users?username=dave", 200, absl::StrCat("[", kUserJson, "]"));
  script.On("GET /api/v4/personal_access_tokens/self", 200, "{}");
  script.On("GET " + project, 200, R"({"id":7})");
  script.On("GET /api/v4/projects?membership=true&archived=false&per_page=100", 200, "[]");
  script.On("GET /api/v4/projects/acme%2Fsub%2Fopendb", 200, R"({"id":7})");
  script.On("GET " + project + "/members/all/4", 200, "{}");
  script.On("GET /api/v4/groups/acme-inc/members/all/4", 200, "{}");
  script.On("GET /api/v4/groups/acme-inc?with_projects=false", 200, "{}");
  script.On("GET /api/v4/projects/acme%2Fsub%2Fopendb/hooks?per_page=100", 200, "[]");
  script.On("GET " + ticket, 200, R"({"iid":12})");
  const std::string listed =
      "?state=opened&updated_after=1970-01-01T00%3A00%3A00Z&order_by=updated_at&sort=asc";
  script.On("GET " + project + "/issues" + listed + "&per_page=100&page=1", 200, "[]");
  script.On("GET " + project + "/merge_requests" + listed + "&scope=all&per_page=100&page=1", 200,
            "[]");
  for (const char* list :
       {"/notes?sort=asc&order_by=created_at&per_page=100",
        "/notes?sort=desc&order_by=created_at&per_page=100", "/resource_label_events?per_page=100",
        "/resource_state_events?per_page=100", "/resource_milestone_events?per_page=100"}) {
    script.On("GET " + ticket + list, 200, "[]");
  }
  script.On("POST " + ticket + "/notes", 201, R"({"id":17})");
  script.On("PUT " + ticket + "/notes/17", 200, "{}");
  script.On("DELETE " + ticket + "/notes/17", 204);
  script.On("POST " + project + "/labels", 201, "{}");
  script.On("PUT " + ticket, 200, "{}");
  script.On("POST " + ticket + "/award_emoji", 201, R"({"id":41})");
  script.On("DELETE " + ticket + "/award_emoji/41", 204);
  script.On("GET " + ticket + "/notes/17/award_emoji?per_page=100", 200,
            R"([{"id":41,"name":"thumbsup","user":{"id":4}}])");  // our award exists already: 404
  script.On("DELETE " + ticket + "/notes/17/award_emoji/41", 204);
  const std::string commit(40, 'a');
  script.On("POST " + project + "/statuses/" + commit, 201, R"({"id":31})");
  script.On("GET " + project + "/repository/merge_base?refs%5B%5D=v1.2&refs%5B%5D=" + commit, 200,
            absl::StrCat(R"({"id":")", commit, R"("})"));
}

Shapes AllShapes() {
  Shapes shapes;
  for (const bool app : {false, true}) {
    for (const bool change : {false, true}) {
      World world(app ? World::GitHubApp() : World::GitHubToken());
      PrepareGitHub(world, change);
      CallEverything(world);
      shapes.Take(world, "github", "");
    }
  }
  World refused(World::GitHubToken());
  PrepareGitHubRefusals(refused);
  CallEverything(refused);
  shapes.Take(refused, "github", "");
  for (const TicketKind kind : {TicketKind::kIssue, TicketKind::kChange}) {
    World world(World::GitLabToken());
    world.at.key.kind = kind;
    PrepareGitLab(world);
    CallEverything(world);
    shapes.Take(world, "gitlab", "/api/v4");
  }
  return shapes;
}

// GitLab publishes no machine-readable description of this detail. This table is maintained by hand
// from its REST documentation, https://docs.gitlab.com/api/ and the page named in each line.
struct Documented {
  const char* method;
  const char* path;
  const char* keys;  // allowed in the body, separated by spaces
  const char* page;
};
constexpr Documented kGitLab[] = {
    {"GET", "/user", "", "users"},
    {"GET", "/users", "", "users"},
    {"GET", "/users/:id", "", "users"},
    {"GET", "/personal_access_tokens/self", "", "personal_access_tokens"},
    {"GET", "/projects", "", "projects"},
    {"GET", "/projects/:id", "", "projects"},
    {"GET", "/projects/:id/members/all/:id", "", "project_members"},
    {"GET", "/groups/:id", "", "groups"},
    {"GET", "/groups/:id/members/all/:id", "", "group_members"},
    {"GET", "/projects/:id/hooks", "", "project_webhooks"},
    {"GET", "/projects/:id/issues", "", "issues"},
    {"GET", "/projects/:id/merge_requests", "", "merge_requests"},
    {"GET", "/projects/:id/issues/:id", "", "issues"},
    {"PUT", "/projects/:id/issues/:id", "add_labels remove_labels assignee_ids", "issues"},
    {"GET", "/projects/:id/merge_requests/:id", "", "merge_requests"},
    {"PUT", "/projects/:id/merge_requests/:id", "add_labels remove_labels assignee_ids",
     "merge_requests"},
    {"GET", "/projects/:id/issues/:id/notes", "", "notes"},
    {"POST", "/projects/:id/issues/:id/notes", "body", "notes"},
    {"PUT", "/projects/:id/issues/:id/notes/:id", "body", "notes"},
    {"DELETE", "/projects/:id/issues/:id/notes/:id", "", "notes"},
    {"GET", "/projects/:id/merge_requests/:id/notes", "", "notes"},
    {"POST", "/projects/:id/merge_requests/:id/notes", "body", "notes"},
    {"PUT", "/projects/:id/merge_requests/:id/notes/:id", "body", "notes"},
    {"DELETE", "/projects/:id/merge_requests/:id/notes/:id", "", "notes"},
    {"GET", "/projects/:id/issues/:id/resource_label_events", "", "resource_label_events"},
    {"GET", "/projects/:id/issues/:id/resource_state_events", "", "resource_state_events"},
    {"GET", "/projects/:id/issues/:id/resource_milestone_events", "", "resource_milestone_events"},
    {"GET", "/projects/:id/merge_requests/:id/resource_label_events", "", "resource_label_events"},
    {"GET", "/projects/:id/merge_requests/:id/resource_state_events", "", "resource_state_events"},
    {"GET", "/projects/:id/merge_requests/:id/resource_milestone_events", "",
     "resource_milestone_events"},
    {"POST", "/projects/:id/issues/:id/award_emoji", "name", "emoji_reactions"},
    {"DELETE", "/projects/:id/issues/:id/award_emoji/:id", "", "emoji_reactions"},
    {"GET", "/projects/:id/issues/:id/notes/:id/award_emoji", "", "emoji_reactions"},
    {"POST", "/projects/:id/issues/:id/notes/:id/award_emoji", "name", "emoji_reactions"},
    {"DELETE", "/projects/:id/issues/:id/notes/:id/award_emoji/:id", "", "emoji_reactions"},
    {"POST", "/projects/:id/merge_requests/:id/award_emoji", "name", "emoji_reactions"},
    {"DELETE", "/projects/:id/merge_requests/:id/award_emoji/:id", "", "emoji_reactions"},
    {"GET", "/projects/:id/merge_requests/:id/notes/:id/award_emoji", "", "emoji_reactions"},
    {"POST", "/projects/:id/merge_requests/:id/notes/:id/award_emoji", "name", "emoji_reactions"},
    {"DELETE", "/projects/:id/merge_requests/:id/notes/:id/award_emoji/:id", "", "emoji_reactions"},
    {"GET", "/projects/:id/labels/:id", "", "labels"},
    {"POST", "/projects/:id/labels", "name color description", "labels"},
    {"POST", "/projects/:id/statuses/:id", "state name description target_url", "commits"},
    {"GET", "/projects/:id/repository/merge_base", "", "repositories"},
};

bool Fits(const Shape& shape, const Documented& entry) {
  const std::vector<std::string> want = absl::StrSplit(entry.path, '/');
  const std::vector<std::string> have = absl::StrSplit(shape.path, '/');
  if (shape.method != entry.method || want.size() != have.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (want[i] != ":id" && want[i] != have[i]) return false;
  }
  const std::set<std::string> keys = absl::StrSplit(entry.keys, ' ');
  for (const std::string& key : shape.keys) {
    if (!keys.contains(key)) return false;
  }
  return true;
}

TEST(RequestShapesTest, GitLabDocumentsEachAndEachIsSent) {
  const Shapes shapes = AllShapes();
  std::set<std::string> sent;
  for (const Shape& shape : shapes.all()) {
    if (shape.forge != "gitlab") continue;
    bool found = false;
    for (const Documented& entry : kGitLab) {
      if (!Fits(shape, entry)) continue;
      found = true;
      sent.insert(absl::StrCat(entry.method, entry.path));
    }
    EXPECT_TRUE(found) << shape.method << " " << shape.path;
  }
  for (const Documented& entry : kGitLab) {
    EXPECT_TRUE(sent.contains(absl::StrCat(entry.method, entry.path)))
        << entry.method << " " << entry.path;
  }
}

TEST(RequestShapesTest, WritesThemDown) {
  const Shapes shapes = AllShapes();
  std::string lines;
  int github = 0;
  for (const Shape& shape : shapes.all()) {
    github += shape.forge == "github";
    lines += Dump({{"forge", shape.forge},
                   {"method", shape.method},
                   {"path", shape.path},
                   {"status", shape.status},
                   {"keys", shape.keys}}) +
             "\n";
  }
  EXPECT_GE(github, 30);
  if (const char* file = std::getenv("RETAINER_REQUEST_SHAPES")) {
    std::ofstream out(file, std::ios::trunc);
    out << lines;
    EXPECT_TRUE(out.flush().good()) << "cannot write " << file;
  }
}

}  // namespace
}  // namespace retainer::forge
