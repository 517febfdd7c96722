// What to answer next, in which order, and for whom.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "src/cli/operations.h"
#include "tests/pipeline/world.h"

namespace retainer::cli {
namespace {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

using nlohmann::json;

constexpr char kOpening[] = "It breaks when I press the button.";

class QueueTest : public World {
 protected:
  static Policy QueuePolicy() {
    Policy policy = MakePolicy();
    PlanPromises& normal = policy.plans["gold"].promises["P2"];
    normal.targets[Metric::kNextResponse] = {0, absl::Hours(4), "4h"};
    normal.targets[Metric::kResolution] = {0, absl::Hours(40), "40h"};
    Plan aims = policy.plans["gold"];
    aims.name = "silver";
    aims.kind = PromiseKind::kTarget;
    policy.plans["silver"] = aims;
    Customer beta = policy.customers[0];
    beta.id = "beta";
    beta.alias = "c-b";
    beta.entitlements = {{.plan = "silver"}};
    beta.contacts.logins = {{"github", "bert"}};
    policy.customers.push_back(beta);
    policy.teams["core"].labels = {"area: core"};
    policy.teams["web"] = {"web", {{"github", "willa"}}, {"area: web"}, {"ops"}};
    return policy;
  }

  void SetUp() override { StartWith(QueuePolicy()); }
  void StartWith(Policy policy) {
    if (desk != nullptr) Stop();
    pipeline::DeskOptions options;
    options.random = [] { return 0.5; };
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        options);
    desk->Start();
    desk->SetTerms({MakeTerms("v1", At(-60), std::move(policy))});
    operations = std::make_unique<Operations>(*desk, store, clock);
  }
  void Stop() { EXPECT_TRUE(desk->Stop(absl::Seconds(30)).ok()); }
  void TearDown() override { Stop(); }

  void Happens(std::int64_t number, const Actor& author, std::vector<Fact> facts) {
    const std::string id = absl::StrCat("d", ++deliveries_);
    receiver.Register(id, MakeEvent(number, author, std::move(facts)));
    ASSERT_EQ(desk->Accept("github", FakeReceiver::HeadersOf(id), "{}").http_status, 202);
    const absl::Status settled = desk->Settle(absl::Seconds(30));
    ASSERT_TRUE(settled.ok()) << settled;
  }
  Fact OpenedWith(const Actor& author, int minute, std::vector<std::string> labels) {
    return MakeOpened({Provenance::kWebhook, At(minute)}, author, Moment::At(At(minute)), kOpening,
                      std::move(labels));
  }
  json Ask(json request = json::object()) {
    request["op"] = "queue";
    return json::parse(operations->Answer(request.dump()));
  }
  // The tickets' numbers in their order.
  std::vector<int> Numbers(const json& answer) {
    std::vector<int> numbers;
    for (const json& item : answer.at("data")) {
      const std::string ref = item.at("ticket");
      numbers.push_back(std::stoi(ref.substr(ref.find('#') + 1)));
    }
    return numbers;
  }

