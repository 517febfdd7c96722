// How little the desk writes: the calls that change the forge during a whole support story.
#include "templates/renderer.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class QuietTest : public World {
 protected:
  QuietTest() {
    dispatcher = std::make_unique<Dispatcher>(slot, *judge, store, *words, clock, log, metrics,
                                              DispatcherOptions{false, [] { return 0.5; }});
    Policy policy = MakePolicy();
    for (auto& [priority, promises] : policy.plans["gold"].promises) {
      promises.targets[Metric::kNextResponse] = {0, absl::Hours(2), "2h"};
      promises.targets[Metric::kResolution] = {0, absl::Hours(24), "24h"};
    }
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
    forge.SetPermission(kAlice.id, "write");
  }

  void Happens(int minute, Fact fact) {
    clock.Set(At(minute));
    Deliver(absl::StrCat("d", minute), MakeEvent(1, kDave, {std::move(fact)}));
    Work();
    ASSERT_TRUE(timers->RunDue().ok());
    Dispatch();
  }

  std::unique_ptr<Renderer> words = templates::MakeRenderer();
};

// The reaction to the command and the label that means the same notify nobody.
TEST_F(QuietTest, AWholeStoryCostsOneCommentFourEditsTwoLabelsAndAReaction) {
  Happens(0, Opened(kDave, 0));
  Happens(20, Commented(kAlice, 20, "1", "I am looking at the lock."));
  Happens(30, Commented(kAlice, 30, "2", "Could you send the log?\n\n/support waiting"));
  Happens(90, Commented(kDave, 90, "3", "Here is the log of node 2."));
  Happens(100,
          MakeClosed({Provenance::kWebhook, At(100)}, "completed", kAlice, Moment::At(At(100))));
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_LE(forge.Count("update"), 4u);
  EXPECT_EQ(forge.Count("add_labels"), 2u);
  EXPECT_EQ(forge.Count("react"), 1u);
  EXPECT_LE(forge.mutations(), 8u);
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_NE(forge.comments().begin()->second.body.find("**P2 · closed**"), std::string::npos)
      << forge.comments().begin()->second.body;
}

// Comments of people who neither owe nor expect an answer change nothing.
TEST_F(QuietTest, ChatterCostsNothing) {
  Happens(0, Opened(kDave, 0));
  Happens(20, Commented(kAlice, 20, "1", "I am looking at the lock."));
  const std::size_t before = forge.mutations();
  for (int i = 0; i < 10; ++i) {
    Happens(30 + i, Commented(kErin, 30 + i, absl::StrCat(10 + i), "I have seen this too."));
  }
  EXPECT_EQ(forge.mutations(), before);
}

}  // namespace
}  // namespace retainer::pipeline
