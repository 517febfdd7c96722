// Judging the tickets of a store under another policy: page by page, as a report, without any
// write.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "src/cli/backtest_pages.h"
#include "src/cli/backtest_report.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/store/memory_store.h"
#include "src/store/rocksdb_store.h"
#include "tests/fakes/temporary_folder.h"
#include "tests/pipeline/world.h"

namespace retainer::cli {
namespace {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakeTerms;
using pipeline::World;

using nlohmann::json;

std::string PolicyText(const std::string& first_response) {
  return absl::StrCat(R"(version: 1
projects: ["github:acme/opendb"]
calendars:
  always: {time_zone: UTC, hours: always}
priorities:
  - {name: P1, title: Down}
plans:
  gold:
    calendars: [always]
    promises:
      P1: {first_response: )",
                      first_response, R"(}
    default_priority: P1
teams:
  core: {members: ["github:alice"]}
customers:
  - {id: acme, alias: c-7f3, name: ACME, plan: gold, contacts: {logins: ["github:dave"]}}
)");
}

std::map<std::string, std::string> PolicyFiles(const std::string& first_response) {
  return {{"policy.yaml", PolicyText(first_response)}};
}

std::shared_ptr<const Terms> Compiled(const std::string& first_response) {
  auto terms = CompileFiles(PolicyFiles(first_response));
  EXPECT_TRUE(terms.ok()) << terms.status();
  return *terms;
}

// An issue that is opened at minute 0 and answered by Alice `minutes` later.
void PutTicket(Store& store, std::int64_t number, int minutes, const Actor& author = kDave) {
  DecisionWrite write;
  write.record.key = {"github", "77", TicketKind::kIssue, number};
  write.record.project_path = "acme/opendb";
  const auto learnt = [](int minute) { return Learnt{Provenance::kWebhook, At(minute)}; };
  write.facts = {MakeOpened(learnt(0), author, Moment::At(At(0)), "It breaks at start."),
                 MakeComment(learnt(minutes), IssueCommentId("1"), kAlice, Moment::At(At(minutes)),
                             "Looking into it now.")};
  ASSERT_TRUE(store.Commit(write).ok());
}

void PutProject(Store& store) {
  ProjectRecord project;
  project.key = {"github", "77"};
  project.path = "acme/opendb";
  project.first_seen = At(-60);
  ASSERT_TRUE(store.SaveProject(project).ok());
}

absl::StatusOr<TicketContext> ContextFor(const TicketKey& key, const TicketRecord& record) {
  TicketContext context;
  context.key = key;
  context.path = record.project_path;
  context.adopted = At(-60);
  return context;
}

TEST(BacktestPagesTest, AStoreOfAnySizeIsWorkedThroughInPagesOfBoundedSize) {
  store::MemoryStore store;
  PutProject(store);
  constexpr int kTickets = 1100;
  for (int i = 1; i <= kTickets; ++i) PutTicket(store, i, 10 + i % 60);
  BacktestTask task;
  task.today = {Compiled("1h")};
  task.proposed = {Compiled("30m")};
  task.now = At(600);
  task.scope.most_changes = 2;
  Backtest whole;
  std::optional<TicketKey> after;
  int pages = 0;
  do {
    auto page = RunBacktestPage(store, ContextFor, task, after);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->part.tickets, 500);
    after = page->last;
    Merge(task.scope, std::move(page->part), &whole);
    ++pages;
  } while (after);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(whole.tickets, kTickets);
  const PromiseName name{"gold", "P1", Metric::kFirstResponse};
  int today = 0;
  int proposed = 0;
  for (int i = 1; i <= kTickets; ++i) {
    today += 10 + i % 60 <= 60;
    proposed += 10 + i % 60 <= 30;
  }
  EXPECT_EQ(whole.today.promises[name].met, today);
  EXPECT_EQ(whole.proposed.promises[name].met, proposed);
  EXPECT_EQ(whole.proposed.promises[name].missed, kTickets - proposed);
  EXPECT_EQ(whole.met_to_missed, today - proposed);
  EXPECT_EQ(whole.worsened.size(), 2u);
}

TEST(BacktestPagesTest, APolicyThatDoesNotCoverTheProjectPromisesNothing) {
  store::MemoryStore store;
  PutProject(store);
  PutTicket(store, 1, 10);
  BacktestTask task;
  task.today = {Compiled("1h")};
  Policy elsewhere = Compiled("1h")->policy;
  elsewhere.projects = {{"github", "acme/other"}};
  task.proposed = {MakeTerms("v2", absl::UnixEpoch(), elsewhere)};
  task.now = At(600);
  const auto page = RunBacktestPage(store, ContextFor, task, std::nullopt);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->part.today.promises.size(), 1u);
  EXPECT_TRUE(page->part.proposed.promises.empty());
}

