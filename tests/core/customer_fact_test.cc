// Facts of customers: invitations and contacts that joined.
#include "retainer/customer_fact.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

constexpr char kAcme[] = "acme";
const absl::Time kNow = absl::FromUnixSeconds(1'772'000'000);
const Account kErin{"github", {"33", "erin", false}};
const Account kFrank{"github", {"44", "frank", false}};

CustomerFact Invited(std::uint32_t uses, absl::Duration lasts = absl::Hours(1)) {
  return *MakeInvited(kAcme, "i1", "hash", uses, lasts, "carol", kNow);
}

// Another link.
CustomerFact InvitedAgain() {
  return *MakeInvited(kAcme, "i2", "hash2", 5, absl::Hours(1), "carol", kNow);
}

std::vector<std::string> ContactsAt(const CustomerBook& book, absl::Time at) {
  std::vector<std::string> names;
  for (const Contact& contact : book.contacts) {
    if (contact.IsAt(at)) names.push_back(ToString(contact.account));
  }
  return names;
}

TEST(CustomerFacts, AnAccountIsAContactFromJoiningUntilItIsRemoved) {
  std::vector<CustomerFact> facts = {Invited(1)};
  const absl::Time joined_at = kNow + absl::Minutes(5);
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, joined_at));
  CustomerBook book = ReadCustomerFacts(facts);
  ASSERT_EQ(book.contacts.size(), 1u);
  EXPECT_EQ(book.contacts[0].account, kErin);
  EXPECT_EQ(book.contacts[0].invitation, "i1");
  EXPECT_FALSE(book.contacts[0].IsAt(joined_at - absl::Microseconds(1)));
  EXPECT_TRUE(book.contacts[0].IsAt(joined_at));

  const absl::Time removed_at = joined_at + absl::Minutes(5);
  facts.push_back(MakeRemoved(kAcme, book.contacts[0], "carol", removed_at));
  book = ReadCustomerFacts(facts);
  EXPECT_EQ(ContactsAt(book, removed_at - absl::Microseconds(1)).size(), 1u);
  EXPECT_TRUE(ContactsAt(book, removed_at).empty());
  EXPECT_EQ(book.contacts[0].removed_by, "carol");
}

TEST(CustomerFacts, AnInvitationThatIsUsedUpExpiredRevokedOrUnknownIsNotFound) {
  const absl::Time later = kNow + absl::Minutes(1);
  std::vector<CustomerFact> facts = {Invited(1)};
  EXPECT_TRUE(absl::IsNotFound(
      MakeJoined(ReadCustomerFacts(facts), kAcme, "other", kErin, {}, later).status()));
  EXPECT_TRUE(absl::IsNotFound(
      MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, kNow + absl::Hours(1))
          .status()));
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, later));
  EXPECT_TRUE(absl::IsNotFound(
      MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kFrank, {}, later).status()));

  std::vector<CustomerFact> revoked = {Invited(5),
                                       MakeInvitationRevoked(kAcme, "i1", "carol", later)};
  EXPECT_TRUE(absl::IsNotFound(
      MakeJoined(ReadCustomerFacts(revoked), kAcme, "hash", kErin, {}, later).status()));
  EXPECT_TRUE(MakeJoined(ReadCustomerFacts(revoked), kAcme, "hash", kErin, {}, kNow).ok());
}

TEST(CustomerFacts, AContactDoesNotUseTheInvitationTwice) {
  std::vector<CustomerFact> facts = {Invited(2)};
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, kNow));
  const auto again =
      MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, kNow + absl::Minutes(1));
  EXPECT_TRUE(absl::IsAlreadyExists(again.status()));
  EXPECT_EQ(ReadCustomerFacts(facts).invitations[0].used, 1u);
}

TEST(CustomerFacts, ThereAreAsManyContactsAsTheLimitAllows) {
  std::vector<CustomerFact> facts = {Invited(5)};
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, 1, kNow));
  EXPECT_TRUE(absl::IsOutOfRange(
      MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kFrank, 1, kNow).status()));
  facts.push_back(MakeRemoved(kAcme, ReadCustomerFacts(facts).contacts[0], "carol", kNow));
  EXPECT_TRUE(
      MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kFrank, 1, kNow + absl::Seconds(1)).ok());
}

TEST(CustomerFacts, WhoWasRemovedDoesNotJoinAgainByTheSameLink) {
  std::vector<CustomerFact> facts = {Invited(5), InvitedAgain()};
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, kNow));
  facts.push_back(
      MakeRemoved(kAcme, ReadCustomerFacts(facts).contacts[0], "carol", kNow + absl::Minutes(1)));
  const absl::Time later = kNow + absl::Minutes(2);
  const CustomerBook book = ReadCustomerFacts(facts);
  EXPECT_TRUE(absl::IsNotFound(MakeJoined(book, kAcme, "hash", kErin, {}, later).status()));
  EXPECT_TRUE(MakeJoined(book, kAcme, "hash2", kErin, {}, later).ok());
  EXPECT_TRUE(MakeJoined(book, kAcme, "hash", kFrank, {}, later).ok());
}

