#include "readers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "roles.h"

namespace retainer {
namespace core {
namespace {

const TermsIndex::Named* NamedIn(const Terms& terms, const std::string& forge,
                                 const std::string& login) {
  return login.empty() ? nullptr : terms.index->Find(forge, FoldName(login));
}

// True if the policy names the actor as a contact of a customer other than `customer`, or if the
// actor ever joined one.
bool IsOfAnother(const Terms& terms, const Pins& pins, const std::string& forge, const Actor& actor,
                 const std::string& customer) {
  const std::vector<JoinedTime>& joined = pins.JoinedBy(forge, actor.id);
  if (std::any_of(joined.begin(), joined.end(), [&](const JoinedTime& time) {
        return time.customer != customer && terms.policy.FindCustomer(time.customer) != nullptr;
      })) {
    return true;
  }
  const TermsIndex::Named* named = NamedIn(terms, forge, actor.login);
  return named != nullptr && std::any_of(named->contact_of.begin(), named->contact_of.end(),
                                         [&](const std::string& id) { return id != customer; });
}

// True if all assignees belong to the project or to the customer.
bool KnowsAssignees(const Standing& standing, const Terms& terms, const std::string& forge) {
  return std::all_of(
      standing.assignees.begin(), standing.assignees.end(), [&](const std::string& login) {
        const TermsIndex::Named* named = NamedIn(terms, forge, login);
        // contacts of other customers are excluded by IsOfAnother
        if (named != nullptr) return true;
        return std::any_of(standing.roles.begin(), standing.roles.end(),
                           [&](const RoleStanding& role) {
                             return SameName(role.actor.login, login) &&
                                    (role.role == Role::kResponder || role.role == Role::kCustomer);
                           });
      });
}

bool IsByContact(const Standing& standing) {
  return std::any_of(standing.roles.begin(), standing.roles.end(), [&](const RoleStanding& role) {
    return role.actor.id == standing.author.id && role.actor.login == standing.author.login &&
           role.role == Role::kCustomer;
  });
}

// Hides from the customer whose contact another person is.
void HideOtherContacts(const std::string& customer, std::vector<RoleStanding>* roles) {
  for (RoleStanding& role : *roles) {
    if (role.contact_of.empty()) continue;
    const bool theirs = std::find(role.contact_of.begin(), role.contact_of.end(), customer) !=
                        role.contact_of.end();
    const bool alone = role.contact_of.size() == 1;
    role.contact_of.clear();
    if (theirs) role.contact_of.push_back(customer);
    if (theirs && alone) continue;
    if (!theirs) role.role = Role::kCommunity;
    // The reason may name another customer or its organisation.
    const std::string who = role.actor.login.empty() ? absl::StrCat("id ", role.actor.id)
                                                     : absl::StrCat("@", role.actor.login);
    role.reason = absl::StrCat(who, theirs ? " is a contact of " : " is no contact of ", customer);
  }
}

// A membership question exists because of the customer that has the organisation.
void HideOthersQuestions(const Customer* customer, std::vector<Question>* questions) {
  std::erase_if(*questions, [&](const Question& question) {
    if (question.kind == Question::Kind::kProfile) {
      return customer == nullptr || customer->contacts.emails.empty();
    }
    if (question.kind != Question::Kind::kMembership) return false;
    return customer == nullptr ||
           std::none_of(customer->contacts.organizations.begin(),
                        customer->contacts.organizations.end(), [&](const Login& organization) {
                          return organization.name == question.organization;
                        });
  });
}

}  // namespace

std::string KnownToEveryReader(const TicketContext& context, const Standing& standing,
                               const TermsHistory& terms, const Pins& pins, absl::Time now) {
  if (!standing.confidential && !context.members_only) return "";
  if (!standing.opened || standing.gone || standing.claims.empty()) return "";
  const Terms& current = *terms[TermsIndexAt(terms, now)];
  const std::string& id = standing.claims[0].customer;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.customer != id) return "";
  }
  const Customer* customer = current.policy.FindCustomer(id);
  if (customer == nullptr || customer->id != id || customer->is_public) return "";
  const ProjectNames here = NamesOf(context);
  const bool shared = std::any_of(
      current.policy.customers.begin(), current.policy.customers.end(), [&](const Customer& other) {
        return other.id != id && AnyNames(other.projects, current.id, here);
      });
  if (shared) return "";
  for (const auto& [fact_id, fact] : standing.facts) {
    for (const Actor* actor : {&fact.actor, &fact.author, &fact.assignee}) {
      if (IsOfAnother(current, pins, context.key.forge, *actor, id)) return "";
    }
  }
  const bool own = context.members_only && AnyNames(customer->projects, current.id, here);
  const bool confidential = standing.confidential && IsByContact(standing) &&
                            KnowsAssignees(standing, current, context.key.forge);
  return own || confidential ? id : "";
}

}  // namespace core

std::optional<Standing> StandingFor(const TicketContext& context, const FactSet& facts,
                                    const TermsHistory& terms, const Pins& pins, absl::Time now,
                                    const std::string& customer) {
  const TermsHistory known = TermsFor(terms, now, customer);
  const Terms& current = *known[core::TermsIndexAt(known, now)];
  Standing standing = Evaluate(context, facts, known, pins, now);
  const auto is_theirs = [&](const auto& of) { return of.customer == customer; };
  std::erase_if(standing.claims, [&](const ClaimStanding& claim) { return !is_theirs(claim); });
  if (standing.claims.empty()) return std::nullopt;
  std::erase_if(standing.notices, [&](const Notice& notice) { return !is_theirs(notice); });
  // Also for responders: a refusal that names another customer would not exist without that
  // customer.
  std::erase_if(standing.refusals, [&](const Refusal& refusal) { return !is_theirs(refusal); });
  std::erase_if(standing.ratings, [&](const Rating& rating) { return !is_theirs(rating); });
  standing.acknowledged.clear();
  std::erase_if(standing.work, [&](const WorkCommand& command) { return !is_theirs(command); });
  standing.objectives.clear();
  standing.carried.clear();
  standing.flags.clear();
  standing.other_customers.clear();
  core::HideOthersQuestions(current.policy.FindCustomer(customer), &standing.questions);
  core::HideOtherContacts(customer, &standing.roles);
  standing.worst.reset();
  standing.next_due.reset();
  standing.next_wake = absl::InfiniteFuture();
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
    if (claim.by_hand_told_at && *claim.by_hand_told_at > now) {
      standing.next_wake = std::min(standing.next_wake, *claim.by_hand_told_at);
    }
    for (const PromiseClock& clock : claim.clocks) {
      standing.worst = std::max(standing.worst.value_or(clock.state), clock.state);
      if (!clock.to_come.empty()) {
        standing.next_wake = std::min(standing.next_wake, clock.to_come.front().at);
      }
      for (const Cycle& cycle : clock.cycles) {
        if (cycle.outcome != Outcome::kOpen || cycle.due == absl::InfiniteFuture()) continue;
        standing.next_due = std::min(standing.next_due.value_or(cycle.due), cycle.due);
      }
    }
  }
  return standing;
}

}  // namespace retainer
