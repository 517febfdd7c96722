// The store's contract: gaps in the deliveries, and the noise that we cause.
#pragma once

#include "retainer/gaps.h"
#include "retainer/noise.h"
#include "tests/contract/store_contract.h"

namespace retainer {

inline Gap SampleGap(const std::string& forge, int minute) {
  Gap gap;
  gap.forge = forge;
  gap.from = At(minute);
  gap.to = At(minute + 1);
  gap.found = At(minute + 2);
  return gap;
}

TEST_P(StoreContract, GapsAreKeptWholeAndReplacedInPlace) {
  Gap gap = SampleGap("github", 5);
  gap.missing = 3;
  ASSERT_TRUE(store_.SaveGap(gap).ok());
  ASSERT_TRUE(store_.SaveGap(SampleGap("gitlab", 1)).ok());
  gap.from = At(4);
  gap.sent_again = 1;
  gap.read = 2;
  gap.lost = 1;
  gap.missing = 0;
  gap.unlogged = true;
  gap.lost_ids = {"x"};
  ASSERT_TRUE(store_.SaveGap(gap).ok());
  EXPECT_EQ(*store_.ListGaps(), (std::vector<Gap>{gap, SampleGap("gitlab", 1)}));
}

TEST_P(StoreContract, KnowsTheDeliveriesThatItTook) {
  ASSERT_TRUE(store_.PutDelivery(SampleDelivery("a")).ok());
  EXPECT_TRUE(*store_.HasDelivery("github", "a"));
  EXPECT_FALSE(*store_.HasDelivery("github", "b"));
  EXPECT_FALSE(*store_.HasDelivery("gitlab", "a"));
  ASSERT_TRUE(
      store_.FinishDelivery("github", store_.ReadInbox("github", 0, 1)->at(0).seq, {}).ok());
  EXPECT_TRUE(*store_.HasDelivery("github", "a"));
}

TEST_P(StoreContract, OnlyTheNewestGapsOfAForgeAreKept) {
  ASSERT_TRUE(store_.SaveGap(SampleGap("gitlab", 0)).ok());
  const int more = static_cast<int>(GapStore::kMostGaps) + 2;
  for (int i = 0; i < more; ++i) ASSERT_TRUE(store_.SaveGap(SampleGap("github", i)).ok());
  const auto gaps = *store_.ListGaps();
  ASSERT_EQ(gaps.size(), GapStore::kMostGaps + 1);
  EXPECT_EQ(gaps.front().from, At(2));
  EXPECT_EQ(gaps.back().forge, "gitlab");
}

TEST_P(StoreContract, NoiseIsCountedByKindTicketAndMonth) {
  const absl::Time at =
      absl::FromCivil(absl::CivilSecond(2026, 3, 31, 23, 59, 59), absl::UTCTimeZone());
  const std::int32_t march = MonthOf(at);
  const auto add = [&](int ticket, NoiseKind kind, std::uint64_t count, absl::Time when) {
    ASSERT_TRUE(store_.AddNoise(SampleTicket(ticket), kind, count, when).ok());
  };
  EXPECT_EQ(store_.ReadNoise(march, 9)->tickets, 0u);
  add(1, NoiseKind::kStatus, 1, at);
  add(2, NoiseKind::kStatus, 1, at);
  add(3, NoiseKind::kStatus, 1, at);
  add(2, NoiseKind::kAssignment, 2, at);
  add(2, NoiseKind::kMention, 0, at);
  add(3, NoiseKind::kMention, 1, at);
  add(1, NoiseKind::kMention, 1, at + absl::Seconds(1));  // April
  const NoiseMonth noise = *store_.ReadNoise(march, 2);
  EXPECT_EQ(noise.kinds,
            (NoiseCounts{
                {NoiseKind::kStatus, 3}, {NoiseKind::kMention, 1}, {NoiseKind::kAssignment, 2}}));
  EXPECT_EQ(noise.tickets, 3u);
  EXPECT_EQ(noise.median, 2u);
  EXPECT_EQ(noise.noisiest, (std::vector<std::pair<TicketKey, std::uint64_t>>{
                                {SampleTicket(2), 3}, {SampleTicket(3), 2}}));
  EXPECT_EQ(*store_.ReadNoiseOf(SampleTicket(2), march),
            (NoiseCounts{{NoiseKind::kStatus, 1}, {NoiseKind::kAssignment, 2}}));
  EXPECT_EQ(*store_.ReadNoiseOf(SampleTicket(1), march + 1),
            (NoiseCounts{{NoiseKind::kMention, 1}}));
  EXPECT_TRUE(store_.ReadNoiseOf(SampleTicket(2), march + 1)->empty());
}

TEST_P(StoreContract, NoiseOfEarlierYearsIsForgotten) {
  const absl::Time long_ago =
      absl::FromCivil(absl::CivilSecond(2025, 1, 31, 0, 0, 0), absl::UTCTimeZone());
  const absl::Time kept =
      absl::FromCivil(absl::CivilSecond(2025, 2, 1, 0, 0, 0), absl::UTCTimeZone());
  const absl::Time now =
      absl::FromCivil(absl::CivilSecond(2026, 2, 1, 0, 0, 0), absl::UTCTimeZone());
  for (const absl::Time at : {long_ago, kept, now}) {
    ASSERT_TRUE(store_.AddNoise(SampleTicket(1), NoiseKind::kStatus, 1, at).ok());
  }
  EXPECT_TRUE(store_.ReadNoise(MonthOf(long_ago), 9)->kinds.empty());
  EXPECT_EQ(store_.ReadNoise(MonthOf(long_ago), 9)->tickets, 0u);
  EXPECT_EQ(store_.ReadNoise(MonthOf(kept), 9)->tickets, 1u);
}

}  // namespace retainer
