#include "src/api/routes.h"

#include <gtest/gtest.h>

#include "src/api/client_address.h"
#include "src/pipeline/ticket_cursor.h"
#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;

class RoutesTest : public Served {};
using Texts = std::vector<std::string>;

// ---- Lists

TEST_F(RoutesTest, ListsNarrowAndPage) {
  Serve();
  for (int i = 1; i <= 5; ++i) {
    clock.Set(At(i));
    Deliver("d" + std::to_string(i),
            MakeEvent(i, i % 2 == 0 ? gina : kDave, {Opened(i % 2 == 0 ? gina : kDave, i)}));
  }
  Deliver("d6", MakeEvent(6, kErin, {Opened(kErin, 5)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_EQ(Refs(GetJson("/api/v1/tickets")).size(), 6u);
  EXPECT_EQ(Refs(GetJson("/api/v1/tickets?customer=c-111")),
            (Texts{"github:acme/opendb#2", "github:acme/opendb#4"}));
  EXPECT_EQ(Refs(GetJson("/api/v1/queue")).size(), 5u) << "nothing is due to the community";

  Texts seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page =
        GetJson("/api/v1/tickets?priority=p2&metric=first_response&open=true&limit=2" +
                (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const std::string& ref : Refs(page)) seen.push_back(ref);
    cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
    ++pages;
  } while (!cursor.empty() && pages < 9);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, (Texts{"github:acme/opendb#1", "github:acme/opendb#2", "github:acme/opendb#3",
                         "github:acme/opendb#4", "github:acme/opendb#5"}));

  EXPECT_EQ(Refs(GetJson("/api/v1/tickets?due_before=2026-03-02T13:02:00Z")),
            (Texts{"github:acme/opendb#1"}));
  const auto entry = GetJson("/api/v1/tickets?limit=1")["tickets"][0];
  EXPECT_EQ(entry["state"], "running");
  EXPECT_EQ(entry["due"], "2026-03-02T13:01:00Z");
  EXPECT_EQ(entry["claims"][0]["promises"][0]["at_risk_at"], "2026-03-02T12:01:00Z");

  clock.Set(At(4 * 60 + 2));
  EXPECT_EQ(Refs(GetJson("/api/v1/tickets?state=breached")),
            (Texts{"github:acme/opendb#1", "github:acme/opendb#2"}));

  const std::string first = GetJson("/api/v1/tickets?limit=2")["next_cursor"];
  for (const std::string wrong :
       {"state=broken", "metric=x", "open=1", "due_before=soon", "sort=title", "sort=--due",
        "sort=Due", "sort=opened&due_before=2026-03-02T13:00:00Z", "limit=0", "limit=201",
        "limit=x", "cursor=abc", "project=acme", "colour=red"}) {
    GetJson("/api/v1/tickets?" + wrong, "all", 400);
  }
  GetJson("/api/v1/tickets?open=true&limit=2&cursor=" + first, "all", 400);
  GetJson("/api/v1/tickets?project=github:acme/none", "all", 404);
}

TEST_F(RoutesTest, ListsAreSortedAsIsAskedPageByPage) {
  Serve();
  SaveToken("acme", "", "acme");
  Open(1, gina);
  clock.Set(At(10));
  Deliver("2", MakeEvent(2, kDave, {Opened(kDave, 10)}));
  clock.Set(At(20));
  Deliver("3", MakeEvent(3, kErin, {Opened(kErin, 20)}));
  clock.Set(At(30));
  Deliver("4", MakeEvent(4, kDave, {Opened(kDave, 30)}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  clock.Set(At(40));
  Deliver("4b", MakeEvent(4, kAlice,
                          {MakeLabelAdded({Provenance::kWebhook, At(40)}, "priority: P1", kAlice,
                                          Moment::At(At(40)))}));
  clock.Set(At(50));
  Deliver("1b", MakeEvent(1, gina, {Commented(gina, 50, "9", "Any news of it?")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  const auto numbers = [&](const std::string& sort, const std::string& token = "all") {
    std::string all;
    std::string cursor;
    do {
      const auto page = GetJson(
          "/api/v1/tickets?limit=1&sort=" + sort + (cursor.empty() ? "" : "&cursor=" + cursor),
          token);
      for (const json& ticket : page["tickets"]) {
        all += ticket["ref"].get<std::string>().back();
      }
      cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
    } while (!cursor.empty() && all.size() < 9);
    return all;
  };
  EXPECT_EQ(numbers("opened"), "1234");
  EXPECT_EQ(numbers("-opened"), "4321");
  EXPECT_EQ(numbers("updated"), "2341");
  EXPECT_EQ(numbers("-updated"), "1432");
  EXPECT_EQ(numbers("priority"), "4123") << "P1, then P2 by due instant, then those of nobody";
  EXPECT_EQ(numbers("-priority"), "3214");
  EXPECT_EQ(numbers("due").back(), '3');
  const std::string due = numbers("due");
  EXPECT_EQ(numbers("-due"), std::string(due.rbegin(), due.rend()));
  EXPECT_EQ(numbers("-opened", "acme"), "42");
  EXPECT_EQ(numbers("priority", "acme"), "42");
  const auto list = GetJson("/api/v1/tickets?sort=opened");
  EXPECT_EQ(list["tickets"][0]["opened_at"], "2026-03-02T09:00:00Z");
  EXPECT_EQ(list["tickets"][0]["updated_at"], "2026-03-02T09:50:00Z");
  // A cursor of one order is not valid for another order.
  const std::string cursor = GetJson("/api/v1/tickets?limit=1&sort=opened")["next_cursor"];
  GetJson("/api/v1/tickets?limit=1&sort=-opened&cursor=" + cursor, "all", 400);
  const std::string said = GetJson("/api/v1/tickets?sort=title", "all", 400)["detail"];
  for (const char* order : {"due", "opened", "updated", "priority"}) {
    EXPECT_NE(said.find(order), std::string::npos) << said;
  }
}

TEST_F(RoutesTest, TheQueueHoldsQuestionsOnClosedTicketsWhereThatIsAsked) {
  policy.plans["silver"].promises["P2"].targets[Metric::kNextResponse] = {0, absl::Hours(9), "9h"};
  Serve();
  Open(1, gina,
       {Commented(kAlice, 5, "8", "It is mended in 1.2."),
        MakeClosed({Provenance::kWebhook, At(6)}, "completed", kAlice, Moment::At(At(6)))});
  clock.Set(At(20));
  Deliver("q", MakeEvent(1, gina, {Commented(gina, 20, "9", "It still stalls with 1.2, sadly.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_TRUE(GetJson("/api/v1/queue")["tickets"].empty());
  EXPECT_TRUE(GetJson("/api/v1/queue?closed=false")["tickets"].empty());
  EXPECT_EQ(Refs(GetJson("/api/v1/queue?closed=true")), (Texts{"github:acme/opendb#1"}));
  GetJson("/api/v1/queue?closed=1", "all", 400);
}

TEST_F(RoutesTest, ACustomerSeesItselfAlone) {
  Serve();
  SaveToken("acme", "", "acme");
  Open(1, kDave);
  Open(2, gina);
  // This ticket has claims of both customers; globex's is due earlier.
  Open(3, gina);
  clock.Set(At(10));
  ASSERT_TRUE(
      desk->Operate(Key(3), pipeline::MakeOperatorFact(*ParseCommand("claim c-7f3"), "op", At(10)))
          .ok());
  const auto list = GetJson("/api/v1/tickets", "acme");
  EXPECT_EQ(Refs(list), (Texts{"github:acme/opendb#1", "github:acme/opendb#3"}));
  EXPECT_EQ(list.dump().find("globex"), std::string::npos) << list;
  EXPECT_EQ(list["tickets"][1]["due"], "2026-03-02T13:10:00Z") << "its own, not globex's 13:00";
  GetJson("/api/v1/tickets?customer=globex", "acme", 403);
  GetJson(gate + "&customer=globex", "acme", 403);

  EXPECT_EQ(GetJson("/api/v1/customers/acme", "acme")["id"], "acme");
  EXPECT_EQ(GetJson("/api/v1/customers/c-7f3", "acme")["id"], "acme");
  GetJson("/api/v1/customers/globex", "acme", 404);
  const auto ticket = GetJson("/api/v1/ticket?ref=github:acme/opendb%233", "acme");
  EXPECT_EQ(ticket.dump().find("globex"), std::string::npos) << ticket;
  GetJson("/api/v1/ticket?ref=github:acme/opendb%232", "acme", 404);
  const auto mine = GetJson("/api/v1/policy", "acme");
  EXPECT_EQ(mine.dump().find("globex"), std::string::npos) << mine;
  EXPECT_FALSE(mine["plans"].contains("silver"));
  GetJson("/api/v1/ledger/head", "acme", 403);
}

TEST_F(RoutesTest, AProjectsTokenSeesThatProjectAlone) {
  Serve();
  SaveToken("here", "github:acme/opendb", "");
  SaveToken("there", "github:acme/other", "");
  Open(1, gina);
  for (const std::string path :
       {"/api/v1/tickets?project=github:acme/opendb", "/api/v1/queue?project=github:acme/opendb",
        "/api/v1/gate?project=github:acme/opendb", "/badge.svg?project=github:acme/opendb",
        "/api/v1/customers/globex?project=github:acme/opendb",
        "/api/v1/ticket?ref=github:acme/opendb%231"}) {
    EXPECT_EQ(Get(path, "here")->status, 200) << path;
    GetJson(path, "there", 403);
  }
  // Without the parameter, the token's project is meant.
  EXPECT_EQ(Refs(GetJson("/api/v1/tickets", "here")).size(), 1u);
  EXPECT_EQ(GetJson("/api/v1/gate", "here")["project"], "github:acme/opendb");
  GetJson("/api/v1/tickets", "there", 404);
  GetJson("/api/v1/ledger/head", "here", 403);
  EXPECT_TRUE(GetJson("/api/v1/policy", "here")["customers"].empty());
}

TEST_F(RoutesTest, AProjectsTokenIsNotToldOfAPrivateCustomer) {
  policy.customers[0].projects = {{"github", "acme/vault"}};
  policy.customers[1].projects = {{"github", "acme/opendb"}, {"github", "acme/vault"}};
  Serve();
  SaveToken("here", "github:acme/opendb", "");
  SaveToken("acmes", "github:acme/opendb", "acme");
  Open(1, kDave);
  // Neither an alias nor an id is recognised.
  const std::string nobody = GetJson("/api/v1/customers/nobody", "here", 404)["detail"];
  for (const char* id : {"c-7f3", "acme"}) {
    const auto refused = GetJson(std::string("/api/v1/customers/") + id, "here", 404);
    EXPECT_EQ(refused["detail"], nobody) << id;
  }
  EXPECT_EQ(GetJson("/api/v1/customers/c-7f3", "acmes")["id"], "acme") << "bound to it as well";
  EXPECT_EQ(GetJson("/api/v1/customers/c-7f3", "all")["projects"].size(), 1u);
  // A public customer is shown without the projects that the token may not see.
  EXPECT_EQ(GetJson("/api/v1/customers/globex", "here")["projects"],
            json::array({"github:acme/opendb"}));
  EXPECT_EQ(GetJson("/api/v1/customers/globex", "all")["projects"].size(), 2u);
}

TEST_F(RoutesTest, AForeignPrivateProjectIsToACustomerAsOneThatIsNotThere) {
  policy.public_badge = true;
  policy.customers[0].projects = {{"github", "acme/own"}};
  Serve();
  SaveToken("acme", "", "acme");
  std::int64_t number = 100;
  // acme/shared has an old ticket of acme, acme/vault one of globex.
  for (const auto& [id, path] : std::vector<std::pair<std::string, std::string>>{
           {"88", "acme/vault"}, {"89", "acme/own"}, {"90", "acme/shared"}}) {
    ASSERT_TRUE(store.SaveProject({{"github", id}, path, "", true, "5", At(0)}).ok());
    if (path == "acme/own") continue;
    const Actor& author = path == "acme/vault" ? gina : kDave;
    Event event = MakeEvent(
        ++number, author,
        {Opened(author, 0), Commented(kAlice, 1, "9", "Try the new version."),
         MakeClosed({Provenance::kWebhook, At(2)}, "completed", kAlice, Moment::At(At(2)))});
    event.project = {id, path, "https://forge/" + path, true, "5"};
    event.ticket->open = false;
    Deliver("private-" + id, std::move(event));
  }
  clock.Set(At(3));
  Open(1, gina);
  for (const std::string route :
       {"/api/v1/gate?project=github:", "/badge.svg?project=github:",
        "/api/v1/tickets?project=github:", "/api/v1/queue?project=github:",
        "/api/v1/customers/acme?project=github:"}) {
    const auto unknown = GetJson(route + "acme/none", "acme", 404);
    const auto foreign = GetJson(route + "acme/vault", "acme", 404);
    EXPECT_EQ(foreign["detail"], unknown["detail"]) << route;
    EXPECT_EQ(foreign["title"], unknown["title"]) << route;
    for (const char* readable : {"acme/own", "acme/shared", "acme/opendb"}) {
      const auto result = Get(route + readable, "acme");
      EXPECT_EQ(result->status, 200) << route << readable << ": " << result->body;
    }
    EXPECT_EQ(Get(route + "acme/vault")->status, 200) << route;
  }
  const auto unknown = GetJson("/api/v1/ticket?ref=github:acme/none%231", "acme", 404);
  const auto foreign = GetJson("/api/v1/ticket?ref=github:acme/vault%23101", "acme", 404);
  EXPECT_EQ(foreign["detail"], unknown["detail"]);
}

// On a ticket that customers share, for the others a private customer's contact is a stranger.
TEST_F(RoutesTest, ACustomerIsNotToldWhatAPrivateCoClaimantSaid) {
  AddCustomer("hooli", "c-333", "gold", "bert", false);
  Serve();
  for (const char* token : {"acme", "globex", "hooli"}) SaveToken(token, "", token);
  const Actor bert{"88", "bert", false};
  // 1: globex's, public, and acme's; 2: acme's and hooli's, both private.
  Open(1, gina);
  Open(2, kDave);
  ASSERT_TRUE(
      desk->Operate(Key(1), pipeline::MakeOperatorFact(*ParseCommand("claim c-7f3"), "op", At(0)))
          .ok());
  ASSERT_TRUE(
      desk->Operate(Key(2), pipeline::MakeOperatorFact(*ParseCommand("claim c-333"), "op", At(0)))
          .ok());
  clock.Set(At(20));
  const auto waiting = [&] {
    return MakeLabelAdded({Provenance::kWebhook, At(10)}, "waiting for customer", kAlice,
                          Moment::At(At(10)));
  };
  Deliver("w1", MakeEvent(1, gina, {waiting(), Commented(kDave, 15, "901", "It happens to us.")}));
  Deliver("w2", MakeEvent(2, kDave, {waiting(), Commented(bert, 15, "902", "It happens to us.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  const auto shown = [&](int number, const std::string& token) {
    return GetJson("/api/v1/ticket?ref=github:acme/opendb%23" + std::to_string(number), token);
  };
  for (const auto& [number, said, stranger, own] :
       std::vector<std::tuple<int, std::string, std::string, std::string>>{
           {1, "901", "globex", "acme"}, {2, "902", "acme", "hooli"}}) {
    EXPECT_FALSE(shown(number, "all")["waiting_for_customer"].get<bool>()) << number;
    EXPECT_FALSE(shown(number, own)["waiting_for_customer"].get<bool>()) << own;
    const json told = shown(number, stranger);
    EXPECT_TRUE(told["waiting_for_customer"].get<bool>()) << told;
    EXPECT_EQ(told.dump().find(said), std::string::npos) << told;
    for (const std::string& name : {"\"" + own + "\"", "of " + own}) {
      EXPECT_EQ(told.dump().find(name), std::string::npos) << name << " in " << told;
    }
    ASSERT_EQ(told["claims"].size(), 1u);
    EXPECT_EQ(told["claims"][0]["customer"], stranger);
  }
}

// The duration of a refusal must not say more than the refusal.
TEST_F(RoutesTest, WhoMayNotReadOfATicketIsToldSoBeforeItIsRead) {
  Serve();
  SaveToken("acme", "", "acme");
  Open(1, gina);
  const int loaded = store.tickets_loaded();
  const std::string unknown =
      GetJson("/api/v1/ticket?ref=github:acme/opendb%2399", "acme", 404)["detail"];
  EXPECT_EQ(GetJson("/api/v1/ticket?ref=github:acme/opendb%231", "acme", 404)["detail"], unknown);
  EXPECT_EQ(GetJson("/api/v1/ticket?ref=github:acme/none%231", "acme", 404)["detail"], unknown);
  EXPECT_EQ(store.tickets_loaded(), loaded);
  GetJson("/api/v1/ticket?ref=github:acme/opendb%231");
  EXPECT_EQ(store.tickets_loaded(), loaded + 1);
}

// ---- Customers, policy, ledger

TEST_F(RoutesTest, ACustomersFiguresSoFar) {
  Serve();
  Open(1, kDave, {Commented(kAlice, 30, "9", "Try the new version.")});
  Open(2, kDave);
  const auto customer = GetJson("/api/v1/customers/acme");
  EXPECT_EQ(customer["plan"], "gold");
  EXPECT_EQ(customer["term"]["until"], "2026-12-31");
  EXPECT_EQ(customer["in_term"], true);
  EXPECT_EQ(customer["compliance"]["metrics"]["first_response"]["met"], 1);
  EXPECT_EQ(customer["compliance"]["metrics"]["first_response"]["missed"], 0);
  EXPECT_EQ(customer["compliance"]["from"], "2026-01-01");
  EXPECT_EQ(customer["open_tickets"]["count"], 2);
  EXPECT_EQ(customer["open_tickets"]["next"][0]["ref"], "github:acme/opendb#2");
  GetJson("/api/v1/customers/nobody", "all", 404);
}

// The desk has decided nothing since: late promises are computed at the time of the request.
TEST_F(RoutesTest, WhatIsOpenAndLateCountsAsMissedFromItsDueInstantOn) {
  policy.public_badge = true;
  Serve();
  Open(1, gina, {Commented(kAlice, 30, "9", "Try the new version.")});
  Open(2, gina);
  const std::string customer = "/api/v1/customers/globex";
  const std::string badge = "/badge.svg?project=github:acme/opendb";
  const absl::Time due = *Load(2).record.next_due;
  clock.Set(due - absl::Seconds(1));
  auto figures = GetJson(customer)["compliance"]["metrics"]["first_response"];
  EXPECT_EQ(figures["missed"], 0);
  EXPECT_EQ(figures["rate"], 1.0);
  EXPECT_NE(Get(badge, "")->body.find("1 of 1 promises met"), std::string::npos);
  clock.Set(due);
  figures = GetJson(customer)["compliance"]["metrics"]["first_response"];
  EXPECT_EQ(figures["met"], 1);
  EXPECT_EQ(figures["missed"], 1);
  EXPECT_EQ(figures["missed_open"], 1);
  EXPECT_EQ(figures["rate"], 0.5);
  const std::string shown = Get(badge, "")->body;
  EXPECT_NE(shown.find("1 of 2 promises met in the last 90 days, 1 open breach, median first "
                       "response 31m of opening hours"),
            std::string::npos)
      << shown;
  clock.Set(due + absl::Minutes(5));
  const int late = static_cast<int>(absl::ToInt64Minutes(clock.Now() - At(0)));
  Deliver("late", MakeEvent(2, gina, {Commented(kAlice, late, "10", "At last.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  figures = GetJson(customer)["compliance"]["metrics"]["first_response"];
  EXPECT_EQ(figures["missed"], 1);
  EXPECT_EQ(figures["missed_open"], 0);
}

TEST_F(RoutesTest, ACloseWithoutAnAnswerIsCountedApart) {
  Serve();
  Open(1, gina,
       {MakeClosed({Provenance::kWebhook, At(10)}, "not_planned", kAlice, Moment::At(At(10)))});
  const auto figures = GetJson("/api/v1/customers/globex")["compliance"]["metrics"];
  EXPECT_EQ(figures["first_response"]["closed_unanswered"], 1);
  EXPECT_EQ(figures["first_response"]["cancelled"], 0);
  EXPECT_EQ(figures["first_response"]["met"], 0);
  EXPECT_TRUE(figures["first_response"]["rate"].is_null());
}

TEST_F(RoutesTest, ThePolicyIsShownWithoutPeople) {
  Serve();
  const auto result = Get("/api/v1/policy");
  const auto shown = json::parse(result->body);
  EXPECT_EQ(shown["id"], "v1");
  EXPECT_EQ(shown["plans"]["gold"]["promises"]["P1"]["targets"]["first_response"], "1h");
  EXPECT_EQ(shown["customers"].size(), 3u);
  for (const char* person : {"dave", "gina", "alice"}) {
    EXPECT_EQ(result->body.find(person), std::string::npos) << person;
  }
}

TEST_F(RoutesTest, TheLedgersHead) {
  Serve();
  Open(1, gina);
  const auto head = GetJson("/api/v1/ledger/head");
  EXPECT_EQ(head["length"], store.ReadLedgerHead()->length);
  EXPECT_EQ(head["digest"], store.ReadLedgerHead()->digest);
}

// The token of a project is an outsider: a private customer's ticket is one of the community.
TEST_F(RoutesTest, AProjectsTokenReadsNoPrivateCustomer) {
  Serve();
  SaveToken("opendb", "github:acme/opendb", "");
  Open(1, gina);
  Open(2, kDave);
  EXPECT_EQ(GetJson("/api/v1/ticket?ref=github:acme/opendb%232")["claims"].size(), 1u);
  const std::string list = Get("/api/v1/tickets", "opendb")->body;
  EXPECT_EQ(list.find("\"acme\""), std::string::npos) << list;
  EXPECT_NE(list.find("globex"), std::string::npos) << list;
  const auto tickets = nlohmann::json::parse(list)["tickets"];
  ASSERT_EQ(tickets.size(), 2u);
  for (const auto& ticket : tickets) {
    if (ticket["ref"] != "github:acme/opendb#2") continue;
    EXPECT_TRUE(ticket["claims"].empty());
    EXPECT_TRUE(ticket["due"].is_null());
    EXPECT_TRUE(ticket["state"].is_null());
  }
  const std::string one = Get("/api/v1/ticket?ref=github:acme/opendb%232", "opendb")->body;
  EXPECT_EQ(one.find("dave, a contact"), std::string::npos) << one;
  EXPECT_TRUE(nlohmann::json::parse(one)["claims"].empty()) << one;
  const std::string other = Get("/api/v1/ticket?ref=github:acme/opendb%231", "opendb")->body;
  EXPECT_EQ(nlohmann::json::parse(other)["claims"].size(), 1u);
}

// ---- What every route keeps

TEST_F(RoutesTest, EntityTagsPassOverThePresentTime) {
  Serve();
  Open(1, gina);
  for (const std::string path :
       {"/api/v1/tickets", "/api/v1/ticket?ref=github:acme/opendb%231", gate.c_str(),
        "/api/v1/customers/globex", "/api/v1/policy", "/api/v1/ledger/head", "/openapi.json",
        "/api/v1/figures?by=week", "/badge.svg?project=github:acme/opendb"}) {
    const auto first = Get(path);
    const std::string tag = first->get_header_value("ETag");
    ASSERT_FALSE(tag.empty()) << path;
    clock.Advance(absl::Seconds(10));
    const auto again = Get(path, "all", {{"If-None-Match", "\"x\", " + tag}});
    EXPECT_EQ(again->status, 304) << path;
    EXPECT_TRUE(again->body.empty()) << path;
    EXPECT_EQ(again->get_header_value("ETag"), tag);
    EXPECT_EQ(Get(path, "all", {{"If-None-Match", "\"x\""}})->status, 200) << path;
  }
  const std::string tag = Get(gate)->get_header_value("ETag");
  clock.Set(At(300));
  EXPECT_EQ(Get(gate, "all", {{"If-None-Match", tag}})->status, 200) << "the verdict has changed";
}

TEST_F(RoutesTest, RequestsHaveIds) {
  Serve();
  EXPECT_EQ(Get(gate, "all", {{"X-Request-Id", "job-17.a"}})->get_header_value("X-Request-Id"),
            "job-17.a");
  const auto made = Get("/api/v1/nothing", "all", {{"X-Request-Id", "a b<c>"}});
  const std::string id = made->get_header_value("X-Request-Id");
  EXPECT_EQ(id.size(), 24u) << id;
  EXPECT_EQ(json::parse(made->body)["request_id"], id);
  EXPECT_NE(Get("/api/v1/nothing")->get_header_value("X-Request-Id"), id);
}

TEST_F(RoutesTest, ATicketsAnswerIsReusedForTheSameCallersUntilSomethingHappens) {
  Serve();
  SaveToken("globex", "", "globex");
  SaveToken("acme", "", "acme");
  Open(1, gina);
  const std::string ticket = "/api/v1/ticket?ref=github:acme/opendb%231";
  const json whole = GetJson(ticket);
  EXPECT_EQ(GetJson(ticket), whole);
  EXPECT_NE(GetJson(ticket, "globex"), whole) << "its own view";
  EXPECT_EQ(Get(ticket, "acme")->status, 404);
  EXPECT_EQ(GetJson(ticket), whole);
  // At the same instant.
  Deliver("answer", MakeEvent(1, gina, {Commented(kAlice, 0, "9", "It is mended in 1.2.")}));
  ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  EXPECT_NE(GetJson(ticket)["explanation"], whole["explanation"]);
  clock.Advance(absl::Seconds(1));
  EXPECT_NE(GetJson(ticket)["as_of"], whole["as_of"]);
}

TEST_F(RoutesTest, ATokenForTheGateAsksNothingElse) {
  Serve();
  SaveToken("job", "github:acme/opendb", "", "gate");
  Open(1, kDave);
  EXPECT_EQ(Get(gate, "job")->status, 200);
  EXPECT_EQ(Get("/badge.svg?project=github:acme/opendb", "job")->status, 200);
  for (const char* other :
       {"/api/v1/tickets", "/api/v1/queue", "/api/v1/ticket?ref=github:acme/opendb%231",
        "/api/v1/customers/acme", "/api/v1/policy", "/api/v1/ledger/head"}) {
    const json problem = GetJson(other, "job", 403);
    EXPECT_NE(problem["detail"].get<std::string>().find("scope read"), std::string::npos) << other;
  }
}

TEST_F(RoutesTest, AnswersArePackedWhereThatIsTaken) {
  Serve();
  const auto packed = Get("/openapi.json", "", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_NE(packed->get_header_value("Vary").find("Accept-Encoding"), std::string::npos);
  EXPECT_EQ(packed->body, OpenApiDocument());
}

TEST_F(RoutesTest, PackingIsGzipWhereItIsTakenAndNeverBrotli) {
  Serve();
  const auto packing = [&](httplib::Headers headers) {
    const auto result = Get("/openapi.json", "", std::move(headers));
    EXPECT_EQ(result->body, OpenApiDocument());
    return result->get_header_value("Content-Encoding");
  };
  EXPECT_EQ(packing({{"Accept-Encoding", "gzip, deflate, br, zstd"}}), "gzip");
  EXPECT_EQ(packing({{"Accept-Encoding", "br"}, {"Accept-Encoding", "GZIP;q=0.5"}}), "gzip");
  EXPECT_EQ(packing({{"Accept-Encoding", "br"}}), "");
  EXPECT_EQ(packing({{"Accept-Encoding", "br, gzip;q=0"}}), "");
  EXPECT_EQ(packing({{"Accept-Encoding", "identity"}}), "");
  // One document has one tag, compressed or not.
  const std::string tag = Get("/openapi.json", "")->get_header_value("ETag");
  const auto known = Get("/openapi.json", "", {{"Accept-Encoding", "br"}, {"If-None-Match", tag}});
  EXPECT_EQ(known->status, 304);
  EXPECT_NE(known->get_header_value("Vary").find("Accept-Encoding"), std::string::npos);
}

TEST_F(RoutesTest, TokensCannotBeTriedByTheThousand) {
  options.attempts.failures = 3;
  options.trusted_proxies = {"127.0.0.1"};
  Serve();
  const auto from = [](const char* address) {
    return httplib::Headers{{"X-Forwarded-For", address}};
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get("/api/v1/policy", "x", from("1.2.3.4"))->status, 401);
  const auto blocked = Get("/api/v1/policy", "x", from("1.2.3.4"));
  EXPECT_EQ(blocked->status, 429);
  EXPECT_EQ(blocked->get_header_value("Retry-After"), "60");
  EXPECT_EQ(Get("/api/v1/policy", "x", from("9.9.9.9, 1.2.3.5"))->status, 401);
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(Get("/api/v1/policy", "x", from("1.2.3.4"))->status, 401);
}

// Behind a proxy that is not configured, all clients have one address: somebody who guesses tokens
// there must not block a release.
TEST_F(RoutesTest, AStrangersFailuresDoNotShutOutATokenThatHolds) {
  options.attempts.failures = 3;
  Serve();
  Open(1, gina);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get(gate, "x")->status, 401);
  EXPECT_EQ(Get(gate, "x")->status, 429);
  EXPECT_EQ(Get(gate)->status, 200);
  EXPECT_EQ(Get(gate, "x")->status, 429) << "a token that holds absolves nobody";
}

// HAProxy writes the address that it saw into a line of its own, after the client's lines.
TEST_F(RoutesTest, TheProxysLineCountsAndNotTheClients) {
  options.attempts.failures = 3;
  options.trusted_proxies = {"127.0.0.1"};
  Serve();
  const auto claiming = [](const std::string& address) {
    return httplib::Headers{{"X-Forwarded-For", address}, {"X-Forwarded-For", "1.2.3.4"}};
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get(gate, "x", claiming("9.9.9." + std::to_string(i)))->status, 401);
  }
  EXPECT_EQ(Get(gate, "x", claiming("9.9.9.9"))->status, 429);
}

TEST(FailedAttempts, OneMachinesNetworkIsOneClient) {
  EXPECT_EQ(ClientNetwork("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(ClientNetwork("10.0.0.1"), "10.0.0.1");
  FailedAttempts attempts({1, absl::Minutes(1), 2});
  attempts.Failed("10.0.0.1", At(0));
  attempts.Failed("10.0.0.2", At(0));
  attempts.Failed("10.0.0.3", At(0));
  EXPECT_TRUE(attempts.Blocked("10.0.0.1", At(0)));
  EXPECT_FALSE(attempts.Blocked("10.0.0.3", At(0))) << "no memory for more";
  EXPECT_FALSE(attempts.Blocked("10.0.0.1", At(1)));
}

TEST(TicketCursor, IsBoundToItsFilters) {
  const TicketPlace place{"P 1\nx", At(3), {"github", "7", TicketKind::kChange, 12}};
  EXPECT_EQ(pipeline::ReadCursor(pipeline::WriteCursor(place, "a"), "a"), place);
  EXPECT_EQ(pipeline::ReadCursor(pipeline::WriteCursor(place, "a"), "b"), std::nullopt);
  const TicketPlace never{"", absl::InfiniteFuture(), place.key};
  EXPECT_EQ(pipeline::ReadCursor(pipeline::WriteCursor(never, ""), ""), never);
  for (const char* wrong : {"", "x", "////", "YWJj"})
    EXPECT_EQ(pipeline::ReadCursor(wrong, ""), std::nullopt);
}

}  // namespace
}  // namespace retainer::api
