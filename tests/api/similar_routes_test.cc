// Solved tickets that are like one, over HTTP: for the project's people alone.
#include <gtest/gtest.h>

#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;

class SimilarRoutesTest : public Served {
 protected:
  // Tickets 1 to 12 were answered and closed; 20 is open and like the first.
  void Begin() {
    Serve();
    SaveToken("acme", "", "acme");
    SaveToken("opendb", "github:acme/opendb", "");
    for (int number = 1; number <= 12; ++number) Solve(number, Text(number));
    Tell(20, {MakeOpened(Heard(), kErin, Now(), Text(1))});
    ASSERT_TRUE(similar.CatchUp().ok());
  }
  static std::string Text(int number) {
    return absl::StrCat("```\nERROR: segment moon", number, " lost quorum", number, "\n```");
  }
  Learnt Heard() { return {Provenance::kWebhook, clock.Now()}; }
  Moment Now() { return Moment::At(clock.Now()); }
  void Tell(int number, std::vector<Fact> facts) {
    Event event = MakeEvent(number, kErin, std::move(facts));
    event.ticket->title = absl::StrCat("Ticket ", number);
    Deliver(absl::StrCat("d", ++deliveries), std::move(event));
    ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  }
  void Solve(int number, const std::string& text) {
    Tell(number, {MakeOpened(Heard(), kErin, Now(), text),
                  MakeComment(Heard(), absl::StrCat("comment/", number), kAlice, Now(),
                              "Add a replica, please."),
                  MakeClosed(Heard(), "completed", kAlice, Now())});
  }

  int deliveries = 0;
};

TEST_F(SimilarRoutesTest, ATokenWithoutBoundsGetsWhatWasSolved) {
  Begin();
  const json found = GetJson("/api/v1/similar?ref=github:acme/opendb%2320");
  ASSERT_EQ(found["similar"].size(), 1u) << found;
  EXPECT_EQ(found["similar"][0]["ticket"], "github:acme/opendb#1");
  EXPECT_EQ(found["similar"][0]["solved"], "answer");
}

TEST_F(SimilarRoutesTest, ProjectsAndCustomersTokensGetNothing) {
  Begin();
  const std::string path = "/api/v1/similar?ref=github:acme/opendb%23";
  EXPECT_EQ(Get(path + "20", "acme")->status, 403);
  EXPECT_EQ(Get(path + "20", "opendb")->status, 403);
  EXPECT_EQ(Get(path + "99", "opendb")->status, 403) << "whether it exists or not";
  EXPECT_EQ(Get(path + "20", "nobody")->status, 401);
  EXPECT_EQ(Get(path + "99")->status, 404);
  EXPECT_EQ(Get("/api/v1/similar?ref=x")->status, 400);
}

}  // namespace
}  // namespace retainer::api
