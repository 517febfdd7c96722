// What outsiders see comes first: before a ticket's face is decided, the forge gets the same
// questions in the same order and time, whoever the customer is, and whatever it answers to the
// others.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

// What an outsider could measure until a ticket's face is decided.
struct Asked {
  std::vector<std::pair<std::string, absl::Time>> calls;
  absl::Time face = absl::InfiniteFuture();
  std::size_t all_calls = 0;
  friend bool operator==(const Asked& a, const Asked& b) {
    return a.calls == b.calls && a.face == b.face;
  }
};

class OutsideFirst : public World {
 protected:
  static Policy Private() {
    Policy policy = MakePolicy(/*is_public=*/false);
    policy.community.comment = CommunityComment::kNeutral;
    for (const char* id : {"beta", "gamma"}) {
      Customer customer = policy.customers[0];
      customer.id = id;
      customer.alias = absl::StrCat("c-", id);
      customer.contacts = {};
      customer.contacts.organizations = {{"github", absl::StrCat(id, "-inc")}};
      customer.contacts.emails = {absl::StrCat("@", id, ".example")};
      policy.customers.push_back(customer);
    }
    return policy;
  }
  void SetUp() override {
    terms.Set({MakeTerms("v1", At(-60 * 24), Private())});
    forge.SetUser("dave", kDave.id);
    forge.SetUser("alice", kAlice.id);
    // Every answer takes some time.
    forge.fault = [this](const std::string& call) {
      const bool first = Stats().dirty_faces > before_;
      if (first && asked_.face == absl::InfiniteFuture()) asked_.face = clock.Now();
      if (!first) asked_.calls.emplace_back(call, clock.Now());
      ++asked_.all_calls;
      clock.Advance(call == "membership" || call == "email" ? absl::Milliseconds(700)
                                                            : absl::Milliseconds(300));
      return refuses && call == refused ? refusal : absl::OkStatus();
    };
    // Our own account is asked once.
    Deliver("warm", MakeEvent(99, kBob, {Opened(kBob, 0)}));
    Work();
    Dispatch();
  }
  // Opens a ticket and answers all questions. Returns the calls before its face.
  Asked Open(std::int64_t number, const Actor& author, std::vector<Fact> more = {}) {
    const absl::Duration since = absl::Seconds(20) * number;
    clock.Set(At(0) + since);
    asked_ = {};
    before_ = Stats().dirty_faces;
    std::vector<Fact> facts = {MakeOpened({Provenance::kWebhook, clock.Now()}, author,
                                          Moment::At(clock.Now()), "It breaks.")};
    for (Fact& fact : more) facts.push_back(std::move(fact));
    Deliver(absl::StrCat("d", number, author.login), MakeEvent(number, author, facts));
    Work();
    if (asked_.face == absl::InfiniteFuture() && Stats().dirty_faces > before_) {
      asked_.face = clock.Now();
    }
    // Shifts each to the same start.
    Asked asked = std::move(asked_);
    for (auto& [call, at] : asked.calls) at -= since;
    asked.face -= since;
    asked_ = {};
    Dispatch();
    return asked;
  }

  const Actor kBob{"44", "bob", false};
  bool refuses = false;
  std::string refused = "membership";
  absl::Status refusal;

 private:
  Asked asked_;
  std::size_t before_ = 0;
};

TEST_F(OutsideFirst, ACommunityTicketsFaceWaitsForNoMoreThanAPrivateContactsDoes) {
  const Asked community = Open(1, kErin);
  const Asked contact = Open(2, kDave);
  EXPECT_EQ(community, contact);
  EXPECT_TRUE(community.calls.empty()) << community.calls[0].first;
  EXPECT_EQ(community.face, At(0));
  EXPECT_EQ(contact.face, At(0));
  // The rest was asked anyway.
  EXPECT_GT(community.all_calls, 2u) << "memberships and addresses of the author";
  EXPECT_EQ(Load(2).record.customers, std::vector<std::string>{"acme"});
  EXPECT_EQ(*store.LoadPins()->Find({"github", "dave"}), kDave.id);
  EXPECT_EQ(Load(1).record.questions, 0u);
}

TEST_F(OutsideFirst, NeitherDoesOneForWhichARefusalIsTheAnswer) {
  refuses = true;
  const std::vector<absl::Status> refusals = {
      absl::PermissionDeniedError("not yours"), absl::UnavailableError("502"),
      WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Seconds(40))};
  std::int64_t number = 1;
  for (const absl::Status& one : refusals) {
    refusal = one;
    const Asked community = Open(number++, kErin);
    EXPECT_EQ(community.face, At(0)) << one;
    EXPECT_GT(community.all_calls, 0u) << "it was asked, and refused";
    // Neither does the next ticket's face, although the forge is not asked for a while.
    const Asked next = Open(number++, kBob);
    EXPECT_EQ(next.face, At(0)) << one;
    EXPECT_EQ(next, Open(number++, kDave)) << one;
  }
}

TEST_F(OutsideFirst, ACommandIsAskedForAlikeThoughAPrivateCustomersTicketKnowsTheAnswer) {
  // On the contact's ticket the role of each person is asked for the outsiders' view first.
  Open(1, kErin);
  Open(2, kDave);
  const auto say = [&](std::int64_t number, int minute, const std::string& text) {
    clock.Set(At(minute));
    const std::size_t calls = forge.calls().size();
    Deliver(
        absl::StrCat("c", number, "-", minute),
        MakeEvent(number, kErin, {Commented(kBob, minute, absl::StrCat(number, minute), text)}));
    Work();
    const std::vector<std::string> all = forge.calls();
    return std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(calls), all.end());
  };
  EXPECT_TRUE(say(1, 31, "The same happens on version two.").empty());
  EXPECT_FALSE(say(2, 31, "The same happens on version two.").empty()) << "asked afterwards";
  const std::vector<std::string> community = say(1, 32, "/support assign @alice");
  const std::vector<std::string> contact = say(2, 32, "/support assign @alice");
  ASSERT_FALSE(community.empty());
  EXPECT_EQ(community[0], "permission");
  EXPECT_EQ(community, contact);
}

// The gate answers "unknown" to a caller from outside only for questions that every ticket has.
TEST_F(OutsideFirst, WhatTheGateWaitsForOutsideIsTheSameWhoeverTheCustomerIs) {
  refuses = true;
  refusal = absl::UnavailableError("502");
  for (const char* call : {"membership", "permission"}) {
    refused = call;
    std::vector<std::uint32_t> outside, inside;
    for (const auto& [number, author] :
         {std::pair(call[0] == 'm' ? 1 : 11, kErin), std::pair(call[0] == 'm' ? 2 : 12, kDave)}) {
      Open(number, author,
           {Commented(kBob, number, absl::StrCat(number), "/support assign @alice")});
      outside.push_back(Load(number).record.outside_questions);
      inside.push_back(Load(number).record.questions);
    }
    EXPECT_EQ(outside[0], outside[1]) << call;
    EXPECT_GT(inside[0] + inside[1], 0u) << call << ": the test can tell";
  }
}

// Control: without any private customer no question is left for later.
TEST_F(OutsideFirst, WhatIsAskedAfterwardsIsForPrivateCustomersAlone) {
  Policy open = Private();
  for (Customer& customer : open.customers) customer.is_public = true;
  terms.Set({MakeTerms("v1", At(-60 * 24), open)});
  const Asked stranger = Open(1, kErin);
  EXPECT_EQ(stranger.calls.size(), stranger.all_calls);
  EXPECT_GT(stranger.face, At(0));
}

}  // namespace
}  // namespace retainer::pipeline