TEST(CustomerFacts, AClockThatWasSetBackUndoesNoRemovalAndNoJoining) {
  std::vector<CustomerFact> facts = {Invited(5)};
  const absl::Time ahead = kNow + absl::Minutes(30);
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {}, ahead));
  facts.push_back(MakeRemoved(kAcme, ReadCustomerFacts(facts).contacts[0], "carol", kNow));
  EXPECT_TRUE(ContactsAt(ReadCustomerFacts(facts), ahead + absl::Hours(1)).empty());
  facts.push_back(InvitedAgain());
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash2", kErin, {}, kNow));
  EXPECT_EQ(ContactsAt(ReadCustomerFacts(facts), ahead + absl::Hours(1)).size(), 1u);
}

TEST(CustomerFacts, TheSecondOfAJoiningCountsAndThatOfARemovalDoesNot) {
  std::vector<CustomerFact> facts = {Invited(5)};
  const absl::Time joined = kNow + absl::Seconds(5);
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash", kErin, {},
                              joined + absl::Milliseconds(700)));
  EXPECT_EQ(ContactsAt(ReadCustomerFacts(facts), joined).size(), 1u);
  const absl::Time removed = joined + absl::Seconds(5);
  facts.push_back(MakeRemoved(kAcme, ReadCustomerFacts(facts).contacts[0], "carol",
                              removed + absl::Milliseconds(700)));
  EXPECT_TRUE(ContactsAt(ReadCustomerFacts(facts), removed).empty());
  // Again within that second.
  facts.push_back(InvitedAgain());
  facts.push_back(*MakeJoined(ReadCustomerFacts(facts), kAcme, "hash2", kErin, {},
                              removed + absl::Milliseconds(900)));
  EXPECT_EQ(ContactsAt(ReadCustomerFacts(facts), removed + absl::Seconds(1)).size(), 1u);
}

TEST(CustomerFacts, AnInvitationHasAMakerAnEndAndAFewUses) {
  const auto make = [](std::uint32_t uses, absl::Duration lasts, const std::string& by) {
    return MakeInvited(kAcme, "i", "h", uses, lasts, by, kNow).status();
  };
  EXPECT_TRUE(make(1, absl::Hours(1), "carol").ok());
  EXPECT_TRUE(make(kMostUses, kLongestInvitation, "carol").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(make(1, absl::Hours(1), "")));
  EXPECT_TRUE(absl::IsInvalidArgument(make(0, absl::Hours(1), "carol")));
  EXPECT_TRUE(absl::IsInvalidArgument(make(kMostUses + 1, absl::Hours(1), "carol")));
  EXPECT_TRUE(absl::IsInvalidArgument(make(1, absl::ZeroDuration(), "carol")));
  EXPECT_TRUE(absl::IsInvalidArgument(make(1, absl::InfiniteDuration(), "carol")));
}

// Random facts, also of invitations and accounts that do not exist.
std::vector<CustomerFact> AnyFacts() {
  std::vector<CustomerFact> facts;
  const int count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) {
    CustomerFact fact;
    fact.customer = kAcme;
    fact.kind = static_cast<CustomerFactKind>(*rc::gen::inRange(1, 5));
    fact.at = kNow + absl::Minutes(*rc::gen::inRange(0, 6));
    const std::string which = absl::StrCat(*rc::gen::inRange(0, 3));
    fact.account = {*rc::gen::element<std::string>("github", "gitlab"), {which, "who", false}};
    fact.invitation = absl::StrCat("i", *rc::gen::inRange(0, 3));
    fact.hash = absl::StrCat("hash of ", fact.invitation);
    fact.uses = static_cast<std::uint32_t>(*rc::gen::inRange(1, 4));
    fact.expires = kNow + absl::Hours(1);
    fact.id = absl::StrCat(i);
    facts.push_back(std::move(fact));
  }
  return facts;
}

RC_GTEST_PROP(CustomerFacts, GiveTheSameInAnyOrderHoweverOftenRepeated, ()) {
  const std::vector<CustomerFact> facts = AnyFacts();
  std::vector<CustomerFact> mixed = facts;
  for (const CustomerFact& fact : facts) {
    if (*rc::gen::arbitrary<bool>()) mixed.push_back(fact);
  }
  for (std::size_t i = mixed.size(); i > 1; --i) {
    std::swap(mixed[i - 1], mixed[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  RC_ASSERT(ReadCustomerFacts(mixed) == ReadCustomerFacts(facts));
}

RC_GTEST_PROP(CustomerFacts, AnAccountIsNeverAContactTwiceAtOnce, ()) {
  const CustomerBook book = ReadCustomerFacts(AnyFacts());
  for (int minute = 0; minute < 8; ++minute) {
    std::set<std::pair<std::string, std::string>> met;
    for (const Contact& contact : book.contacts) {
      RC_ASSERT(contact.since <= contact.until);
      if (!contact.IsAt(kNow + absl::Minutes(minute))) continue;
      RC_ASSERT(met.emplace(contact.account.forge, contact.account.actor.id).second);
    }
  }
}

}  // namespace
}  // namespace retainer
