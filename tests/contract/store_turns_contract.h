// The store's contract for lists of tickets by whose turn it is and whose they are.
#pragma once

#include "tests/contract/store_contract.h"

namespace retainer {

TEST_P(StoreContract, TicketsAreFoundByTurnAndTeam) {
  const auto make = [](std::int64_t number, const std::string& project) {
    DecisionWrite write = SampleWrite(SampleTicket(number, project), 0);
    write.record.tracked = true;
    write.record.opened_at = At(static_cast<int>(100 - number));
    return write;
  };
  DecisionWrite ours = make(1, "7");
  ours.record.customers = {"acme"};
  ours.record.priorities = {"P1"};
  ours.record.next_due = At(9);
  ours.record.asked_since = At(1);
  ours.record.teams = {"core"};
  DecisionWrite theirs = make(2, "8");
  theirs.record.customers = {"acme"};
  theirs.record.priorities = {"P1"};
  theirs.record.waiting_since = At(1);
  theirs.record.teams = {"core", "lead"};
  DecisionWrite waits = make(3, "7");
  waits.record.asked_since = At(1);
  DecisionWrite answered = make(4, "8");
  DecisionWrite asked_after = ours;
  asked_after.record.key = SampleTicket(5, "7");
  asked_after.record.open = false;
  ASSERT_TRUE(store_.CommitAll({ours, theirs, waits, answered, asked_after}).ok());

  const auto found = [&](TicketQuery query) {
    std::vector<std::int64_t> numbers;
    const auto records = store_.FindTickets(query);
    for (const TicketRecord& record : *records) numbers.push_back(record.key.number);
    return numbers;
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(found({.turn = Turn::kOurs}), (Numbers{1, 5}));
  EXPECT_EQ(found({.open = true, .turn = Turn::kOurs}), (Numbers{1}));
  EXPECT_EQ(found({.customer = "acme", .turn = Turn::kCustomers}), (Numbers{2}));
  EXPECT_EQ(found({.turn = Turn::kAnybodys}), (Numbers{3}));
  EXPECT_EQ(found({.order = TicketOrder::kOpened, .open = true, .team = "lead"}),
            (Numbers{4, 3, 2}))
      << "its own and nobody's, the longest open first";
  EXPECT_EQ(found({.open = true, .team = "core"}), (Numbers{1, 3, 2, 4}));
  EXPECT_EQ(found({.open = true, .team = "core", .limit = 1}), (Numbers{1}));
  EXPECT_EQ(found({.project = ProjectKey{"github", "7"}, .open = true, .team = "lead"}),
            (Numbers{3}));
  EXPECT_EQ(found({.customer = "acme", .open = true, .team = "lead"}), (Numbers{2}));
  EXPECT_EQ(found({.open = true, .turn = Turn::kCustomers, .team = "core"}), (Numbers{2}));
  EXPECT_EQ(found({.order = TicketOrder::kUpdated, .turn = Turn::kOurs, .team = "lead"}),
            (Numbers{}));
  EXPECT_EQ(found({.turn = Turn::kOurs, .team = "core"}), (Numbers{1, 5})) << "closed too";
  EXPECT_EQ(found({.team = "core", .due_before = At(10)}), (Numbers{1, 5}));
  EXPECT_EQ(found({.team = "lead", .due_before = At(10)}), (Numbers{}));

  ours.record.version = 1;
  ours.record.asked_since.reset();
  ours.record.teams = {"lead"};
  ASSERT_TRUE(store_.Commit(ours).ok());
  EXPECT_EQ(found({.open = true, .turn = Turn::kOurs}), (Numbers{}));
  EXPECT_EQ(found({.open = true, .team = "core"}), (Numbers{3, 2, 4}));
}

}  // namespace retainer
