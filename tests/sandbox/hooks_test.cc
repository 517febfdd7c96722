#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/fakes/places.h"
#include "tests/sandbox/test_client.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Key(const SandboxDelivery& delivery) {
  return absl::StrCat(delivery.event, "/", delivery.action);
}

std::vector<std::string> Keys(const std::vector<SandboxDelivery>& deliveries) {
  std::vector<std::string> out;
  for (const SandboxDelivery& delivery : deliveries) out.push_back(Key(delivery));
  return out;
}

json BodyOf(const SandboxDelivery& delivery) { return json::parse(delivery.body); }

// Fields that every object of this kind has had for years. Recorded deliveries may add more.
const std::map<std::string, std::set<std::string>>& Required() {
  static const auto& fields = *new std::map<std::string, std::set<std::string>>{
      {"issue", {"url",        "repository_url",
                 "labels_url", "comments_url",
                 "events_url", "html_url",
                 "id",         "node_id",
                 "number",     "title",
                 "user",       "labels",
                 "state",      "locked",
                 "assignee",   "assignees",
                 "milestone",  "comments",
                 "created_at", "updated_at",
                 "closed_at",  "author_association",
                 "body"}},
      {"comment",
       {"url", "html_url", "issue_url", "id", "node_id", "user", "created_at", "updated_at",
        "author_association", "body"}},
      {"repository",
       {"id", "node_id", "name", "full_name", "private", "owner", "html_url", "url", "created_at",
        "updated_at", "default_branch"}},
      {"sender", {"login", "id", "node_id", "avatar_url", "url", "html_url", "type", "site_admin"}},
      {"installation", {"id", "node_id"}},
  };
  return fields;
}

// The fields of an object in a recorded delivery; empty when the collection is not there.
std::set<std::string> Recorded(const std::string& file, const std::string& object) {
  std::ifstream in(std::filesystem::path(SharedDir()) / "payloads" / file);
  std::set<std::string> out;
  if (!in) return out;
  json body = json::parse(in, nullptr, false);
  if (!body.is_object() || !body.contains(object)) return out;
  for (const auto& [name, value] : body[object].items()) out.insert(name);
  return out;
}

void ExpectFields(const json& body, const std::string& object, std::set<std::string> fields,
                  const std::set<std::string>& but = {}) {
  ASSERT_TRUE(body.contains(object)) << object;
  for (const std::string& field : fields) {
    if (but.count(field) > 0) continue;
    EXPECT_TRUE(body[object].contains(field)) << object << "." << field;
  }
}

class HooksTest : public SandboxTest {
 protected:
  TicketRef Open(const ProjectRef& project) {
    TicketRef ticket = *sandbox_.OpenIssue(project, "dave", "It fails", "Every time.");
    sandbox_.TakePending();
    return ticket;
  }
};

TEST_F(HooksTest, GitHubsDeliveriesAreSignedOverTheirBytes) {
  TestReceiver receiver;
  sandbox_.SetHook(ForgeKind::kGitHub, {.url = receiver.url(), .secret = "s3cret"});
  ASSERT_TRUE(sandbox_.OpenIssue(github_, "dave", "Ünïcode", "💥").ok());
  std::vector<DeliveryResult> results = sandbox_.DeliverPending();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].status, 202);
  ASSERT_EQ(receiver.received().size(), 1u);
  Received got = receiver.received()[0];
  EXPECT_EQ(got.headers["x-hub-signature-256"], "sha256=" + Hex(TestHmac("s3cret", got.body)));
  EXPECT_EQ(got.headers["x-github-event"], "issues");
  EXPECT_EQ(got.headers["x-github-delivery"], results[0].id);
  EXPECT_EQ(got.headers["content-type"], "application/json");
  EXPECT_EQ(json::parse(got.body)["issue"]["title"], "Ünïcode");
}

TEST_F(HooksTest, GitLabsDeliveriesCarryTokenAndSignature) {
  TestReceiver receiver;
  const std::string key = "a key of thirty-two bytes, nearly";
  sandbox_.SetHook(ForgeKind::kGitLab, {.url = receiver.url(),
                                        .token = "t0ken",
                                        .signing_token = "whsec_" + absl::Base64Escape(key)});
  ASSERT_TRUE(sandbox_.OpenIssue(gitlab_, "dave", "It fails", "").ok());
  sandbox_.DeliverPending();
  ASSERT_EQ(receiver.received().size(), 1u);
  Received got = receiver.received()[0];
  EXPECT_EQ(got.headers["x-gitlab-token"], "t0ken");
  EXPECT_EQ(got.headers["x-gitlab-event"], "Issue Hook");
  EXPECT_EQ(got.headers["idempotency-key"], got.headers["webhook-id"]);
  EXPECT_EQ(got.headers["webhook-timestamp"], absl::StrCat(absl::ToUnixSeconds(clock_.Now())));
  const std::string text =
      absl::StrCat(got.headers["webhook-id"], ".", got.headers["webhook-timestamp"], ".", got.body);
  EXPECT_EQ(got.headers["webhook-signature"], "v1," + absl::Base64Escape(TestHmac(key, text)));
}

