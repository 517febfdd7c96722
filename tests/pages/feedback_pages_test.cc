// The link by which whoever has it says how a closed ticket was.
#include <gtest/gtest.h>

#include "tests/pages/visited.h"

namespace retainer::pages {
namespace {

using absl::StrContains;

class FeedbackPagesTest : public Visited {
 protected:
  FeedbackPagesTest() {
    forge.SetUser("alice", kAlice.id);
    forge.SetUser("dave", kDave.id);
  }
  void SetUp() override { Ask(/*is_public=*/true); }
  void Ask(bool is_public, AskFeedback ask = AskFeedback::kFold) {
    Policy policy = MakePolicy(is_public);
    policy.feedback.ask = ask;
    Govern(std::move(policy));
  }
  int Minute() { return static_cast<int>(absl::ToInt64Minutes(clock.Now() - At(0))); }
  void Close(std::int64_t number = 1) {
    Deliver(absl::StrCat("d", ++deliveries),
            MakeEvent(number, kDave,
                      {MakeClosed({Provenance::kWebhook, clock.Now()}, "completed", kAlice,
                                  Moment::At(clock.Now()))}));
    Work();
  }
  // A closed ticket that asks by now.
  void Ticket(const Actor& author = kDave) {
    Issue(1, author);
    clock.Advance(absl::Minutes(30));
    Say(1, kAlice, "The index is broken. Rebuild it, please.");
    Close();
    clock.Advance(absl::Hours(25));
  }
  std::string Link(std::int64_t number = 1) {
    const std::string url =
        pipeline::FeedbackLinks(*store.LinkKey(), "https://desk.example").UrlFor(Key(number));
    return url.substr(std::string("https://desk.example").size());
  }
  std::vector<Rating> Ratings() {
    return desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, 1})->standing.ratings;
  }
  static PageAnswer Fill(Browser& browser, const std::string& link, const std::string& fields) {
    return Send(browser, link, link, fields);
  }
};

TEST_F(FeedbackPagesTest, WhoeverHasTheLinkAnswersOnceAndIsMarked) {
  Ticket();
  Browser anybody(*pages);
  const PageAnswer asked = anybody.Get(Link());
  EXPECT_EQ(asked.status, 200);
  EXPECT_TRUE(StrContains(asked.body, "It breaks")) << asked.body;
  EXPECT_TRUE(StrContains(asked.body, "5, the best"));
  EXPECT_TRUE(anybody.cookies.empty());
  const std::string csrf = Browser::Field(asked, "csrf");
  const PageAnswer thanks = Fill(anybody, Link(), "mark=2&reason=slow+%3Cb%3E");
  EXPECT_EQ(thanks.status, 200);
  EXPECT_TRUE(StrContains(thanks.body, "Thank you")) << thanks.body;
  ASSERT_EQ(Ratings().size(), 1u);
  EXPECT_EQ(Ratings()[0].mark, 2);
  EXPECT_EQ(Ratings()[0].text, "slow <b>");
  EXPECT_FALSE(Ratings()[0].verified);
  // It is used up.
  EXPECT_EQ(anybody.Get(Link()).status, 404);
  EXPECT_EQ(anybody.Post(Link(), "mark=5&csrf=" + csrf).status, 404);
  EXPECT_EQ(Ratings()[0].mark, 2);
}

// Found by a review: the list of answers has one line each.
TEST_F(FeedbackPagesTest, WhatIsTypedIsOneLine) {
  Ticket();
  Browser anybody(*pages);
  Fill(anybody, Link(), "mark=2&reason=slow%0A2026-03-01T10:00:00Z%09+5+of+5%1b%7f%0D%0A");
  ASSERT_EQ(Ratings().size(), 1u);
  EXPECT_EQ(Ratings()[0].text, "slow 2026-03-01T10:00:00Z 5 of 5");
}

TEST_F(FeedbackPagesTest, BytesThatAreNoTextAreLeftOut) {
  Ticket();
  Browser anybody(*pages);
  Fill(anybody, Link(), "mark=2&reason=%ff%fe");
  ASSERT_EQ(Ratings().size(), 1u);
  EXPECT_EQ(Ratings()[0].text, "");
}

TEST_F(FeedbackPagesTest, TheCustomerIsNotToldThatItSaidWhatAnybodyMayHaveSaid) {
  Ticket();
  Browser anybody(*pages);
  Fill(anybody, Link(), "mark=1&reason=bad");
  ASSERT_EQ(Ratings().size(), 1u);
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  const PageAnswer mine = dave.Get("/my/ticket?ref=github%3Aacme/opendb%231&customer=acme");
  EXPECT_EQ(mine.status, 200);
  EXPECT_TRUE(StrContains(mine.body, "How was it?")) << mine.body;
  EXPECT_FALSE(StrContains(mine.body, "You said")) << mine.body;
}

