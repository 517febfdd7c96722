// All bodies that we have: the room's own samples, and the collection beside the project if it is
// there. Each is read, found to have no effect, or refused with a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/places.h"
#include "tests/webhooks/deliveries.h"
#include "tests/webhooks/judged.h"
#include "webhooks/github/github_parser.h"
#include "webhooks/gitlab/gitlab_parser.h"

namespace retainer::webhooks {
namespace {

using nlohmann::json;

struct Recorded {
  std::string name;
  std::string forge;  // of the receiver: Gitea's deliveries go to a GitHub path
  std::string event;
  std::string body;
};

std::vector<Recorded> Samples() {
  std::vector<Recorded> all;
  for (const char* forge : {"github", "gitlab"}) {
    for (const std::string& name : SampleNames(forge)) {
      all.push_back({name, forge, SampleEvent(name), Sample(name)});
    }
  }
  return all;
}

// The collected bodies; none if the collection is not there.
std::vector<Recorded> Collected() {
  const std::string folder = absl::StrCat(SharedDir(), "/payloads");
  std::vector<Recorded> all;
  if (!std::filesystem::exists(folder + "/index.json")) return all;
  for (const json& entry : json::parse(ReadFile(folder + "/index.json"))) {
    const auto file = entry["file"].get<std::string>();
    all.push_back({file, absl::StartsWith(file, "gitlab/") ? "gitlab" : "github",
                   entry["event_header"].get<std::string>(),
                   ReadFile(absl::StrCat(folder, "/", file))});
  }
  return all;
}

absl::StatusOr<Event> Parse(const Recorded& recorded) {
  const auto receiver = recorded.forge == "gitlab" ? GitLab() : GitHub();
  return receiver->Parse(Deliver(recorded.forge, recorded.event, recorded.body));
}

// A collected body, or, if the collection is not there, a sample with the same trap.
absl::StatusOr<Event> ParseCollected(std::string_view file, std::string_view sample) {
  for (const Recorded& recorded : Collected()) {
    if (recorded.name == file) return Parse(recorded);
  }
  return Read(sample);
}

TEST(PayloadsTest, EveryOneIsReadOrRefusedWithAReason) {
  int read = 0;
  int nothing = 0;
  int refused = 0;
  std::vector<Recorded> all = Samples();
  for (Recorded& recorded : Collected()) all.push_back(std::move(recorded));
  for (const Recorded& recorded : all) {
    const auto event = Parse(recorded);
    if (!event.ok()) {
      ++refused;
      EXPECT_EQ(event.status().code(), absl::StatusCode::kInvalidArgument) << recorded.name;
      EXPECT_FALSE(event.status().message().empty()) << recorded.name;
      std::cout << "refused " << recorded.name << ": " << event.status().message() << "\n";
      continue;
    }
    ++(event->kind == EventKind::kNothing ? nothing : read);
    if (event->kind == EventKind::kNothing) {
      EXPECT_FALSE(event->reason.empty()) << recorded.name;
    }
    EXPECT_EQ(event->kind == EventKind::kTicket,
              event->ticket.has_value() && event->kind != EventKind::kNothing)
        << recorded.name;
  }
  std::cout << read << " read, " << nothing << " nothing to do, " << refused << " refused\n";
  RecordProperty("read", read);
  RecordProperty("nothing", nothing);
  RecordProperty("refused", refused);
}

TEST(PayloadsTest, EveryOneIsReadAsTheJudgeReadsIt) {
  std::vector<Recorded> all = Samples();
  for (Recorded& recorded : Collected()) all.push_back(std::move(recorded));
  for (const Recorded& recorded : all) {
    SCOPED_TRACE(recorded.name);
    ExpectTheJudgesReading(recorded.body);
  }
}

TEST(PayloadsTest, OwnSamplesAreAllRead) {
  for (const Recorded& recorded : Samples()) {
    EXPECT_TRUE(Parse(recorded).ok()) << recorded.name << ": " << Parse(recorded).status();
  }
}

TEST(PayloadsTest, OnlyOneCollectedBodyIsRefused) {
  // Some of its keys end in spaces.
  for (const Recorded& recorded : Collected()) {
    EXPECT_EQ(Parse(recorded).ok(), recorded.name != "gitlab/xanzy.group_merge_request.json")
        << recorded.name;
  }
}

TEST(PayloadsTest, TheEventTypeIsGuessedOrLeftOpen) {
  std::vector<Recorded> all = Samples();
  for (Recorded& recorded : Collected()) all.push_back(std::move(recorded));
  for (const Recorded& recorded : all) {
    const bool is_gitlab = recorded.forge == "gitlab";
    const std::string guess = (is_gitlab ? GitLab() : GitHub())->GuessEventType(recorded.body);
    const bool known = is_gitlab ? gitlab::IsNeeded(recorded.event)
                                 : github::IsNeeded(recorded.event) || recorded.event == "ping";
    // In one body only the header says that it is confidential.
    if (recorded.name != "gitlab/go-playground.confidential-issue-event.json") {
      EXPECT_EQ(guess, known ? recorded.event : "") << recorded.name;
    }
    EXPECT_EQ((is_gitlab ? GitHub() : GitLab())->GuessEventType(recorded.body), "")
        << recorded.name;
  }
}

TEST(PayloadsTest, TrapAnInternalNoteSaysSoOnlyInTypeAndHeader) {
  const auto event = ParseCollected("gitlab/zulip.confidential_note_on_public_issue.json",
                                    "gitlab/confidential_note_hook.create.internal");
  ASSERT_TRUE(event.ok());
  EXPECT_TRUE(Only(*event, FactKind::kComment).internal);
  EXPECT_FALSE(event->ticket->confidential);
}

TEST(PayloadsTest, TrapABodyWithoutSenderId) {
  const auto event =
      ParseCollected("gitlab/drone.issue_labeled.json", "gitlab/issue_hook.update.labels-undated");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->sender.id, "");
  EXPECT_FALSE(event->sender.login.empty());
  // Its `updated_at` is older than the label's.
  EXPECT_TRUE(Only(*event, FactKind::kLabelAdded).at_receipt);
}

TEST(PayloadsTest, TrapANoteWithoutAction) {
  const auto event =
      ParseCollected("gitlab/gitlab4j.note-issue-event.json", "gitlab/note_hook.create.old");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->action, "create");
  EXPECT_EQ(All(*event, FactKind::kComment).size(), 1u);
}

