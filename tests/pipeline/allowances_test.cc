// Allowances over several tickets: who is over them follows from when tickets were opened, whatever
// came when.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class AllowancesTest : public World {
 protected:
  AllowancesTest() {
    forge.SetUser("dave", kDave.id);
    Policy policy = MakePolicy();
    policy.plans.at("gold").allowance.tickets = {.open = 2, .per_month = 3};
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
  }

  // Ticket N is opened at minute N.
  void Open(std::int64_t number) {
    const int minute = static_cast<int>(number);
    News news{{Opened(kDave, minute)}, {}, {}, {}};
    news.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
    Decide(number, std::move(news));
  }
  void Close(std::int64_t number, int minute) {
    Decide(number, {{MakeClosed({Provenance::kWebhook, At(minute)}, "completed", kAlice,
                                Moment::At(At(minute)))},
                    {},
                    {},
                    {}});
  }
  void Decide(std::int64_t number, const News& news) {
    const auto judged = judge->Decide(Key(number), news);
    ASSERT_TRUE(judged.ok()) << judged.status();
  }
  // Everything that is due by now or in a moment.
  void Settle() {
    for (int i = 0; i < 10; ++i) {
      clock.Set(clock.Now() + absl::Seconds(3));
      ASSERT_TRUE(timers->RunDue().ok());
    }
  }
  // `claimed` or `over`, by ticket.
  std::string State(std::int64_t number) {
    const TicketRecord record = Load(number).record;
    if (!record.customers.empty()) return "claimed";
    return record.over.empty() ? "nothing" : "over";
  }
  std::vector<std::string> States(int tickets) {
    std::vector<std::string> states;
    for (int number = 1; number <= tickets; ++number) states.push_back(State(number));
    return states;
  }
};

TEST_F(AllowancesTest, TheThirdOpenTicketIsOver) {
  clock.Set(At(30));
  for (int number = 1; number <= 3; ++number) Open(number);
  EXPECT_EQ(States(3), (std::vector<std::string>{"claimed", "claimed", "over"}));
}

class ArrivalsTest : public AllowancesTest,
                     public ::testing::WithParamInterface<std::vector<int>> {};

TEST_P(ArrivalsTest, AnyOrderOfArrivalGivesTheSame) {
  clock.Set(At(30));
  for (const int number : GetParam()) Open(number);
  Close(1, 20);
  Settle();
  EXPECT_EQ(States(4), (std::vector<std::string>{"claimed", "claimed", "over", "over"}));
}

std::vector<std::vector<int>> Orders() {
  std::vector<std::vector<int>> orders;
  std::vector<int> order = {1, 2, 3, 4};
  do {
    orders.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()));
  return orders;
}
INSTANTIATE_TEST_SUITE_P(All, ArrivalsTest, ::testing::ValuesIn(Orders()));

TEST_F(AllowancesTest, AClosedTicketIsNoLongerOpenButStaysInTheMonth) {
  clock.Set(At(30));
  Open(1);
  Open(2);
  Close(1, 3);
  Open(4);  // two were opened before and one is open
  Settle();
  EXPECT_EQ(State(4), "claimed");
  Close(2, 5);
  Open(6);
  Settle();
  EXPECT_EQ(State(6), "over") << "three of three of the month";
}

TEST_F(AllowancesTest, AnEarlierTicketThatIsReleasedMakesRoom) {
  clock.Set(At(30));
  for (int number = 1; number <= 3; ++number) Open(number);
  Decide(1,
         {{MakeOperatorFact({CommandName::kRelease, "acme"}, "op: mistake", At(31))}, {}, {}, {}});
  Settle();
  EXPECT_EQ(States(3), (std::vector<std::string>{"nothing", "claimed", "claimed"}));
}

TEST_F(AllowancesTest, AGrantIsKept) {
  clock.Set(At(30));
  for (int number = 1; number <= 3; ++number) Open(number);
  Decide(3, {{MakeOperatorFact({CommandName::kGrant, "acme"}, "op: blocked", At(31))}, {}, {}, {}});
  EXPECT_EQ(State(3), "claimed");
  Settle();
  EXPECT_EQ(State(3), "claimed") << "it is read back from the store";
}

// Whether a ticket was open is a matter of its closings, however late anything is judged.
TEST_F(AllowancesTest, ATicketClosedLongAgoWasNotOpen) {
  const int day = 24 * 60;
  clock.Set(At(30 * day));
  Open(1);
  Open(2);
  Close(1, 10);
  Close(2, 10);
  Open(5 * day);
  Settle();
  EXPECT_EQ(State(5 * day), "claimed");
}

TEST_F(AllowancesTest, ReopeningAnEarlierTicketTakesNothingFromALaterOne) {
  clock.Set(At(60));
  Open(1);
  Open(2);
  Close(1, 3);
  Open(4);
  Settle();
  ASSERT_EQ(State(4), "claimed");
  Decide(1,
         {{MakeReopened({Provenance::kWebhook, At(50)}, kDave, Moment::At(At(50)))}, {}, {}, {}});
  Settle();
  EXPECT_EQ(State(4), "claimed");
}

TEST_F(AllowancesTest, TicketsOfAnotherMonthAreNotCounted) {
  const int month = 31 * 24 * 60;
  clock.Set(At(month + 30));
  for (int number = 1; number <= 3; ++number) Open(number);
  for (int number = 1; number <= 3; ++number) Close(number, 10);
  Open(month + 1);
  Settle();
  EXPECT_EQ(State(month + 1), "claimed");
}

TEST_F(AllowancesTest, WhatIsOverIsFoundInAListOfItsOwn) {
  clock.Set(At(30));
  for (int number = 1; number <= 3; ++number) Open(number);
  TicketQuery query;
  query.customer = OverAllowanceOf("acme");
  query.order = TicketOrder::kOpened;
  const auto found = store.FindTickets(query);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().key, Key(3));
}

TEST_F(AllowancesTest, APlanWithoutOneReadsNothing) {
  terms.Set({MakeTerms("v1", At(-60 * 24), MakePolicy())});
  clock.Set(At(30));
  for (int number = 1; number <= 5; ++number) Open(number);
  EXPECT_EQ(State(5), "claimed");
  EXPECT_TRUE(Load(5).record.used.empty());
}

}  // namespace
}  // namespace retainer::pipeline