TEST_F(HooksTest, EveryActOfPeopleIsToldOnGitHub) {
  ASSERT_TRUE(sandbox_.SetRole(github_, "alice", "admin").ok());
  sandbox_.AddProject({.ref = {"github", "acme/tools"}});
  TicketRef issue = *sandbox_.OpenIssue(github_, "alice", "It fails", "", {"bug"});
  EXPECT_THAT(Keys(sandbox_.TakePending()),
              ElementsAre("issues/opened", "label/created", "issues/labeled"));
  const std::int64_t comment = *sandbox_.Comment(issue, "dave", "first");
  ASSERT_TRUE(sandbox_.EditComment(issue, "dave", comment, "second").ok());
  ASSERT_TRUE(sandbox_.DeleteComment(issue, "alice", comment).ok());
  std::vector<SandboxDelivery> comments = sandbox_.TakePending();
  EXPECT_THAT(Keys(comments), ElementsAre("issue_comment/created", "issue_comment/edited",
                                          "issue_comment/deleted"));
  EXPECT_EQ(BodyOf(comments[1])["changes"]["body"]["from"], "first");
  EXPECT_EQ(BodyOf(comments[2])["sender"]["login"], "alice");
  EXPECT_EQ(BodyOf(comments[2])["comment"]["user"]["login"], "dave");
  ASSERT_TRUE(sandbox_.EditText(issue, "alice", "It fails again", "").ok());
  ASSERT_TRUE(sandbox_.Unlabel(issue, "alice", "bug").ok());
  ASSERT_TRUE(sandbox_.Assign(issue, "alice", "alice").ok());
  ASSERT_TRUE(sandbox_.Unassign(issue, "alice", "alice").ok());
  ASSERT_TRUE(sandbox_.Close(issue, "alice").ok());
  ASSERT_TRUE(sandbox_.Reopen(issue, "alice").ok());
  ASSERT_TRUE(sandbox_.Transfer(issue, "alice", {"github", "acme/tools"}).ok());
  std::vector<SandboxDelivery> rest = sandbox_.TakePending();
  EXPECT_THAT(Keys(rest), ElementsAre("issues/edited", "issues/unlabeled", "issues/assigned",
                                      "issues/unassigned", "issues/closed", "issues/reopened",
                                      "issues/transferred", "issues/opened"));
  EXPECT_EQ(BodyOf(rest[1])["label"]["name"], "bug");
  EXPECT_EQ(BodyOf(rest[2])["assignee"]["login"], "alice");
  EXPECT_EQ(BodyOf(rest[4])["issue"]["state_reason"], "completed");
  EXPECT_EQ(BodyOf(rest[6])["changes"]["new_repository"]["full_name"], "acme/tools");
  EXPECT_EQ(BodyOf(rest[7])["changes"]["old_issue"]["number"], 1);
  TicketRef change = *sandbox_.OpenPullRequest(github_, "dave", "Mend it", "");
  ASSERT_TRUE(sandbox_.Review(change, "alice", "approved", "Good.").ok());
  ASSERT_TRUE(sandbox_.ReviewComment(change, "alice", "Nice.").ok());
  ASSERT_TRUE(sandbox_.Comment(change, "alice", "Thanks!").ok());
  ASSERT_TRUE(sandbox_.Label(change, "alice", "bug").ok());
  std::vector<SandboxDelivery> changes = sandbox_.TakePending();
  EXPECT_THAT(Keys(changes), ElementsAre("pull_request/opened", "pull_request_review/submitted",
                                         "pull_request_review_comment/created",
                                         "issue_comment/created", "pull_request/labeled"));
  EXPECT_EQ(BodyOf(changes[1])["review"]["state"], "approved");
  EXPECT_TRUE(BodyOf(changes[3])["issue"].contains("pull_request"));
  EXPECT_EQ(BodyOf(changes[4])["number"], 2);
  ASSERT_TRUE(sandbox_.RenameProject(github_, "alice", "acme/newdb").ok());
  std::vector<SandboxDelivery> renamed = sandbox_.TakePending();
  EXPECT_THAT(Keys(renamed), ElementsAre("repository/renamed"));
  EXPECT_EQ(BodyOf(renamed[0])["changes"]["repository"]["name"]["from"], "opendb");
}

