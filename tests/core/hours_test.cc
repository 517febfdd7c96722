// Work that is logged, and what is left of the hours that a customer bought.
#include "retainer/hours.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2026, 3, 10, 12, 0, 0), absl::UTCTimeZone());
const absl::CivilDay kToday(2026, 3, 10);

absl::CivilDay Day(int month, int day) { return absl::CivilDay(2026, month, day); }

HoursBlock Block(const std::string& id, int amount, absl::CivilDay from, absl::CivilDay until) {
  HoursBlock block;
  block.id = id;
  block.amount = amount;
  block.from = from;
  block.until = until;
  return block;
}

Customer Acme(std::vector<HoursBlock> blocks) {
  Customer acme;
  acme.id = "acme";
  acme.hours = std::move(blocks);
  return acme;
}

Customer WithTenHours(OverHours over = OverHours::kRefuse) {
  Customer acme = Acme({Block("q1", 600, Day(1, 1), Day(3, 31))});
  acme.hours[0].over = over;
  return acme;
}

Work Done(const std::string& entry, int minutes, absl::CivilDay day = kToday) {
  return {entry, {minutes, false}, day, "github:bob", "", "", "read the dump"};
}

// Logs and adds the fact.
absl::Status Log(const Customer& customer, Work work, std::vector<CustomerFact>* facts,
                 absl::Time now = kNow) {
  const auto fact = MakeWorkLogged(customer, *facts, std::move(work), now);
  if (fact.ok()) facts->push_back(*fact);
  return fact.status();
}

HoursBook Read(const Customer& customer, const std::vector<CustomerFact>& facts,
               absl::CivilDay today = kToday) {
  return ReadHours(customer.hours, facts, today);
}

TEST(WorkTimes, AreHoursAndMinutes) {
  EXPECT_EQ(*ParseWorkTime("45m"), (WorkTime{45, false}));
  EXPECT_EQ(*ParseWorkTime("2h"), (WorkTime{120, false}));
  EXPECT_EQ(*ParseWorkTime("1h30m"), (WorkTime{90, false}));
  EXPECT_EQ(*ParseWorkTime("1.5h"), (WorkTime{90, false}));
  EXPECT_EQ(*ParseWorkTime("9h!"), (WorkTime{540, true}));
  for (const char* wrong : {"", "!", "45", "m", "h1", "1d", "1bd", "0m", "30s", "1.3m", "30m1h",
                            "1h1h", "1h 30m", "-5m", "1001h", "99999999999h", "1.h", ".5h"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWorkTime(wrong).status())) << wrong;
  }
  EXPECT_EQ(WorkTimeText(0), "0m");
  EXPECT_EQ(WorkTimeText(45), "45m");
  EXPECT_EQ(WorkTimeText(120), "2h");
  EXPECT_EQ(WorkTimeText(-90), "-1h 30m");
}

TEST(WorkTimes, MoreThanEightHoursAtOnceNeedTheMark) {
  EXPECT_TRUE(CheckAtOnce({480, false}).ok());
  EXPECT_TRUE(CheckAtOnce({481, true}).ok());
  const absl::Status asked = CheckAtOnce({540, false});
  EXPECT_TRUE(absl::IsOutOfRange(asked));
  EXPECT_EQ(asked.message(), "more than 8h at once: if this is meant, write 9h!");
}

TEST(Hours, AnEntryIsRoundedUpToTheUnitAndDrawnFromTheBlock) {
  const Customer acme = WithTenHours();
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 20), &facts).ok());
  EXPECT_EQ(facts[0].minutes, 20);
  EXPECT_EQ(facts[0].accounted, 30);
  const HoursBook book = Read(acme, facts);
  EXPECT_EQ(book.blocks[0].used, 30);
  EXPECT_EQ(book.blocks[0].left(), 570);
  EXPECT_EQ(book.LeftAt(kToday), 570);
  const HoursEntry* entry = book.Find("e1");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->draws, (std::vector<HoursDraw>{{"q1", 30}}));
  EXPECT_EQ(entry->over, 0);
  EXPECT_EQ(entry->by, "github:bob");
}

TEST(Hours, WhatDoesNotFitIsRefusedWithWhatIsLeft) {
  const Customer acme = WithTenHours();
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 480), &facts).ok());
  const absl::Status refused = Log(acme, Done("e2", 121), &facts);
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_EQ(refused.message(),
            "the hours do not suffice: 2h of q1 is left, the entry takes 2h 15m");
  EXPECT_TRUE(Log(acme, Done("e2", 120), &facts).ok());
  EXPECT_EQ(Log(acme, Done("e3", 15, Day(4, 1)), &facts, kNow + absl::Hours(24 * 30)).message(),
            "no block of hours covers 2026-04-01: nothing was logged");
}

