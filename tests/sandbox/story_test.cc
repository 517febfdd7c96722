#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/render.h"
#include "tests/sandbox/test_client.h"

namespace retainer::sandbox {
namespace {

using sandbox::ReadMarkdown;
using testing::HasSubstr;
using testing::Not;

TEST(ReadMarkdownTest, ReadsAsAReaderDoes) {
  EXPECT_EQ(ReadMarkdown("**P1** · `x` <!-- hidden\nmarker --> &lt;b&gt; &#64;dave &amp;"),
            "P1 · x  <b> @dave &");
  EXPECT_EQ(ReadMarkdown("see [the question](http://x/1#a)."), "see the question (http://x/1#a).");
  EXPECT_EQ(ReadMarkdown("a <sub>b</sub> 1 < 2"), "a b 1 < 2");
  EXPECT_EQ(ReadMarkdown("\\*not bold\\*"), "*not bold*");
  EXPECT_EQ(ReadMarkdown("<!-- never closed"), "");
}

TEST(ReadMarkdownTest, FoldedSectionsStandOpenAndTablesInLine) {
  EXPECT_EQ(ReadMarkdown("Top\n\n<details><summary>Promises</summary>\n\n"
                         "| Promise | State |\n|---|:--|\n| first reply | met |\n"
                         "| a \\| b | ✓ |\n\n</details>\n"),
            "Top\n\n▾ Promises\n\n"
            "  Promise      State\n"
            "  first reply  met\n"
            "  a | b        ✓");
  EXPECT_EQ(ReadMarkdown("Top  \nmore\n<details><summary>Promises</summary>\n\nx\n</details>"),
            "Top\nmore\n\n▾ Promises\n\nx");
}

class ThreadTest : public SandboxTest {};

TEST_F(ThreadTest, ShowsWhatItsReadersSee) {
  TicketRef issue = *sandbox_.OpenIssue(gitlab_, "alice", "It fails", "Every <time>.", {"bug"});
  ASSERT_TRUE(sandbox_.Assign(issue, "alice", "alice").ok());
  clock_.Advance(absl::Minutes(5));
  const std::int64_t comment = *sandbox_.Comment(issue, "dave", "More <!-- secret -->");
  ASSERT_TRUE(sandbox_.InternalNote(issue, "alice", "psst").ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(sandbox_.EditComment(issue, "dave", comment, "Even more").ok());
  std::string text = *sandbox_.RenderThread(issue);
  EXPECT_THAT(text, HasSubstr("clients/eu/acme#1  It fails\nopen · [bug] · assigned to alice\n"));
  EXPECT_THAT(text, HasSubstr("alice · Tue  3 Mar 2026 09:02 UTC\n"));
  EXPECT_THAT(text, HasSubstr("dave · Tue  3 Mar 2026 09:07 UTC · edited\n    Even more\n"));
  EXPECT_THAT(text, Not(HasSubstr("psst")));
  EXPECT_THAT(*sandbox_.RenderThread(issue, true), HasSubstr("internal note\n    psst"));
  EXPECT_FALSE(sandbox_.RenderThread({"gitlab", "clients/eu/acme", TicketKind::kIssue, 9}).ok());

  Reply page = Send("GET", sandbox_.web_url() + "/clients/eu/acme/-/issues/1");
  EXPECT_EQ(page.body, text);
  page = Send("GET", sandbox_.web_url() + "/clients/eu/acme/-/issues/1",
              {{"Accept", "text/html,application/xhtml+xml"}});
  EXPECT_THAT(page.Header("content-type"), HasSubstr("text/html"));
  EXPECT_THAT(page.body, HasSubstr("Even more"));
  EXPECT_THAT(page.body, Not(HasSubstr("psst")));
}

TEST_F(ThreadTest, PagesHideWhatIsNotForEverybodyAndEscapeTheRest) {
  ASSERT_TRUE(sandbox_.OpenIssue(github_, "eve", "<script>1</script>", "&lt;img&gt;").ok());
  Reply page = Send("GET", sandbox_.web_url() + "/acme/opendb/issues/1", {{"Accept", "text/html"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
  EXPECT_THAT(page.body, Not(HasSubstr("<img>")));
  ASSERT_TRUE(sandbox_.OpenIssue(gitlab_, "dave", "Secret", "", {}, true).ok());
  EXPECT_EQ(Send("GET", sandbox_.web_url() + "/clients/eu/acme/-/issues/1").status, 404);
  EXPECT_EQ(Send("GET", sandbox_.web_url() + "/acme/opendb/pull/1").status, 404);
}

// A stage without a desk: it counts the time and keeps the output.
class BareStage final : public StoryStage {
 public:
  explicit BareStage(Sandbox& sandbox, FakeClock& clock) : sandbox_(sandbox), clock_(clock) {}
  Sandbox& sandbox() override { return sandbox_; }
  absl::Status Advance(absl::Duration by) override {
    clock_.Advance(by);
    if (after_advance) after_advance();
    return absl::OkStatus();
  }
  void Print(std::string_view text) override { printed.append(text); }

  std::function<void()> after_advance;
  std::string printed;

 private:
  Sandbox& sandbox_;
  FakeClock& clock_;
};

class StoryTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sandbox_.Start().ok());
    absl::StatusOr<StoryCredentials> credentials = SetStory(sandbox_);
    ASSERT_TRUE(credentials.ok());
    credentials_ = *std::move(credentials);
  }

  FakeClock clock_{absl::FromUnixSeconds(1772528520)};
  Sandbox sandbox_{SandboxOptions{.clock = clock_}};
  StoryCredentials credentials_;
};

TEST_F(StoryTest, PlaysToTheEndWithEveryDeliverySigned) {
  TestReceiver receiver;
  PointHooks(sandbox_, credentials_, receiver.url());
  BareStage stage(sandbox_, clock_);
  absl::Status played = PlayStory(stage);
  ASSERT_TRUE(played.ok()) << played;
  EXPECT_EQ(sandbox_.pending(), 0u);
  for (const char* chapter : {"A community issue", "production is down", "in time", "Waiting",
                              "a close", "too late", "A private customer", "GitLab", "How quiet"}) {
    EXPECT_THAT(stage.printed, HasSubstr(chapter));
  }
  EXPECT_THAT(stage.printed, HasSubstr("Writes hang after a fail-over"));
  const std::string page = sandbox_.web_url() + "/acme/connectors/globex/-/issues/1";
  EXPECT_THAT(stage.printed, HasSubstr(page));
  EXPECT_EQ(Send("GET", page).status, 200);
  EXPECT_THAT(Send("GET", sandbox_.web_url() + "/").body,
              HasSubstr(page + "  The connector drops every tenth event\n"));
  int github = 0;
  int gitlab = 0;
  for (Received& got : receiver.received()) {
    if (got.headers.count("x-github-event") > 0) {
      ++github;
      EXPECT_EQ(got.headers["x-hub-signature-256"],
                "sha256=" + Hex(TestHmac(credentials_.github_secret, got.body)));
    } else {
      ++gitlab;
      EXPECT_EQ(got.headers["x-gitlab-token"], credentials_.gitlab_secret);
      EXPECT_NE(got.headers["webhook-signature"], "");
    }
  }
  EXPECT_GT(github, 10);
  EXPECT_GE(gitlab, 3);
}

TEST_F(StoryTest, ARefusedDeliveryEndsItAndIsNamed) {
  TestReceiver receiver(401);
  PointHooks(sandbox_, credentials_, receiver.url());
  BareStage stage(sandbox_, clock_);
  absl::Status played = PlayStory(stage);
  EXPECT_EQ(played.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(played.message()), HasSubstr("issues opened"));
}

TEST_F(StoryTest, ADeskThatAnswersItselfIsFoundOut) {
  TestReceiver receiver;
  PointHooks(sandbox_, credentials_, receiver.url());
  BareStage stage(sandbox_, clock_);
  stage.after_advance = [&] {
    (void)sandbox_.Comment({"github", "acme/opendb", TicketKind::kIssue, 1}, "retainer-desk[bot]",
                           "again");
  };
  EXPECT_EQ(PlayStory(stage).code(), absl::StatusCode::kInternal);
}

TEST_F(StoryTest, ItsFilesNameEachOther) {
  std::map<std::string, std::string> files =
      StoryFiles(sandbox_, credentials_, {.listen = "127.0.0.1:0"}, clock_.Now());
  EXPECT_THAT(files["retainer.yaml"], HasSubstr(sandbox_.github_api_url()));
  EXPECT_THAT(files["retainer.yaml"], HasSubstr(sandbox_.gitlab_api_url()));
  for (const auto& [name, text] : files) {
    if (name == "retainer.yaml" || name == "policy/policy.yaml") continue;
    EXPECT_THAT(files["retainer.yaml"], HasSubstr("file:" + name));
    EXPECT_THAT(files["retainer.yaml"], Not(HasSubstr(text)));
  }
  EXPECT_THAT(files["policy/policy.yaml"], HasSubstr("from: 2025-01-01, until: 2027-12-31"));
}

}  // namespace
}  // namespace retainer::sandbox