TEST_F(HooksTest, EveryActOfPeopleIsToldOnGitLabAsFarAsGitLabDoes) {
  TicketRef issue = *sandbox_.OpenIssue(gitlab_, "alice", "It fails", "", {"bug"});
  const std::int64_t note = *sandbox_.Comment(issue, "dave", "first");
  ASSERT_TRUE(sandbox_.EditComment(issue, "dave", note, "second").ok());
  ASSERT_TRUE(sandbox_.DeleteComment(issue, "dave", note).ok());  // no webhook
  ASSERT_TRUE(sandbox_.InternalNote(issue, "alice", "psst").ok());
  ASSERT_TRUE(sandbox_.Label(issue, "alice", "urgent").ok());
  ASSERT_TRUE(sandbox_.Assign(issue, "alice", "alice").ok());
  ASSERT_TRUE(sandbox_.Close(issue, "alice").ok());
  ASSERT_TRUE(sandbox_.Reopen(issue, "alice").ok());
  std::vector<SandboxDelivery> told = sandbox_.TakePending();
  EXPECT_THAT(Keys(told),
              ElementsAre("Issue Hook/open", "Note Hook/create", "Note Hook/update",
                          "Confidential Note Hook/create", "Issue Hook/update", "Issue Hook/update",
                          "Issue Hook/close", "Issue Hook/reopen"));
  EXPECT_EQ(BodyOf(told[0])["labels"][0]["title"], "bug");
  EXPECT_EQ(BodyOf(told[0])["object_attributes"]["created_at"], "2026-03-03 09:02:00 UTC");
  EXPECT_EQ(BodyOf(told[3])["event_type"], "confidential_note");
  EXPECT_FALSE(BodyOf(told[3])["issue"]["confidential"]);
  json labels = BodyOf(told[4])["changes"]["labels"];
  EXPECT_EQ(labels["previous"].size(), 1u);
  EXPECT_EQ(labels["current"].size(), 2u);
  EXPECT_EQ(BodyOf(told[4])["changes"]["updated_at"]["current"],
            BodyOf(told[4])["object_attributes"]["updated_at"]);
  EXPECT_EQ(BodyOf(told[5])["assignees"][0]["username"], "alice");
  EXPECT_EQ(BodyOf(told[6])["object_attributes"]["state"], "closed");
  ASSERT_TRUE(sandbox_.OpenIssue(gitlab_, "dave", "Secret", "", {}, true).ok());
  ASSERT_TRUE(sandbox_.OpenPullRequest(gitlab_, "dave", "Mend it", "").ok());
  EXPECT_THAT(Keys(sandbox_.TakePending()),
              ElementsAre("Confidential Issue Hook/open", "Merge Request Hook/open"));
}

TEST_F(HooksTest, QuickActionsAloneAreSwallowed) {
  TicketRef issue = Open(gitlab_);
  EXPECT_EQ(*sandbox_.Comment(issue, "dave", "/label ~bug\n/assign @alice"), 0);
  EXPECT_THAT(sandbox_.TakePending(), IsEmpty()) << "a guest's quick actions change nothing";
  EXPECT_NE(*sandbox_.Comment(issue, "alice", "Mine now.\n/assign @alice\n/support waiting"), 0);
  std::vector<SandboxDelivery> told = sandbox_.TakePending();
  EXPECT_THAT(Keys(told), ElementsAre("Note Hook/create", "Issue Hook/update"));
  EXPECT_EQ(BodyOf(told[0])["object_attributes"]["note"], "Mine now.\n/support waiting");
}

TEST_F(HooksTest, OurOwnWritesAreToldToo) {
  Open(github_);
  Open(gitlab_);
  GitHub("POST", "/repos/acme/opendb/issues/1/comments", R"({"body":"status"})");
  GitHub("POST", "/repos/acme/opendb/issues/1/labels", R"({"labels":["sla: met"]})");
  std::vector<SandboxDelivery> told = sandbox_.TakePending();
  EXPECT_THAT(Keys(told), ElementsAre("issue_comment/created", "label/created", "issues/labeled"));
  EXPECT_EQ(BodyOf(told[0])["sender"]["login"], "retainer[bot]");
  EXPECT_EQ(BodyOf(told[0])["sender"]["type"], "Bot");
  json project = GitLab("GET", "/projects/clients%2Feu%2Facme").Json();
  const std::string issue = absl::StrCat("/projects/", project["id"].get<int>(), "/issues/1");
  ASSERT_EQ(GitLab("POST", issue + "/notes", R"({"body":"status"})").status, 201);
  ASSERT_EQ(GitLab("PUT", issue, R"({"add_labels":"sla: met"})").status, 200);
  told = sandbox_.TakePending();
  EXPECT_THAT(Keys(told), ElementsAre("Note Hook/create", "Issue Hook/update"));
  EXPECT_EQ(BodyOf(told[0])["user"]["username"], "desk");
}