TEST(PayloadsTest, TrapNoRepository) {
  const auto event = ParseCollected("github/ping/with-organization.payload.json", "github/ping");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->kind, EventKind::kPing);
  EXPECT_EQ(event->project.id, "");
}

TEST(PayloadsTest, TrapARepositoryCreatedAtANumber) {
  const auto event = ParseCollected("github/push/payload.json", "github/push");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->kind, EventKind::kPush);
}

TEST(PayloadsTest, TrapAConfidentialWorkItemUnderTheIssueHook) {
  const auto event = ParseCollected("gitlab/zulip.confidential_work_item_task_created.json",
                                    "gitlab/confidential_issue_hook.open");
  ASSERT_TRUE(event.ok());
  EXPECT_TRUE(event->ticket->confidential);
  EXPECT_EQ(event->ticket->kind, TicketKind::kIssue);
  EXPECT_EQ(Only(*event, FactKind::kVisibility).value, "confidential");
}

TEST(PayloadsTest, TrapAYearOneOfGitea) {
  const auto event =
      ParseCollected("gitea/drone.pull_request_comment_created.json", "github/issues.pinned");
  ASSERT_TRUE(event.ok());
  EXPECT_TRUE(event->facts.at(0).at_receipt);
}

TEST(SettingsTest, TheAppAsksForTheEventsThatAreNeededAndTheLeastRights) {
  const json manifest =
      json::parse(ReadFile(absl::StrCat(SourceDir(), "/webhooks/github/app-manifest.json")));
  std::vector<std::string> asked = manifest["default_events"];
  // Every app gets these without subscribing.
  for (const char* event : {"installation", "installation_repositories"}) asked.push_back(event);
  // These come from webhooks of their own: of the listing, and of the sponsored account.
  for (const char* event : {"marketplace_purchase", "sponsorship"}) asked.push_back(event);
  const auto needed = github::NeededEvents();
  EXPECT_THAT(asked, testing::UnorderedElementsAreArray(
                         std::vector<std::string>(needed.begin(), needed.end())));
  EXPECT_EQ(manifest["default_permissions"], (json{{"metadata", "read"},
                                                   {"contents", "read"},
                                                   {"issues", "write"},
                                                   {"pull_requests", "write"},
                                                   {"checks", "write"},
                                                   {"statuses", "write"},
                                                   {"members", "read"}}));
  EXPECT_EQ(manifest["public"], false);
}

TEST(SettingsTest, TheHookAsksForTheEventsThatAreNeeded) {
  const json settings =
      json::parse(ReadFile(absl::StrCat(SourceDir(), "/webhooks/gitlab/hook-settings.json")));
  const std::map<std::string, std::string> headers = {
      {"issues_events", "Issue Hook"},
      {"confidential_issues_events", "Confidential Issue Hook"},
      {"note_events", "Note Hook"},
      {"confidential_note_events", "Confidential Note Hook"},
      {"merge_requests_events", "Merge Request Hook"},
      {"push_events", "Push Hook"}};
  std::vector<std::string> asked;
  for (const auto& [key, value] : settings.items()) {
    if (!absl::EndsWith(key, "_events") || value != true) continue;
    ASSERT_TRUE(headers.contains(key)) << key;
    asked.push_back(headers.at(key));
  }
  const auto needed = gitlab::NeededEvents();
  EXPECT_THAT(asked, testing::UnorderedElementsAreArray(
                         std::vector<std::string>(needed.begin(), needed.end())));
  EXPECT_EQ(settings["enable_ssl_verification"], true);
}

}  // namespace
}  // namespace retainer::webhooks
