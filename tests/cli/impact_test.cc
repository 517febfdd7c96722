// The impact of a changed policy on the tickets of a store: page by page, as a report, for the team
// and for outsiders.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "src/cli/impact_pages.h"
#include "src/cli/impact_report.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/store/memory_store.h"
#include "tests/pipeline/world.h"

namespace retainer::cli {
namespace {

using pipeline::At;

// What the policies of these tests differ in.
struct Wording {
  std::string first_response = "4h";
  std::string customers =
      "  - {id: acme, alias: c-1, plan: gold, visibility: public, "
      "contacts: {logins: [\"github:dave\"]}}\n";
};

std::map<std::string, std::string> FilesOf(const Wording& wording) {
  return {{"policy.yaml", absl::StrCat(R"(version: 1
projects: ["github:acme/*"]
calendars: {always: {time_zone: UTC, hours: always}}
priorities: [{name: P1}]
plans:
  gold: {calendars: [always], promises: {P1: {first_response: )",
                                       wording.first_response, R"(}}}
teams: {core: {members: ["github:alice"]}}
customers:
)",
                                       wording.customers)}};
}

std::shared_ptr<const Terms> TermsOf(const Wording& wording) {
  auto terms = CompileFiles(FilesOf(wording));
  EXPECT_TRUE(terms.ok()) << terms.status();
  return *terms;
}

class ImpactTest : public ::testing::Test {
 protected:
  ImpactTest() {
    PutProject("77", "acme/opendb", false);
    PutProject("78", "acme/secret", true);
  }

  void PutProject(const std::string& id, const std::string& path, bool is_private) {
    ProjectRecord project;
    project.key = {"github", id};
    project.path = path;
    project.is_private = is_private;
    project.first_seen = At(-60);
    ASSERT_TRUE(store.SaveProject(project).ok());
  }

  // An issue that is opened at minute 0, and answered `minutes` later if that is given.
  void PutIssue(std::int64_t number, const Actor& author, std::optional<int> minutes = std::nullopt,
                const std::string& project = "77") {
    DecisionWrite write;
    write.record.key = {"github", project, TicketKind::kIssue, number};
    write.record.project_path = project == "77" ? "acme/opendb" : "acme/secret";
    const auto learnt = [](int minute) { return Learnt{Provenance::kWebhook, At(minute)}; };
    write.facts = {MakeOpened(learnt(0), author, Moment::At(At(0)), "It breaks at start.")};
    if (minutes) {
      write.facts.push_back(MakeComment(learnt(*minutes), IssueCommentId("1"), pipeline::kAlice,
                                        Moment::At(At(*minutes)), "Looking into it now."));
      write.record.updated_at = At(*minutes);
    }
    ASSERT_TRUE(store.Commit(write).ok());
  }

  Impact Run(const Wording& changed, Audience audience = Audience::kTeam, std::size_t most = 20) {
    const ImpactTask task =
        MakeImpactTask({TermsOf(in_force)}, *TermsOf(changed), now, audience, most);
    const auto context_of = [](const TicketKey& key, const TicketRecord& record) {
      TicketContext context;
      context.key = key;
      context.path = record.project_path;
      context.adopted = At(-60);
      return absl::StatusOr<TicketContext>(context);
    };
    const auto impact = RunImpact(store, context_of, task);
    EXPECT_TRUE(impact.ok()) << impact.status();
    return *impact;
  }

  store::MemoryStore store;
  Wording in_force;
  absl::Time now = At(60);
};

constexpr char kTwoCustomers[] =
    "  - {id: acme, alias: c-1, plan: gold, visibility: public, "
    "contacts: {logins: [\"github:dave\"]}}\n"
    "  - {id: umbrella, alias: c-2, plan: gold, contacts: {logins: [\"github:erin\"]}}\n";

TEST_F(ImpactTest, TheSamePolicyMovesNothing) {
  PutIssue(1, pipeline::kDave);
  const Impact impact = Run(in_force);
  EXPECT_EQ(impact.open_tickets, 1);
  EXPECT_EQ(impact.moved_promises, 0);
  EXPECT_EQ(impact.past.met_to_missed, 0);
  EXPECT_EQ(ImpactText(impact, Audience::kTeam),
            "Open tickets: 1. Due instants that move: 0 on 0 tickets. Late at once: 0.\n"
            "Since 2025-12-02 10:00:00 UTC, as if the changed policy had always been in force:\n"
            "  the same promises would have been kept and missed\n");
}

// Rule 9 (src/core/RULES.md): a shorter target counts from the change on.
TEST_F(ImpactTest, AShorterPromiseMovesDueInstantsOfOpenTickets) {
  PutIssue(1, pipeline::kDave);
  PutIssue(2, pipeline::kDave, 45);
  PutIssue(3, pipeline::kErin);  // the community's
  const Impact impact = Run({.first_response = "30m"});
  EXPECT_EQ(impact.open_tickets, 3);
  EXPECT_EQ(impact.moved_tickets, 1);
  ASSERT_EQ(impact.moved.size(), 1u);
  EXPECT_EQ(impact.moved[0].from, At(240));
  EXPECT_EQ(impact.moved[0].to, At(90));
  EXPECT_FALSE(impact.moved[0].late_at_once);
  // The past: the answer after 45 minutes was in time, and would not have been.
  EXPECT_EQ(impact.past.met_to_missed, 1);
  const std::string text = ImpactText(impact, Audience::kTeam);
  EXPECT_NE(text.find("  github:acme/opendb#1 acme P1 first_response: 2026-03-02 13:00:00 UTC -> "
                      "2026-03-02 10:30:00 UTC\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  plan gold P1 first_response: kept 1 -> 0, missed 0 -> 2\n"),
            std::string::npos)
      << text;
}

TEST_F(ImpactTest, APromiseThatEndsAndOneThatBegins) {
  PutIssue(1, pipeline::kDave);
  PutIssue(2, pipeline::kErin);
  const Impact impact =
      Run({.customers = "  - {id: umbrella, alias: c-2, plan: gold, contacts: {logins: "
                        "[\"github:erin\"]}}\n"});
  ASSERT_EQ(impact.moved.size(), 2u);
  EXPECT_EQ(impact.moved[0].customer, "umbrella");
  EXPECT_EQ(impact.moved[0].from, std::nullopt);
  EXPECT_EQ(impact.moved[0].to, At(300)) << "four hours from the change on";
  EXPECT_EQ(impact.moved[1].customer, "acme");
  EXPECT_EQ(impact.moved[1].from, At(240));
  EXPECT_EQ(impact.moved[1].to, std::nullopt);
  EXPECT_NE(ImpactText(impact, Audience::kTeam)
                .find("#1 acme P1 first_response: 2026-03-02 13:00:00 UTC -> nothing due\n"),
            std::string::npos);
}

TEST_F(ImpactTest, AStoreOfAnySizeIsWorkedThroughAndTheListIsBounded) {
  for (int i = 1; i <= 1100; ++i) PutIssue(i, pipeline::kDave);
  const Impact impact = Run({.first_response = "30m"}, Audience::kTeam, 2);
  EXPECT_EQ(impact.open_tickets, 1100);
  EXPECT_EQ(impact.moved_promises, 1100);
  EXPECT_EQ(impact.moved.size(), 2u);
  EXPECT_NE(ImpactText(impact, Audience::kTeam).find("  and 1098 more\n"), std::string::npos);
}

TEST_F(ImpactTest, OutsidersReadNothingOfPrivateCustomersAndProjects) {
  in_force.customers = kTwoCustomers;
  PutIssue(1, pipeline::kDave);
  PutIssue(2, pipeline::kErin);
  PutIssue(3, pipeline::kDave, std::nullopt, "78");
  const Wording changed{"30m", kTwoCustomers};
  EXPECT_EQ(Run(changed).moved_promises, 3);
  const Impact impact = Run(changed, Audience::kOutsiders);
  EXPECT_EQ(impact.open_tickets, 2);
  EXPECT_EQ(impact.moved_promises, 1);
  EXPECT_EQ(impact.hidden, 2);
  const std::string text = ImpactText(impact, Audience::kOutsiders);
  EXPECT_NE(text.find("github:acme/opendb#1 acme"), std::string::npos) << text;
  EXPECT_NE(text.find("on tickets that are not public: 2 more due instants move"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("umbrella"), std::string::npos) << text;
  EXPECT_EQ(text.find("acme/secret"), std::string::npos) << text;
  EXPECT_EQ(text.find("#2"), std::string::npos) << text;
}

// Privacy as equality: what a private customer is promised, and what became of it, changes nothing
// but the number.
TEST_F(ImpactTest, OutsidersReadTheSameWhateverPrivateCustomersHave) {
  PutIssue(1, pipeline::kDave);
  PutIssue(2, pipeline::kErin);
  PutIssue(4, pipeline::kErin, 50);
  const auto outside = [&](const std::string& customers_now, const std::string& customers_then) {
    in_force.customers = customers_now;
    Impact impact = Run({"30m", customers_then}, Audience::kOutsiders);
    impact.hidden = 0;
    return ImpactText(impact, Audience::kOutsiders);
  };
  const std::string none = Wording().customers;
  const std::string becomes_public = absl::StrCat(
      none,
      "  - {id: umbrella, alias: c-2, plan: gold, visibility: public, contacts: {logins: "
      "[\"github:erin\"]}}\n");
  const std::string expected = outside(none, none);
  EXPECT_EQ(outside(kTwoCustomers, kTwoCustomers), expected);
  EXPECT_EQ(outside(kTwoCustomers, none), expected);
  EXPECT_EQ(outside(none, kTwoCustomers), expected);
  EXPECT_EQ(outside(kTwoCustomers, becomes_public), expected) << "private until the change is in";
  EXPECT_NE(outside(none, becomes_public), expected) << "the change names it in public";
}

TEST_F(ImpactTest, AnImpactForTheTeamHasNoTextForOutsiders) {
  PutIssue(1, pipeline::kDave);
  EXPECT_EQ(ImpactText(Run({.first_response = "30m"}), Audience::kOutsiders), "");
}

TEST_F(ImpactTest, TheFiguresComeBackFromTheirJson) {
  PutIssue(1, pipeline::kDave);
  PutIssue(2, pipeline::kDave, 45);
  for (const Audience audience : {Audience::kTeam, Audience::kOutsiders}) {
    Impact impact = Run({.first_response = "30m"}, audience);
    impact.hidden = 5;
    impact.moved.push_back(impact.moved[0]);
    impact.moved.back().to.reset();
    impact.moved.back().late_at_once = true;
    const auto back = ParseImpact(ImpactJson({now, "v2"}, impact));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, impact);
  }
  EXPECT_TRUE(absl::IsUnavailable(ParseImpact("{}").status()));
}

class ImpactOperationTest : public pipeline::World {
 protected:
  void SetUp() override {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions());
    operations = std::make_unique<Operations>(*desk, store, clock);
    ProjectRecord project;
    project.key = {"github", "77"};
    project.path = "acme/opendb";
    project.first_seen = At(-60);
    ASSERT_TRUE(store.SaveProject(project).ok());
  }
  nlohmann::json Ask(nlohmann::json request) {
    request.update({{"op", "impact"}, {"outside", false}, {"top", 3}});
    return nlohmann::json::parse(operations->Answer(request.dump()));
  }
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<Operations> operations;
};

TEST_F(ImpactOperationTest, AServiceAnswersAPageAtOneInstantAndNamesWhereItEnds) {
  const auto files = FilesOf({.first_response = "30m"});
  EXPECT_EQ(Ask({{"files", files}})["code"],
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
  desk->SetTerms({TermsOf({})});
  for (int i = 1; i <= 501; ++i) {
    DecisionWrite write;
    write.record.key = {"github", "77", TicketKind::kIssue, i};
    write.record.project_path = "acme/opendb";
    write.facts = {MakeOpened({Provenance::kWebhook, At(0)}, pipeline::kDave, Moment::At(At(0)),
                              "It breaks at start.")};
    ASSERT_TRUE(store.Commit(write).ok());
  }
  clock.Set(At(60));
  const nlohmann::json first = Ask({{"files", files}});
  ASSERT_TRUE(first.contains("data")) << first;
  EXPECT_EQ(first["data"]["part"]["moved_promises"], 500);
  EXPECT_EQ(first["data"]["last"], "github/77/issue/500");
  clock.Set(At(200));
  const nlohmann::json second = Ask(
      {{"files", files}, {"now_ns", first["data"]["now_ns"]}, {"after", first["data"]["last"]}});
  EXPECT_EQ(second["data"]["part"]["moved_promises"], 1);
  EXPECT_EQ(second["data"]["part"]["moved"][0]["to"], "2026-03-02T10:30:00+00:00");
  EXPECT_FALSE(second["data"].contains("last"));
}

}  // namespace
}  // namespace retainer::cli
