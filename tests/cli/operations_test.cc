#include "src/cli/operations.h"

#include <nlohmann/json.hpp>

#include "src/base/digest.h"
#include "tests/pipeline/world.h"

namespace retainer::cli {
namespace {

using pipeline::At;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

using nlohmann::json;

class OperationsTest : public World {
 protected:
  void SetUp() override {
    pipeline::DeskOptions options;
    options.random = [] { return 0.5; };
    options.probe_every = absl::ZeroDuration();
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        options);
    desk->Start();
    desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
    operations =
        std::make_unique<Operations>(*desk, store, clock, nullptr, "https://desk.example/join/",
                                     nullptr, "https://desk.example/");
  }
  void TearDown() override { EXPECT_TRUE(desk->Stop(absl::Seconds(30)).ok()); }

  void Accept(const std::string& id) {
    EXPECT_EQ(desk->Accept("github", FakeReceiver::HeadersOf(id), "{}").http_status, 202);
    Settle();
  }
  void Settle() {
    const absl::Status settled = desk->Settle(absl::Seconds(30));
    ASSERT_TRUE(settled.ok()) << settled;
  }
  json Ask(const json& request) { return json::parse(operations->Answer(request.dump())); }

  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<Operations> operations;
};

TEST_F(OperationsTest, WhatWasSetAsideIsListedAndTriedAgain) {
  Accept("d1");  // nothing is registered: it cannot be parsed
  json list = Ask({{"op", "inbox list"}});
  ASSERT_EQ(list["data"]["deliveries"].size(), 1u) << list;
  EXPECT_EQ(list["data"]["deliveries"][0]["delivery"], "d1");
  EXPECT_NE(list["text"].get<std::string>().find("the body lacks its issue"), std::string::npos);
  const std::string id = list["data"]["deliveries"][0]["id"];

  // As if a later version could parse it.
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  EXPECT_EQ(Ask({{"op", "inbox retry"}, {"ids", {"github/99"}}})["code"],
            static_cast<int>(absl::StatusCode::kNotFound));
  const json retried = Ask({{"op", "inbox retry"}, {"ids", {id}}});
  EXPECT_EQ(retried["data"]["deliveries"], 1) << retried;
  Settle();
  EXPECT_EQ(Stats().set_aside, 0u);
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(Ask({{"op", "inbox list"}})["text"], "Nothing is set aside.\n");
}

TEST_F(OperationsTest, WhoseMembershipIsHiddenIsCounted) {
  Policy policy = MakePolicy();
  policy.customers[0].contacts.organizations = {{"github", "acme-inc"}};
  desk->SetTerms({MakeTerms("v1", At(-60), policy)});
  const auto say = [&](std::int64_t number, const Actor& author, const std::string& membership) {
    Fact answer;
    answer.kind = FactKind::kMembership;
    answer.provenance = Provenance::kNetwork;
    answer.at = clock.Now();
    answer.subject = absl::StrCat(author.id, " acme-inc");
    answer.value = membership;
    answer.expires = clock.Now() + absl::Hours(24);
    answer.id = MakeFactId(answer.kind, answer.subject, "");
    const std::string id = absl::StrCat("d", number);
    receiver.Register(id, MakeEvent(number, author, {Opened(author, 0), answer}));
    Accept(id);
  };
  say(1, kErin, "unseen");
  say(2, kErin, "unseen");
  say(3, {"44", "frank", false}, "unseen");
  say(4, {"45", "gus", false}, "no");
  const json state = Ask({{"op", "state"}})["data"];
  ASSERT_EQ(state["warnings"].size(), 1u) << state;
  EXPECT_EQ(state["warnings"][0],
            "of 2 people on open tickets it cannot be seen whether they are members of "
            "github:acme-inc, of acme: they count as community; list those who are by login in the "
            "policy");
}

TEST_F(OperationsTest, WorkIsLoggedListedAndCorrected) {
  Policy policy = MakePolicy(/*is_public=*/false);
  policy.customers[0].hours = {{"q1", 120, absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 6, 30),
                                15, 0, OverHours::kRefuse}};
  policy.customers[0].crm = {{"salesforce", "001"}};
  desk->SetTerms({MakeTerms("v1", At(-60), policy)});
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Accept("d1");
  const auto ask = [&](const std::string& action, json more) {
    more["op"] = "hours " + action;
    more["customer"] = "c-7f3";
    more["by"] = "carol";
    return Ask(more);
  };
  json logged =
      ask("log", {{"time", "20m"}, {"text", "read the dump"}, {"ticket", "github:acme/opendb#1"}});
  ASSERT_TRUE(logged.contains("data")) << logged;
  const std::string id = logged["data"]["entry"]["id"];
  EXPECT_EQ(logged["text"], id + "  2026-03-02  20m (30m accounted)  carol  github:acme/opendb#1  "
                                 "read the dump\n1h 30m of 2h left of q1, until 2026-06-30\n");
  EXPECT_EQ(logged["data"]["entry"]["accounted_minutes"], 30);
  EXPECT_EQ(ask("balance", {})["text"],
            "q1  2026-01-01 to 2026-06-30  1h 30m of 2h left, 30m used\n");
  EXPECT_EQ(ask("log", {{"time", "2h"}, {"text", "a call"}})["error"],
            "the hours do not suffice: 1h 30m of q1 is left, the entry takes 2h");
  EXPECT_EQ(ask("log", {{"time", "45"}, {"text", "a call"}})["code"],
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(ask("log", {{"time", "9h"}, {"text", "a call"}})["error"],
            "more than 8h at once: if this is meant, write 9h!");
  EXPECT_EQ(ask("log", {{"time", "15m"}, {"text", "a call"}, {"day", "yesterday"}})["code"],
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  const json corrected =
      ask("correct", {{"entry", id}, {"time", "1h45m"}, {"reason", "a typing error"}});
  EXPECT_EQ(corrected["data"]["blocks"][0]["left_minutes"], 15) << corrected;
  EXPECT_NE(ask("list", {})["text"].get<std::string>().find("[corrected by carol: a typing error]"),
            std::string::npos);
  EXPECT_EQ(ask("list", {{"until", "2026-03-01"}})["text"], "No work was logged.\n");
  // The team is told once, and the work of a private customer is in no comment.
  Settle();
  EXPECT_EQ(log.Count("notice id=hours.low acme q1"), 1u);
  EXPECT_TRUE(
      ask("correct", {{"entry", id}, {"time", "0m"}, {"reason", "not theirs"}}).contains("data"));
  EXPECT_EQ(ask("balance", {})["data"]["left_minutes"], 120);
}

// Found by the fuzz target `control`: it read before the first of no items.
TEST_F(OperationsTest, AQueueOfNoItemsIsRefused) {
  EXPECT_EQ(Ask({{"op", "queue"}, {"team", "core"}, {"limit", 0}})["code"],
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(Ask({{"op", "queue"}, {"team", "core"}, {"limit", 1}}).contains("code"), false);
}

// Found by the fuzzer: a number that no integer holds was converted all the same.
TEST_F(OperationsTest, ANumberThatIsNoneIsRefused) {
  const auto refuses = [&](const std::string& request, const std::string& reason) {
    const json refused = json::parse(operations->Answer(request));
    EXPECT_NE(refused.value("error", "").find(reason), std::string::npos) << request << refused;
  };
  for (const char* number : {"5e71", "1.5", "-1", "\"7\"", "null", "true"}) {
    refuses(absl::StrCat(R"({"op":"queue","limit":)", number, "}"), "limit is not a whole number");
  }
  refuses(R"({"op":"customer invite","customer":"acme","by":"carol","uses":1e300})",
          "uses is not a whole number");
}

TEST_F(OperationsTest, ATokenForNobodyIsRefusedWithWhatThereIs) {
  const auto create = [&](const char* project, const char* customer) {
    return Ask(
        {{"op", "token create"}, {"scope", "read"}, {"project", project}, {"customer", customer}});
  };
  for (const auto& [customer, word] : std::map<std::string, std::string>{
           {"nope", "there are acme"}, {"c-7f3", "write the id, acme"}, {"ACME", "acme"}}) {
    const json answer = create("", customer.c_str());
    EXPECT_EQ(answer["code"], static_cast<int>(absl::StatusCode::kInvalidArgument)) << answer;
    EXPECT_NE(answer["error"].get<std::string>().find(word), std::string::npos) << answer;
  }
  const json elsewhere = create("github:other/opendb", "");
  EXPECT_NE(elsewhere["error"].get<std::string>().find("it covers github:acme/*"),
            std::string::npos)
      << elsewhere;
  EXPECT_EQ(Ask({{"op", "token list"}})["data"].size(), 0u);
  EXPECT_TRUE(create("github:acme/opendb", "acme")["data"].contains("token"));
  EXPECT_TRUE(create("github:acme/*", "")["data"].contains("token"));
  EXPECT_NE(Ask({{"op", "override list"}, {"project", "github:acme/none"}})["error"]
                .get<std::string>()
                .find("nothing is known of github:acme/none"),
            std::string::npos);
}

TEST_F(OperationsTest, AnActOnATicketThatIsRefusedSaysWhy) {
  Policy policy = MakePolicy();
  Customer late = policy.customers[0];
  late.id = "late";
  late.alias = "c-late";
  late.contacts = {};
  late.entitlements.front().term = Term{absl::CivilDay(2020, 1, 1), absl::CivilDay(2020, 12, 31)};
  policy.customers.push_back(late);
  desk->SetTerms({MakeTerms("v2", At(-60), policy)});
  receiver.Register("d1", MakeEvent(1, kErin, {Opened(kErin, 0)}));
  Accept("d1");
  const auto act = [&](const std::string& action, json more) {
    json request = {{"op", "ticket"},
                    {"action", action},
                    {"ticket", "github:acme/opendb#1"},
                    {"operator", "carol"},
                    {"reason", "by phone"}};
    request.update(more);
    clock.Advance(absl::Minutes(1));
    return Ask(request);
  };
  const auto expect_refused = [&](const json& answer, const std::string& reason) {
    EXPECT_EQ(answer.value("code", 0), static_cast<int>(absl::StatusCode::kNotFound)) << answer;
    EXPECT_EQ(answer.value("error", ""), reason);
  };
  expect_refused(act("release", {{"customer", "acme"}}),
                 "release acme on github:acme/opendb#1: there is no such claim here");
  expect_refused(act("priority", {{"priority", "P1"}}),
                 "priority P1 on github:acme/opendb#1: no customer claims this ticket");
  expect_refused(act("excuse", {{"metric", "first_response"}, {"customer", "acme"}}),
                 "excuse first_response on github:acme/opendb#1: no first_response was late by "
                 "then: excuse it when it is late");
  expect_refused(act("claim", {{"customer", "late"}}),
                 "claim late on github:acme/opendb#1: the customer's term does not cover today");
  // Found by a fuzzer: nobody named.
  for (const char* action : {"claim", "release", "excuse"}) {
    EXPECT_EQ(act(action, {{"metric", "first_response"}})["error"],
              "name a customer: its id or alias")
        << action;
  }
  EXPECT_TRUE(act("claim", {{"customer", "acme"}}).contains("data"));
  EXPECT_TRUE(act("priority", {{"priority", "P1"}}).contains("data"));
  clock.Advance(absl::Hours(10));
  EXPECT_TRUE(act("excuse", {{"metric", "first_response"}, {"customer", "acme"}}).contains("data"));
  expect_refused(act("excuse", {{"metric", "resolution"}, {"customer", "acme"}}),
                 "excuse resolution on github:acme/opendb#1: no resolution was late by then: "
                 "excuse it when it is late");
}

TEST_F(OperationsTest, WhoLeavesThePolicyIsNamedWithWhatGoes) {
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Accept("d1");
  const json none = Ask({{"op", "leaving"}, {"customers", {"acme", "globex"}}});
  EXPECT_TRUE(none["data"].empty()) << none;
  const json gone = Ask({{"op", "leaving"}, {"customers", {"globex"}}});
  ASSERT_EQ(gone["data"].size(), 1u) << gone;
  EXPECT_EQ(gone["data"][0]["customer"], "acme");
  EXPECT_EQ(gone["data"][0]["open_tickets"], 1);
  EXPECT_NE(gone["text"].get<std::string>().find("end its `term`"), std::string::npos) << gone;
}

TEST_F(OperationsTest, WhatAnOperatorDidIsTakenBack) {
  receiver.Register("d1", MakeEvent(1, kErin, {Opened(kErin, 0)}));
  Accept("d1");
  const auto act = [&](const std::string& action, json more) {
    json request = {{"op", "ticket"},     {"action", action},    {"ticket", "github:acme/opendb#1"},
                    {"customer", "acme"}, {"operator", "carol"}, {"reason", "by phone"}};
    request.update(more);
    clock.Advance(absl::Minutes(1));
    const json answer = Ask(request);
    EXPECT_TRUE(answer.contains("data")) << answer;
    return answer.value("text", "");
  };
  EXPECT_NE(act("claim", json::object()).find("acme"), std::string::npos);
  EXPECT_NE(act("claim", {{"undo", true}}).find("community"), std::string::npos);
  act("claim", json::object());
  EXPECT_NE(act("release", json::object()).find("community"), std::string::npos);
  EXPECT_NE(act("release", {{"undo", true}}).find("acme"), std::string::npos);
  clock.Advance(absl::Hours(10));
  EXPECT_NE(act("excuse", {{"metric", "first_response"}}).find("first_response: excused"),
            std::string::npos);
  EXPECT_NE(act("excuse", {{"metric", "first_response"}, {"undo", true}})
                .find("first_response: breached"),
            std::string::npos);
  const json wrong = Ask({{"op", "ticket"},
                          {"action", "excuse"},
                          {"ticket", "github:acme/opendb#1"},
                          {"metric", "first_response"},
                          {"customer", ""}});
  EXPECT_EQ(wrong.value("code", 0), static_cast<int>(absl::StatusCode::kInvalidArgument)) << wrong;
}

TEST_F(OperationsTest, AnOverrideIsBoundedInTimeAndNamesNoPrivateCustomer) {
  desk->SetTerms({MakeTerms("v2", At(-60), MakePolicy(/*is_public=*/false))});
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Accept("d1");
  const std::uint64_t before = store.ReadLedgerHead()->length;
  const json wanted = {{"op", "override add"},
                       {"project", "github:acme/opendb"},
                       {"by", "carol"},
                       {"reason", "security fix"}};
  const json added = Ask(wanted);
  ASSERT_TRUE(added.contains("data")) << added;
  EXPECT_EQ(added["data"]["from"], "2026-03-02T09:00:00Z");
  EXPECT_EQ(added["data"]["until"], "2026-03-02T13:00:00Z") << "four hours where nothing is said";
  EXPECT_EQ(store.ReadLedgerHead()->length, before + 1);

  const std::pair<const char*, json> wrong[] = {{"reason", ""},
                                                {"reason", "two\nlines"},
                                                {"reason", std::string(501, 'a')},
                                                {"reason", "ACME corp agreed"},
                                                {"by", "dave@acme"},
                                                {"for_s", 7 * 24 * 3600 + 1},
                                                {"for_s", 0},
                                                {"until_s", absl::ToUnixSeconds(At(-1))},
                                                {"project", "opendb"}};
  for (const auto& [name, value] : wrong) {
    json request = wanted;
    request[name] = value;
    EXPECT_EQ(Ask(request)["code"], static_cast<int>(absl::StatusCode::kInvalidArgument))
        << request;
  }
  json elsewhere = wanted;
  elsewhere["project"] = "github:acme/nowhere";
  EXPECT_EQ(Ask(elsewhere)["code"], static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_EQ(store.ReadLedgerHead()->length, before + 1);

  const json list = Ask({{"op", "override list"}});
  ASSERT_EQ(list["data"].size(), 1u) << list;
  EXPECT_EQ(list["data"][0]["project"], "github:acme/opendb");
  EXPECT_EQ(list["data"][0]["in_force"], true);
  // An unknown project has no overrides to list.
  EXPECT_NE(Ask({{"op", "override list"}, {"project", "github:acme/x"}})
                .value("error", "")
                .find("github:acme/x"),
            std::string::npos);
  const std::string id = list["data"][0]["id"];
  const json withdraw = {{"op", "override withdraw"}, {"id", id}, {"by", "dora"}};
  EXPECT_EQ(Ask(withdraw)["data"]["withdrawn"], "2026-03-02T09:00:00Z");
  EXPECT_EQ(Ask({{"op", "override list"}})["data"][0]["withdrawn_by"], "dora");
  EXPECT_EQ(Ask({{"op", "override list"}})["data"][0]["in_force"], false);
  EXPECT_EQ(Ask({{"op", "override withdraw"}, {"id", "none"}})["code"],
            static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_EQ(store.ReadLedgerHead()->length, before + 2);
}

TEST_F(OperationsTest, ATicketThatWasGivenUpIsShownOnceTheCauseIsMended) {
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::PermissionDeniedError("needs Issues: write") : absl::OkStatus();
  };
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Accept("d1");
  for (int i = 0; i < pipeline::Dispatcher::kMaxAttempts; ++i) {
    clock.Advance(absl::Minutes(1));
    desk->Nudge();
    Settle();
  }
  for (int i = 0; i < 40 && Stats().dead_faces == 0; ++i) {
    clock.Advance(absl::Minutes(16));
    desk->Nudge();
    Settle();
  }
  ASSERT_EQ(Stats().dead_faces, 1u);
  const json list = Ask({{"op", "inbox list"}});
  ASSERT_EQ(list["data"]["tickets"].size(), 1u) << list;
  EXPECT_EQ(list["data"]["tickets"][0]["id"], "github:acme/opendb#1");
  const json state = Ask({{"op", "state"}});
  EXPECT_NE(state["data"]["trouble"].dump().find("Issues: write"), std::string::npos) << state;

  forge.fault = nullptr;
  const json retried = Ask({{"op", "inbox retry"}, {"ids", {"github:acme/opendb#1"}}});
  EXPECT_EQ(retried["data"]["tickets"], 1) << retried;
  Settle();
  EXPECT_EQ(Stats().dead_faces, 0u);
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(OperationsTest, ALabelThatTheForgeRefusesIsNamedAndTriedAgain) {
  const auto refuse = [](const std::string& call) {
    return call == "ensure_label" ? absl::InvalidArgumentError("name is too long")
                                  : absl::OkStatus();
  };
  forge.fault = refuse;
  receiver.Register("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Accept("d1");
  Settle();
  EXPECT_EQ(forge.comments().size(), 1u);
  const json list = Ask({{"op", "inbox list"}});
  ASSERT_EQ(list["data"]["labels"].size(), 1u) << list;
  EXPECT_EQ(list["data"]["labels"][0]["id"], "github:acme/opendb#1");
  const json state = Ask({{"op", "state"}});
  EXPECT_NE(state["data"]["trouble"].dump().find("name is too long"), std::string::npos) << state;
  EXPECT_EQ(Stats().dirty_faces + Stats().dead_faces, 0u);

  forge.fault = nullptr;
  EXPECT_EQ(Ask({{"op", "inbox retry"}, {"all", true}, {"ids", json::array()}})["data"]["tickets"],
            1);
  Settle();
  EXPECT_TRUE(Ask({{"op", "inbox list"}})["data"]["labels"].empty());
  EXPECT_EQ(forge.labels(Key(1)).size(), 1u);
}

TEST_F(OperationsTest, ANoticeThatWasGivenUpIsListedAndTriedAgain) {
  Settle();  // nothing processes the notices now
  DecisionWrite write;
  write.record = Load(1).record;
  write.record.key = Key(1);
  write.notices.resize(1);
  write.notices[0].id = "breach x";
  write.notices[0].ticket = Key(1);
  write.ledger.at = clock.Now();
  ASSERT_TRUE(store.Commit(write).ok());
  ASSERT_TRUE(store.BuryNotice({write.notices[0]}, "ops: hooks answered 410", clock.Now()).ok());
  const json list = Ask({{"op", "inbox list"}});
  ASSERT_EQ(list["data"]["notices"].size(), 1u) << list;
  EXPECT_EQ(list["data"]["notices"][0]["id"], "breach x");
  EXPECT_NE(list["text"].get<std::string>().find("answered 410"), std::string::npos);
  const json state = Ask({{"op", "state"}});
  EXPECT_EQ(state["data"]["dead_notices"], 1);
  EXPECT_NE(state["data"]["trouble"].dump().find("answered 410"), std::string::npos) << state;
  const json retried = Ask({{"op", "inbox retry"}, {"ids", {"breach x"}}});
  EXPECT_EQ(retried["data"]["notices"], 1) << retried;
  Settle();
  EXPECT_EQ(Stats().dead_notices, 0u);
}

TEST_F(OperationsTest, TheStateNamesAStoreThatCannotBeWritten) {
  store.FailWrites(absl::ResourceExhaustedError("the disk is full"));
  const json state = Ask({{"op", "state"}});
  EXPECT_NE(state["data"]["trouble"].dump().find("the disk is full"), std::string::npos) << state;
  EXPECT_EQ(state["data"]["ready"], false);
  store.FailWrites(absl::OkStatus());
}

TEST_F(OperationsTest, AnInvitationIsPrintedOnceAndOnlyItsHashIsKept) {
  const json made = Ask({{"op", "customer invite"},
                         {"customer", "c-7f3"},
                         {"uses", 2},
                         {"expires_s", 3600},
                         {"by", "carol"}});
  ASSERT_TRUE(made.contains("text")) << made;
  const std::string url = made["data"]["url"];
  const std::string before = "https://desk.example/join/";
  ASSERT_EQ(url.substr(0, before.size()), before);
  EXPECT_EQ(made["text"], url + "\n");
  const std::string token = url.substr(before.size());
  EXPECT_GE(token.size(), 43u);
  EXPECT_EQ(**store.FindInvited(base::Sha256Hex(token)), "acme");

  json list = Ask({{"op", "customer invitations"}, {"customer", "acme"}});
  ASSERT_EQ(list["data"].size(), 1u);
  EXPECT_EQ(list["data"][0]["open"], true);
  EXPECT_EQ(list.dump().find(token), std::string::npos);
  const std::string id = list["data"][0]["id"];
  EXPECT_TRUE(Ask({{"op", "customer revoke"}, {"customer", "acme"}, {"id", id}, {"by", "carol"}})
                  .contains("text"));
  list = Ask({{"op", "customer invitations"}, {"customer", "acme"}});
  EXPECT_EQ(list["data"][0]["open"], false);
  EXPECT_EQ(Ask({{"op", "customer revoke"}, {"customer", "acme"}, {"id", "no"}})["code"],
            static_cast<int>(absl::StatusCode::kNotFound));
}

TEST_F(OperationsTest, AnAdminLinkIsKeptOnlyAsAHashForTenMinutes) {
  const json made = Ask({{"op", "desk link"}, {"by", "root"}});
  ASSERT_TRUE(made.contains("text")) << made;
  const std::string url = made["data"]["url"];
  const std::string before = "https://desk.example/admin/";
  ASSERT_EQ(url.substr(0, before.size()), before);
  const std::string token = url.substr(before.size());
  EXPECT_GE(token.size(), 43u);
  EXPECT_FALSE(store.TakeAdminLink(token, clock.Now())->has_value());
  const auto link = *store.TakeAdminLink(base::Sha256Hex(token), clock.Now());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->by, "root");
  EXPECT_EQ(link->expires, clock.Now() + absl::Minutes(10));
  operations = std::make_unique<Operations>(*desk, store, clock);
  EXPECT_NE(Ask({{"op", "desk link"}, {"by", "root"}}).dump().find("public_url"),
            std::string::npos);
}

TEST_F(OperationsTest, AnInvitationThatCannotWorkIsRefusedWithTheRemedy) {
  const auto error = [&](const json& request) {
    const json answer = Ask(request);
    return answer.value("error", "");
  };
  EXPECT_NE(error({{"op", "customer invite"}, {"customer", "nobody"}, {"by", "carol"}})
                .find("there are acme"),
            std::string::npos);
  for (const auto& [uses, seconds] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 60}, {-1, 60}, {1LL << 33, 60}, {1, 0}, {1, -5}, {1, 1LL << 40}}) {
    EXPECT_NE(error({{"op", "customer invite"},
                     {"customer", "acme"},
                     {"uses", uses},
                     {"expires_s", seconds},
                     {"by", "carol"}}),
              "")
        << uses << " " << seconds;
  }
  operations = std::make_unique<Operations>(*desk, store, clock);
  EXPECT_NE(
      error({{"op", "customer invite"}, {"customer", "acme"}, {"by", "carol"}}).find("sign_in"),
      std::string::npos);
}

TEST_F(OperationsTest, AContactThatJoinedIsListedRemovedAndItsTicketsAreJudgedAgain) {
  receiver.Register("d1", MakeEvent(1, kErin, {Opened(kErin, 0)}));
  Accept("d1");
  EXPECT_TRUE(Load(1).record.customers.empty());
  ASSERT_TRUE(
      Ask({{"op", "customer invite"}, {"customer", "acme"}, {"by", "carol"}}).contains("text"));
  const auto joined = desk->ChangeCustomer("acme", [&](const CustomerBook& book) {
    return MakeJoined(book, "acme", book.invitations.at(0).hash, {"github", kErin}, std::nullopt,
                      clock.Now());
  });
  ASSERT_TRUE(joined.ok()) << joined.status();
  Settle();
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>{"acme"})
      << "the open ticket was judged again";

  json contacts = Ask({{"op", "customer contacts"}, {"customer", "acme"}});
  ASSERT_EQ(contacts["data"]["joined"].size(), 1u) << contacts;
  EXPECT_EQ(contacts["data"]["joined"][0]["account"], "github:erin");
  EXPECT_EQ(contacts["data"]["joined"][0]["id"], kErin.id);
  EXPECT_EQ(contacts["data"]["joined"][0]["until"], nullptr);
  EXPECT_EQ(contacts["data"]["policy"][0], "github:dave");

  const auto remove = [&](const std::string& account) {
    return Ask(
        {{"op", "customer remove"}, {"customer", "acme"}, {"account", account}, {"by", "carol"}});
  };
  EXPECT_TRUE(remove("gitlab:erin").contains("code"));
  EXPECT_TRUE(remove("github:dave").contains("code")) << "the policy names dave";
  EXPECT_TRUE(remove("erin").contains("code"));
  EXPECT_TRUE(remove("github:Erin").contains("text"));
  EXPECT_TRUE(remove("github:erin").contains("code")) << "removed already";
  contacts = Ask({{"op", "customer contacts"}, {"customer", "acme"}});
  EXPECT_NE(contacts["data"]["joined"][0]["until"], nullptr);
  EXPECT_EQ(contacts["data"]["joined"][0]["removed_by"], "carol");
}

TEST_F(OperationsTest, ContactsOfACustomerThatIsGoneAreNamedWithTheRemedy) {
  ASSERT_TRUE(
      Ask({{"op", "customer invite"}, {"customer", "acme"}, {"by", "carol"}}).contains("text"));
  ASSERT_TRUE(desk->ChangeCustomer("acme",
                                   [&](const CustomerBook& book) {
                                     return MakeJoined(book, "acme", book.invitations.at(0).hash,
                                                       {"github", kErin}, std::nullopt,
                                                       clock.Now());
                                   })
                  .ok());
  json found = Ask({{"op", "joined"}, {"customers", {"acme"}}});
  EXPECT_EQ(found["data"]["contacts"][0]["accounts"][0], "github:erin");
  EXPECT_TRUE(found["data"]["warnings"].empty());
  found = Ask({{"op", "joined"}, {"customers", json::array()}});
  ASSERT_EQ(found["data"]["warnings"].size(), 1u) << found;
  EXPECT_NE(found["data"]["warnings"][0].get<std::string>().find("retainer customer remove acme"),
            std::string::npos);
  // The remedy works although the policy lacks the customer.
  Policy without = MakePolicy();
  without.customers.clear();
  desk->SetTerms({MakeTerms("v2", At(-60), without)});
  EXPECT_TRUE(Ask({{"op", "customer remove"},
                   {"customer", "acme"},
                   {"account", "github:" + kErin.id},
                   {"by", "carol"}})
                  .contains("text"));
}

}  // namespace
}  // namespace retainer::cli
