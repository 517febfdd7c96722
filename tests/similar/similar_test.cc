// Solved tickets that are like another one: what is found, for whom, and what keeps it up.
#include "src/similar/similar.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fakes/temporary_folder.h"
#include "tests/pipeline/world.h"

namespace retainer::similar {
namespace {

using pipeline::At;
using pipeline::kAlice;
using pipeline::kDave;
using pipeline::kErin;

class SimilarTest : public pipeline::World {
 protected:
  SimilarTest() : similar(store, clock, log, {"github"}, "", [this] { return terms.Get(); }) {}

  Learnt Heard() { return {Provenance::kWebhook, clock.Now()}; }
  Moment Now() { return Moment::At(clock.Now()); }
  void Tell(std::int64_t number, const std::string& title, std::vector<Fact> facts,
            bool is_private = false, const std::string& project = "77") {
    Event event = MakeEvent(number, kErin, std::move(facts));
    event.ticket->title = title;
    event.project.is_private = is_private;
    event.project.id = project;
    if (project != "77") event.project.path = "acme/opendb-" + project;
    event.project.as_of = clock.Now();
    Deliver(absl::StrCat("d", ++deliveries), std::move(event));
    Work();
    clock.Advance(absl::Minutes(1));
  }
  void Open(std::int64_t number, const std::string& title, const std::string& text,
            bool is_private = false, const std::string& project = "77") {
    Tell(number, title, {MakeOpened(Heard(), kErin, Now(), text)}, is_private, project);
  }
  void Say(std::int64_t number, const std::string& title, const Actor& who, const std::string& text,
           bool internal = false, bool is_private = false, const std::string& project = "77") {
    Tell(number, title,
         {MakeComment(Heard(), absl::StrCat("comment/", 100 + deliveries), who, Now(), text,
                      internal)},
         is_private, project);
  }
  void Close(std::int64_t number, const std::string& title, const std::string& reason = "completed",
             bool is_private = false, const std::string& project = "77") {
    Tell(number, title, {MakeClosed(Heard(), reason, kAlice, Now())}, is_private, project);
  }
  void Solve(std::int64_t number, const std::string& title, const std::string& text,
             bool is_private = false, const std::string& project = "77") {
    Open(number, title, text, is_private, project);
    Say(number, title, kAlice, "Raise the limit of the pool.", false, is_private, project);
    Close(number, title, "completed", is_private, project);
  }
  // Other tickets, so that words have weights.
  void Others(int count = 12) {
    for (int i = 0; i < count; ++i) {
      Solve(50 + i, absl::StrCat("Matter ", i), absl::StrCat("Something about subject", i));
    }
  }
  std::vector<std::int64_t> Like(std::int64_t number, Asking asking = Everything()) {
    EXPECT_TRUE(similar.CatchUp().ok());
    const auto found = similar.FindFor(Key(number), asking);
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::int64_t> numbers;
    if (found.ok()) {
      for (const SimilarTicket& one : *found) numbers.push_back(one.record.key.number);
    }
    return numbers;
  }
  static Asking Everything() {
    Asking asking;
    asking.reader.all_projects = asking.reader.all_customers = true;
    return asking;
  }