  const Actor bert{"44", "bert", false};  // a contact of beta
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<Operations> operations;
  int deliveries_ = 0;
};

TEST_F(QueueTest, TheOverdueComeFirstThenByDueAndACommitmentBeforeATargetOfTheSameInstant) {
  Happens(1, bert, {Opened(bert, 30)});    // a target, due at 4h30
  Happens(2, kDave, {Opened(kDave, 30)});  // a commitment, due at the same time
  Happens(3, kDave, {Opened(kDave, 0)});   // due at 4h
  clock.Set(At(250));
  const json answer = Ask();
  EXPECT_EQ(Numbers(answer), (std::vector<int>{3, 2, 1})) << answer;
  const json& late = answer["data"][0];
  EXPECT_EQ(late["state"], "breached");
  EXPECT_EQ(late["due"], "2026-03-02T13:00:00Z");
  EXPECT_EQ(late["left_seconds"], -600);
  EXPECT_EQ(late["customers"], json({"acme"}));
  EXPECT_EQ(late["aliases"], json({"c-7f3"}));
  EXPECT_EQ(late["waiting"][0]["metric"], "first_response");
  EXPECT_EQ(late["waiting"][1]["metric"], "resolution");
  const std::string text = answer["text"];
  EXPECT_NE(text.find("2026-03-02T13:00:00Z  10m late      breached  P2 acme (c-7f3)  "
                      "github:acme/opendb#3  first_response, resolution"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2026-03-02T13:30:00Z  in 20m "), std::string::npos) << text;
  EXPECT_NE(text.find("first_response (target), resolution (target)"), std::string::npos) << text;
}

TEST_F(QueueTest, AtTheLimitACommitmentIsNotCutOffForATargetOfTheSameInstant) {
  Happens(1, bert, {Opened(bert, 0)});
  Happens(2, kDave, {Opened(kDave, 0)});
  EXPECT_EQ(Numbers(Ask({{"limit", 1}})), (std::vector<int>{2}));
}

TEST_F(QueueTest, WhoHasItIsShownAndWhatWaitsForTheCustomerIsLeftOut) {
  Happens(1, kDave, {Opened(kDave, 0)});
  clock.Set(At(10));
  Happens(1, kDave, {Commented(kAlice, 10, "701", "Looking into it now.")});
  const json answered = Ask();
  ASSERT_EQ(Numbers(answered), (std::vector<int>{1}));
  EXPECT_EQ(answered["data"][0]["with"], json({"alice"}));
  EXPECT_EQ(answered["data"][0]["waiting"].size(), 1u);  // only the resolution
  clock.Set(At(20));
  Happens(1, kDave, {Commented(kAlice, 20, "702", "Which version is it?\n\n/support waiting")});
  EXPECT_EQ(Ask()["text"], "Nothing is due.\n");
}

TEST_F(QueueTest, AQuestionOnAClosedTicketIsQueued) {
  Happens(1, kDave,
          {Opened(kDave, 0), Commented(kAlice, 5, "701", "Looking into it now."),
           MakeClosed({Provenance::kWebhook, At(6)}, "completed", kAlice, Moment::At(At(6)))});
  clock.Set(At(30));
  Happens(1, kDave, {Commented(kDave, 30, "702", "It happens again with the new version.")});
  const json answer = Ask();
  ASSERT_EQ(Numbers(answer), (std::vector<int>{1})) << answer;
  EXPECT_EQ(answer["data"][0]["open"], false);
  EXPECT_NE(answer["text"].get<std::string>().find("#1 (closed)  next_response"), std::string::npos)
      << answer["text"];
}

TEST_F(QueueTest, ACustomerIsNamedByIdOrAliasAndHasNoCommunityBeside) {
  Happens(1, bert, {Opened(bert, 0)});
  Happens(2, kDave, {Opened(kDave, 0)});
  Happens(3, kErin, {Opened(kErin, 0)});
  EXPECT_EQ(Numbers(Ask({{"customer", "beta"}})), (std::vector<int>{1}));
  EXPECT_EQ(Numbers(Ask({{"customer", "c-7f3"}})), (std::vector<int>{2}));
  EXPECT_EQ(Ask({{"customer", "nobody"}})["code"],
            static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_F(QueueTest, ATeamSeesWhatItsPeopleHaveWhatItsLabelsNameAndWhatIsNobodys) {
  Happens(1, kDave, {OpenedWith(kDave, 0, {"area: core"})});
  Happens(2, kDave, {OpenedWith(kDave, 1, {"area: web"})});
  Happens(3, kDave, {OpenedWith(kDave, 2, {})});
  Happens(4, kDave,
          {OpenedWith(kDave, 3, {"area: core"}),
           MakeAssigned({Provenance::kWebhook, At(4)}, {"55", "willa", false}, kAlice,
                        Moment::At(At(4)))});
  EXPECT_EQ(Numbers(Ask({{"team", "core"}})), (std::vector<int>{1, 3}));
  EXPECT_EQ(Numbers(Ask({{"team", "web"}})), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(Ask({{"team", "nobody"}})["code"],
            static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_F(QueueTest, WhatIsWithAnotherTeamsPeopleIsNotATeams) {
  Policy policy = QueuePolicy();
  policy.teams["lead"] = {"lead", {{"github", "carol"}}, {}, {"ops"}};
  StartWith(policy);
  const Actor carol{"66", "carol", false};
  // Answered by the lead; labelled core and answered by the lead; assigned to a person of no team;
  // none.
  Happens(1, kDave, {OpenedWith(kDave, 0, {}), Commented(carol, 1, "701", "Looking into it.")});
  Happens(2, kDave,
          {OpenedWith(kDave, 1, {"area: core"}), Commented(carol, 2, "702", "Looking into it.")});
  Happens(3, kDave,
          {OpenedWith(kDave, 2, {"area: web"}),
           MakeAssigned({Provenance::kWebhook, At(3)}, {"77", "zoe", false}, kAlice,
                        Moment::At(At(3)))});
  Happens(4, kDave, {OpenedWith(kDave, 4, {})});
  EXPECT_EQ(Numbers(Ask({{"team", "core"}})), (std::vector<int>{4, 2}));
  EXPECT_EQ(Numbers(Ask({{"team", "lead"}})), (std::vector<int>{4, 1}));
  EXPECT_EQ(Numbers(Ask({{"team", "web"}})), (std::vector<int>{3, 4}));
}

TEST_F(QueueTest, ANameThatMeansNothingIsToldWhatThereIs) {
  EXPECT_EQ(Ask({{"customer", "nobody"}})["error"],
            "the policy has no customer \"nobody\": there are acme, beta; give an id or an alias");
  EXPECT_EQ(Ask({{"team", "nobody"}})["error"],
            "the policy has no team \"nobody\": give one of core, web");
}

TEST_F(QueueTest, TheCommunityComesAfterThePayingTheLongestWaitingFirst) {
  Happens(1, kErin, {Opened(kErin, 20)});
  Happens(2, kErin, {Opened(kErin, 10)});
  Happens(3, kErin, {Opened(kErin, 5), Commented(kAlice, 6, "701", "Looking into it now.")});
  Happens(4, kDave, {Opened(kDave, 30)});
  clock.Set(At(130));
  const json answer = Ask();
  EXPECT_EQ(Numbers(answer), (std::vector<int>{4, 2, 1})) << answer;
  EXPECT_EQ(answer["data"][1]["community"], true);
  EXPECT_EQ(answer["data"][1]["due"], nullptr);
  const std::string text = answer["text"];
  EXPECT_NE(text.find("\ncommunity, longest waiting first\n"), std::string::npos) << text;
  EXPECT_NE(text.find("nobody has answered  waits for 2h 00m"), std::string::npos) << text;
}

TEST_F(QueueTest, WhereTheCommunityHasObjectivesTheirDueIsShownAndTheirStateCounts) {
  Policy policy = QueuePolicy();
  policy.community.objectives[Metric::kFirstResponse] = {0, absl::Hours(8), "8h"};
  StartWith(policy);
  Happens(1, kErin, {Opened(kErin, 0)});
  Happens(2, kErin, {Opened(kErin, 5), Commented(kAlice, 6, "701", "Looking into it now.")});
  clock.Set(At(60));
  const json answer = Ask();
  EXPECT_EQ(Numbers(answer), (std::vector<int>{1})) << answer;
  EXPECT_EQ(answer["data"][0]["due"], "2026-03-02T17:00:00Z");
}

TEST_F(QueueTest, ATenthOfThePlacesIsTheCommunitysWhereItWaits) {
  for (int i = 1; i <= 12; ++i) Happens(i, kDave, {Opened(kDave, i)});
  for (int i = 13; i <= 15; ++i) Happens(i, kErin, {Opened(kErin, i)});
  const std::vector<int> numbers = Numbers(Ask({{"limit", 10}}));
  ASSERT_EQ(numbers.size(), 10u);
  EXPECT_EQ(numbers[8], 9);
  EXPECT_EQ(numbers[9], 13);
  EXPECT_EQ(Numbers(Ask()).size(), 15u);
}

}  // namespace
}  // namespace retainer::cli
