// Erasing a person with the real binary: nothing of the person is left in the data folder, what was
// promised and kept stays as it was, and nothing that comes later brings the person back.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/data_folder_search.h"

namespace retainer {
namespace {

using Json = nlohmann::ordered_json;

const ProjectRef kOpenDb{"github", "acme/opendb"};
constexpr char kLogin[] = "Zephyrine-K";
constexpr char kFolded[] = "zephyrine-k";
// Of one text of hers, and of no other.
constexpr char kWord[] = "quokkaflux";

class ForgetTest : public testing::Test {
 protected:
  ForgetTest() {
    installation_.sandbox().AddUser(ForgeKind::kGitHub,
                                    {.login = kLogin, .name = "Zephyrine Kalogeropoulou"});
    policy_ = installation_.Read("policy/policy.yaml");
    SetContacts(absl::StrCat("\"github:dave\", \"github:", kLogin, "\""));
  }

  void SetContacts(const std::string& contacts) {
    installation_.Write("policy/policy.yaml",
                        absl::StrReplaceAll(policy_, {{"\"github:dave\"", contacts}}));
  }
  std::string Must(const std::vector<std::string>& command) {
    const Finished finished = installation_.Command(command);
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    return finished.out;
  }
  // She opens an urgent issue, gets an answer, is assigned, and the issue is closed.
  TicketRef Live(Serving& serving) {
    sandbox::Sandbox& forge = installation_.sandbox();
    const TicketRef issue = *forge.OpenIssue(
        kOpenDb, kLogin, "Hangs", absl::StrCat("It hangs: ", kWord, "\n\n/support priority P1"));
    serving.Deliver();
    EXPECT_TRUE(serving.AwaitLog("face shown"));
    EXPECT_TRUE(forge.Comment(issue, "alice", absl::StrCat("I look into it, @", kLogin, ".")).ok());
    EXPECT_TRUE(forge.Assign(issue, "alice", kLogin).ok());
    EXPECT_TRUE(forge.Comment(issue, kLogin, "Thank you, it is the lock of node 2").ok());
    EXPECT_TRUE(forge.Close(issue, "alice").ok());
    serving.Deliver();
    EXPECT_TRUE(serving.AwaitLog("face shown"));
    return issue;
  }
  // What is said of tickets, without when it was asked.
  std::string Outcomes(const TicketRef& issue) {
    Json explained = Json::parse(Must({"explain", ToString(issue), "--json"}));
    Json figures = Json::parse(Must({"figures", "--json"}));
    figures.erase("as_of");
    std::string outcomes;
    for (const absl::string_view line : absl::StrSplit(
             absl::StrCat(explained.value("claims", Json()).dump(2), figures.dump(2)), '\n')) {
      // Of a clock that runs.
      if (absl::StrContains(line, "elapsed_seconds")) continue;
      absl::StrAppend(&outcomes, line, "\n");
    }
    return outcomes;
  }
  std::string Facts() { return Must({"facts"}); }

  Installation installation_;
  std::string policy_;
};

TEST_F(ForgetTest, NothingOfThePersonIsLeftAndNothingElseChanges) {
  std::string pseudonym;
  {
    Serving serving(installation_);
    const TicketRef issue = Live(serving);
    const Finished refused =
        installation_.Command({"forget", absl::StrCat("github:", kLogin), "--yes"});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_NE(refused.err.find("policy.yaml:"), std::string::npos) << refused.err;

    SetContacts("\"github:dave\"");
    Must({"reload"});
    const std::string before = Outcomes(issue);
    const std::string facts = Facts();
    EXPECT_NE(before.find("first_response"), std::string::npos) << before;
    const std::string dry = Must({"forget", absl::StrCat("github:", kLogin), "--dry-run"});
    EXPECT_NE(dry.find("policies of the past            1"), std::string::npos) << dry;
    EXPECT_EQ(installation_.Command({"forget", absl::StrCat("github:", kLogin)}).exit_code, 1)
        << "without --yes";
    EXPECT_EQ(Facts(), facts) << "counting changes nothing";

    const Json done =
        Json::parse(Must({"forget", absl::StrCat("github:", kLogin), "--yes", "--json"}));
    pseudonym = done.at("pseudonym");
    EXPECT_EQ(done.at("traces").at("tickets"), 1);
    EXPECT_EQ(Outcomes(issue), absl::StrReplaceAll(before, {{kLogin, pseudonym}}));
    EXPECT_NE(Facts().find(pseudonym), std::string::npos);
    EXPECT_NE(Must({"ledger", "verify"}).find("Whole"), std::string::npos);
    EXPECT_NE(Must({"ledger", "export"}).find(pseudonym), std::string::npos) << "the act";

    // The forge goes on showing her login, and she goes on writing.
    sandbox::Sandbox& forge = installation_.sandbox();
    EXPECT_GT(forge.Redeliver(), 0u);
    EXPECT_TRUE(forge.Comment(issue, kLogin, "One more question?").ok());
    EXPECT_TRUE(forge
                    .EditText(issue, kLogin, absl::StrCat("Hangs, says @", kLogin),
                              absl::StrCat("Again: ", kWord))
                    .ok());
    serving.Deliver();
    Must({"resync"});
    ASSERT_TRUE(serving.AwaitLog("a project was read back"));
    EXPECT_EQ(serving.Stop().exit_code, 0);
  }
  const std::string data = installation_.path("data");
  EXPECT_EQ(FindInDataFolder(data, kFolded), std::vector<std::string>());
  EXPECT_EQ(FindInDataFolder(data, "kalogeropoulou"), std::vector<std::string>());
  EXPECT_FALSE(FindInDataFolder(data, pseudonym).empty());
  // The second time there is nothing to do, and without the service it is the same.
  const Json again =
      Json::parse(Must({"forget", absl::StrCat("github:", kLogin), "--yes", "--json"}));
  EXPECT_EQ(again.at("pseudonym"), pseudonym);
  EXPECT_EQ(again.at("traces").at("facts"), 0);
  // Her words of after the first time were on the disk for the moment until they were decided on.
  EXPECT_EQ(FindInDataFolder(data, kWord), std::vector<std::string>());
  EXPECT_EQ(FilesWithHiddenRows(data), std::vector<std::string>());
}

TEST_F(ForgetTest, WhoIsAdminOrUnknownIsRefusedInWords) {
  Serving serving(installation_);
  EXPECT_NE(installation_.Command({"forget", "nobody", "--yes"}).err.find("several forges"),
            std::string::npos);
  EXPECT_NE(installation_.Command({"forget", "hub:x", "--yes"}).err.find("no forge is named"),
            std::string::npos);
  const Finished team = installation_.Command({"forget", "github:alice", "--yes"});
  EXPECT_NE(team.err.find("policy.yaml:"), std::string::npos) << team.err;
  const Finished admin = installation_.Command({"forget", "github:carol", "--yes"});
  EXPECT_NE(admin.err.find("one of `admins`"), std::string::npos) << admin.err;
}

}  // namespace
}  // namespace retainer