  Similar similar;
  int deliveries = 0;
};

using Numbers = std::vector<std::int64_t>;

constexpr char kError[] = "It stops.\n```\nERROR: connection pool exhausted after failover\n```\n";

TEST_F(SimilarTest, FindsWhatWasSolvedByItsError) {
  Others();
  Solve(1, "Pool of connections", kError);
  Open(2, "It does not work", kError);
  EXPECT_EQ(Like(2), Numbers{1});
  const auto found = similar.FindFor(Key(2), Everything());
  EXPECT_EQ(found->at(0).solved, Solved::kAnswer);
  EXPECT_GT(found->at(0).score, *similar.Threshold());
  EXPECT_TRUE(absl::IsNotFound(similar.FindFor(Key(999), Everything()).status()));
}

// Found by a review: the first hits alone were looked at, whatever the reader may read.
TEST_F(SimilarTest, WhatTheReaderMayNotReadCrowdsNothingOut) {
  Others(90);
  for (int i = 0; i < 25; ++i) Solve(200 + i, "Pool of connections", kError, false, "99");
  Solve(1, "Something else with many other words", absl::StrCat(kError, "It was a Tuesday."));
  Open(2, "It does not work", kError);
  Asking one;
  one.reader.all_customers = true;
  one.reader.keys = {{"github", "77"}};
  EXPECT_EQ(Like(2, one), Numbers{1});
}

TEST_F(SimilarTest, OnlyWhatWasClosedWithAFixOrAnAnswer) {
  Others();
  Open(1, "Open", kError);
  Say(1, "Open", kAlice, "Raise the limit.");
  Open(2, "Unanswered", kError);
  Close(2, "Unanswered");
  Solve(3, "Not planned", kError);
  Close(3, "Not planned", "not_planned");
  Open(4, "A note is no answer", kError);
  Say(4, "A note is no answer", kAlice, "Raise the limit.", /*internal=*/true);
  Close(4, "A note is no answer");
  Open(5, "The author's own", kError);
  Say(5, "The author's own", kErin, "I found it: raise the limit.");
  Close(5, "The author's own");
  Solve(6, "Reopened", kError);
  Tell(6, "Reopened", {MakeReopened(Heard(), kErin, Now())});
  Open(9, "Asks", kError);
  EXPECT_EQ(Like(9), Numbers{});
  Close(6, "Reopened");
  EXPECT_EQ(Like(9), Numbers{6});
}

TEST_F(SimilarTest, WhatIsSecretIsFoundOnlyByThoseWhoMayReadEverything) {
  Others();
  Solve(1, "Pool", kError, /*is_private=*/true, "88");
  Open(2, "Asks", kError);
  Asking some;
  some.reader.all_customers = true;
  some.reader.keys = {{"github", "77"}, {"github", "88"}};
  EXPECT_EQ(Like(2, some), Numbers{});
  EXPECT_EQ(Like(2), Numbers{1});
}

TEST_F(SimilarTest, AnInternalNoteLeadsNobodyElseToItsTicket) {
  Others();
  Open(1, "A matter of its own", "Nothing to see.");
  Say(1, "A matter of its own", kAlice, "Have a look at the other ticket, please.");
  Say(1, "A matter of its own", kAlice, "zanzibar quorum widget", /*internal=*/true);
  Close(1, "A matter of its own");
  Open(2, "zanzibar quorum widget", "Help!");
  Asking some;
  some.reader.all_customers = true;
  some.reader.keys = {{"github", "77"}};
  EXPECT_EQ(Like(2, some), Numbers{});
  EXPECT_EQ(Like(2), Numbers{1});
}

TEST_F(SimilarTest, AProjectThatGoesPrivateLeavesTheOpenShelf) {
  Others();
  Solve(1, "Pool", kError, false, "88");
  Open(2, "Asks", kError);
  Asking some;
  some.reader.all_customers = true;
  some.reader.keys = {{"github", "77"}};
  some.reader.projects = {{"github", "acme/opendb-88"}};
  EXPECT_EQ(Like(2, some), Numbers{1});
  ProjectRecord project = **store.FindProject({"github", "88"});
  project.is_private = true;
  project.told_at = clock.Now();
  ASSERT_TRUE(store.SaveProject(project).ok());
  EXPECT_EQ(Like(2, some), Numbers{});
  EXPECT_EQ(Like(2), Numbers{1});
}

TEST_F(SimilarTest, WhatWasDeletedIsForgottenAndWhatIsOldToo) {
  Others();
  Solve(1, "Pool", kError);
  Open(2, "Asks", kError);
  ASSERT_EQ(Like(2), Numbers{1});
  Tell(1, "Pool", {MakeDeleted(Heard(), kErin, Now())});
  EXPECT_EQ(Like(2), Numbers{});
  EXPECT_TRUE(store.LoadTexts(Key(1), 9)->empty());
  Solve(3, "Pool", kError);
  ASSERT_EQ(Like(2), Numbers{3});
  clock.Advance(kTextsKept + absl::Hours(1));
  EXPECT_EQ(Like(2), Numbers{});
  EXPECT_TRUE(store.LoadTexts(Key(3), 9)->empty());
  EXPECT_FALSE(store.LoadTexts(Key(2), 9)->empty()) << "it is open";
}

TEST_F(SimilarTest, WhatAProjectSaidIsForgottenWhenThePolicyLeavesIt) {
  Others();
  Solve(1, "Pool", kError);
  Open(2, "Asks", kError);
  ASSERT_EQ(Like(2), Numbers{1});
  const TermsHistory before = terms.Get();
  Policy without = pipeline::MakePolicy();
  without.projects = {{"github", "acme/other"}};
  TermsHistory left = before;
  left.push_back(pipeline::MakeTerms("v2", clock.Now(), without));
  terms.Set(left);
  ASSERT_TRUE(similar.CatchUp().ok());
  EXPECT_FALSE(store.LoadTexts(Key(1), 9)->empty()) << "the policy may be a mistake";
  clock.Advance(kUncoveredTextsKept - absl::Minutes(1));
  ASSERT_TRUE(similar.CatchUp().ok());
  EXPECT_FALSE(store.LoadTexts(Key(1), 9)->empty());
  // Another version that does not cover it either begins no new time.
  left.push_back(pipeline::MakeTerms("v3", clock.Now(), without));
  terms.Set(left);
  clock.Advance(absl::Minutes(2));
  ASSERT_TRUE(similar.CatchUp().ok());
  EXPECT_TRUE(store.LoadTexts(Key(1), 9)->empty());
  EXPECT_TRUE(store.LoadTexts(Key(2), 9)->empty()) << "also of one that is open";
}

TEST_F(SimilarTest, TheIndexIsFilledAgainFromTheStore) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/similar.sqlite";
  Others();
  Solve(1, "Pool", kError);
  Open(2, "Asks", kError);
  for (const char* damage : {"none", "deleted", "noise"}) {
    if (damage == std::string("deleted")) std::filesystem::remove(path);
    if (damage == std::string("noise")) std::ofstream(path, std::ios::trunc) << "noise, noise";
    Similar mine(store, clock, log, {"github"}, path);
    ASSERT_TRUE(mine.CatchUp().ok()) << damage;
    const auto found = mine.FindFor(Key(2), Everything());
    ASSERT_TRUE(found.ok()) << damage << found.status();
    ASSERT_EQ(found->size(), 1u) << damage;
    EXPECT_EQ(found->at(0).record.key, Key(1)) << damage;
  }
}

TEST_F(SimilarTest, ItsThreadKeepsItUp) {
  Others();
  Solve(1, "Pool", kError);
  Open(2, "Asks", kError);
  similar.Start();
  bool found = false;
  for (int i = 0; i < 20000 && !found; ++i) {
    const auto like = similar.FindFor(Key(2), Everything());
    found = like.ok() && like->size() == 1;
  }
  EXPECT_TRUE(found);
  similar.Stop();
}

TEST_F(SimilarTest, MeasuresItselfOnTheProjectsOwnDuplicates) {
  Others();
  for (int i = 0; i < 12; ++i) {
    const std::string text = absl::StrCat("```\nERROR: shard moon", i, "x lost its quorum\n```");
    Solve(200 + i, absl::StrCat("Shards ", i), text);
    Open(300 + i, "Down again", text);
    Say(300 + i, "Down again", kAlice, absl::StrCat("/support duplicate ", 200 + i));
    Close(300 + i, "Down again", "not_planned");
  }
  const auto evaluation = similar.Evaluate();
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_EQ(evaluation->duplicates, 12u);
  EXPECT_EQ(evaluation->search.recall_at_5, 1.0);
  EXPECT_GT(evaluation->search.precision_at_1, evaluation->title_only.precision_at_1);
  EXPECT_GT(evaluation->search.recall_at_10, evaluation->random.recall_at_10);
  ASSERT_TRUE(evaluation->threshold);
  EXPECT_EQ(*similar.Threshold(), *evaluation->threshold);
}

}  // namespace
}  // namespace retainer::similar
