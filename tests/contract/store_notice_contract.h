// The store's contract for notices: waiting, sent, and given up.
#pragma once

#include "tests/contract/store_contract.h"

namespace retainer {

TEST_P(StoreContract, NoticeIsToldOnce) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  Notice second = SampleNotice("b");
  second.at = At(1);
  write.notices = {SampleNotice("a"), second, SampleNotice("a")};
  ASSERT_TRUE(store_.Commit(write).ok());
  const auto notices = store_.ReadNotices(10);
  ASSERT_EQ(notices->size(), 2u);
  EXPECT_EQ((*notices)[0].id, "b");
  const Notice& notice = (*notices)[1];
  EXPECT_EQ(notice.id, "a");
  EXPECT_EQ(notice.kind, NoticeKind::kBreach);
  EXPECT_EQ(notice.ticket, SampleTicket(1));
  EXPECT_EQ(notice.customer, "acme");
  EXPECT_EQ(notice.metric, Metric::kUpdate);
  EXPECT_EQ(notice.at, At(20));
  EXPECT_EQ(notice.due, At(10));
  EXPECT_EQ(notice.teams, std::vector<std::string>{"lead"});
  EXPECT_EQ(notice.text, "late");
  EXPECT_FALSE(notice.is_private);
  EXPECT_EQ(store_.Stats()->pending_notices, 2u);

  ASSERT_TRUE(store_.FinishNotice("a", {}).ok());
  ASSERT_TRUE(store_.FinishNotice("a", {}).ok());
  EXPECT_TRUE(absl::IsNotFound(store_.FinishNotice("c", {})));
  write.record.version = 1;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.ReadNotices(10)->size(), 1u);
  EXPECT_EQ(store_.Stats()->pending_notices, 1u);
}

TEST_P(StoreContract, ANoticeWithoutADecisionIsToldOnceToo) {
  Notice about = SampleNotice("hours.low acme q1");
  about.kind = NoticeKind::kHoursLow;
  about.ticket = {};
  about.due = absl::InfiniteFuture();
  about.crm = {{"salesforce", "001"}};
  ASSERT_TRUE(store_.AddNotices({about, about}).ok());
  ASSERT_TRUE(store_.AddNotices({about}).ok());
  const auto notices = store_.ReadNotices(10);
  ASSERT_EQ(notices->size(), 1u);
  EXPECT_EQ((*notices)[0].kind, NoticeKind::kHoursLow);
  EXPECT_EQ((*notices)[0].crm, about.crm);
  ASSERT_TRUE(store_.FinishNotice(about.id, {"ops"}).ok());
  ASSERT_TRUE(store_.AddNotices({about}).ok());
  EXPECT_TRUE(store_.ReadNotices(10)->empty());
  ASSERT_TRUE(store_.AddNotices({}).ok());
}

TEST_P(StoreContract, TheOldestThatWaitsIsTold) {
  EXPECT_EQ(store_.Stats()->oldest_notice, std::nullopt);
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {SampleNotice("a"), SampleNotice("b")};
  write.notices[1].at = write.notices[0].at + absl::Minutes(3);
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.Stats()->oldest_notice, write.notices[0].at);
  ASSERT_TRUE(store_.FinishNotice("a", {}).ok());
  EXPECT_EQ(store_.Stats()->oldest_notice, write.notices[1].at);
  ASSERT_TRUE(store_.DropNotice("b").ok());
  EXPECT_EQ(store_.Stats()->oldest_notice, std::nullopt);

  // For deliveries: by time of receipt, across all forges.
  for (const char* forge : {"github", "gitlab"}) {
    Delivery delivery = SampleDelivery("d");
    delivery.forge = forge;
    delivery.received = At(delivery.forge == "github" ? 8 : 5);
    ASSERT_TRUE(store_.PutDelivery(delivery).ok());
    const std::uint64_t seq = store_.ReadInbox(forge, 0, 10)->at(0).seq;
    ASSERT_TRUE(store_.SetAside(forge, seq, "x", At(9)).ok());
  }
  EXPECT_EQ(store_.Stats()->oldest_set_aside, At(5));
}

