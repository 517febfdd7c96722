// Who may know of a private customer: nobody outside. If every reader may, the comment shows its
// promises. Each customer knows only of its own claim.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;

Policy PrivatePolicy() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets = {{Metric::kFirstResponse, OpenTarget(Hours(1))},
                                                 {Metric::kResolution, OpenTarget(Hours(8))}};
  return policy;
}

Decision DecideAll(const Story& story) {
  return Decide(story.context_of(), {}, story.list(), story.terms(), {}, {}, story.now());
}

Story& Hide(Story& story, const char* value = "confidential") {
  Fact fact;
  fact.kind = FactKind::kVisibility;
  fact.at = story.now();
  fact.value = value;
  fact.id = MakeFactId(fact.kind, value, absl::StrCat(absl::ToUnixSeconds(fact.at)));
  return story.Add(std::move(fact));
}

bool Promises(const Decision& decision) {
  return decision.face && decision.face->comment && !decision.face->comment->rows.empty();
}

TEST(Readers, AConfidentialIssueByItsContactShowsAPrivateCustomersPromises) {
  Story story(PrivatePolicy());
  Hide(story.Opens("dave"));
  const Decision decision = DecideAll(story.Wait(Minutes(5)));
  EXPECT_TRUE(Promises(decision));
  EXPECT_EQ(decision.face->discloses, std::vector<std::string>{"acme"});
  // A project lists its labels elsewhere too, and checks are on changes.
  EXPECT_TRUE(decision.face->labels.empty());
  EXPECT_TRUE(decision.promises->empty());
  // When the ticket becomes public, this ends at once.
  const Decision open = DecideAll(Hide(story.Wait(Minutes(5)), "public"));
  ASSERT_TRUE(open.face.has_value());
  EXPECT_FALSE(open.face->comment.has_value());
  EXPECT_TRUE(open.face->discloses.empty());
}

TEST(Readers, AnOpenIssueShowsNone) {
  Story story(PrivatePolicy());
  EXPECT_FALSE(Promises(DecideAll(story.Opens("dave"))));
}

TEST(Readers, WhereAnotherReaderMightBeAnotherCustomersItShowsNone) {
  const auto with = [](auto change) {
    Story story(PrivatePolicy());
    Hide(story.Opens("dave"));
    story.Wait(Minutes(5));
    change(story);
    return DecideAll(story);
  };
  EXPECT_TRUE(Promises(with([](Story& story) { story.Says("alice", "Looking into it."); })));
  // Another customer has a claim, or had one.
  EXPECT_FALSE(Promises(with([](Story& s) { s.Says("alice", "/support claim c-b"); })));
  EXPECT_FALSE(Promises(with([](Story& s) {
    s.Says("alice", "/support claim c-b").Wait(Minutes(1)).Says("alice", "/support release c-b");
  })));
  // One of its people takes part, or an unknown person is assigned.
  EXPECT_FALSE(Promises(with([](Story& s) { s.Assigns("alice", "bert"); })));
  EXPECT_FALSE(Promises(with([](Story& s) { s.Assigns("alice", "eve"); })));
  EXPECT_TRUE(Promises(with([](Story& s) { s.Assigns("alice", "bob"); })));
  // The author is not the customer's: a maintainer filed it.
  Story filed(PrivatePolicy());
  Hide(filed.Opens("alice"));
  EXPECT_FALSE(Promises(DecideAll(filed.Says("alice", "/support claim c-7f3"))));
}

TEST(Readers, ACustomersOwnProjectThatOnlyItsMembersReadShowsItsPromises) {
  Policy policy = PrivatePolicy();
  policy.customers[0].projects = {{"github", "acme/opendb"}};
  const auto decide = [](const Policy& terms, bool members_only) {
    Story story(terms);
    story.context().members_only = members_only;
    return DecideAll(story.Opens("eve").Permission("eve", "read"));
  };
  EXPECT_TRUE(Promises(decide(policy, true)));
  EXPECT_FALSE(Promises(decide(policy, false))) << "everybody reads it";
  policy.customers[1].projects = {{"github", "acme/*"}};
  EXPECT_FALSE(Promises(decide(policy, true))) << "it is another customer's too";
}

// An `internal` project is private, but every signed-in user can read it.
TEST(Readers, AProjectThatIsOpenedToMoreThanItsMembersTakesTheTextOffAtOnce) {
  Policy policy = PrivatePolicy();
  policy.customers[0].projects = {{"github", "acme/opendb"}};
  Story story(policy);
  story.context().members_only = true;
  story.Opens("eve").Permission("eve", "read");
  ASSERT_TRUE(Promises(DecideAll(story)));
  story.context().members_only = false;
  const Decision opened = DecideAll(story);
  ASSERT_TRUE(opened.face.has_value());
  EXPECT_FALSE(opened.face->comment.has_value());
  EXPECT_TRUE(opened.face->discloses.empty());
}

