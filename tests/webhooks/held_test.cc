// Bodies on which other systems failed, by public reports, and how we read them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/webhooks/deliveries.h"

namespace retainer::webhooks {
namespace {

using nlohmann::json;

Event ReadGitHub(std::string_view event, const json& body) {
  auto parsed = GitHub()->Parse(Deliver("github", event, body.dump()));
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : Event();
}

Event ReadGitLab(std::string_view event, const json& body) {
  auto parsed = GitLab()->Parse(Deliver("gitlab", event, body.dump()));
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : Event();
}

TEST(Held, ACommentWhoseAuthorIsGoneIsNobodys) {
  json body = json::parse(Sample("github/issue_comment.created"));
  body["comment"]["user"] = nullptr;
  const Fact comment = Only(ReadGitHub("issue_comment", body), FactKind::kComment);
  EXPECT_EQ(comment.actor, Actor());
}

TEST(Held, AnIssueOfAGhostIsRead) {
  json body = json::parse(Sample("github/issues.opened"));
  body["issue"]["user"] = {{"login", "ghost"}, {"id", 10137}, {"type", "User"}};
  const Fact opened = Only(ReadGitHub("issues", body), FactKind::kOpened);
  EXPECT_EQ(opened.actor, (Actor{"10137", "ghost", false}));
}

TEST(Held, ADeliveryWithoutASenderIsRead) {
  json body = json::parse(Sample("github/issues.closed"));
  body.erase("sender");
  const Fact closed = Only(ReadGitHub("issues", body), FactKind::kClosed);
  EXPECT_EQ(closed.actor, Actor());
}

TEST(Held, IdsBeyondTheWholeNumbersOfADoubleAreKeptDigitByDigit) {
  json body = json::parse(Sample("github/issue_comment.created"));
  body["comment"]["id"] = 9007199254740993;
  body["comment"]["user"]["id"] = 9007199254740995;
  const Fact comment = Only(ReadGitHub("issue_comment", body), FactKind::kComment);
  EXPECT_EQ(comment.subject, "comment/9007199254740993");
  EXPECT_EQ(comment.actor.id, "9007199254740995");
}

TEST(Held, AnAgentIsAMachineUnderEitherOfItsNames) {
  for (const char* login :
       {"Copilot", "copilot-swe-agent[bot]", "copilot-pull-request-reviewer[bot]"}) {
    json body = json::parse(Sample("github/issue_comment.created"));
    body["comment"]["user"] = {{"login", login}, {"id", 198982749}, {"type", "Bot"}};
    EXPECT_TRUE(Only(ReadGitHub("issue_comment", body), FactKind::kComment).actor.machine) << login;
  }
}

TEST(Held, EveryFormOfATimeOfGitLabsIsOneInstant) {
  const absl::Time expected =
      absl::FromCivil(absl::CivilSecond(2026, 3, 3, 9, 2, 0), absl::UTCTimeZone());
  for (const char* text :
       {"2026-03-03 09:02:00 UTC", "2026-03-03 10:02:00 +0100", "2026-03-03T09:02:00Z",
        "2026-03-03T09:02:00.123Z", "2026-03-03T10:02:00.123+01:00", "2026-03-03T10:02:00+01:00"}) {
    json body = json::parse(Sample("gitlab/note_hook.create"));
    body["object_attributes"]["created_at"] = text;
    EXPECT_EQ(Only(ReadGitLab("Note Hook", body), FactKind::kComment).at, expected) << text;
  }
}

TEST(Held, AProjectsOwnBotIsAMachine) {
  json body = json::parse(Sample("gitlab/note_hook.create"));
  body["user"]["username"] = "project_12_bot_0a1b2c3d";
  EXPECT_TRUE(ReadGitLab("Note Hook", body).sender.machine);
}

}  // namespace
}  // namespace retainer::webhooks
