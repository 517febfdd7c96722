#include "src/pipeline/label_renames.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class LabelRenamesTest : public World {
 protected:
  Event Renamed(const Actor& by, const std::string& from, const std::string& to) {
    Event event;
    event.kind = EventKind::kLabel;
    event.type = "label";
    event.action = "edited";
    event.project = {"77", "acme/opendb", "https://forge/acme/opendb", false, "5"};
    event.sender = by;
    event.ref = to;
    event.renamed_from = from;
    return event;
  }
  std::string PriorityOf(std::int64_t number) { return Load(number).record.priorities.at(0); }
};

TEST_F(LabelRenamesTest, CountOnAllOpenTicketsOfTheProjectByWhoeverRenamed) {
  for (int number : {1, 2, 3}) {
    Deliver(absl::StrCat("d", number),
            MakeEvent(number, kDave,
                      {MakeOpened({Provenance::kWebhook, At(0)}, kDave, Moment::At(At(0)),
                                  "It breaks when I press the button.",
                                  number == 3 ? std::vector<std::string>{"bug"}
                                              : std::vector<std::string>{"prio 1"})}));
  }
  Work();
  EXPECT_EQ(PriorityOf(1), "P2");
  clock.Set(At(1));
  Deliver("renamed", Renamed(kAlice, "prio 1", "priority: P1"));
  Work();
  EXPECT_EQ(PriorityOf(1), "P1");
  EXPECT_EQ(PriorityOf(2), "P1");
  EXPECT_EQ(PriorityOf(3), "P2");
  const std::uint64_t version = Load(1).record.version;
  Deliver("d4", Renamed(kAlice, "colour", "shape"));
  Work();
  EXPECT_EQ(Load(1).record.version, version) << "a name that means nothing costs nothing";
}

TEST_F(LabelRenamesTest, ByAStrangerCountForNothing) {
  forge.SetPermission(kErin.id, "triage");
  Deliver("d1", MakeEvent(1, kDave,
                          {MakeOpened({Provenance::kWebhook, At(0)}, kDave, Moment::At(At(0)),
                                      "It breaks when I press the button.", {"prio 1"})}));
  Work();
  clock.Set(At(1));
  Deliver("renamed", Renamed(kErin, "prio 1", "priority: P1"));
  Work();
  EXPECT_EQ(PriorityOf(1), "P2");
}

}  // namespace
}  // namespace retainer::pipeline
