// The store's contract for queries of its indexes: lists, what is owed, sums.
#pragma once

#include <algorithm>

#include "tests/contract/store_contract.h"

namespace retainer {

TEST_P(StoreContract, TicketsAreFoundByWhatNarrows) {
  DecisionWrite late = SampleWrite(SampleTicket(1), 0);
  late.record.customers = {"acme", "globex"};
  late.record.priorities = {"P1", "P2"};
  late.record.worst = ClockState::kBreached;
  late.record.next_due = At(10);
  DecisionWrite soon = SampleWrite(SampleTicket(2, "8"), 0);
  soon.record.customers = {"acme"};
  soon.record.priorities = {"P2"};
  soon.record.worst = ClockState::kRunning;
  soon.record.next_due = At(5);
  DecisionWrite community = SampleWrite(SampleTicket(3), 0);
  DecisionWrite closed = SampleWrite(SampleTicket(4), 0);
  closed.record.open = false;
  closed.record.customers = {"acme"};
  closed.record.priorities = {"P1"};
  ASSERT_TRUE(store_.CommitAll({late, soon, community, closed}).ok());

  const auto found = [&](TicketQuery query) {
    std::vector<std::int64_t> numbers;
    const auto records = store_.FindTickets(query);
    for (const TicketRecord& record : *records) numbers.push_back(record.key.number);
    return numbers;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(found({}), (Numbers{2, 1, 3, 4}));
  EXPECT_EQ(found({.customer = "acme"}), (Numbers{2, 1, 4}));
  EXPECT_EQ(found({.customer = "acme", .open = true}), (Numbers{2, 1}));
  EXPECT_EQ(found({.customer = "acme", .priorities = {"P2"}}), (Numbers{2}));
  EXPECT_EQ(found({.priorities = {"P2"}}), (Numbers{2, 1}));
  EXPECT_EQ(found({.worst = ClockState::kBreached}), (Numbers{1}));
  EXPECT_EQ(found({.project = ProjectKey{"github", "8"}}), (Numbers{2}));
  EXPECT_EQ(found({.due_before = At(10)}), (Numbers{2}));
  EXPECT_EQ(found({.open = false}), (Numbers{4}));
  EXPECT_EQ(found({.limit = 1}), (Numbers{2}));
  EXPECT_EQ(found({.after = TicketPlace{"", At(5), SampleTicket(2, "8")}, .limit = 2}),
            (Numbers{1, 3}));

  // A query for an old property no longer finds the ticket.
  late.record.version = 1;
  late.record.customers = {"globex"};
  late.record.priorities = {"P2"};
  late.record.next_due = std::nullopt;
  ASSERT_TRUE(store_.Commit(late).ok());
  EXPECT_EQ(found({.customer = "acme"}), (Numbers{2, 4}));
  EXPECT_EQ(found({.customer = "globex"}), (Numbers{1}));
}

TEST_P(StoreContract, AListLeavesOutWhatNoListShows) {
  DecisionWrite write =
      SampleClaimed(SampleTicket(1), 0, {SampleClaim("acme", "P1", At(60), At(100))});
  write.record.endings.push_back({.customer = "acme", .count = 3});
  write.record.promises.push_back({});
  write.record.clock_states["a"] = "b";
  ASSERT_TRUE(store_.Commit(write).ok());
  TicketRecord listed = store_.LoadRecords({SampleTicket(1)})->front();
  EXPECT_FALSE(listed.endings.empty());
  listed.endings.clear();
  listed.promises.clear();
  listed.clock_states.clear();
  EXPECT_EQ(store_.FindTickets({})->front(), listed);
}

// If few of a list match, the store changes its way of reading in the middle of the list.
TEST_P(StoreContract, TheFewAmongManyAreFoundInOrderBothWays) {
  constexpr int kTickets = 700;
  std::vector<DecisionWrite> writes;
  std::vector<std::int64_t> wanted;
  for (int i = 1; i <= kTickets; ++i) {
    DecisionWrite write = SampleWrite(SampleTicket(i), 0);
    write.record.next_due = At(i);
    write.record.open = i <= 20 ? i % 2 == 0 : i % 97 != 0;
    if (!write.record.open) wanted.push_back(i);
    writes.push_back(std::move(write));
  }
  ASSERT_TRUE(store_.CommitAll(writes).ok());
  for (const bool descending : {false, true}) {
    for (const std::size_t limit : {std::size_t{3}, std::size_t{12}, std::size_t{1000}}) {
      TicketQuery query;
      query.project = ProjectKey{"github", "1296269"};
      query.open = false;
      query.descending = descending;
      query.limit = limit;
      std::vector<std::int64_t> numbers;
      for (;;) {
        const auto page = store_.FindTickets(query);
        ASSERT_TRUE(page.ok()) << page.status();
        EXPECT_LE(page->size(), limit);
        for (const TicketRecord& record : *page) numbers.push_back(record.key.number);
        if (page->size() < limit) break;
        query.after = PlaceOf(query, page->back());
      }
      if (descending) std::reverse(numbers.begin(), numbers.end());
      EXPECT_EQ(numbers, wanted) << descending << " " << limit;
    }
  }
}

TEST_P(StoreContract, ListsShowTheStateOfTheInstant) {
  DecisionWrite one =
      SampleClaimed(SampleTicket(1), 0, {SampleClaim("acme", "P1", At(60), At(100))});
  one.record.wake_at = At(60);
  DecisionWrite two =
      SampleClaimed(SampleTicket(2), 0, {SampleClaim("acme", "P2", At(200), At(300))});
  two.record.wake_at = At(200);
  ASSERT_TRUE(store_.CommitAll({one, two}).ok());
  const auto found = [&](ClockState worst, absl::Time at) {
    std::vector<std::int64_t> numbers;
    TicketQuery query;
    query.worst = worst;
    query.at = at;
    const auto records = store_.FindTickets(query);
    for (const TicketRecord& record : *records) numbers.push_back(record.key.number);
    return numbers;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(found(ClockState::kRunning, At(59)), (Numbers{1, 2}));
  // The ticket was not judged again: its state follows from the instants.
  EXPECT_EQ(found(ClockState::kAtRisk, At(60)), (Numbers{1}));
  EXPECT_EQ(found(ClockState::kRunning, At(60)), (Numbers{2}));
  EXPECT_EQ(found(ClockState::kBreached, At(99)), (Numbers{}));
  EXPECT_EQ(found(ClockState::kBreached, At(100)), (Numbers{1}));
  EXPECT_EQ(found(ClockState::kAtRisk, At(100)), (Numbers{}));
}

TEST_P(StoreContract, ACustomersListGoesByItsOwnClaim) {
  const ClaimRecord early = SampleClaim("globex", "P1", At(5), At(10));
  const ClaimRecord late = SampleClaim("acme", "P2", At(500), At(900));
  ASSERT_TRUE(store_
                  .CommitAll({SampleClaimed(SampleTicket(1), 0, {late, early}),
                              SampleClaimed(SampleTicket(2), 0,
                                            {SampleClaim("acme", "P1", At(50), At(60))})})
                  .ok());
  TicketQuery query;
  query.customer = "acme";
  auto records = store_.FindTickets(query);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].key.number, 2);
  EXPECT_EQ(DueIn((*records)[1], "acme"), At(900));
  query.due_before = At(900);
  EXPECT_EQ(store_.FindTickets(query)->size(), 1u);
  query.due_before = std::nullopt;
  // The state of another customer's promise does not count for this customer.
  query.worst = ClockState::kBreached;
  query.at = At(20);
  EXPECT_TRUE(store_.FindTickets(query)->empty());
  query.worst = ClockState::kRunning;
  query.priorities = {"P2"};
  query.metric = Metric::kFirstResponse;
  query.project = ProjectKey{"github", "1296269"};
  query.open = true;
  EXPECT_EQ(store_.FindTickets(query)->size(), 1u);
  query.metric = Metric::kResolution;
  EXPECT_TRUE(store_.FindTickets(query)->empty());
  EXPECT_EQ(*store_.CountOpen("acme", std::nullopt, 10), 2u);
  EXPECT_EQ(*store_.CountOpen("acme", std::nullopt, 1), 1u);
  EXPECT_EQ(*store_.CountOpen("acme", ProjectKey{"github", "1"}, 10), 0u);
  EXPECT_EQ(*store_.CountOpen("globex", ProjectKey{"github", "1296269"}, 10), 1u);
}

TEST_P(StoreContract, PagesHoldEveryTicketOnceWhateverComesBetween) {
  std::vector<DecisionWrite> writes;
  for (int i = 1; i <= 7; ++i) {
    writes.push_back(SampleClaimed(
        SampleTicket(i), 0, {SampleClaim("acme", i % 2 == 0 ? "P1" : "P2", At(i), At(i / 2))}));
  }
  ASSERT_TRUE(store_.CommitAll(writes).ok());
  TicketQuery query;
  query.project = ProjectKey{"github", "1296269"};
  query.priorities = {"P2"};
  query.limit = 2;
  std::vector<std::int64_t> seen;
  for (;;) {
    const auto page = store_.FindTickets(query);
    if (page->empty()) break;
    for (const TicketRecord& record : *page) seen.push_back(record.key.number);
    query.after = PlaceOf(query, page->back());
    // It is before the end of the page, so it is on no later page.
    ASSERT_TRUE(store_
                    .Commit(SampleClaimed(SampleTicket(100 + static_cast<int>(seen.size())), 0,
                                          {SampleClaim("acme", "P2", At(-9), At(-9))}))
                    .ok());
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 3, 5, 7}));
}