TEST_P(StoreContract, ANoticeThatIsDroppedIsAsIfItHadNeverBeen) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {SampleNotice("a"), SampleNotice("b")};
  ASSERT_TRUE(store_.Commit(write).ok());
  ASSERT_TRUE(store_.DropNotice("a").ok());
  ASSERT_TRUE(store_.DropNotice("a").ok());
  ASSERT_TRUE(store_.DropNotice("never").ok());
  EXPECT_EQ(store_.Stats()->pending_notices, 1u);
  EXPECT_FALSE(store_.FindNotice("a")->has_value());
  EXPECT_TRUE(absl::IsNotFound(store_.FinishNotice("a", {})));
  // One that was told stays told.
  ASSERT_TRUE(store_.FinishNotice("b", {}).ok());
  ASSERT_TRUE(store_.DropNotice("b").ok());
  write.record.version = 1;
  ASSERT_TRUE(store_.Commit(write).ok());
  const auto notices = store_.ReadNotices(10);
  ASSERT_EQ(notices->size(), 1u);
  EXPECT_EQ((*notices)[0].id, "a");
}

TEST_P(StoreContract, EachTellingOfACauseHasANumberOfItsOwn) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  const auto commit = [&](std::vector<Notice> notices) {
    write.notices = std::move(notices);
    ASSERT_TRUE(store_.Commit(write).ok());
    ++write.record.version;
  };
  const auto telling = [&](const std::string& id) {
    return (*store_.FindNotice(id))->notice.telling;
  };
  commit({SampleNotice("breach x")});
  EXPECT_EQ(telling("breach x"), 0u);
  ASSERT_TRUE(store_.FinishNotice("breach x", {}).ok());
  for (std::uint32_t n = 1; n <= 2; ++n) {
    Notice withdrawn = SampleNotice("withdrawn breach x");
    withdrawn.kind = NoticeKind::kBreachWithdrawn;
    withdrawn.withdraws = {TellingName((*store_.ReadToldNotices(SampleTicket(1)))[0])};
    commit({withdrawn});
    EXPECT_EQ(telling(withdrawn.id), n - 1);
    ASSERT_TRUE(store_.FinishNotice(withdrawn.id, {}).ok());
    EXPECT_TRUE(store_.ReadToldNotices(SampleTicket(1))->empty());
    commit({SampleNotice("breach x")});
    EXPECT_EQ(telling("breach x"), n);
    ASSERT_TRUE(store_.FinishNotice("breach x", {}).ok());
    EXPECT_EQ((*store_.ReadToldNotices(SampleTicket(1)))[0].telling, n);
  }
  commit({SampleNotice("breach x")});
  EXPECT_FALSE(store_.FindNotice("breach x")->has_value()) << "told";
}

TEST_P(StoreContract, WhatIsDroppedAfterSomebodyMayHaveHeardItIsAnotherTellingTheNextTime) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {SampleNotice("a")};
  for (std::uint32_t n = 0; n < 3; ++n) {
    ASSERT_TRUE(store_.Commit(write).ok());
    ++write.record.version;
    auto record = store_.FindNotice("a");
    ASSERT_TRUE(record.ok() && *record);
    EXPECT_EQ((*record)->notice.telling, n == 2 ? 1u : 0u);
    (*record)->notice.telling = 7;  // set by the store, not the caller
    if (n == 1) (*record)->notice.told_since = At(25);
    (*record)->troubles["ops"] = "answers 500";
    ASSERT_TRUE(store_.SaveNotice(**record).ok());
    EXPECT_EQ((*store_.FindNotice("a"))->troubles.at("ops"), "answers 500");
    ASSERT_TRUE(store_.DropNotice("a").ok());
    EXPECT_TRUE(absl::IsNotFound(store_.FinishNotice("a", {})));
  }
}

TEST_P(StoreContract, ThatACommentIsBeingPostedIsKeptWithTheNotice) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {SampleNotice("a")};
  ASSERT_TRUE(store_.Commit(write).ok());
  auto record = store_.FindNotice("a");
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->notice.text, "late");
  EXPECT_FALSE((*record)->posting_since.has_value());
  (*record)->posting_since = At(25);
  ASSERT_TRUE(store_.SaveNotice(**record).ok());
  EXPECT_EQ((*store_.FindNotice("a"))->posting_since, At(25));
  EXPECT_EQ(store_.ReadNotices(10)->size(), 1u);
  ASSERT_TRUE(store_.FinishNotice("a", {}).ok());
  EXPECT_TRUE(absl::IsNotFound(store_.SaveNotice(**record)));
  EXPECT_FALSE(store_.FindNotice("a")->has_value());
}