TEST(Hours, WhatDoesNotFitIsSplitWhereThePolicyAllowsIt) {
  for (const OverHours over : {OverHours::kAllow, OverHours::kOverage}) {
    const Customer acme = WithTenHours(over);
    std::vector<CustomerFact> facts;
    ASSERT_TRUE(Log(acme, Done("e1", 480), &facts).ok());
    ASSERT_TRUE(Log(acme, Done("e2", 180), &facts).ok());
    const HoursBook book = Read(acme, facts);
    EXPECT_EQ(book.blocks[0].left(), 0);
    EXPECT_EQ(book.blocks[0].over, 60);
    EXPECT_EQ(book.Find("e2")->draws, (std::vector<HoursDraw>{{"q1", 120}}));
    EXPECT_EQ(book.Find("e2")->over, 60);
    EXPECT_EQ(book.Find("e2")->over_block, "q1");
  }
}

TEST(Hours, OfSeveralBlocksTheOneThatEndsFirstIsDrawnFirst) {
  Customer acme = Acme(
      {Block("spring", 60, Day(3, 1), Day(5, 31)), Block("year", 600, Day(1, 1), Day(12, 31))});
  acme.hours[1].unit = 60;
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 70), &facts).ok());
  const HoursBook book = Read(acme, facts);
  EXPECT_EQ(book.Find("e1")->accounted, 75) << "rounded once, to the unit of the first block";
  EXPECT_EQ(book.Find("e1")->draws, (std::vector<HoursDraw>{{"spring", 60}, {"year", 15}}));
}

TEST(Hours, AShareOfWhatIsLeftRollsOverWhenABlockHasEnded) {
  Customer acme =
      Acme({Block("q1", 600, Day(1, 1), Day(3, 31)), Block("q2", 600, Day(4, 1), Day(6, 30)),
            Block("q3", 600, Day(7, 1), Day(9, 30))});
  acme.hours[0].rollover = 0.5;
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 120), &facts).ok());
  EXPECT_EQ(Read(acme, facts, Day(3, 31)).blocks[1].amount(), 600);
  const HoursBook later = Read(acme, facts, Day(4, 1));
  EXPECT_TRUE(later.blocks[0].ended);
  EXPECT_EQ(later.blocks[0].rolled_out, 240);
  EXPECT_EQ(later.blocks[1].amount(), 840);
  // What is logged later for a day of the old block takes from what rolled over.
  const absl::Time april = kNow + absl::Hours(24 * 30);
  ASSERT_TRUE(Log(acme, Done("e2", 60, Day(3, 30)), &facts, april).ok());
  EXPECT_EQ(Read(acme, facts, Day(4, 9)).blocks[1].amount(), 810);
  EXPECT_EQ(Read(acme, facts, Day(7, 1)).blocks[2].amount(), 600) << "q2 has no rollover";
}

TEST(Hours, ACorrectionTakesThePlaceOfTheEntry) {
  const Customer acme = WithTenHours();
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 480), &facts).ok());
  const auto correct = [&](int minutes) {
    const auto fact =
        MakeWorkCorrected(acme, facts, "e1", {minutes, false}, "a typing error", "carol", kNow);
    if (fact.ok()) facts.push_back(*fact);
    return fact.status();
  };
  ASSERT_TRUE(correct(48).ok());
  EXPECT_EQ(Read(acme, facts).blocks[0].used, 60);
  EXPECT_EQ(Read(acme, facts).Find("e1")->corrected_by, "carol");
  EXPECT_EQ(Read(acme, facts).Find("e1")->text, "read the dump");
  ASSERT_TRUE(correct(0).ok()) << "the last one counts, also in the same second";
  EXPECT_EQ(Read(acme, facts).blocks[0].used, 0);
  EXPECT_TRUE(absl::IsNotFound(
      MakeWorkCorrected(acme, facts, "e9", {5, false}, "why", "carol", kNow).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      MakeWorkCorrected(acme, facts, "e1", {601, true}, "why", "carol", kNow).status()));
}

TEST(Hours, AnEntryNeedsATextAPersonAndADayThatWas) {
  const Customer acme = WithTenHours();
  std::vector<CustomerFact> facts;
  Work work = Done("e1", 15);
  work.text = " \n ";
  EXPECT_TRUE(absl::IsInvalidArgument(Log(acme, work, &facts)));
  work = Done("e1", 15);
  work.by.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(Log(acme, work, &facts)));
  EXPECT_TRUE(absl::IsInvalidArgument(Log(acme, Done("e1", 15, kToday + 1), &facts)));
  EXPECT_TRUE(absl::IsInvalidArgument(Log(acme, Done("e1", 15, kToday - 367), &facts)));
  EXPECT_TRUE(absl::IsOutOfRange(Log(acme, Done("e1", 540), &facts)));
  ASSERT_TRUE(Log(acme, Done("e1", 15), &facts).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Log(acme, Done("e1", 15), &facts)));
  work = Done("e2", 15);
  work.text = std::string(300, 'x') + "\n";
  ASSERT_TRUE(Log(acme, work, &facts).ok());
  EXPECT_EQ(facts.back().text.size(), kMostWorkText);
}

