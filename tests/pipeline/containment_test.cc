#include "src/pipeline/containment.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class ContainmentTest : public World {
 protected:
  ContainmentTest() : containment(*judge, store, clock, log) {
    project = {{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
    EXPECT_TRUE(store.SaveProject(project).ok());
  }

  static std::string Commit(std::int64_t number) {
    const std::string digits = absl::StrCat(number);
    return std::string(40 - digits.size(), 'a') + digits;
  }

  // A change that was merged and fixes the ticket.
  void Fix(std::int64_t number, const TicketKey& ticket, const std::string& project_id = "77") {
    DecisionWrite write;
    write.record.key = {"github", project_id, TicketKind::kChange, number};
    write.record.change =
        ChangeRecord{ChangeState::kMerged, "main", Commit(number), Commit(number), {ticket}, false};
    ASSERT_TRUE(store.Commit(write).ok());
  }

  RefFixes Ask(const std::vector<TicketKey>& tickets, const std::string& ref = "v1") {
    auto fixes = containment.FixedIn(project, ref, tickets);
    EXPECT_TRUE(fixes.ok()) << fixes.status();
    return *fixes;
  }

  ProjectRecord project;
  Containment containment;
};

TEST_F(ContainmentTest, OneOfSeveralFixesIsEnough) {
  Fix(10, Key(1));
  Fix(11, Key(1));
  Fix(12, Key(2));
  forge.SetRef("v1", {Commit(11)});
  const RefFixes fixes = Ask({Key(1), Key(2), Key(3)});
  EXPECT_EQ(fixes.fixed, std::set<TicketKey>{Key(1)});
  EXPECT_EQ(fixes.incomplete, "");
}

TEST_F(ContainmentTest, AFixOfAnotherProjectIsInNoRefOfThisOne) {
  Fix(10, Key(1), "78");
  forge.SetRef("v1", {Commit(10)});
  EXPECT_TRUE(Ask({Key(1)}).fixed.empty());
  EXPECT_EQ(forge.Count("contains"), 0u);
}

TEST_F(ContainmentTest, IsBoundedAndGoesOnWithWhatItRemembers) {
  std::vector<TicketKey> tickets;
  std::set<std::string> commits;
  for (std::int64_t i = 1; i <= 25; ++i) {
    tickets.push_back(Key(i));
    Fix(100 + i, Key(i));
    commits.insert(Commit(100 + i));
  }
  forge.SetRef("v1", commits);
  RefFixes fixes = Ask(tickets);
  EXPECT_EQ(fixes.fixed.size(), Containment::kMaxCalls);
  EXPECT_NE(fixes.incomplete, "");
  EXPECT_EQ(forge.Count("contains"), Containment::kMaxCalls);
  fixes = Ask(tickets);
  EXPECT_EQ(fixes.fixed.size(), 25u);
  EXPECT_EQ(fixes.incomplete, "");
  EXPECT_EQ(forge.Count("contains"), 25u);
}

TEST_F(ContainmentTest, ATagThatMovesIsSeenSoon) {
  Fix(10, Key(1));
  forge.SetRef("latest", {});
  EXPECT_TRUE(Ask({Key(1)}, "latest").fixed.empty());
  forge.SetRef("latest", {Commit(10)});
  clock.Advance(Containment::kRemembered);
  EXPECT_FALSE(Ask({Key(1)}, "latest").fixed.empty());
}

}  // namespace
}  // namespace retainer::pipeline