TEST_P(StoreContract, ListsComeInEveryOrderBothWaysPageByPage) {
  // number, opened, updated, due, priorities
  struct Made {
    int number, opened, updated, due;
    std::vector<std::string> priorities;
  };
  const std::vector<Made> made = {{1, 50, 55, 9, {"P2"}},  {2, 40, 90, 8, {"P1"}},
                                  {3, 60, 60, 7, {}},      {4, 10, 95, 6, {"P3", "P1"}},
                                  {5, 40, 41, 5, {"odd"}}, {6, 70, 71, 4, {"P3"}}};
  std::vector<DecisionWrite> writes;
  for (const Made& one : made) {
    std::vector<ClaimRecord> claims;
    for (const std::string& priority : one.priorities) {
      claims.push_back(
          SampleClaim("c" + std::to_string(claims.size()), priority, At(1), At(one.due)));
    }
    DecisionWrite write = SampleClaimed(SampleTicket(one.number), 0, claims);
    write.record.opened_at = At(one.opened);
    write.record.updated_at = At(one.updated);
    write.record.open = one.number != 6;
    if (!claims.empty()) write.record.wake_at = At(1);
    writes.push_back(std::move(write));
  }
  ASSERT_TRUE(store_.CommitAll(writes).ok());
  const auto pages = [&](TicketQuery query) {
    query.urgency = {"P1", "P2", "P3"};
    std::vector<std::int64_t> numbers;
    while (numbers.size() < 20) {
      const auto page = store_.FindTickets(query);
      if (!page.ok() || page->empty()) break;
      for (const TicketRecord& record : *page) numbers.push_back(record.key.number);
      query.after = PlaceOf(query, page->back());
    }
    return numbers;
  };
  using Numbers = std::vector<std::int64_t>;
  const std::pair<TicketOrder, Numbers> orders[] = {{TicketOrder::kDue, {6, 5, 4, 2, 1, 3}},
                                                    {TicketOrder::kOpened, {4, 2, 5, 1, 3, 6}},
                                                    {TicketOrder::kUpdated, {5, 1, 3, 6, 2, 4}},
                                                    {TicketOrder::kPriority, {4, 2, 1, 6, 5, 3}}};
  for (const auto& [order, wanted] : orders) {
    for (std::size_t limit : {1, 2, 4, 100}) {
      EXPECT_EQ(pages({.order = order, .limit = limit}), wanted) << static_cast<int>(order);
      EXPECT_EQ(pages({.order = order, .descending = true, .limit = limit}),
                Numbers(wanted.rbegin(), wanted.rend()))
          << static_cast<int>(order);
    }
  }
  // With filters: their intersection has the same order.
  const ProjectKey project{"github", "1296269"};
  EXPECT_EQ(pages({.order = TicketOrder::kOpened, .priorities = {"P3"}, .limit = 1}),
            (Numbers{4, 6}));
  EXPECT_EQ(pages({.order = TicketOrder::kUpdated,
                   .descending = true,
                   .project = project,
                   .open = true,
                   .limit = 2}),
            (Numbers{4, 2, 3, 1, 5}));
  EXPECT_EQ(pages({.order = TicketOrder::kPriority, .customer = "c0", .open = true, .limit = 1}),
            (Numbers{2, 1, 4, 5}))
      << "of the customer's own claim";
  EXPECT_EQ(pages({.order = TicketOrder::kPriority, .due_before = At(8), .limit = 1}),
            (Numbers{4, 6, 5}));
  EXPECT_EQ(pages({.descending = true, .due_before = At(8), .limit = 1}), (Numbers{4, 5, 6}));
  // Broken by now but indexed as running, because they were not judged since.
  EXPECT_EQ(pages({.order = TicketOrder::kOpened,
                   .descending = true,
                   .worst = ClockState::kBreached,
                   .at = At(20),
                   .limit = 1}),
            (Numbers{6, 1, 5, 2, 4}));
  EXPECT_TRUE(absl::IsInvalidArgument(
      store_.FindTickets({.order = TicketOrder::kOpened, .due_before = At(8)}).status()));
}