TEST_F(FeedbackPagesTest, AScannerThatFollowsTheLinkChangesNothing) {
  Ticket();
  const std::uint64_t version = store.LoadTicket(Key(1))->record.version;
  const std::uint64_t ledger = store.ReadLedgerHead()->length;
  Browser scanner(*pages);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(scanner.Get(Link()).status, 200);
    EXPECT_EQ(scanner.Get(Link(), "HEAD").status, 200);
    EXPECT_EQ(scanner.Get(Link() + "?mark=1&customer=acme").status, 200);
  }
  EXPECT_EQ(store.LoadTicket(Key(1))->record.version, version);
  EXPECT_EQ(store.ReadLedgerHead()->length, ledger);
  EXPECT_TRUE(Ratings().empty());
}

TEST_F(FeedbackPagesTest, AFormFromElsewhereIsRefused) {
  Ticket();
  Browser anybody(*pages);
  EXPECT_EQ(anybody.Post(Link(), "mark=1").status, 403);
  EXPECT_EQ(anybody.Post(Link(), "mark=1&csrf=x").status, 403);
  // With a session, only its own form counts.
  const std::string open = Browser::Field(anybody.Get(Link()), "csrf");
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  ASSERT_FALSE(dave.cookies.empty());
  EXPECT_EQ(dave.Post(Link(), "mark=1&csrf=" + open).status, 403);
  EXPECT_TRUE(Ratings().empty());
}

TEST_F(FeedbackPagesTest, LinksThatDoNotWorkAnswerAlike) {
  Issue(1, kDave);
  Issue(2, kErin);
  Browser anybody(*pages);
  const PageAnswer guessed =
      anybody.Get("/feedback/Z2l0aHViLzc3L2lzc3VlLzE.AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(guessed.status, 404);
  EXPECT_TRUE(guessed.guessed) << "who guesses often is not answered for a while";
  const auto same = [&](const std::string& link, const std::string& why, bool invented = false) {
    const PageAnswer answer = anybody.Get(link);
    EXPECT_EQ(answer.status, 404) << why;
    EXPECT_EQ(answer.body, guessed.body) << why;
    EXPECT_EQ(answer.guessed, invented) << why;
  };
  same(Link(1), "it is open");
  same("/feedback/x", "no token", true);
  same(Link(9), "no such ticket");
  Close();
  Close(2);
  same(Link(1), "it is too early");
  clock.Advance(absl::Hours(25));
  EXPECT_EQ(anybody.Get(Link(1)).status, 200);
  same(Link(1) + "A", "a second spelling", true);
  same(Link(2), "nobody's ticket");
  Ask(true, AskFeedback::kNever);
  same(Link(1), "nobody is asked");
  Ask(false);
  same(Link(1), "the customer is private");
  Ask(true);
  clock.Advance(absl::Hours(24 * 91));
  same(Link(1), "it is too old");
  clock.Set(At(0) + absl::Hours(26));
  Deliver("again", MakeEvent(1, kDave,
                             {MakeReopened({Provenance::kWebhook, clock.Now()}, kDave,
                                           Moment::At(clock.Now()))}));
  Work();
  same(Link(1), "reopened");
}

TEST_F(FeedbackPagesTest, AContactAnswersOnTheTicketsPageAndRespondersDoNot) {
  Ticket();
  Browser dave(*pages);
  SignIn(dave, "/my", kDave);
  const PageAnswer led = dave.Get(Link());
  EXPECT_EQ(led.status, 303);
  EXPECT_EQ(Browser::Header(led, "Location"),
            "/my/ticket?ref=github%3Aacme/opendb%231&customer=acme");
  Browser alice(*pages);
  SignIn(alice, "/desk", kAlice);
  EXPECT_EQ(alice.Get(Link()).status, 403);
  EXPECT_EQ(Fill(alice, Link(), "mark=5").status, 403);
  EXPECT_TRUE(Ratings().empty());
}

TEST_F(FeedbackPagesTest, TheStoreHasNoTokenAndAPrivateProjectsNameStaysUnsaid) {
  Ticket();
  Browser anybody(*pages);
  auto project = store.FindProject({"github", "77"});
  ASSERT_TRUE(project.ok() && project->has_value());
  (*project)->is_private = true;
  (*project)->told_at = clock.Now();
  ASSERT_TRUE(store.SaveProject(**project).ok());
  const PageAnswer asked = anybody.Get(Link());
  EXPECT_FALSE(StrContains(asked.body, "It breaks")) << asked.body;
  EXPECT_FALSE(StrContains(asked.body, "opendb")) << asked.body;
}

TEST_F(FeedbackPagesTest, TheStatusCommentHasTheLink) {
  pipeline::DispatcherOptions options{
      false,
      [] { return 0.5; },
      &right_of_way,
      [this] { return house->inquiries.Self(slot.name); },
      nullptr,
      [this](const TicketKey& key) {
        return pipeline::FeedbackLinks(*store.LinkKey(), "https://desk.example").UrlFor(key);
      }};
  dispatcher = std::make_unique<pipeline::Dispatcher>(slot, *judge, store, renderer, clock, log,
                                                      metrics, std::move(options));
  Ticket();
  ASSERT_TRUE(timers->RunDue().ok());
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  const std::string body = forge.comments().begin()->second.body;
  EXPECT_TRUE(StrContains(body, "rate=https://desk.example" + Link())) << body;
}

}  // namespace
}  // namespace retainer::pages
