// Which project a delivery is about: a delivery is believed only as far as the forge confirms it.
#include <algorithm>

#include "src/pipeline/worker.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class WorkerProjectsTest : public World {
 protected:
  // The holder of a secret for `acme/opendb` (77) and the project `acme/vault` (88).
  Event Of(const std::string& id, const std::string& path) {
    Event event = MakeEvent(1, kDave, {Opened(kDave, 0)});
    event.project.id = id;
    event.project.path = path;
    return event;
  }
  std::string PathOf(const std::string& id) {
    auto project = store.FindProject({"github", id});
    EXPECT_TRUE(project.ok()) << project.status();
    return project.ok() && *project ? (*project)->path : "";
  }
  std::size_t FactsOf(const std::string& id) {
    auto stored = store.LoadTicket({"github", id, TicketKind::kIssue, 1});
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->facts.size() : 0;
  }
  std::string ReasonOfFirstSetAside() {
    auto entries = store.ListSetAside(10);
    EXPECT_TRUE(entries.ok());
    return entries.ok() && !entries->empty() ? (*entries)[0].reason : "";
  }
  void SetForge() {
    forge.SetProject("acme/opendb", "77");
    forge.SetProject("acme/vault", "88");
  }
};

TEST_F(WorkerProjectsTest, ABoundSecretDoesNotReachAnotherProjectThroughItsId) {
  SetForge();
  Deliver("genuine", Of("88", "acme/vault"));
  Work();
  const std::size_t before = FactsOf("88");
  Event forged = Of("88", "acme/opendb");
  forged.facts.push_back(Commented(kAlice, 1, "9", "I have looked into this and it is fixed."));
  Deliver("forged", forged, /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(FactsOf("88"), before);
  EXPECT_EQ(PathOf("88"), "acme/vault");
  EXPECT_EQ(ReasonOfFirstSetAside(), "the forge says that acme/opendb is the project 77, not 88");
}

TEST_F(WorkerProjectsTest, NorThroughAnIdThatIsNotKnownYet) {
  SetForge();
  Deliver("forged", Of("88", "acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(FactsOf("88"), 0u);
  EXPECT_EQ(PathOf("88"), "");
  EXPECT_EQ(Stats().set_aside, 1u);
  // Its own project is its to speak for.
  Deliver("own", Of("77", "acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  EXPECT_GT(FactsOf("77"), 0u);
  // Known now: nobody is asked again.
  const std::size_t asked = forge.Count("find_project");
  Deliver("own2", Of("77", "acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(forge.Count("find_project"), asked);
}

TEST_F(WorkerProjectsTest, NorByAnInstallationsListOrARename) {
  SetForge();
  Deliver("genuine", Of("88", "acme/vault"));
  Work();
  Event list = Of("", "");
  list.kind = EventKind::kInstallation;
  list.ticket.reset();
  list.projects = {{"88", "acme/opendb", "", false, "666"}, {"77", "acme/opendb", "", false, "5"}};
  Deliver("list", list, /*bound=*/true);
  Event rename = Of("88", "acme/opendb");
  rename.kind = EventKind::kProject;
  rename.ticket.reset();
  Deliver("rename", rename, /*bound=*/true);
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(PathOf("88"), "acme/vault");
  EXPECT_EQ((*store.FindProject({"github", "88"}))->installation_id, "5");
  EXPECT_EQ(PathOf("77"), "acme/opendb");
}

TEST_F(WorkerProjectsTest, NorByATransfer) {
  SetForge();
  Deliver("genuine", Of("88", "acme/vault"));
  Deliver("own", Of("77", "acme/opendb"));
  Work();
  const std::size_t before = FactsOf("88");
  Event transfer = Of("77", "acme/opendb");
  transfer.facts = {
      MakeMoved({Provenance::kWebhook, At(1)}, "github/88/issue/1", kAlice, Moment::At(At(1)))};
  transfer.projects = {{"88", "acme/opendb", "", false, ""}};
  Deliver("forged", transfer, /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(FactsOf("88"), before);
  EXPECT_EQ(Stats().set_aside, 1u);
}

TEST_F(WorkerProjectsTest, ANameInOtherCaseIsTheSameProject) {
  SetForge();
  Deliver("first", Of("77", "acme/opendb"));
  EXPECT_EQ(Work(), 1u);
  const std::size_t asked = forge.calls().size();
  Deliver("shouted", Of("77", "ACME/OpenDB"));
  Deliver("bound", Of("77", "Acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(Stats().set_aside, 0u);
  EXPECT_EQ(forge.calls().size(), asked) << "nothing to confirm";
  EXPECT_EQ((*store.FindProjectByPath({"github", "acme/OPENDB"}))->key.id, "77");
}

TEST_F(WorkerProjectsTest, AGenuineRenameIsFollowed) {
  for (const bool bound : {false, true}) {
    const std::string id = bound ? "78" : "77";
    const std::string name = absl::StrCat("acme/db", id);
    forge.SetProject(name, id);
    Deliver(absl::StrCat("first", id), Of(id, name), bound);
    EXPECT_EQ(Work(), 1u);
    clock.Advance(absl::Minutes(1));
    const std::string renamed = absl::StrCat("acme/base", id);
    forge.SetProject(renamed, id);
    forge.SetProject(name, id, renamed);  // the old name leads to the new one
    Deliver(absl::StrCat("renamed", id), Of(id, renamed), bound);
    EXPECT_EQ(Work(), 1u);
    EXPECT_EQ(PathOf(id), renamed);
    EXPECT_EQ(Stats().set_aside, 0u);
    clock.Advance(absl::Minutes(1));
    // A late delivery does not bring the old name back.
    Deliver(absl::StrCat("late", id), Of(id, name), bound);
    EXPECT_EQ(Work(), 1u);
    EXPECT_EQ(PathOf(id), renamed);
    EXPECT_EQ(Stats().set_aside, 0u);
  }
}

// The policy names `acme/opendb` alone.
class RenameTest : public WorkerProjectsTest {
 protected:
  RenameTest() {
    Policy policy = MakePolicy();
    policy.projects = {{"github", "acme/opendb"}};
    terms.Set({MakeTerms("v1", At(-60), policy)});
    forge.SetProject("acme/opendb2", "77");
    forge.SetProject("acme/opendb", "77", "acme/opendb2");
  }
  Event Renamed() {
    Event event = Of("77", "acme/opendb2");
    event.kind = EventKind::kProject;
    event.ticket.reset();
    event.facts.clear();
    return event;
  }
  Event CommentUnder(const std::string& path, int minute) {
    Event event = Of("77", path);
    event.facts = {Commented(kAlice, minute, absl::StrCat(minute), "I have looked into this.")};
    return event;
  }
};

// Report (here): a renamed project loses its customers silently.
TEST_F(RenameTest, APromiseGoesOnUnderTheNewName) {
  Deliver("opened", Of("77", "acme/opendb"));
  Work();
  ASSERT_EQ(Load(1).record.customers.size(), 1u);
  clock.Set(At(5));
  Deliver("renamed", Renamed());
  Work();
  EXPECT_EQ(PathOf("77"), "acme/opendb2");
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  EXPECT_EQ(Load(1).record.customers.size(), 1u) << "by its id";
  EXPECT_TRUE(Load(1).record.tracked);
  clock.Set(At(10));
  Deliver("answer", CommentUnder("acme/opendb2", 10));
  Work();
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "met");
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) {
                            return line.find("by an old name") != std::string::npos;
                          }),
            1)
      << "said loudly, and once";
  EXPECT_EQ((*store.FindProjectByPath({"github", "acme/opendb"}))->key.id, "77")
      << "the old name says where to look";
}

TEST_F(RenameTest, ItDoesNotMatterWhichNameComesFirst) {
  clock.Set(At(5));
  Event answer = CommentUnder("acme/opendb2", 5);
  Deliver("answer", answer);
  Work();
  EXPECT_EQ(Stats().held, 1u) << "no name that the policy has";
  clock.Set(At(6));
  Event opened = Of("77", "acme/opendb");
  opened.project.as_of = At(0);
  Deliver("opened", opened);
  Work();
  Work();
  EXPECT_EQ(Stats().held, 0u);
  EXPECT_EQ(PathOf("77"), "acme/opendb2");
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "met");
}

TEST_F(RenameTest, APolicyThatIsChangedWithoutTheNewNameEndsIt) {
  Deliver("opened", Of("77", "acme/opendb"));
  clock.Set(At(5));
  Deliver("renamed", Renamed());
  Work();
  Policy changed = MakePolicy();
  changed.projects = {{"github", "acme/opendb"}};
  TermsHistory history = terms.Get();
  history.push_back(MakeTerms("v2", At(10), changed));
  terms.Set(history);
  clock.Set(At(11));
  Deliver("answer", CommentUnder("acme/opendb2", 11));
  Work();
  EXPECT_EQ(Stats().held, 1u);
  // With the new name it goes on, and what came meanwhile is read.
  changed.projects = {{"github", "acme/opendb2"}};
  history.push_back(MakeTerms("v3", At(20), changed));
  terms.Set(history);
  clock.Set(At(21));
  auto released = store.ReleaseHeld({"github", "77"}, 100);
  ASSERT_TRUE(released.ok());
  EXPECT_EQ(*released, 1u);
  Work();
  EXPECT_EQ(Load(1).record.customers.size(), 1u);
  EXPECT_NE(Load(1).facts.Find(MakeFactId(FactKind::kComment, "comment/11", "")), nullptr);
}

TEST_F(WorkerProjectsTest, DeliveriesOfUncoveredProjectsAreHeldCountedAndForgottenInTime) {
  Deliver("d1", Of("99", "other/thing"));
  Deliver("d2", Of("99", "other/thing"));
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_EQ(Stats().held, 2u);
  const auto held = store.ListHeld();
  ASSERT_TRUE(held.ok());
  ASSERT_EQ(held->size(), 1u);
  EXPECT_EQ((*held)[0].project, (ProjectKey{"github", "99"}));
  EXPECT_EQ((*held)[0].count, 2u);
  EXPECT_EQ(FactsOf("99"), 0u);
  ASSERT_TRUE(store.Expire(At(1)).ok());
  EXPECT_EQ(Stats().held, 0u);
  EXPECT_TRUE(store.ListHeld()->empty());
  EXPECT_EQ(*store.ReleaseHeld({"github", "99"}, 100), 0u);
}

// A captured delivery is sent again under another id.
TEST_F(WorkerProjectsTest, AReplayedDeliveryDoesNotMakeAPrivateProjectPublic) {
  SetForge();
  Event open = Of("77", "acme/opendb");
  open.project.as_of = At(0);
  Deliver("captured", open);
  Work();
  clock.Set(At(5));
  Event privatized = Of("77", "acme/opendb");
  privatized.kind = EventKind::kProject;
  privatized.ticket.reset();
  privatized.project.is_private = true;
  privatized.project.as_of = At(4);
  Deliver("privatized", privatized);
  Work();
  const auto is_private = [&] { return (*store.FindProject({"github", "77"}))->is_private; };
  ASSERT_TRUE(is_private());
  forge.SetProjectPrivate("acme/opendb", true);
  clock.Set(At(10));
  Deliver("replayed", open);
  // Even where its instant is made to look new, the forge is asked.
  Event fresh = open;
  fresh.project.as_of = At(10);
  Deliver("fresh", fresh);
  Work();
  EXPECT_TRUE(is_private());
  // While the forge does not answer it stays private, and the ticket's facts go on.
  forge.fault = [](const std::string& call) {
    return call == "find_project" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  clock.Set(At(20));
  Event comment = Of("77", "acme/opendb");
  comment.facts = {Commented(kErin, 20, "20", "I see that too, on version two.")};
  Deliver("unanswered", comment);
  EXPECT_EQ(Work(), 1u);
  EXPECT_TRUE(is_private());
  // Once the forge says so it is public.
  forge.fault = nullptr;
  forge.SetProjectPrivate("acme/opendb", false);
  clock.Set(At(40));
  Event publicized = privatized;
  publicized.project.is_private = false;
  publicized.project.as_of = At(39);
  Deliver("publicized", publicized);
  EXPECT_EQ(Work(), 1u);
  EXPECT_FALSE(is_private());
}

TEST_F(WorkerProjectsTest, ALateDeliveryBringsBackNoTitleUrlOrInstallation) {
  SetForge();
  Event opened = Of("77", "acme/opendb");
  opened.ticket->title = "The password is hunter2";
  opened.ticket->updated_at = At(0);
  opened.project.as_of = At(0);
  Deliver("opened", opened);
  Work();
  Event edited = opened;
  edited.ticket->title = "It breaks";
  edited.ticket->former_title = opened.ticket->title;
  edited.ticket->updated_at = At(5);
  edited.project.as_of = At(5);
  edited.project.url = "https://forge/acme/opendb/now";
  edited.project.installation_id = "6";
  clock.Set(At(5));
  Deliver("edited", edited);
  Work();
  clock.Set(At(9));
  Deliver("replayed", opened);
  Work();
  EXPECT_EQ(Load(1).record.title, "It breaks");
  EXPECT_EQ((*store.FindProject({"github", "77"}))->url, "https://forge/acme/opendb/now");
  EXPECT_EQ((*store.FindProject({"github", "77"}))->installation_id, "6");
}

// An edit within the second of what it changes.
TEST_F(WorkerProjectsTest, OfTwoTitlesOfOneSecondTheEditedOneStands) {
  SetForge();
  Event first = Of("77", "acme/opendb");
  first.ticket->title = "Old";
  first.ticket->updated_at = At(0);
  Event edited = first;
  edited.ticket->title = "New";
  edited.ticket->former_title = "Old";
  Deliver("first", first);
  Deliver("edited", edited);
  Deliver("again", first);
  Work();
  EXPECT_EQ(Load(1).record.title, "New");
}

TEST_F(WorkerProjectsTest, AnUnreachableForgeLosesNothingAndBlocksNobody) {
  SetForge();
  forge.fault = [](const std::string& call) {
    return call == "find_project" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Deliver("bound", Of("77", "acme/opendb"), /*bound=*/true);
  Deliver("other", Of("88", "acme/vault"));
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(Stats().inbox, 1u);
  EXPECT_GT(FactsOf("88"), 0u);
  EXPECT_EQ(FactsOf("77"), 0u);
  // Not asked at every turn.
  const std::size_t asked = forge.Count("find_project");
  EXPECT_EQ(Work(), 0u);
  EXPECT_EQ(forge.Count("find_project"), asked);
  forge.fault = nullptr;
  clock.Set(At(1));
  EXPECT_EQ(Work(), 1u);
  EXPECT_GT(FactsOf("77"), 0u);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST_F(WorkerProjectsTest, WhatTheForgeNeverConfirmsIsSetAside) {
  forge.fault = [](const std::string& call) {
    return call == "find_project" ? absl::FailedPreconditionError("not installed there")
                                  : absl::OkStatus();
  };
  Deliver("bound", Of("77", "acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 0u);
  clock.Set(At(24 * 60 + 1));
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(Stats().set_aside, 1u);
}

TEST_F(WorkerProjectsTest, MadeUpProjectsDoNotUseUpTheForgesPatience) {
  for (int i = 0; i < 200; ++i) {
    Deliver(absl::StrCat("d", i), Of(absl::StrCat(1000 + i), absl::StrCat("acme/x", i)), true);
  }
  Work();
  EXPECT_EQ(forge.Count("find_project"), 60u);
  clock.Set(At(3));
  Work();
  EXPECT_EQ(forge.Count("find_project"), 120u);
}

TEST_F(WorkerProjectsTest, AProjectThatIsNotThereYetGetsAMoment) {
  Deliver("bound", Of("77", "acme/opendb"), /*bound=*/true);
  EXPECT_EQ(Work(), 0u);
  EXPECT_EQ(Stats().inbox, 1u);
  SetForge();
  clock.Set(At(1));
  EXPECT_EQ(Work(), 1u);
  EXPECT_GT(FactsOf("77"), 0u);
}

TEST_F(WorkerProjectsTest, ANameThatCannotBeConfirmedLeavesTheKnownOneToTheTrusted) {
  SetForge();
  Deliver("first", Of("77", "acme/opendb"));
  Work();
  const std::size_t before = FactsOf("77");
  clock.Set(At(5));
  Event late = Of("77", "acme/forgotten");
  late.facts = {Commented(kErin, 1, "9", "I see that too, on version two.")};
  Deliver("late", late);
  clock.Set(At(10));
  EXPECT_EQ(Work(), 1u);
  EXPECT_EQ(PathOf("77"), "acme/opendb");
  EXPECT_GT(FactsOf("77"), before);
}

TEST_F(WorkerProjectsTest, ALoginOfThePolicyIsPinnedToWhomTheForgeSays) {
  SetForge();
  forge.SetUser("alice", kAlice.id);
  const Actor impostor{"666", "alice", false};
  Event forged = Of("77", "acme/opendb");
  forged.facts.push_back(Commented(impostor, 1, "9", "I have looked into this and it is fixed."));
  Deliver("forged", forged, /*bound=*/true);
  EXPECT_EQ(Work(), 1u);
  const auto pins = store.LoadPins();
  ASSERT_TRUE(pins.ok());
  EXPECT_EQ(*pins->Find({"github", "alice"}), kAlice.id);
  EXPECT_EQ(pins->Find({"github", "dave"}), nullptr);  // whom the forge does not know
  EXPECT_NE(Load(1).record.clock_states["acme first_response"], "met");
}

TEST_F(WorkerProjectsTest, TheForgeIsAskedOnceWhomALoginBelongsTo) {
  SetForge();
  forge.SetUser("alice", kAlice.id);
  forge.SetUser("dave", kDave.id);
  const Actor impostor{"666", "alice", false};
  for (int i = 1; i <= 3; ++i) {
    Event event = Of("77", "acme/opendb");
    event.facts.push_back(
        Commented(i == 1 ? kAlice : impostor, i, absl::StrCat(i), "I have looked into this."));
    Deliver(absl::StrCat("delivery ", i), event, /*bound=*/true);
    clock.Set(At(10 * i));
    EXPECT_EQ(Work(), 1u);
  }
  EXPECT_EQ(forge.Count("find_user"), 2u);
  EXPECT_EQ(metrics.Value("retainer_refused_identities_total", {{"forge", "github"}}), 1);
}

TEST_F(WorkerProjectsTest, WithoutAClientADeliveryIsTakenAtItsWord) {
  slot.client = nullptr;
  MakeJudge();
  worker = std::make_unique<Worker>(receiver, *judge, store, clock, log, metrics, terms);
  Deliver("first", Of("77", "acme/opendb"), /*bound=*/true);
  Deliver("renamed", Of("77", "acme/base"), /*bound=*/true);
  EXPECT_EQ(Work(), 2u);
  EXPECT_EQ(PathOf("77"), "acme/base");
}

}  // namespace
}  // namespace retainer::pipeline