TEST_P(StoreContract, OpenTicketsAreCountedByPlanPriorityAndState) {
  const auto counts = [&] {
    std::map<std::string, std::uint64_t> found;
    const auto all = store_.CountOpenByState();
    for (const OpenCount& one : *all) {
      found[one.plan + "/" + one.priority + "/" +
            (one.state ? std::string(ClockStateName(*one.state)) : "none")] = one.count;
    }
    return found;
  };
  using Counts = std::map<std::string, std::uint64_t>;
  DecisionWrite first =
      SampleClaimed(SampleTicket(1), 0, {SampleClaim("acme", "P1", At(50), At(100))});
  DecisionWrite second =
      SampleClaimed(SampleTicket(2), 0, {SampleClaim("globex", "P1", At(50), At(100))});
  DecisionWrite community = SampleClaimed(SampleTicket(3), 0, {});
  DecisionWrite untracked = SampleClaimed(SampleTicket(4), 0, {});
  untracked.record.tracked = false;
  for (DecisionWrite* write : {&first, &second, &community, &untracked}) {
    write->record.decided_at = At(10);
  }
  ASSERT_TRUE(store_.CommitAll({first, second, community, untracked}).ok());
  EXPECT_EQ(counts(), (Counts{{"gold/P1/running", 2}, {"//none", 1}}));
  first.record.version = second.record.version = 1;
  first.record.decided_at = At(60);
  second.record.open = false;
  ASSERT_TRUE(store_.CommitAll({first, second}).ok());
  EXPECT_EQ(counts(), (Counts{{"gold/P1/running", 0}, {"gold/P1/at_risk", 1}, {"//none", 1}}));
}

