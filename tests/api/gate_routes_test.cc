// GET /api/v1/gate.
#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

class GateRoutesTest : public Served {};

TEST_F(GateRoutesTest, GateFollowsTheClockNotTheTick) {
  Serve();
  Open(1, gina);
  auto verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "pass") << verdict;
  EXPECT_EQ(verdict["next_change_at"], "2026-03-02T13:00:00Z");
  EXPECT_EQ(verdict["as_of"], "2026-03-02T09:00:00Z");
  EXPECT_EQ(GetJson(gate + "&fail_on=at_risk")["next_change_at"], "2026-03-02T12:00:00Z");

  clock.Set(At(4 * 60) - absl::Seconds(1));
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
  EXPECT_EQ(GetJson(gate + "&fail_on=at_risk")["verdict"], "fail");
  clock.Set(At(4 * 60));
  verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_TRUE(verdict["next_change_at"].is_null());
  ASSERT_EQ(verdict["reasons"].size(), 1u);
  EXPECT_EQ(verdict["reasons"][0]["ticket"], "github:acme/opendb#1");
  EXPECT_EQ(verdict["reasons"][0]["metric"], "first_response");
  EXPECT_EQ(verdict["reasons"][0]["state"], "breached");
  EXPECT_EQ(verdict["reasons"][0]["customer"], "globex");
  const std::string breached = verdict["links"]["breached"];
  EXPECT_EQ(Refs(GetJson(breached)), (Texts{"github:acme/opendb#1"}));

  for (const char* other : {"&priority=P1", "&customer=acme", "&customer=c-7f3", "&plan=gold"}) {
    EXPECT_EQ(GetJson(gate + other)["verdict"], "pass") << other;
  }
  for (const char* same : {"&priority=p1,P2", "&customer=c-111", "&plan=silver"}) {
    EXPECT_EQ(GetJson(gate + same)["verdict"], "fail") << same;
  }

  // After the answer, the late promise stays missed, but nothing is broken any more.
  Deliver("late", MakeEvent(1, gina, {Commented(kAlice, 4 * 60, "9", "It is mended in 1.2.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
}

TEST_F(GateRoutesTest, ManyJobsThatAskTheSameInASecondAreAnsweredOnce) {
  Serve();
  SaveToken("job", "github:acme/opendb", "", "gate");
  Open(1, gina);
  clock.Set(At(4 * 60));
  // The desk first writes everything that this instant causes.
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  const json verdict = GetJson(gate);
  const int asked = store.owed_asked();
  EXPECT_EQ(GetJson(gate), verdict);
  const auto packed = Get(gate, "all", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(json::parse(packed->body), verdict);
  const auto tag = packed->get_header_value("ETag");
  EXPECT_EQ(Get(gate, "all", {{"If-None-Match", tag}})->status, 304);
  EXPECT_EQ(store.owed_asked(), asked);

  // A caller that may see less, or another question, does not get the kept answer.
  EXPECT_EQ(GetJson(gate, "job")["verdict"], "fail");
  EXPECT_EQ(GetJson(gate + "&priority=P1")["verdict"], "pass");
  EXPECT_GT(store.owed_asked(), asked);
  // Neither does anybody after a write, or a second later.
  ASSERT_TRUE(
      store
          .SaveOverride(
              {"3f9a", {"github", "77"}, "carol", "the fix must ship", At(0), At(360), {}, ""})
          .ok());
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
  const int before = store.owed_asked();
  clock.Advance(absl::Seconds(1));
  EXPECT_NE(GetJson(gate)["as_of"], verdict["as_of"]);
  EXPECT_GT(store.owed_asked(), before);
}

TEST_F(GateRoutesTest, AnOverrideOnRecordLetsThroughForItsTime) {
  Serve();
  Open(1, gina);
  GateOverride record{"3f9a", {"github", "77"}, "carol", "the fix must ship",
                      At(0),  At(360),          {},      ""};
  ASSERT_TRUE(store.SaveOverride(record).ok());
  // The override makes it pass for as long as it is in force.
  auto verdict = GetJson(gate);
  EXPECT_EQ(verdict["override"]["without"], "pass") << verdict;
  EXPECT_EQ(verdict["next_change_at"], "2026-03-02T13:00:00Z");
  clock.Set(At(300));
  const std::string tag = Get(gate)->get_header_value("ETag");
  verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "pass") << verdict;
  EXPECT_EQ(verdict["override"], (json{{"id", "3f9a"},
                                       {"by", "carol"},
                                       {"reason", "the fix must ship"},
                                       {"from", "2026-03-02T09:00:00Z"},
                                       {"until", "2026-03-02T15:00:00Z"},
                                       {"without", "fail"}}));
  ASSERT_EQ(verdict["reasons"].size(), 1u) << "what stands in the way is still told";
  EXPECT_EQ(verdict["reasons"][0]["ticket"], "github:acme/opendb#1");
  EXPECT_EQ(verdict["next_change_at"], "2026-03-02T15:00:00Z");
  clock.Set(At(360));
  verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_FALSE(verdict.contains("override"));
  EXPECT_NE(Get(gate)->get_header_value("ETag"), tag);

  record.id = "other";
  record.until = At(600);
  ASSERT_TRUE(store.SaveOverride(record).ok());
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
  ASSERT_TRUE(store.WithdrawOverride("other", "carol", At(361)).ok());
  EXPECT_EQ(GetJson(gate)["verdict"], "fail") << "withdrawn";
}

TEST_F(GateRoutesTest, GateSaysWhatItDoesWithARef) {
  Serve();
  Open(1, gina);
  clock.Set(At(300));
  const auto verdict = GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["ref"]["name"], "v1.2");
  // No fix is known, so there is no question for the forge.
  EXPECT_EQ(verdict["ref"]["applied"], true);
  EXPECT_EQ(verdict["ref"]["excluded"].size(), 0u);
  EXPECT_EQ(forge.Count("contains"), 0u);
}

TEST_F(GateRoutesTest, TheReleaseWithTheFixMayShip) {
  Serve();
  Open(1, gina);
  Open(2, kDave);  // of a private customer
  SeeMerged(10, {"#1"}, std::string(40, 'a'));
  SeeMerged(11, {"#2"}, std::string(40, 'b'));
  clock.Set(At(300));
  forge.SetRef("v1.2", {std::string(40, 'a'), std::string(40, 'b')});
  forge.SetRef("v1.1", {std::string(40, 'b')});
  EXPECT_EQ(GetJson(gate)["verdict"], "fail");
  auto verdict = GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(verdict["verdict"], "pass") << verdict;
  EXPECT_EQ(verdict["ref"]["applied"], true);
  EXPECT_EQ(verdict["ref"]["excluded"], json::array({"github:acme/opendb#1"}));

  verdict = GetJson(gate + "&ref=v1.1");
  EXPECT_EQ(verdict["verdict"], "fail");
  ASSERT_EQ(verdict["reasons"].size(), 1u);
  EXPECT_EQ(verdict["reasons"][0]["ticket"], "github:acme/opendb#1");
  EXPECT_EQ(verdict["ref"]["excluded"].size(), 0u);

  // If the gate is asked again soon, the forge is not.
  const std::size_t asked = forge.Count("contains");
  GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(forge.Count("contains"), asked);
  clock.Advance(pipeline::Containment::kRemembered);
  GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(forge.Count("contains"), asked + 2);
}

TEST_F(GateRoutesTest, EditingAMergedChangeLetsNothingThrough) {
  Serve();
  Open(1, gina);
  Open(2, gina);
  SeeMerged(10, {"#2"}, std::string(40, 'a'));
  const ChangeInfo edited{
      ChangeState::kMerged, "main", std::string(40, 'a'), std::string(40, 'a'), {"#1"}};
  Event event = MakeEvent(
      10, kErin, {MakeMergedSeen({Provenance::kWebhook, At(2)}, edited, Moment::At(At(2)))});
  event.ticket->kind = TicketKind::kChange;
  Deliver("edited", std::move(event));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  clock.Set(At(300));
  forge.SetRef("v1.2", {std::string(40, 'a')});
  const auto verdict = GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(verdict["verdict"], "fail") << verdict;
  EXPECT_EQ(verdict["ref"]["excluded"], json::array({"github:acme/opendb#2"}));
}

TEST_F(GateRoutesTest, WhatTheForgeDoesNotSayCounts) {
  Serve();
  Open(1, gina);
  SeeMerged(10, {"#1"}, std::string(40, 'a'));
  clock.Set(At(300));
  auto verdict = GetJson(gate + "&ref=v9");
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["ref"]["applied"], false);
  EXPECT_NE(verdict["ref"]["text"].get<std::string>().find("does not know"), std::string::npos);
  EXPECT_EQ(GetJson(gate + "&ref=a..b")["ref"]["applied"], false);

  forge.fault = [](const std::string& call) {
    return call == "contains" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  verdict = GetJson(gate + "&ref=v1.2");
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["ref"]["applied"], false);
  // The forge is not asked for a while.
  const std::size_t asked = forge.Count("contains");
  GetJson(gate + "&ref=v1.3");
  EXPECT_EQ(forge.Count("contains"), asked);
}

TEST_F(GateRoutesTest, GateLooksAtCommitmentsAlone) {
  Serve();
  Open(1, ivan);
  clock.Set(At(300));
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
  EXPECT_EQ(GetJson("/api/v1/tickets?state=breached")["tickets"].size(), 1u);
}

TEST_F(GateRoutesTest, GateNamesNoPrivateCustomer) {
  Serve();
  SaveToken("acme", "", "acme");
  Open(1, kDave);
  EXPECT_EQ(GetJson(gate)["next_change_at"], "2026-03-02T13:00:00Z");
  clock.Set(At(20));
  Open(2, kDave);
  clock.Set(At(260));
  const auto result = Get(gate);
  ASSERT_TRUE(result);
  const auto verdict = json::parse(result->body);
  EXPECT_EQ(verdict["verdict"], "fail");
  ASSERT_EQ(verdict["reasons"].size(), 1u);
  EXPECT_EQ(verdict["reasons"][0]["kind"], "private");
  EXPECT_EQ(verdict["reasons"][0]["count"], 2);
  // The answer has nothing by which a reader of a public log would recognise the customer or the
  // ticket.
  for (const char* word :
       {"acme\"", "ACME", "c-7f3", "opendb#1", "issues/1", "gold", "due", "P2"}) {
    EXPECT_EQ(result->body.find(word), std::string::npos) << word << "\n" << result->body;
  }
  const auto own = GetJson(gate, "acme");
  ASSERT_EQ(own["reasons"].size(), 2u);
  EXPECT_EQ(own["reasons"][0]["customer"], "acme");
  EXPECT_EQ(own["reasons"][0]["ticket"], "github:acme/opendb#1");
}

TEST_F(GateRoutesTest, NextChangeOfAPrivateCustomerIsToldToTheHour) {
  Serve();
  clock.Set(At(17));
  Deliver("d", MakeEvent(1, kDave, {Opened(kDave, 17)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_EQ(GetJson(gate)["next_change_at"], "2026-03-02T13:00:00Z") << "not 13:17";
}

TEST_F(GateRoutesTest, TheNextChangeIsNeverBeforeTheQuestion) {
  Serve();
  clock.Set(At(17));
  Deliver("d", MakeEvent(1, kDave, {Opened(kDave, 17)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  clock.Set(At(250));  // 13:10; due at 13:17
  const auto verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "pass");
  EXPECT_EQ(verdict["next_change_at"], verdict["as_of"]);
}

// A job's output may end up in a public log.
TEST_F(GateRoutesTest, AJobIsToldOfPrivateCustomersThatItMustWaitAndNothingElse) {
  Serve();
  SaveToken("job", "github:acme/opendb", "");
  Open(1, kDave);
  clock.Set(At(20));
  Deliver("second", MakeEvent(2, kDave, {Opened(kDave, 20)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  // The due instant would reveal which issue is a customer's.
  EXPECT_TRUE(GetJson(gate, "job")["next_change_at"].is_null());
  EXPECT_EQ(GetJson(gate + "&customer=acme", "job", 404)["detail"],
            GetJson(gate + "&customer=nobody", "job", 404)["detail"]);
  clock.Set(At(30));
  Deliver("third", MakeEvent(3, gina, {Opened(gina, 30)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_EQ(GetJson(gate, "job")["next_change_at"], "2026-03-02T13:30:00Z") << "globex's";
  Deliver("answer", MakeEvent(3, gina, {Commented(kAlice, 30, "9", "It is mended in 1.2.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());

  clock.Set(At(265) + kHiddenGrain);
  auto verdict = GetJson(gate, "job");
  EXPECT_EQ(verdict["verdict"], "fail") << "no release passes over them";
  EXPECT_EQ(verdict["reasons"], json::array({{{"kind", "private"},
                                              {"text",
                                               "A commitment to a private customer is broken, or "
                                               "was until lately: that is told to the day."}}}));
  EXPECT_EQ(GetJson(gate)["reasons"][0]["count"], 2);
  verdict = GetJson(gate + "&priority=P2", "job");
  EXPECT_EQ(verdict["verdict"], "pass") << "filters are about public customers";
  EXPECT_NE(verdict["note"].get<std::string>().find("private customers"), std::string::npos);
  // When the job must wait for another reason, it does not even learn that.
  Deliver("fourth", MakeEvent(4, gina, {Opened(gina, 265)}));
  clock.Set(At(265 + 240) + kHiddenGrain);
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  verdict = GetJson(gate, "job");
  ASSERT_EQ(verdict["reasons"].size(), 1u) << verdict;
  EXPECT_EQ(verdict["reasons"][0]["customer"], "globex");
}

TEST_F(GateRoutesTest, TheHeadlineSaysWhatWasAskedAndFound) {
  Serve();
  SaveToken("job", "github:acme/opendb", "", "gate");
  Open(1, gina);
  EXPECT_EQ(GetJson(gate)["headline"], "Every support promise of github:acme/opendb is kept.");
  EXPECT_EQ(GetJson(gate + "&fail_on=at_risk")["headline"],
            "Every support promise of github:acme/opendb is kept, and none is at risk.");
  clock.Set(At(300));
  EXPECT_EQ(GetJson(gate)["headline"], "1 promise is broken (github:acme/opendb).");
  EXPECT_EQ(GetJson(gate + "&priority=P1")["headline"],
            "No broken promise among: P1 (github:acme/opendb).");
  EXPECT_EQ(GetJson(gate + "&priority=p1,%20P1%20&plan=gold&customer=c-111", "job")["headline"],
            "No broken promise among: P1, plan gold, customer globex (github:acme/opendb).");
  Open(2, kDave);
  EXPECT_EQ(GetJson(gate)["headline"], "2 promises are broken (github:acme/opendb).");
}

TEST_F(GateRoutesTest, GateIsUnknownWhereItCannotTell) {
  std::atomic<bool> away = false;
  forge.fault = [&](const std::string&) {
    return away ? absl::UnavailableError("away") : absl::OkStatus();
  };
  Serve();
  Open(1, kErin);
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");

  // The forge does not say who somebody is.
  away = true;
  policy.customers[0].contacts.organizations = {{"github", "acme-inc"}};
  SetPolicy("v2");
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  auto verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "unknown") << verdict;
  EXPECT_EQ(verdict["reasons"][0]["code"], "questions");
}

TEST_F(GateRoutesTest, GateIsUnknownWithoutAPolicyAndBehindABacklog) {
  Serve(/*with_policy=*/false);
  ASSERT_TRUE(store.SaveProject({{"github", "77"}, "acme/opendb", "", false, "5", At(0)}).ok());
  auto verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "unknown");
  EXPECT_EQ(verdict["reasons"][0]["code"], "policy");

  // Deliveries of a forge that no worker processes.
  ASSERT_TRUE(store.PutDelivery({"elsewhere", "d1", "issues", "{}", clock.Now(), false}).ok());
  SetPolicy("v1");
  EXPECT_EQ(GetJson(gate)["verdict"], "pass");
  clock.Advance(absl::Minutes(5));
  verdict = GetJson(gate);
  EXPECT_EQ(verdict["verdict"], "unknown") << verdict;
  EXPECT_EQ(verdict["reasons"][0]["code"], "backlog");
}

TEST_F(GateRoutesTest, WhatIsMisspeltNeverPasses) {
  Serve();
  Open(1, gina);
  const std::vector<std::pair<std::string, int>> wrong = {
      {"/api/v1/gate", 400},
      {"/api/v1/gate?project=opendb", 400},
      {"/api/v1/gate?project=github:acme/opendbb", 404},
      {gate + "&fail_on=breach", 400},
      {gate + "&priority=P9", 400},
      {gate + "&priority=", 200},
      {gate + "&plan=bronze", 400},
      {gate + "&customer=nobody", 404},
      {gate + "&customers=globex", 400},
      {gate + "&priority=P1&priority=P2", 400},
      {gate + "&ref=" + std::string(300, 'a'), 400}};
  for (const auto& [path, status] : wrong) GetJson(path, "all", status);
  // Each refusal lists the known names.
  SaveToken("job", "github:acme/opendb", "", "gate");
  const std::vector<std::array<std::string, 4>> told = {
      {"all", "&priority=P9", "P1, P2", ""},
      {"all", "&priority=P1,P9", "`P9`", ""},
      {"all", "&plan=bronze", "aims, gold, silver", ""},
      {"all", "&customer=nobody", "acme, globex, initech", ""},
      {"job", "&customer=nobody", "globex, initech", "acme"},
      {"job", "&customer=acme", "globex, initech", "acme"},
      {"job", "&plan=bronze", "aims, silver", "gold"},
      {"all", "&metric=x", "`metric` is not a parameter", ""},
      {"all", "&customers=globex", "project, fail_on, priority, customer, plan, ref", ""},
      {"all", "&priority=P1&priority=P2", "`priority` is given twice", ""}};
  for (const auto& [token, query, word, never] : told) {
    const auto result = Get(gate + query, token);
    const std::string detail = json::parse(result->body)["detail"];
    EXPECT_NE(detail.find(word), std::string::npos) << query << ": " << detail;
    if (!never.empty()) {
      EXPECT_EQ(detail.find(never), std::string::npos) << query << ": " << detail;
    }
  }
  // The project is known but no longer covered.
  policy.projects = {{"github", "acme/other"}};
  SetPolicy("v2");
  GetJson(gate, "all", 404);
}

}  // namespace
}  // namespace retainer::api