TEST_F(HooksTest, DeliveriesCanComeTwiceShuffledAndAgain) {
  TestReceiver receiver;
  sandbox_.SetHook(ForgeKind::kGitHub, {.url = receiver.url(), .secret = "s"});
  TicketRef issue = *sandbox_.OpenIssue(github_, "dave", "It fails", "");
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(sandbox_.Comment(issue, "dave", "more").ok());
  EXPECT_EQ(sandbox_.pending(), 10u);
  auto ids = [](const std::vector<DeliveryResult>& results) {
    std::vector<std::string> out;
    for (const DeliveryResult& result : results) out.push_back(result.id);
    return out;
  };
  const std::vector<std::string> in_order = ids(sandbox_.DeliverPending());
  EXPECT_EQ(sandbox_.pending(), 0u);
  EXPECT_EQ(sandbox_.Redeliver(), 10u);
  const std::vector<std::string> shuffled = ids(sandbox_.DeliverPending({.shuffle = 7}));
  EXPECT_NE(shuffled, in_order);
  EXPECT_THAT(shuffled, testing::UnorderedElementsAreArray(in_order));
  EXPECT_EQ(sandbox_.Redeliver(in_order[3]), 1u);
  EXPECT_THAT(ids(sandbox_.DeliverPending({.times = 2})), ElementsAre(in_order[3], in_order[3]));
}

TEST_F(HooksTest, ARefusalAndASilenceAreReported) {
  {
    TestReceiver receiver(401);
    sandbox_.SetHook(ForgeKind::kGitHub, {.url = receiver.url()});
    ASSERT_TRUE(sandbox_.OpenIssue(github_, "dave", "It fails", "").ok());
    EXPECT_EQ(sandbox_.DeliverPending()[0].status, 401);
    EXPECT_EQ(receiver.received()[0].headers.count("x-hub-signature-256"), 0u);
    ASSERT_TRUE(sandbox_.OpenIssue(github_, "dave", "It fails", "").ok());
  }
  std::vector<DeliveryResult> results = sandbox_.DeliverPending();
  EXPECT_EQ(results[0].status, 0);
  EXPECT_NE(results[0].error, "");
}

TEST_F(HooksTest, GitHubsBodiesHaveTheFieldsOfRecordedOnes) {
  TicketRef issue = *sandbox_.OpenIssue(github_, "dave", "It fails", "Every time.");
  ASSERT_TRUE(sandbox_.Comment(issue, "dave", "more").ok());
  const json body = BodyOf(sandbox_.TakePending().back());
  const std::string file = "github/issue_comment/created.with-installation.payload.json";
  for (const auto& [object, fields] : Required()) {
    ExpectFields(body, object, fields);
    ExpectFields(body, object, Recorded(file, object), {"draft"});
  }
  ASSERT_TRUE(sandbox_.OpenPullRequest(github_, "dave", "Mend it", "").ok());
  const json change = BodyOf(sandbox_.TakePending().back());
  ExpectFields(change, "pull_request", {"head", "base", "number", "state", "user", "merged_at"});
  ExpectFields(change, "pull_request",
               Recorded("github/pull_request/labeled.payload.json", "pull_request"));
}

TEST_F(HooksTest, GitLabsBodiesHaveTheFieldsOfRecordedOnes) {
  TicketRef issue = *sandbox_.OpenIssue(gitlab_, "dave", "It fails", "Every time.");
  json body = BodyOf(sandbox_.TakePending().back());
  // Fields of paid tiers and of incidents.
  const std::set<std::string> but = {"escalation_status", "escalation_policy"};
  for (const char* object : {"user", "project", "repository", "object_attributes"}) {
    ExpectFields(body, object, {}, {});
    ExpectFields(body, object, Recorded("gitlab/xanzy.issue.json", object), but);
  }
  EXPECT_EQ(body["event_type"], "issue");
  ASSERT_TRUE(sandbox_.Comment(issue, "dave", "more").ok());
  body = BodyOf(sandbox_.TakePending().back());
  ExpectFields(body, "object_attributes", {"id", "note", "noteable_type", "action", "url"});
  ExpectFields(body, "object_attributes",
               Recorded("gitlab/xanzy.note_issue.json", "object_attributes"));
  ExpectFields(body, "issue", {"id", "iid", "title", "author_id", "state"});
}

TEST_F(HooksTest, AnAppHearsNothingOfWhatItIsNotInstalledIn) {
  const ProjectRef other{"github", "other/open"};
  sandbox_.AddProject({.ref = other, .installed = false});
  ASSERT_TRUE(sandbox_.OpenIssue(other, "dave", "It fails", "").ok());
  EXPECT_EQ(sandbox_.pending(), 0u);
}

}  // namespace
}  // namespace retainer::sandbox