TEST_P(StoreContract, WhatIsOwedIsKnownToTheSecond) {
  ClaimRecord aim = SampleClaim("acme", "P1", At(1), At(2));
  aim.promises[0].kind = PromiseKind::kTarget;
  ClaimRecord silver = SampleClaim("globex", "P2", At(40), At(50));
  silver.plan = "silver";
  ASSERT_TRUE(store_
                  .CommitAll({SampleClaimed(SampleTicket(1), 0,
                                            {SampleClaim("acme", "P1", At(60), At(100)), silver}),
                              SampleClaimed(SampleTicket(2), 0, {aim}),
                              SampleClaimed(SampleTicket(3, "8"), 0,
                                            {SampleClaim("acme", "P1", At(1), At(2))})})
                  .ok());
  OwedQuery query;
  query.project = {"github", "1296269"};
  query.at = At(49);
  auto owed = store_.FindOwed(query, "terms-1");
  ASSERT_TRUE(owed.ok()) << owed.status();
  EXPECT_TRUE(owed->claims.empty()) << "targets are not owed, other projects' neither";
  EXPECT_EQ(owed->next, At(50));
  EXPECT_EQ(owed->next_customer, "globex");
  EXPECT_FALSE(owed->questions);
  EXPECT_FALSE(owed->stale);

  query.at = At(50);
  owed = store_.FindOwed(query, "terms-1");
  ASSERT_EQ(owed->claims.size(), 1u);
  EXPECT_EQ(owed->claims[0].claim.customer, "globex");
  EXPECT_EQ(owed->next, At(100));

  query.plan = "gold";
  EXPECT_TRUE(store_.FindOwed(query, "terms-1")->claims.empty());
  query.at_risk = true;
  query.at = At(60);
  EXPECT_EQ(store_.FindOwed(query, "terms-1")->claims.size(), 1u);
  query.priorities = {"P2", "P3"};
  EXPECT_TRUE(store_.FindOwed(query, "terms-1")->claims.empty());
  query.plan.clear();
  query.customer = "globex";
  EXPECT_EQ(store_.FindOwed(query, "terms-1")->claims.size(), 1u);
  query.customer = "acme";
  query.priorities.clear();
  query.at_risk = false;
  query.at = At(100);
  query.limit = 0;
  owed = store_.FindOwed(query, "terms-1");
  EXPECT_TRUE(owed->claims.empty());
  EXPECT_TRUE(owed->more);
}

