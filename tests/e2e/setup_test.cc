// Setting the service up on GitHub with the real binary: one page, the forge's page, the files.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/surfer.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

using sandbox::Surfer;

class SetupTest : public ::testing::Test {
 protected:
  std::vector<std::string> Arguments() {
    return {Binary(),
            "setup",
            "github",
            "--config",
            config,
            "--public-url",
            "http://127.0.0.1:9",
            "--api-url",
            installation.sandbox().github_api_url()};
  }
  // The page that the command names; the command waits.
  static std::string PageOf(Process& setup) {
    const auto line = setup.AwaitOutLine(
        [](const std::string& text) { return absl::StrContains(text, "http://127.0.0.1:"); });
    return line ? line->substr(line->find("http")) : "";
  }
  // Clicks on "Create the app", and on the forge's own button.
  static Surfer::Seen Create(Surfer& surfer, const std::string& page) {
    const Surfer::Seen ours = surfer.Open(page);
    const Surfer::Seen theirs = surfer.Send(ours, Action(ours));
    return surfer.Send(theirs, Action(theirs), "confirmed", "yes");
  }
  static std::string Action(const Surfer::Seen& page) {
    const std::size_t at = page.body.find("action=\"") + 8;
    return page.body.substr(at, page.body.find('"', at) - at);
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  Installation installation;
  const std::string config = installation.path("new/retainer.yaml");
};

TEST_F(SetupTest, CreatesTheAppAndWritesItsKeySecretsAndEntry) {
  installation.Write("new/policy/policy.yaml", installation.Read("policy/policy.yaml"));
  Process setup(Arguments());
  const std::string page = PageOf(setup);
  ASSERT_NE(page, "") << setup.err();
  Surfer surfer;
  const Surfer::Seen done = Create(surfer, page);
  EXPECT_EQ(done.status, 200) << done.body;
  const Finished finished = setup.Wait();
  EXPECT_TRUE(absl::StrContains(finished.out, "The app is created"))
      << finished.out << finished.err;
  EXPECT_TRUE(absl::StrContains(finished.out, "/installations/new")) << finished.out;
  EXPECT_TRUE(absl::StrContains(finished.out, "answers; we write as"))
      << "doctor: " << finished.out;

  const std::string written = installation.Read("new/retainer.yaml");
  EXPECT_TRUE(absl::StrContains(written, "name: github")) << written;
  EXPECT_TRUE(absl::StrContains(written, "sign_in: {client_id: ")) << written;
  for (const char* name : {"github.app.pem", "github.webhook.secret", "github.client.secret"}) {
    const std::string secret = installation.Read(absl::StrCat("new/", name));
    EXPECT_GE(secret.size(), 20u) << name;
    EXPECT_EQ(ModeOf(installation.path(absl::StrCat("new/", name))), 0600u) << name;
    for (const std::string& shown : {finished.out, finished.err, written, done.body}) {
      EXPECT_FALSE(absl::StrContains(shown, secret)) << name;
    }
  }
  // Nothing is overwritten.
  const Finished again = Execute(Arguments());
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(again.err, "is there already")) << again.err;
}

TEST_F(SetupTest, AnAnswerWithoutTheStateIsRefused) {
  Process setup(Arguments());
  const std::string page = PageOf(setup);
  ASSERT_NE(page, "") << setup.err();
  const std::string origin = page.substr(0, page.rfind('/') + 1);
  Surfer surfer;
  EXPECT_EQ(surfer.Open(origin + "created?code=abc").status, 400);
  EXPECT_EQ(surfer.Open(origin + "created?code=abc&state=guess").status, 400);
  // Another user of the machine would read the state there.
  EXPECT_EQ(surfer.Open(origin).status, 404);
  EXPECT_EQ(surfer.Open(page).status, 200) << "it still waits";
  EXPECT_FALSE(std::filesystem::exists(config));
}

TEST_F(SetupTest, TheEntryGoesBesideTheOthers) {
  const std::string before =
      "# ours\npublic_url: http://127.0.0.1:9\nstore: rocksdb:./data\npolicy: ./policy\nforges: # "
      "all\n"
      "  - name: other\n    kind: gitlab\n    api_url: http://127.0.0.1:9/api/v4\n"
      "    webhook_secrets: [env:X]\n    token: env:Y\n";
  installation.Write("new/retainer.yaml", before);
  Process setup(Arguments());
  Surfer surfer;
  EXPECT_EQ(Create(surfer, PageOf(setup)).status, 200);
  setup.Wait();
  const std::string written = installation.Read("new/retainer.yaml");
  EXPECT_TRUE(absl::StartsWith(written, "# ours\n")) << written;
  EXPECT_LT(written.find("name: github"), written.find("name: other")) << written;
  EXPECT_TRUE(absl::StrContains(written, "    token: env:Y\n"));
}

// As deploy/README.md says: the example entry is taken out first.
TEST_F(SetupTest, CompletesWhatInitWrote) {
  ASSERT_EQ(Execute({Binary(), "init", installation.path("new")}).exit_code, 0);
  const Finished refused = Execute(Arguments());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(refused.err, "has a forge github already")) << refused.err;
  std::string text = installation.Read("new/retainer.yaml");
  const std::size_t from = text.find("\nforges:\n") + 1;
  text.erase(from, text.find("\n#", from) + 1 - from);
  installation.Write("new/retainer.yaml", text);
  Process setup(Arguments());
  Surfer surfer;
  EXPECT_EQ(Create(surfer, PageOf(setup)).status, 200);
  setup.Wait();
  const Finished check =
      Execute({Binary(), "check", "--policy", installation.path("new/policy"), "--config", config});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
}

}  // namespace
}  // namespace retainer