TEST(BacktestPagesTest, TheCommunitysTicketsAreJudgedAsACustomersWhereOneIsToBeSoldAPlan) {
  store::MemoryStore store;
  PutProject(store);
  PutTicket(store, 1, 10, kErin);
  PutTicket(store, 2, 40, kErin);
  PutTicket(store, 3, 10, kDave);   // already acme's
  PutTicket(store, 4, 10, kAlice);  // the author is one of us
  BacktestTask task;
  task.today = {Compiled("1h")};
  Policy sold = Compiled("30m")->policy;
  Customer gamma = sold.customers[0];
  gamma.id = "gamma";
  gamma.contacts.logins.clear();
  gamma.entitlements.front().term = Term{absl::CivilDay(2030, 1, 1), absl::CivilDay(2030, 12, 31)};
  sold.customers.push_back(gamma);
  task.proposed = {MakeTerms("v2", absl::UnixEpoch(), sold)};
  task.now = At(600);
  const PromiseName name{"gold", "P1", Metric::kFirstResponse};
  const auto run = [&] {
    auto page = RunBacktestPage(store, ContextFor, task, std::nullopt);
    EXPECT_TRUE(page.ok()) << page.status();
    return page->part;
  };
  EXPECT_EQ(run().proposed.promises[name], (PromiseTally{.met = 1}));
  task.as_customer = "gamma";
  Backtest part = run();
  EXPECT_EQ(part.today.promises[name], (PromiseTally{.met = 1}));
  EXPECT_EQ(part.proposed.promises[name], (PromiseTally{.met = 2, .missed = 1}));
  EXPECT_EQ(part.proposed.claimed, 3);
}

Backtest Sample() {
  Backtest backtest;
  backtest.tickets = 7;
  backtest.incomplete = 1;
  backtest.arrived = 2;
  const PromiseName name{"gold", "P1", Metric::kFirstResponse};
  backtest.today.promises[name] = {.met = 3, .missed = 1, .open = 2, .excused = 4, .cancelled = 5};
  backtest.proposed.promises[name] = {.met = 1, .missed = 2, .late = 1, .unclear = 6};
  backtest.proposed.promises[{"", "", Metric::kFirstResponse}] = {.met = 9};
  backtest.today.missed_at[26] = 1;
  backtest.proposed.missed_at[26] = 30;
  backtest.proposed.missed_at[27] = 1;
  backtest.today.claimed = 3;
  backtest.proposed.claimed = 4;
  backtest.proposed.unanswered_on = 2;
  backtest.proposed.unanswered[Question::Kind::kPermission] = 3;
  backtest.met_to_missed = 2;
  backtest.missed_to_met = 1;
  backtest.worsened = {{{"github", "acme/opendb", TicketKind::kChange, 4},
                        "acme",
                        "gold",
                        "P1",
                        Metric::kFirstResponse,
                        At(0),
                        At(50) + absl::Milliseconds(5),
                        At(60),
                        At(30)}};
  return backtest;
}

TEST(BacktestReportTest, TheFiguresComeBackFromTheirJson) {
  BacktestHead head;
  head.as_of = At(0);
  const auto back = ParseBacktest(BacktestJson(head, Sample()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, Sample());
  EXPECT_TRUE(absl::IsUnavailable(ParseBacktest("{}").status()));
  EXPECT_TRUE(absl::IsUnavailable(ParseBacktest("<html>").status()));
}

TEST(BacktestReportTest, TheTextShowsBothSidesTheirDifferenceAndTheHours) {
  BacktestHead head;
  head.as_of = At(0);
  head.time_zone = "Europe/Paris";
  head.policy = "abcdef0123456789";
  const std::string text = BacktestText(head, Sample());
  const auto has = [&](const std::string& what) {
    EXPECT_NE(text.find(what), std::string::npos) << what << "\nin\n" << text;
  };
  has("gold P1 first_response\n");
  has("  today          3       1    75.0%       0       2        0        4          5           "
      "0\n");
  has("  new            1       3    25.0%       1       0        6        0          0"
      "           0  -50.0 points\n");
  has("community first_response\n");
  has("(Europe/Paris), 9 = 30\n");
  has("  Tue  ..1.....................       1  ..91....................      31\n");
  has("github:acme/opendb!4  acme  P1  first_response: ended 2026-03-02T09:50:00Z");
  has("… and 1 more");
  has("on 2 tickets (questions that the forge was not asked: 3 permission)");
  has("1 tickets are not judged");
}

TEST(BacktestReportTest, NothingOnTheClockIsSaidSo) {
  EXPECT_NE(BacktestText({}, {}).find("No promise was ever on the clock"), std::string::npos);
}

class BacktestOperationTest : public World {
 protected:
  void SetUp() override {
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions());
    desk->SetTerms({Compiled("1h")});
    operations = std::make_unique<Operations>(*desk, store, clock);
    PutProject(store);
  }
  json Ask(json request) {
    request.update({{"op", "backtest"}, {"time_zone", "UTC"}, {"top", 20}});
    return json::parse(operations->Answer(request.dump()));
  }
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<Operations> operations;
};