TEST_P(StoreContract, FromOutsideHiddenClaimsAreNotThereAndCountToTheDay) {
  ClaimRecord hidden = SampleClaim("acme", "P1", At(60), At(100));
  hidden.hidden = true;
  ASSERT_TRUE(store_
                  .CommitAll({SampleClaimed(SampleTicket(1), 0,
                                            {hidden, SampleClaim("globex", "P1", At(70), At(110))}),
                              SampleClaimed(SampleTicket(2), 0, {hidden})})
                  .ok());
  OwedQuery query;
  query.project = {"github", "1296269"};
  query.outside = true;
  query.at = At(99);
  auto owed = store_.FindOwed(query, "terms-1");
  ASSERT_TRUE(owed.ok()) << owed.status();
  EXPECT_EQ(owed->next, At(110));
  EXPECT_EQ(owed->next_customer, "globex");
  EXPECT_FALSE(owed->hidden);
  query.at = At(100) + kHiddenGrain;
  owed = store_.FindOwed(query, "terms-1");
  ASSERT_EQ(owed->claims.size(), 1u);
  EXPECT_EQ(owed->claims[0].claim.customer, "globex");
  EXPECT_TRUE(owed->hidden);
  query.priorities = {"P7"};
  EXPECT_TRUE(store_.FindOwed(query, "terms-1")->hidden) << "the same look, whatever the filter";
  query.priorities.clear();
  query.outside = false;
  owed = store_.FindOwed(query, "terms-1");
  EXPECT_EQ(owed->claims.size(), 3u);
  EXPECT_FALSE(owed->hidden);

  // Answered: it still counts until the same instant of the next day.
  query.outside = true;
  const absl::Time answered = At(100) + 3 * kHiddenGrain;
  for (const std::int64_t number : {1, 2}) {
    ClaimRecord met = hidden;
    met.promises.clear();
    DecisionWrite write = SampleClaimed(SampleTicket(number), 1, {met});
    write.record.decided_at = answered;
    ASSERT_TRUE(store_.Commit(write).ok());
  }
  query.at = answered;
  EXPECT_TRUE(store_.FindOwed(query, "terms-1")->hidden);
  query.at = answered + kHiddenGrain;
  EXPECT_FALSE(store_.FindOwed(query, "terms-1")->hidden);
}