// Decided by contact, not by the words of the reason.
TEST(Readers, OtherCustomersContactsAreHiddenWhateverTheirReasonSays) {
  Policy policy = PrivatePolicy();
  for (Customer& customer : policy.customers) customer.is_public = true;
  policy.customers[1].id = "office of acme";  // an id that ends as another's reason does
  policy.customers[1].contacts.organizations = {{"github", "beta-inc"}};
  policy.customers[0].contacts.organizations = {{"github", "acme-inc"}};
  Story story(policy);
  story.Opens("dave").Says("alice", "/support claim c-b").Wait(Minutes(1));
  story.Membership("alice", "acme-inc", "no").Membership("alice", "beta-inc", "no");
  // A contact of both; a contact of the other.
  story.Membership("eve", "acme-inc", "yes").Membership("eve", "beta-inc", "yes");
  story.Membership("frank", "acme-inc", "no").Membership("frank", "beta-inc", "yes");
  story.Says("eve", "It breaks here too.").Says("frank", "And here.").Wait(Minutes(1));
  const std::optional<Standing> acme = StandingFor(story.context_of(), story.facts(), story.terms(),
                                                   story.pins(), story.now(), "acme");
  ASSERT_TRUE(acme.has_value());
  std::map<std::string, std::string> seen;
  for (const RoleStanding& role : acme->roles) {
    seen[role.actor.login] = role.reason;
    for (const std::string& of : role.contact_of) EXPECT_EQ(of, "acme") << role.actor.login;
  }
  EXPECT_EQ(seen["dave"], "@dave is a contact of acme");
  EXPECT_EQ(seen["eve"], "@eve is a contact of acme");
  EXPECT_EQ(seen["frank"], "@frank is no contact of acme");
  EXPECT_TRUE(acme->other_customers.empty());
}

// The customer is not told when another customer's clocks change next, or what the forge is asked
// for the other's sake.
TEST(Readers, TheNextChangeAndTheQuestionsAreOfTheOwnClaimAlone) {
  Policy policy = PrivatePolicy();
  for (Customer& customer : policy.customers) customer.is_public = true;
  Plan slow = policy.plans["gold"];
  slow.name = "slow";
  for (auto& [priority, promises] : slow.promises) {
    for (auto& [metric, target] : promises.targets) target = OpenTarget(Hours(100));
  }
  policy.plans["slow"] = slow;
  policy.customers[0].entitlements = {{.plan = "slow"}};
  policy.customers[1].contacts.organizations = {{"github", "beta-inc"}};
  Story story(policy);
  story.Opens("dave").Says("alice", "/support claim c-b").Wait(Minutes(1));
  story.Says("eve", "It breaks here too.");
  const Standing whole = story.See();
  const std::optional<Standing> acme = StandingFor(story.context_of(), story.facts(), story.terms(),
                                                   story.pins(), story.now(), "acme");
  ASSERT_TRUE(acme.has_value());
  EXPECT_LT(whole.next_wake, story.now() + Hours(2)) << "beta's first reply";
  EXPECT_GT(acme->next_wake, story.now() + Hours(20));
  const auto about_beta = [](const Question& q) { return q.organization == "beta-inc"; };
  EXPECT_TRUE(std::any_of(whole.questions.begin(), whole.questions.end(), about_beta));
  EXPECT_FALSE(std::any_of(acme->questions.begin(), acme->questions.end(), about_beta));
}

TEST(Readers, ACustomerSeesItsOwnClaimAndNothingThatAnothersContactSaid) {
  Story story(PrivatePolicy());
  story.Opens("dave").Says("alice", "/support claim c-b").Wait(Minutes(1));
  story.Says("alice", "Which version is it?\n\n/support waiting").Wait(Minutes(10));
  story.Says("bert", "Version two.").Wait(Minutes(10)).Says("bert", "/support priority P9");
  story.Wait(Minutes(10)).Permission("bert", "read").Permission("dave", "read");
  const auto see = [&](const char* customer) {
    return StandingFor(story.context_of(), story.facts(), story.terms(), story.pins(), story.now(),
                       customer);
  };
  const Standing whole = story.See();
  ASSERT_EQ(whole.claims.size(), 2u);
  EXPECT_FALSE(whole.waiting.now) << "the other customer's contact ended it";
  const std::optional<Standing> acme = see("acme");
  ASSERT_TRUE(acme.has_value());
  ASSERT_EQ(acme->claims.size(), 1u);
  EXPECT_EQ(acme->claims[0].customer, "acme");
  EXPECT_TRUE(acme->waiting.now);
  EXPECT_TRUE(acme->refusals.empty());
  const std::string text = Explain(story.context_of(), story.facts(), *acme,
                                   TermsFor(story.terms(), story.now(), "acme"), story.now());
  EXPECT_TRUE(absl::StrContains(text, "claim of acme")) << text;
  EXPECT_FALSE(absl::StrContains(text, "beta")) << text;
  EXPECT_FALSE(absl::StrContains(text, "contact of beta")) << text;
  const std::optional<Standing> beta = see("beta");
  ASSERT_TRUE(beta.has_value());
  EXPECT_FALSE(beta->waiting.now);
  const std::string other = Explain(story.context_of(), story.facts(), *beta,
                                    TermsFor(story.terms(), story.now(), "beta"), story.now());
  EXPECT_FALSE(absl::StrContains(other, "claim of acme")) << other;
  EXPECT_FALSE(absl::StrContains(other, "contact of acme")) << other;
  EXPECT_FALSE(see("nobody").has_value());
}

}  // namespace
}  // namespace retainer::core
