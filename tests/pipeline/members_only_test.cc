// Who reads a project: that only its members do is believed only from the forge, and a private
// customer's promises are shown in its own project only as long as that is true.
#include <string>

#include "src/pipeline/project_watch.h"
#include "src/pipeline/reconciler.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class MembersOnlyTest : public World {
 protected:
  MembersOnlyTest()
      : reconciler(*judge, store, clock, log, metrics, terms, {"github"}),
        resync(*judge, store, clock, log, metrics, terms),
        watch(*judge, store, clock, log, metrics, terms, resync, nullptr,
              [this](const ProjectKey& project) { reconciler.ProjectChanged(project); }) {
    Policy policy = MakePolicy(/*is_public=*/false);
    policy.customers[0].projects = {{"github", "acme/opendb"}};
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
    worker = std::make_unique<Worker>(
        receiver, *judge, store, clock, log, metrics, terms,
        [this](const ProjectKey& project) { reconciler.ProjectChanged(project); });
    forge.SetProject("acme/opendb", "77");
  }

  // A delivery that tells who can read the project, as of the minute `as_of`.
  Event Telling(const std::string& visibility, int as_of, std::int64_t number = 1) {
    Event event = MakeEvent(number, kDave, {Opened(kDave, 0)});
    event.project.is_private = visibility != "public";
    event.project.members_only = visibility == "private";
    event.project.as_of = At(as_of);
    return event;
  }
  void Tell(int minute, Event event) {
    clock.Set(At(minute));
    Deliver(absl::StrCat("d", ++deliveries_), std::move(event));
    EXPECT_EQ(Work(), 1u);
  }
  ProjectRecord Known() { return **store.FindProject({"github", "77"}); }
  void ReadFacesOut() {
    while (reconciler.busy() && reconciler.RunOnce()->more) {
    }
    for (int i = 0; i < 100; ++i) {
      const Dispatcher::Round round = Dispatch();
      if (round.mutations == 0 && Stats().dirty_faces == 0) break;
      clock.Advance(absl::Seconds(1));
    }
  }

  Reconciler reconciler;
  Resync resync;
  ProjectWatch watch;

 private:
  int deliveries_ = 0;
};

TEST_F(MembersOnlyTest, IsBelievedOnTheForgesWordAlone) {
  forge.SetVisibility("acme/opendb", "internal");
  Tell(0, Telling("private", 0));
  EXPECT_TRUE(Known().is_private);
  EXPECT_FALSE(Known().members_only) << "the forge says that everybody who has signed in reads it";
  // While the forge does not answer, the larger group of readers counts, and the ticket is
  // processed.
  forge.SetVisibility("acme/opendb", "private");
  forge.fault = [](const std::string& call) {
    return call == "find_project" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Tell(10, Telling("private", 10));
  EXPECT_FALSE(Known().members_only);
  forge.fault = nullptr;
  Tell(30, Telling("private", 30));
  EXPECT_TRUE(Known().members_only);
  // Known now: the forge is not asked again.
  const std::size_t asked = forge.Count("find_project");
  Tell(40, Telling("private", 40));
  EXPECT_EQ(forge.Count("find_project"), asked);
}

TEST_F(MembersOnlyTest, EndsWithTheFirstWordOfMoreReadersAndAReplayDoesNotBringItBack) {
  forge.SetVisibility("acme/opendb", "private");
  Tell(0, Telling("private", 0));
  ASSERT_TRUE(Known().members_only);
  const std::size_t asked = forge.Count("find_project");
  forge.SetVisibility("acme/opendb", "internal");
  Tell(10, Telling("internal", 10));
  EXPECT_FALSE(Known().members_only);
  EXPECT_EQ(forge.Count("find_project"), asked) << "at once, without a question";
  EXPECT_TRUE(Known().is_private);
  Tell(20, Telling("private", 0));   // a captured delivery, sent again
  Tell(30, Telling("private", 30));  // or one with a forged newer instant
  EXPECT_FALSE(Known().members_only);
  // If the forge confirms it, only members can read it again. Late information from before leads to
  // a new question.
  forge.SetVisibility("acme/opendb", "private");
  Tell(50, Telling("private", 50));
  ASSERT_TRUE(Known().members_only);
  Tell(60, Telling("internal", 10));
  EXPECT_TRUE(Known().members_only);
  forge.SetVisibility("acme/opendb", "internal");
  Tell(70, Telling("internal", 10));
  EXPECT_FALSE(Known().members_only);
}

TEST_F(MembersOnlyTest, AnInstallationsListSaysNothingOfIt) {
  forge.SetVisibility("acme/opendb", "private");
  Tell(0, Telling("private", 0));
  Event list = Telling("private", 5);
  list.kind = EventKind::kInstallation;
  list.ticket.reset();
  list.facts.clear();
  list.project = {};
  list.projects = {{"77", "acme/opendb", "", true, "5"}};
  Tell(5, list);
  EXPECT_TRUE(Known().members_only);
}

TEST_F(MembersOnlyTest, AProjectThatIsReadByMoreLosesEveryTicketsPromisesAtOnce) {
  forge.SetVisibility("acme/opendb", "private");
  Tell(0, Telling("private", 0, 1));
  Tell(0, Telling("private", 0, 2));
  ReadFacesOut();
  ASSERT_EQ(forge.comments().size(), 2u);
  // A comment on one of the two.
  forge.SetVisibility("acme/opendb", "internal");
  Event event = Telling("internal", 10, 1);
  event.facts = {Commented(kErin, 10, "20", "I see that too, on version two.")};
  Tell(10, event);
  ReadFacesOut();
  EXPECT_TRUE(forge.comments().empty());
}

// GitLab sends nothing when the visibility of a project changes.
TEST_F(MembersOnlyTest, AChangeThatNobodyTellsOfIsFoundByAsking) {
  forge.SetVisibility("acme/opendb", "private");
  Tell(0, Telling("private", 0));
  ReadFacesOut();
  ASSERT_EQ(forge.comments().size(), 1u);
  ASSERT_TRUE(watch.RunOnce().ok());
  const std::size_t asked = forge.Count("find_project");
  clock.Advance(absl::Minutes(2));
  ASSERT_TRUE(watch.RunOnce().ok());
  EXPECT_EQ(forge.Count("find_project"), asked) << "not every time";
  forge.SetVisibility("acme/opendb", "internal");
  clock.Advance(ProjectWatch::kMembersAskedEvery);
  ASSERT_TRUE(watch.RunOnce().ok());
  EXPECT_EQ(forge.Count("find_project"), asked + 1);
  EXPECT_FALSE(Known().members_only);
  ReadFacesOut();
  EXPECT_TRUE(forge.comments().empty());
  // No promises are shown for that reason any more, so the forge is not asked.
  clock.Advance(ProjectWatch::kMembersAskedEvery);
  ASSERT_TRUE(watch.RunOnce().ok());
  EXPECT_EQ(forge.Count("find_project"), asked + 1);
}

}  // namespace
}  // namespace retainer::pipeline