TEST_P(StoreContract, SeveralPrioritiesAreOneListOfTicketsOnce) {
  ASSERT_TRUE(
      store_
          .CommitAll({SampleClaimed(SampleTicket(1), 0,
                                    {SampleClaim("acme", "P1", At(1), At(30)),
                                     SampleClaim("globex", "P2", At(1), At(10))}),
                      SampleClaimed(SampleTicket(2), 0, {SampleClaim("acme", "P2", At(1), At(20))}),
                      SampleClaimed(SampleTicket(3), 0, {SampleClaim("acme", "P3", At(1), At(5))})})
          .ok());
  for (const TicketOrder order : {TicketOrder::kDue, TicketOrder::kPriority}) {
    TicketQuery query;
    query.order = order;
    query.urgency = {"P1", "P2", "P3"};
    query.priorities = {"P2", "P1"};
    std::vector<std::int64_t> numbers;
    query.limit = 1;
    for (int page = 0; page < 5; ++page) {
      const auto found = store_.FindTickets(query);
      ASSERT_TRUE(found.ok()) << found.status();
      if (found->empty()) break;
      numbers.push_back(found->back().key.number);
      query.after = PlaceOf(query, found->back());
    }
    EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2})) << static_cast<int>(order);
  }
}

TEST_P(StoreContract, TheLongestOverdueComeFirstWhateverTheirPlan) {
  std::vector<DecisionWrite> writes;
  for (int i = 1; i <= 30; ++i) {
    // The longest overdue are in the plan that is read last.
    ClaimRecord gold = SampleClaim("acme", i % 2 == 0 ? "P1" : "P2", At(0), At(1000 + i));
    ClaimRecord silver = SampleClaim("globex", "P1", At(0), At(500 - i));
    silver.plan = "silver";
    writes.push_back(SampleClaimed(SampleTicket(i), 0, {gold, silver}));
  }
  ASSERT_TRUE(store_.CommitAll(writes).ok());
  OwedQuery query;
  query.project = {"github", "1296269"};
  query.at = At(1010);
  query.limit = 35;
  const auto owed = store_.FindOwed(query, "terms-1");
  ASSERT_TRUE(owed.ok()) << owed.status();
  std::vector<absl::Time> due;
  for (const Owed::Claim& claim : owed->claims) {
    ASSERT_EQ(claim.claim.promises.size(), 1u);
    due.push_back(claim.claim.promises[0].due);
    EXPECT_EQ(claim.claim.plan, claim.claim.customer == "acme" ? "gold" : "silver");
    EXPECT_EQ(claim.url, writes[0].record.url);
  }
  std::vector<absl::Time> wanted;
  for (int i = 30; i >= 1; --i) wanted.push_back(At(500 - i));
  for (int i = 1; i <= 5; ++i) wanted.push_back(At(1000 + i));
  EXPECT_EQ(due, wanted);
  EXPECT_TRUE(owed->more);
  EXPECT_EQ(owed->next, At(1011));
  EXPECT_EQ(owed->next_customer, "acme");

  query.next = false;
  EXPECT_EQ(store_.FindOwed(query, "terms-1")->claims.size(), 35u);
  // If nothing is owed, the next instant is always told.
  query.at = At(400);
  EXPECT_EQ(store_.FindOwed(query, "terms-1")->next, At(470));
}

