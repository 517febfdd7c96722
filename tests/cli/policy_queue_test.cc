// What is said first about the policy's repository, and what finds no room.
#include "src/cli/policy_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace retainer::cli {
namespace {

using testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'772'560'800);

PolicyWork Commit(const std::string& commit) {
  PolicyWork work;
  work.commit = commit;
  return work;
}

PolicyWork Proposal(std::int64_t number, const std::string& author, const std::string& head = "") {
  PolicyWork work;
  work.proposed = number;
  work.author = author;
  work.head = head;
  return work;
}

// The numbers of the proposals in the order in which they are taken.
std::vector<std::int64_t> TakeAll(PolicyQueue* queue) {
  std::vector<std::int64_t> numbers;
  while (const auto work = queue->Take(kNow)) numbers.push_back(work->proposed);
  return numbers;
}

TEST(PolicyQueueTest, TheBranchComesFirstAndHasItsOwnPlace) {
  PolicyQueue queue;
  for (int i = 1; i <= 500; ++i) queue.Add(Proposal(i, absl::StrCat(i)));
  EXPECT_TRUE(queue.Add(Commit("aaaa")));
  for (int i = 501; i <= 1000; ++i) queue.Add(Proposal(i, absl::StrCat(i)));
  EXPECT_EQ(queue.Take(kNow)->commit, "aaaa");
}

TEST(PolicyQueueTest, NewerNewsOfAProposalTakesThePlaceOfOlder) {
  PolicyQueue queue;
  EXPECT_TRUE(queue.Add(Proposal(1, "a", "old")));
  EXPECT_TRUE(queue.Add(Proposal(1, "a", "new")));
  EXPECT_EQ(queue.Take(kNow)->head, "new");
  EXPECT_FALSE(queue.Take(kNow));
  EXPECT_EQ(queue.Next(), absl::InfiniteFuture());
}

TEST(PolicyQueueTest, AnAuthorHasALimit) {
  PolicyQueue queue;
  EXPECT_TRUE(queue.Add(Proposal(1, "other")));
  for (int i = 2; i <= 4; ++i) EXPECT_TRUE(queue.Add(Proposal(i, "flood")));
  for (int i = 5; i <= 100; ++i) EXPECT_FALSE(queue.Add(Proposal(i, "flood")));
  EXPECT_THAT(TakeAll(&queue), ElementsAre(1, 98, 99, 100));
}

TEST(PolicyQueueTest, WhoProposesLessMakesNoRoomForWhoProposesMore) {
  PolicyQueue queue;
  EXPECT_TRUE(queue.Add(Proposal(1, "alice")));
  for (int i = 0; i < 300; ++i) queue.Add(Proposal(10 + i, absl::StrCat("flood", i / 3)));
  EXPECT_EQ(TakeAll(&queue).front(), 1);
  EXPECT_TRUE(queue.Add(Proposal(2, "bob")));
}

TEST(PolicyQueueTest, AuthorsTakeTurns) {
  PolicyQueue queue;
  for (int i = 1; i <= 3; ++i) queue.Add(Proposal(i, "a"));
  queue.Add(Proposal(4, "b"));
  queue.Add(Proposal(5, "c"));
  EXPECT_THAT(TakeAll(&queue), ElementsAre(1, 4, 5, 2, 3));
}

TEST(PolicyQueueTest, WhatIsFoundInAListComesLast) {
  PolicyQueue queue;
  EXPECT_TRUE(queue.Add(Proposal(1, "")));
  EXPECT_TRUE(queue.Add(Proposal(PolicyWork::kAllOpen, "")));
  EXPECT_TRUE(queue.Add(Proposal(2, "a")));
  EXPECT_TRUE(queue.Add(Proposal(3, "")));
  EXPECT_TRUE(queue.Add(Proposal(3, "a"))) << "known from a delivery now";
  EXPECT_THAT(TakeAll(&queue), ElementsAre(2, 3, PolicyWork::kAllOpen, 1));
}

TEST(PolicyQueueTest, NothingIsTakenBeforeItsTime) {
  PolicyQueue queue;
  PolicyWork later = Proposal(1, "a");
  later.not_before = kNow + absl::Seconds(1);
  queue.Add(later);
  EXPECT_TRUE(queue.Has(later));
  EXPECT_FALSE(queue.Take(kNow));
  EXPECT_EQ(queue.Next(), later.not_before);
  EXPECT_TRUE(queue.Take(kNow + absl::Seconds(1)));
}

}  // namespace
}  // namespace retainer::cli