TEST(Hours, WithoutBlocksWorkIsLoggedAndCountedNowhere) {
  const Customer acme = Acme({});
  std::vector<CustomerFact> facts;
  ASSERT_TRUE(Log(acme, Done("e1", 20), &facts).ok());
  EXPECT_EQ(facts[0].accounted, 20);
  EXPECT_EQ(Read(acme, facts).Find("e1")->over_block, "");
}

// Facts of entries and corrections on days around the blocks, also corrections of nothing.
std::vector<CustomerFact> AnyFacts() {
  std::vector<CustomerFact> facts;
  const int count = *rc::gen::inRange(1, 7);
  for (int i = 0; i < count; ++i) {
    CustomerFact fact;
    fact.customer = "acme";
    const bool corrects = *rc::gen::arbitrary<bool>();
    fact.kind = corrects ? CustomerFactKind::kWorkCorrected : CustomerFactKind::kWorkLogged;
    fact.entry = absl::StrCat("e", corrects ? *rc::gen::inRange(0, 3) : i);
    fact.at = kNow + absl::Seconds(*rc::gen::inRange(0, 3));
    fact.id = absl::StrCat(corrects ? "c" : "l", ":", fact.entry, ":", i);
    fact.by = "github:bob";
    fact.day = Day(1, 1) + *rc::gen::inRange(0, 120);
    fact.minutes = *rc::gen::inRange(0, 90);
    fact.accounted = (fact.minutes + 14) / 15 * 15;
    facts.push_back(fact);
  }
  return facts;
}

std::vector<HoursBlock> AnyBlocks() {
  std::vector<HoursBlock> blocks;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    const absl::CivilDay from = Day(1, 1) + *rc::gen::inRange(0, 60);
    HoursBlock block = Block(absl::StrCat("b", i), *rc::gen::inRange(1, 120), from,
                             from + *rc::gen::inRange(0, 60));
    block.rollover = *rc::gen::inRange(0, 3) / 2.0;
    block.over = static_cast<OverHours>(*rc::gen::inRange(0, 3));
    blocks.push_back(block);
  }
  std::sort(blocks.begin(), blocks.end(), [](const HoursBlock& a, const HoursBlock& b) {
    return std::tie(a.until, a.from, a.id) < std::tie(b.until, b.from, b.id);
  });
  return blocks;
}

RC_GTEST_PROP(HoursProperty, AnyOrderAndRepetitionOfTheFactsGivesTheSameBalance, ()) {
  const std::vector<HoursBlock> blocks = AnyBlocks();
  std::vector<CustomerFact> facts = AnyFacts();
  const HoursBook book = ReadHours(blocks, facts, Day(5, 1));
  const auto by_id = [](const CustomerFact& a, const CustomerFact& b) { return a.id < b.id; };
  std::sort(facts.begin(), facts.end(), by_id);
  do {
    RC_ASSERT(ReadHours(blocks, facts, Day(5, 1)) == book);
  } while (std::next_permutation(facts.begin(), facts.end(), by_id));
  const std::vector<CustomerFact> again = facts;
  facts.insert(facts.end(), again.begin(), again.end());
  RC_ASSERT(ReadHours(blocks, facts, Day(5, 1)) == book);
}

RC_GTEST_PROP(HoursProperty, EachAccountedMinuteIsDrawnOnceOrOver, ()) {
  const std::vector<HoursBlock> blocks = AnyBlocks();
  const HoursBook book = ReadHours(blocks, AnyFacts(), Day(5, 1));
  int drawn = 0;
  int over = 0;
  for (const HoursEntry& entry : book.entries) {
    int sum = entry.over;
    for (const HoursDraw& draw : entry.draws) {
      sum += draw.minutes;
      drawn += draw.minutes;
    }
    over += entry.over;
    RC_ASSERT(sum == entry.accounted);
  }
  int used = 0;
  int counted = 0;
  int in = 0;
  int out = 0;
  for (const HoursBalance& balance : book.blocks) {
    RC_ASSERT(balance.left() >= 0);
    RC_ASSERT(balance.rolled_out <= balance.left());
    used += balance.used;
    counted += balance.over;
    in += balance.rolled_in;
    out += balance.rolled_out;
  }
  RC_ASSERT(used == drawn);
  RC_ASSERT(counted == over);
  RC_ASSERT(in == out);
}

}  // namespace
}  // namespace retainer