TEST_P(StoreContract, WhoeverKeptWhatIsOwedLearnsThatItMayHaveChanged) {
  const ProjectKey project{"github", "1296269"};
  std::uint64_t before = store_.ProjectVersion(project);
  EXPECT_EQ(store_.ProjectVersion(project), before);
  const auto changed = [&] {
    const std::uint64_t now = store_.ProjectVersion(project);
    return now != std::exchange(before, now);
  };
  ASSERT_TRUE(store_.Commit(SampleClaimed(SampleTicket(1), 0, {})).ok());
  EXPECT_TRUE(changed());
  ASSERT_TRUE(store_.SaveShown(SampleTicket(1), ShownFace(), {SampleFact("comment/1")}).ok());
  EXPECT_TRUE(changed());
  ASSERT_TRUE(store_.SaveOverride({"o", project, "carol", "why", At(0), At(9), {}, ""}).ok());
  EXPECT_TRUE(changed());
  ASSERT_TRUE(store_.WithdrawOverride("o", "carol", At(1)).ok());
  EXPECT_TRUE(changed());
  ASSERT_TRUE(store_.FindOwed({.project = project, .at = At(2)}, "terms-1").ok());
  EXPECT_FALSE(changed());
}

TEST_P(StoreContract, WhatCannotBeToldOfAProjectIsSaid) {
  DecisionWrite asked = SampleClaimed(SampleTicket(1), 0, {});
  asked.record.questions = 1;
  ASSERT_TRUE(store_.Commit(asked).ok());
  OwedQuery query;
  query.project = {"github", "1296269"};
  query.at = At(1);
  EXPECT_TRUE(store_.FindOwed(query, "terms-1")->questions);
  EXPECT_TRUE(store_.FindOwed(query, "terms-2")->stale) << "judged under other terms";
  query.project = {"github", "8"};
  EXPECT_FALSE(store_.FindOwed(query, "terms-1")->questions);
  EXPECT_FALSE(store_.FindOwed(query, "terms-2")->stale);

  asked.record.version = 1;
  asked.record.questions = 0;
  asked.record.terms_id = "terms-2";
  ASSERT_TRUE(store_.Commit(asked).ok());
  query.project = {"github", "1296269"};
  EXPECT_FALSE(store_.FindOwed(query, "terms-2")->questions);
  EXPECT_FALSE(store_.FindOwed(query, "terms-2")->stale);
}

// Questions for private customers' sake would reveal whose tickets these are.
TEST_P(StoreContract, WhoAsksFromOutsideIsToldOfOutsidersQuestionsAlone) {
  DecisionWrite asked = SampleClaimed(SampleTicket(1), 0, {});
  asked.record.questions = 3;
  ASSERT_TRUE(store_.Commit(asked).ok());
  OwedQuery inside;
  inside.project = {"github", "1296269"};
  inside.at = At(1);
  OwedQuery outside = inside;
  outside.outside = true;
  EXPECT_TRUE(store_.FindOwed(inside, "terms-1")->questions);
  EXPECT_FALSE(store_.FindOwed(outside, "terms-1")->questions);
  asked.record.version = 1;
  asked.record.outside_questions = 1;
  ASSERT_TRUE(store_.Commit(asked).ok());
  EXPECT_TRUE(store_.FindOwed(outside, "terms-1")->questions);
  asked.record.version = 2;
  asked.record.questions = asked.record.outside_questions = 0;
  ASSERT_TRUE(store_.Commit(asked).ok());
  EXPECT_FALSE(store_.FindOwed(inside, "terms-1")->questions);
  EXPECT_FALSE(store_.FindOwed(outside, "terms-1")->questions);
}