TEST_P(StoreContract, WhatWasToldAsABreachIsKeptByTicketUntilItIsTakenBack) {
  Notice breach = SampleNotice("breach x");
  Notice early = SampleNotice("escalation 50% x");
  early.kind = NoticeKind::kEscalation;
  early.at = early.due - absl::Seconds(1);
  Notice warning = SampleNotice("warning x");
  warning.kind = NoticeKind::kWarning;
  Notice pending = SampleNotice("breach y");
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {breach, early, warning, pending};
  ASSERT_TRUE(store_.Commit(write).ok());
  for (const Notice* told : {&breach, &early, &warning}) {
    ASSERT_TRUE(store_.FinishNotice(told->id, {}).ok());
  }
  const auto told = store_.ReadToldNotices(SampleTicket(1));
  ASSERT_EQ(told->size(), 1u);
  EXPECT_EQ((*told)[0].id, "breach x");
  EXPECT_EQ((*told)[0].teams, breach.teams);
  EXPECT_TRUE(store_.ReadToldNotices(SampleTicket(2))->empty());

  Notice withdrawn = SampleNotice("withdrawn x");
  withdrawn.kind = NoticeKind::kBreachWithdrawn;
  withdrawn.withdraws = {"breach x", "breach y", "never"};
  DecisionWrite next = SampleWrite(SampleTicket(1), 1);
  next.notices = {withdrawn};
  ASSERT_TRUE(store_.Commit(next).ok());
  EXPECT_EQ((*store_.FindNotice("withdrawn x"))->notice.withdraws, withdrawn.withdraws);
  ASSERT_TRUE(store_.FinishNotice("withdrawn x", {}).ok());
  EXPECT_TRUE(store_.ReadToldNotices(SampleTicket(1))->empty());
  // What becomes true again is told again. What still waits did not change.
  EXPECT_TRUE(store_.FindNotice("breach y")->has_value());
  DecisionWrite again = SampleWrite(SampleTicket(1), 2);
  again.notices = {breach, early, warning, pending, withdrawn};
  ASSERT_TRUE(store_.Commit(again).ok());
  std::set<std::string> waiting;
  const auto notices = store_.ReadNotices(10);
  for (const Notice& notice : *notices) waiting.insert(notice.id);
  EXPECT_EQ(waiting, (std::set<std::string>{"breach x", "breach y", "withdrawn x"}));
}

TEST_P(StoreContract, WhoHeardTheStepsOfARunIsKeptUntilTheyAreTakenBack) {
  Notice warning = SampleNotice("warning x");
  warning.kind = NoticeKind::kWarning;
  warning.run = "x";
  warning.step = 750;
  Notice breach = SampleNotice("breach x");
  breach.run = "x";
  breach.step = 1001;
  Notice other = SampleNotice("breach y");
  other.run = "y";
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {warning, breach, other, SampleNotice("by hand")};
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ReadToldSteps(SampleTicket(1), "x")->empty()) << "they wait";
  ASSERT_TRUE(store_.FinishNotice("warning x", {"crm", "log"}).ok());
  NoticeRecord record = **store_.FindNotice("breach x");
  record.told = {"crm"};
  record.troubles = {{"ops", "answers 410"}};
  ASSERT_TRUE(store_.BuryNotice(record, "ops: answers 410", At(40)).ok());
  ASSERT_TRUE(store_.FinishNotice("breach y", {"log"}).ok());
  ASSERT_TRUE(store_.FinishNotice("by hand", {"log"}).ok());
  auto steps = store_.ReadToldSteps(SampleTicket(1), "x");
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].notice.id, "breach x");
  EXPECT_EQ((*steps)[0].notice.step, 1001u);
  EXPECT_EQ((*steps)[0].told, record.told);
  EXPECT_EQ((*steps)[0].troubles, record.troubles);
  EXPECT_EQ((*steps)[1].notice.kind, NoticeKind::kWarning);
  EXPECT_EQ((*steps)[1].told, (std::vector<std::string>{"crm", "log"}));
  EXPECT_EQ(store_.ReadToldNotices(SampleTicket(1))->size(), 3u) << "a warning is no breach";
  EXPECT_TRUE(store_.ReadToldSteps(SampleTicket(2), "x")->empty());

  Notice withdrawn = SampleNotice("withdrawn x");
  withdrawn.kind = NoticeKind::kBreachWithdrawn;
  withdrawn.withdraws = {"breach x"};
  DecisionWrite next = SampleWrite(SampleTicket(1), 1);
  next.notices = {withdrawn};
  ASSERT_TRUE(store_.Commit(next).ok());
  ASSERT_TRUE(store_.FinishNotice("withdrawn x", {}).ok());
  steps = store_.ReadToldSteps(SampleTicket(1), "x");
  ASSERT_EQ(steps->size(), 1u);
  EXPECT_EQ((*steps)[0].notice.id, "warning x");
}

