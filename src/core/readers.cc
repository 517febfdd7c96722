#include "readers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "roles.h"

namespace retainer {
namespace core {
namespace {

bool IsOwnProject(const Customer& customer, const ProjectRef& project) {
  return std::any_of(customer.projects.begin(), customer.projects.end(),
                     [&](const ProjectRef& pattern) { return MatchesProject(pattern, project); });
}

const TermsIndex::Named* NamedIn(const Terms& terms, const std::string& forge,
                                 const std::string& login) {
  return login.empty() ? nullptr : terms.index->Find(forge, absl::AsciiStrToLower(login));
}

// Does the policy name the actor as a contact of anybody but `customer`?
bool IsOfAnother(const Terms& terms, const std::string& forge, const Actor& actor,
                 const std::string& customer) {
  const TermsIndex::Named* named = NamedIn(terms, forge, actor.login);
  return named != nullptr && std::any_of(named->contact_of.begin(), named->contact_of.end(),
                                         [&](const std::string& id) { return id != customer; });
}

// Are the assignees the project's people, or the customer's?
bool KnowsAssignees(const Standing& standing, const Terms& terms, const std::string& forge) {
  return std::all_of(
      standing.assignees.begin(), standing.assignees.end(), [&](const std::string& login) {
        const TermsIndex::Named* named = NamedIn(terms, forge, login);
        if (named != nullptr) return true;  // of another customer nobody is: see IsOfAnother
        return std::any_of(
            standing.roles.begin(), standing.roles.end(), [&](const RoleStanding& role) {
              return absl::AsciiStrToLower(role.actor.login) == absl::AsciiStrToLower(login) &&
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

// Whose contact somebody else is: not for the customer to know.
void HideOtherContacts(const std::string& customer, std::vector<RoleStanding>* roles) {
  for (RoleStanding& role : *roles) {
    // The reasons of roles.cc: a customer's name is their last word, or the actor speaks for nobody.
    const bool of_theirs = absl::EndsWith(role.reason, absl::StrCat(" of ", customer));
    const bool of_another = role.role == Role::kCustomer ||
                            (role.role == Role::kCommunity &&
                             absl::StrContains(role.reason, ", speaks for nobody here"));
    if (of_theirs || !of_another) continue;
    role.role = Role::kCommunity;
    role.reason = absl::StrCat("@", role.actor.login, " is no contact of ", customer);
  }
}

}  // namespace

std::string KnownToEveryReader(const TicketContext& context, const Standing& standing,
                               const TermsHistory& terms, absl::Time now) {
  if (!standing.confidential && !context.members_only) return "";
  if (!standing.opened || standing.gone || standing.claims.empty()) return "";
  const Terms& current = *terms[TermsIndexAt(terms, now)];
  const std::string& id = standing.claims[0].customer;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.customer != id) return "";
  }
  const Customer* customer = current.policy.FindCustomer(id);
  if (customer == nullptr || customer->id != id || customer->is_public) return "";
  const ProjectRef here{context.key.forge, context.path};
  const bool shared = std::any_of(
      current.policy.customers.begin(), current.policy.customers.end(),
      [&](const Customer& other) { return other.id != id && IsOwnProject(other, here); });
  if (shared) return "";
  for (const auto& [fact_id, fact] : standing.facts) {
    for (const Actor* actor : {&fact.actor, &fact.author, &fact.assignee}) {
      if (IsOfAnother(current, context.key.forge, *actor, id)) return "";
    }
  }
  const bool own = context.members_only && IsOwnProject(*customer, here);
  const bool confidential = standing.confidential && IsByContact(standing) &&
                            KnowsAssignees(standing, current, context.key.forge);
  return own || confidential ? id : "";
}

}  // namespace core

std::optional<Standing> StandingFor(const TicketContext& context, const FactSet& facts,
                                    const TermsHistory& terms, const Pins& pins, absl::Time now,
                                    const std::string& customer) {
  Standing standing = Evaluate(context, facts, TermsFor(terms, now, customer), pins, now);
  const auto is_theirs = [&](const auto& of) { return of.customer == customer; };
  std::erase_if(standing.claims, [&](const ClaimStanding& claim) { return !is_theirs(claim); });
  if (standing.claims.empty()) return std::nullopt;
  std::erase_if(standing.notices, [&](const Notice& notice) { return !is_theirs(notice); });
  // A responder's too: one that names another customer is refused where there is none.
  std::erase_if(standing.refusals, [&](const Refusal& refusal) { return !is_theirs(refusal); });
  standing.acknowledged.clear();
  standing.objectives.clear();
  standing.carried.clear();
  standing.flags.clear();
  core::HideOtherContacts(customer, &standing.roles);
  standing.worst.reset();
  standing.next_due.reset();
  standing.next_wake = absl::InfiniteFuture();
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
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
