// The roles of actors on one ticket, from identities, the policy and the forge's answers.
//
// A Roster belongs to one evaluation and one thread. It keeps references to its arguments. A query
// that only the forge can answer adds a Question and returns "unknown", which authorises nothing.
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
#include "src/base/view.h"
#include "terms_index.h"

namespace retainer::core {

using base::View;
// The short id of a policy version, for people. Machines use the whole id.
inline absl::string_view ShortCommit(std::string_view commit) { return View(commit.substr(0, 7)); }
inline absl::string_view ShortId(std::string_view id) { return View(id.substr(0, 12)); }

// Index of the version in force at `at`. The first version also covers earlier times.
std::size_t TermsIndexAt(const TermsHistory& terms, absl::Time at);

// Index of an actor in a roster. kNobody: an event that names no actor.
using ActorIndex = int;
inline constexpr ActorIndex kNobody = -1;

// A bit set of claims. A 64th customer on one ticket gets no claim.
using Slots = std::uint64_t;
inline constexpr int kMaxSlots = 63;

// A customer with a claim in force.
struct Claimant {
  int slot = 0;
  std::string customer;
  bool by_project = false;  // the ticket is in the customer's own project
};

struct Judgement {
  Role role = Role::kUnknown;
  Slots slots = 0;  // the claimants for which the actor speaks
};

enum class Answer : std::uint8_t { kNo, kYes, kUnknown };

class Roster {
 public:
  // `order`: the ticket's facts ordered by time, then id.
  Roster(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
         const std::vector<const Fact*>& order);

  ActorIndex Find(const Actor& actor) const;
  // The actor of the fact at this index of `order`.
  ActorIndex DoerOf(std::size_t place) const { return doers_[place]; }
  const Actor& actor(ActorIndex index) const { return people_[index].actor; }
  bool IsSelf(ActorIndex index) const { return index != kNobody && people_[index].self; }
  bool IsBot(ActorIndex index, std::size_t terms) {
    return index != kNobody && Of(index, terms).bot;
  }

  // True if the policy names the actor in a team.
  bool IsInTeam(ActorIndex index, std::size_t terms) {
    return index != kNobody && !Of(index, terms).team.empty();
  }

  // The instants at which the actor joined a customer, ascending.
  std::vector<absl::Time> JoinedAt(ActorIndex index) const;
  // Whether the actor joined the customer and is its contact at `at`. `reason`: why.
  bool HasJoined(ActorIndex index, const Customer& customer, absl::Time at, std::string* reason);

  // The customers of which the actor may be a contact, ascending. Of all others ContactOf says no
  // without any answer of the forge. The cost does not grow with the number of customers whose
  // contacts are all named by their logins.
  TermsIndex::Customers MayBeContactOf(ActorIndex index, std::size_t terms);
  // Whether the actor is a contact of `customer` at `at`. `reason`: why.
  Answer ContactOf(ActorIndex index, std::size_t terms, const Customer& customer, absl::Time at,
                   std::string* reason);

  // The role at `at` while `claimants` have claims in force. `epoch` changes whenever `claimants`
  // does.
  Judgement Judge(ActorIndex index, std::size_t terms, const std::vector<Claimant>& claimants,
                  int epoch, absl::Time at) {
    const Person& person = people_[index];
    const bool holds = person.judged && person.judged_terms == terms &&
                       person.judged_epoch == epoch && person.valid_from <= at &&
                       at < person.valid_until;
    return holds ? person.judgement : JudgeAnew(index, terms, claimants, epoch, at);
  }

  // The open questions so far.
  const std::set<Question>& questions() const { return questions_; }
  const std::set<std::string>& flags() const { return flags_; }
  // Customers on whose contacts a role depends although they claim nothing: people who may write
  // here and therefore do not (or may not) count as responders, and people who are therefore no
  // contacts of another customer.
  const std::set<std::string>& others() const { return others_; }
  // The last computed role of each person.
  std::vector<RoleStanding> Roles() const;

 private:
  struct Attributes {  // what the policy says of the person; one per version
    bool known = false;
    bool noted = false;  // see NoteOther
    TermsIndex::Named named;
  };
  struct Person {
    Actor actor;
    bool self = false;
    std::vector<std::string> names;  // lower-case logins of this person in the policy
    const std::vector<JoinedTime>* joined = nullptr;  // never null after Name
    std::vector<Attributes> attributes;
    bool judged = false;
    Judgement judgement;
    std::string reason;                   // reason of the judgement
    std::vector<std::string> contact_of;  // see RoleStanding::contact_of
    std::size_t judged_terms = 0;
    int judged_epoch = -1;
    absl::Time valid_from, valid_until;
  };
  using Answers = std::map<std::string, std::vector<const Fact*>, std::less<>>;

  struct OthersContact {
    Answer answer = Answer::kNo;
    std::vector<std::string> customers;  // if `answer` is kYes
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
  // The times of the person's joinings that hold at `at`, of customers that the version has. Limits
  // the validity of the current judgement.
  std::vector<const JoinedTime*> JoinedNow(const Person& person, std::size_t terms, absl::Time at);
  // Whether a person who may write here is a contact of any customer. Uses the policy's index and
  // the known answers; the number of new questions is limited, however many customers there are.
  OthersContact ContactOfOthers(ActorIndex index, std::size_t terms, absl::Time at);
  // The person is no contact of a customer, because it is named as another's or joined another: the
  // result depends on those others.
  void NoteOther(ActorIndex index, std::size_t terms);
  void FlagUnseen(const Person& person, std::string_view organization);
  Judgement JudgeAnew(ActorIndex index, std::size_t terms, const std::vector<Claimant>& claimants,
                      int epoch, absl::Time at);
  // The answer for `at`: the latest before it that has not expired, else the earliest after it.
  // Limits the validity of the current judgement to that of the answer.
  const Fact* Lookup(const Answers& answers, const Person& person, std::string_view suffix,
                     absl::Time at);

  const TicketContext& context_;
  const TermsHistory& terms_;
  std::vector<Person> people_;
  std::vector<ActorIndex> doers_;  // index: place in the order
  // Cache of the last two actors: most threads are a talk of two people.
  std::array<ActorIndex, 2> recent_ = {kNobody, kNobody};
  absl::flat_hash_map<absl::string_view, ActorIndex> by_id_;
  absl::flat_hash_map<std::string, ActorIndex> by_login_;  // lower case -> first actor with it
  Answers permissions_, memberships_, profiles_;
  std::set<Question> questions_;
  std::set<std::string> flags_;
  std::set<std::string> others_;
  absl::Time valid_from_, valid_until_;
};

}  // namespace retainer::core