TEST_P(StoreContract, ANoticeThatWasGivenUpIsKeptAndWaitsAgainWhenRevived) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.notices = {SampleNotice("a"), SampleNotice("b")};
  ASSERT_TRUE(store_.Commit(write).ok());
  NoticeRecord record = **store_.FindNotice("a");
  record.told = {"log", "ops"};
  record.attempts = 3;
  record.again_at = At(30);
  ASSERT_TRUE(store_.SaveNotice(record).ok());
  EXPECT_EQ((*store_.FindNotice("a"))->told, record.told);
  EXPECT_EQ((*store_.FindNotice("a"))->attempts, 3);
  EXPECT_EQ((*store_.FindNotice("a"))->again_at, At(30));

  record.told.push_back("spare");
  ASSERT_TRUE(store_.BuryNotice(record, "crm: gone", At(40)).ok());
  EXPECT_EQ(store_.ReadNotices(10)->size(), 1u);
  EXPECT_EQ(store_.ReadToldNotices(SampleTicket(1))->size(), 1u) << "others were told";
  EXPECT_EQ(store_.Stats()->pending_notices, 1u);
  EXPECT_EQ(store_.Stats()->dead_notices, 1u);
  write.record.version = 1;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.ReadNotices(10)->size(), 1u) << "it is not told anew";
  const auto dead = store_.ListDeadNotices(10);
  ASSERT_EQ(dead->size(), 1u);
  EXPECT_EQ((*dead)[0].record.notice.id, "a");
  EXPECT_EQ((*dead)[0].reason, "crm: gone");
  EXPECT_EQ((*dead)[0].at, At(40));
  EXPECT_EQ(store_.Stats()->oldest_dead_notice, At(40));
  ASSERT_TRUE(store_.BuryNotice(**store_.FindNotice("b"), "ops: gone", At(30)).ok());
  EXPECT_EQ(store_.Stats()->oldest_dead_notice, At(30)) << "by when they were given up, not by id";
  ASSERT_TRUE(store_.ReviveNotice("b").ok());
  EXPECT_EQ(store_.Stats()->oldest_dead_notice, At(40));
  EXPECT_TRUE(absl::IsNotFound(store_.BuryNotice(NoticeRecord{SampleNotice("c")}, "x", At(40))));

  EXPECT_TRUE(absl::IsNotFound(store_.ReviveNotice("b")));
  ASSERT_TRUE(store_.ReviveNotice("a").ok());
  EXPECT_TRUE(absl::IsNotFound(store_.ReviveNotice("a")));
  EXPECT_EQ(store_.Stats()->pending_notices, 2u);
  EXPECT_EQ(store_.Stats()->dead_notices, 0u);
  EXPECT_EQ(store_.Stats()->oldest_dead_notice, std::nullopt);
  EXPECT_TRUE(store_.ListDeadNotices(10)->empty());
  const NoticeRecord revived = **store_.FindNotice("a");
  EXPECT_EQ(revived.told, record.told);
  EXPECT_EQ(revived.attempts, 0);
  EXPECT_EQ(revived.again_at, std::nullopt);
  ASSERT_TRUE(store_.BuryNotice(revived, "again", At(50)).ok());
  EXPECT_EQ(store_.Stats()->dead_notices, 1u);
}

}  // namespace retainer
