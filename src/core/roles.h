// Who an actor is on one ticket: identities, what the policy says of them, what the forge answered.
//
// A Roster belongs to one evaluation and one thread; it borrows what it is made of. Asking it
// something that only the forge knows notes a Question and answers "unknown", which authorises
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "terms_index.h"

namespace retainer::core {

inline absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }
// Of a policy's version, as people read it; the whole is for machines.
inline absl::string_view ShortId(std::string_view id) { return View(id.substr(0, 12)); }

// Index into the history of the version in force at `at`; the first covers what came before it.
std::size_t TermsIndexAt(const TermsHistory& terms, absl::Time at);

// The place of an actor in a roster. Nobody: an event that names no actor.
using ActorIndex = int;
inline constexpr ActorIndex kNobody = -1;

// Claims take the bits of a set; more than 63 customers on one ticket are not claimed.
using Slots = std::uint64_t;
inline constexpr int kMaxSlots = 63;

// A customer whose claim is in force, as roles see it.
struct Claimant {
  int slot = 0;
  std::string customer;
  bool by_project = false;  // the ticket stands in the customer's own project
};

struct Judgement {
  Role role = Role::kUnknown;
  Slots slots = 0;  // of the claimants that the actor speaks for
};

enum class Answer : std::uint8_t { kNo, kYes, kUnknown };

class Roster {
 public:
  // `order`: the ticket's facts by time, then by id.
  Roster(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
         const std::vector<const Fact*>& order);

  ActorIndex Find(const Actor& actor) const;
  // Who did the fact at a place of the order.
  ActorIndex DoerOf(std::size_t place) const { return doers_[place]; }
  const Actor& actor(ActorIndex index) const { return people_[index].actor; }
  bool IsSelf(ActorIndex index) const { return index != kNobody && people_[index].self; }
  bool IsBot(ActorIndex index, std::size_t terms) {
    return index != kNobody && Of(index, terms).bot;
  }

  // Does the policy itself name the actor in a team?
  bool IsInTeam(ActorIndex index, std::size_t terms) {
    return index != kNobody && !Of(index, terms).team.empty();
  }

  // Is the actor a contact of `customer` at `at`? `reason` says by what.
  Answer ContactOf(ActorIndex index, std::size_t terms, const Customer& customer, absl::Time at,
                   std::string* reason);

  // The role at `at`, where `claimants` have their claims in force. `epoch` changes whenever
  // `claimants` does.
  Judgement Judge(ActorIndex index, std::size_t terms, const std::vector<Claimant>& claimants,
                  int epoch, absl::Time at) {
    const Person& person = people_[index];
    const bool holds = person.judged && person.judged_terms == terms &&
                       person.judged_epoch == epoch && person.valid_from <= at &&
                       at < person.valid_until;
    return holds ? person.judgement : JudgeAnew(index, terms, claimants, epoch, at);
  }

  // What was asked and not answered, so far.
  const std::set<Question>& questions() const { return questions_; }
  const std::set<std::string>& flags() const { return flags_; }
  // Customers whose contacts may write here, and are (or may be) no responders for that.
  const std::set<std::string>& others() const { return others_; }
  // The last judgement of everybody who was judged.
  std::vector<RoleStanding> Roles() const;

 private:
  struct Attributes {  // what the policy itself says; by terms version
    bool known = false;
    TermsIndex::Named named;
  };
  struct Person {
    Actor actor;
    bool self = false;
    std::vector<std::string> names;  // lower-case logins of the policy that mean this person
    std::vector<Attributes> attributes;
    bool judged = false;
    Judgement judgement;
    std::string reason;                   // of the judgement
    std::vector<std::string> contact_of;  // as RoleStanding's
    std::size_t judged_terms = 0;
    int judged_epoch = -1;
    absl::Time valid_from, valid_until;
  };
  using Answers = std::map<std::string, std::vector<const Fact*>, std::less<>>;

  struct OthersContact {
    Answer answer = Answer::kNo;
    std::vector<std::string> customers;  // where it is yes
    std::string reason;
  };

  ActorIndex Meet(const Actor& actor);
  void Name(Person* person, const Pins& pins);
  const TermsIndex::Named& Of(ActorIndex index, std::size_t terms) {
    Attributes& attributes = people_[index].attributes[terms];
    if (!attributes.known) LookUp(people_[index], terms, &attributes);
    return attributes.named;
  }
  void LookUp(const Person& person, std::size_t terms, Attributes* attributes) const;
  // Is somebody who may write here the contact of any customer at all? The policy's index and the
  // answers that are there say so; what is asked beyond them is bounded, however many customers
  // there are.
  OthersContact ContactOfOthers(ActorIndex index, std::size_t terms, absl::Time at);
  void FlagUnseen(const Person& person, std::string_view organization);
  Judgement JudgeAnew(ActorIndex index, std::size_t terms, const std::vector<Claimant>& claimants,
                      int epoch, absl::Time at);
  // The answer that holds for `at`: the latest before it that has not expired, else the earliest
  // after it. Narrows the validity of the judgement being made.
  const Fact* Lookup(const Answers& answers, const Person& person, std::string_view suffix,
                     absl::Time at);

  const TicketContext& context_;
  const TermsHistory& terms_;
  std::vector<Person> people_;
  std::vector<ActorIndex> doers_;  // by place in the order
  // The last two met: a thread is mostly two people's talk.
  std::array<ActorIndex, 2> recent_ = {kNobody, kNobody};
  absl::flat_hash_map<absl::string_view, ActorIndex> by_id_;
  absl::flat_hash_map<std::string, ActorIndex> by_login_;  // lower case; the first one met
  Answers permissions_, memberships_, profiles_;
  std::set<Question> questions_;
  std::set<std::string> flags_;
  std::set<std::string> others_;
  absl::Time valid_from_, valid_until_;
};

}  // namespace retainer::core