TEST_P(StoreContract, EndingsAreSummedByDay) {
  DecisionWrite write =
      SampleClaimed(SampleTicket(1), 0, {SampleClaim("acme", "P1", At(1), At(2))});
  write.record.endings = {{"acme", Metric::kFirstResponse, Ending::kMet, 100, 9, 1},
                          {"acme", Metric::kUpdate, Ending::kMissed, 101, 0, 2},
                          {"acme", Metric::kUpdate, Ending::kCancelled, 101, 0, 1},
                          {"globex", Metric::kUpdate, Ending::kExcused, 101, 0, 1}};
  ASSERT_TRUE(store_.Commit(write).ok());
  auto sums = store_.SumEndings("acme", std::nullopt, 0, 1000);
  ASSERT_TRUE(sums.ok()) << sums.status();
  EXPECT_EQ(sums->metrics[Metric::kFirstResponse].met, 1u);
  EXPECT_EQ(sums->metrics[Metric::kUpdate].missed, 2u);
  EXPECT_EQ(sums->metrics[Metric::kUpdate].cancelled, 1u);
  EXPECT_EQ(sums->metrics[Metric::kUpdate].excused, 0u);
  EXPECT_EQ(sums->first_responses, (std::map<std::uint8_t, std::uint64_t>{{9, 1}}));
  const ProjectKey project{"github", "1296269"};
  EXPECT_EQ(store_.SumEndings("acme", project, 101, 101)->metrics[Metric::kUpdate].missed, 2u);
  EXPECT_TRUE(store_.SumEndings("acme", project, 102, 200)->metrics.empty());
  EXPECT_TRUE(store_.SumEndings("acme", ProjectKey{"github", "8"}, 0, 200)->metrics.empty());

  // A late fact removed one.
  write.record.version = 1;
  write.record.endings = {{"acme", Metric::kUpdate, Ending::kMissed, 101, 0, 1}};
  ASSERT_TRUE(store_.Commit(write).ok());
  sums = store_.SumEndings("acme", std::nullopt, 0, 1000);
  EXPECT_EQ(sums->metrics[Metric::kUpdate].missed, 1u);
  EXPECT_FALSE(sums->metrics.contains(Metric::kFirstResponse));
}

TEST_P(StoreContract, ChangesAreFoundByWhatTheySayTheyFix) {
  const auto change = [](std::int64_t number) {
    TicketKey key = SampleTicket(number);
    key.kind = TicketKind::kChange;
    return key;
  };
  const auto write = [&](std::int64_t number, ChangeState state, std::vector<TicketKey> fixes) {
    DecisionWrite made =
        SampleWrite(change(number), store_.LoadTicket(change(number))->record.version);
    made.record.change = ChangeRecord{state, "main", "aa", "", std::move(fixes), true};
    return made;
  };
  const auto found = [&](const TicketKey& ticket, ChangeState state, std::size_t limit = 10) {
    std::vector<std::int64_t> numbers;
    const auto records = store_.FindFixes(ticket, state, limit);
    for (const TicketRecord& record : *records) numbers.push_back(record.key.number);
    return numbers;
  };
  using Numbers = std::vector<std::int64_t>;
  const TicketKey one = SampleTicket(1);
  const TicketKey two = SampleTicket(2);
  ASSERT_TRUE(store_.Commit(write(7, ChangeState::kOpen, {one, two})).ok());
  ASSERT_TRUE(store_.Commit(write(8, ChangeState::kOpen, {one})).ok());
  EXPECT_EQ(found(one, ChangeState::kOpen), (Numbers{7, 8}));
  EXPECT_EQ(found(one, ChangeState::kOpen, 1), (Numbers{7}));
  EXPECT_EQ(found(two, ChangeState::kOpen), (Numbers{7}));
  EXPECT_EQ(found(one, ChangeState::kMerged), (Numbers{}));
  EXPECT_EQ(store_.LoadTicket(change(7))->record.change,
            (ChangeRecord{ChangeState::kOpen, "main", "aa", "", {one, two}, true}));

  ASSERT_TRUE(store_.Commit(write(7, ChangeState::kMerged, {two})).ok());
  EXPECT_EQ(found(one, ChangeState::kOpen), (Numbers{8}));
  EXPECT_EQ(found(two, ChangeState::kMerged), (Numbers{7}));
  EXPECT_EQ(found(two, ChangeState::kOpen), (Numbers{}));
}

}  // namespace retainer