TEST_F(BacktestOperationTest, AServiceAnswersAPageAtOneInstantAndNamesWhereItEnds) {
  for (int i = 1; i <= 501; ++i) PutTicket(store, i, 45);
  clock.Set(At(600));
  const json first = Ask({{"files", PolicyFiles("30m")}});
  ASSERT_TRUE(first.contains("data")) << first;
  EXPECT_EQ(first["data"]["part"]["tickets"], 500);
  EXPECT_EQ(first["data"]["part"]["met_to_missed"], 500);
  EXPECT_EQ(first["data"]["last"], "github/77/issue/500");
  clock.Set(At(700));
  const json second = Ask({{"files", PolicyFiles("30m")},
                           {"now_ns", first["data"]["now_ns"]},
                           {"after", first["data"]["last"]}});
  EXPECT_EQ(second["data"]["part"]["tickets"], 1);
  EXPECT_EQ(second["data"]["now_ns"], first["data"]["now_ns"]);
  EXPECT_FALSE(second["data"].contains("last"));
  EXPECT_EQ(desk->terms().back()->id, Compiled("1h")->id);
}

TEST_F(BacktestOperationTest, ABrokenPolicyIsRefusedByFileLineAndColumn) {
  const json answer = Ask({{"files", {{"policy.yaml", PolicyText("1h") + "priorites: []\n"}}}});
  EXPECT_EQ(answer["code"], static_cast<int>(absl::StatusCode::kInvalidArgument)) << answer;
  EXPECT_NE(answer["error"].get<std::string>().find("policy.yaml:17:1:"), std::string::npos)
      << answer;
}

TEST(StoreTalkTest, WhatIsOnRecordIsReadWithoutATrace) {
  TemporaryFolder folder;
  Config config;
  config.data = folder.path() + "/data";
  config.policy = folder.path() + "/policy";
  std::filesystem::create_directories(config.policy);
  std::ofstream(config.policy + "/policy.yaml")
      << PolicyText("2h");  // newer than the store's policy
  const json request = {
      {"op", "backtest"}, {"files", PolicyFiles("30m")}, {"time_zone", "UTC"}, {"top", 20}};
  const auto nothing = StoreTalk(config, StoreTalk::Terms::kRecorded).Ask(request.dump());
  EXPECT_TRUE(absl::IsNotFound(nothing.status())) << nothing.status();
  EXPECT_FALSE(std::filesystem::exists(config.data));
  {
    auto store = store::OpenRocksDbStore(config.data, {});
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->AppendTerms({"v1", At(-60), PolicyFiles("1h")}).ok());
    PutProject(**store);
    PutTicket(**store, 1, 45);
  }
  {
    StoreTalk talk(config, StoreTalk::Terms::kRecorded);
    for (int i = 0; i < 2; ++i) {
      const auto answered = talk.Ask(request.dump());
      ASSERT_TRUE(answered.ok()) << answered.status();
      EXPECT_FALSE(answered->by_service);
      EXPECT_EQ(json::parse(answered->data)["part"]["met_to_missed"], 1) << answered->data;
    }
  }
  auto store = store::OpenRocksDbStore(config.data, {});
  ASSERT_TRUE(store.ok()) << store.status();
  const auto terms = (*store)->LoadTerms();
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(terms->size(), 1u);
  EXPECT_EQ((*store)->LoadTicket({"github", "77", TicketKind::kIssue, 1})->record.version, 1u);
}

}  // namespace
}  // namespace retainer::cli
