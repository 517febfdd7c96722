#include "roles.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"

namespace retainer::core {
namespace {

// The most organisations about which the forge is asked because a person may write here: those
// named first. Known answers count for all. Rationale: each organisation is one question per person
// per ticket. A desk with so many customers names its people in teams, and for those nothing is
// asked.
constexpr std::size_t kMostAsked = 32;

std::string JoinedReason(const Actor& actor, const JoinedTime& time) {
  return absl::StrCat(
      actor.login.empty() ? absl::StrCat("id ", actor.id) : absl::StrCat("@", actor.login),
      " joined as a contact of ", time.customer, " on ",
      absl::FormatTime("%Y-%m-%d", time.since, absl::UTCTimeZone()));
}

}  // namespace

std::size_t TermsIndexAt(const TermsHistory& terms, absl::Time at) {
  std::size_t index = 0;
  for (std::size_t i = 1; i < terms.size() && terms[i]->effective <= at; ++i) index = i;
  return index;
}

Roster::Roster(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
               const std::vector<const Fact*>& order)
    : context_(context), terms_(terms), doers_(order.size(), kNobody) {
  // Actors with an id first, so that an actor whom a body names only by login is matched to them,
  // in any order.
  std::vector<std::size_t> by_login;
  constexpr std::size_t kMostly = 4;  // usual number of people on a ticket
  people_.reserve(kMostly);
  by_id_.reserve(kMostly);
  by_login_.reserve(kMostly);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Fact& fact = *order[i];
    if (fact.kind == FactKind::kPermission) permissions_[fact.subject].push_back(&fact);
    if (fact.kind == FactKind::kMembership) memberships_[fact.subject].push_back(&fact);
    if (fact.kind == FactKind::kProfile) profiles_[fact.subject].push_back(&fact);
    const bool author_too = fact.author != fact.actor;
    if (!fact.actor.id.empty()) doers_[i] = Meet(fact.actor);
    if (!fact.author.id.empty() && author_too) Meet(fact.author);
    const auto named = [](const Actor& a) { return a.id.empty() && !a.login.empty(); };
    if (named(fact.actor) || (named(fact.author) && author_too)) by_login.push_back(i);
  }
  for (const std::size_t i : by_login) {
    const Fact& fact = *order[i];
    if (fact.actor.id.empty()) doers_[i] = Meet(fact.actor);
    if (fact.author.id.empty() && fact.author != fact.actor) Meet(fact.author);
  }
  for (Person& person : people_) Name(&person, pins);
}

ActorIndex Roster::Meet(const Actor& actor) {
  if (actor.id.empty() && actor.login.empty()) return kNobody;
  if (const ActorIndex index = Find(actor); index != kNobody) {
    if (index != recent_[0] && index != recent_[1]) recent_ = {index, recent_[0]};
    people_[index].actor.machine |= actor.machine;
    if (people_[index].actor.login.empty() && !actor.login.empty()) {
      people_[index].actor.login = actor.login;
      by_login_.try_emplace(FoldName(actor.login), index);
    }
    return index;
  }
  const auto index = static_cast<ActorIndex>(people_.size());
  people_.emplace_back();
  people_.back().actor = actor;
  people_.back().attributes.resize(terms_.size());
  if (!actor.id.empty()) by_id_.emplace(actor.id, index);
  if (actor.login.empty()) return index;
  const auto [it, first] = by_login_.try_emplace(FoldName(actor.login), index);
  if (!first && people_[it->second].actor.id != actor.id) {
    flags_.insert(absl::StrCat("@", actor.login, " was seen with two ids, ",
                               people_[it->second].actor.id, " and ", actor.id,
                               ": only the first is believed"));
  }
  return index;
}

void Roster::Name(Person* person, const Pins& pins) {
  const Actor& actor = person->actor;
  person->self = (!context_.self_id.empty() && actor.id == context_.self_id) ||
                 (actor.id.empty() && !context_.self_login.empty() &&
                  SameName(actor.login, context_.self_login));
  if (!actor.login.empty()) {
    const std::string login = FoldName(actor.login);
    const std::string* pin = pins.Find({context_.key.forge, login});
    if (pin == nullptr) {
      // Not pinned yet: the first id that used the login gets it.
      const ActorIndex first = by_login_.at(login);
      if (&people_[first] == person) person->names.push_back(login);
    } else if (actor.id.empty() || *pin == actor.id) {
      person->names.push_back(login);
    } else {
      flags_.insert(absl::StrCat("@", actor.login, " is pinned to id ", *pin, "; id ", actor.id,
                                 " under that login is refused"));
    }
  }
  person->joined = &pins.JoinedBy(context_.key.forge, actor.id);
  if (actor.id.empty()) return;
  for (const std::string& name : pins.NamesOf(context_.key.forge, actor.id)) {
    const auto& names = person->names;
    if (std::find(names.begin(), names.end(), name) == names.end()) person->names.push_back(name);
  }
}

ActorIndex Roster::Find(const Actor& actor) const {
  if (!actor.id.empty()) {
    for (const ActorIndex index : recent_) {
      if (index != kNobody && people_[index].actor.id == actor.id) return index;
    }
    const auto it = by_id_.find(actor.id);
    return it == by_id_.end() ? kNobody : it->second;
  }
  if (actor.login.empty()) return kNobody;
  const auto it = by_login_.find(FoldName(actor.login));
  return it == by_login_.end() ? kNobody : it->second;
}

void Roster::LookUp(const Person& person, std::size_t terms, Attributes* attributes) const {
  attributes->known = true;
  TermsIndex::Named& all = attributes->named;
  all.bot = person.actor.machine || person.self;
  for (const std::string& name : person.names) {
    const TermsIndex::Named* named = terms_[terms]->index->Find(context_.key.forge, name);
    if (named == nullptr) continue;
    all.bot |= named->bot;
    if (all.team.empty() || (!named->team.empty() && named->team < all.team)) {
      all.team = named->team;
    }
    all.contact_of.insert(all.contact_of.end(), named->contact_of.begin(), named->contact_of.end());
  }
}

const Fact* Roster::Lookup(const Answers& answers, const Person& person, std::string_view suffix,
                           absl::Time at) {
  auto it = answers.end();
  if (!person.actor.id.empty()) it = answers.find(absl::StrCat(person.actor.id, View(suffix)));
  if (it == answers.end() && !person.actor.login.empty()) {
    it = answers.find(absl::StrCat("@", person.actor.login, View(suffix)));
  }
  if (it == answers.end()) return nullptr;
  const std::vector<const Fact*>& list = it->second;
  const auto after = std::upper_bound(list.begin(), list.end(), at,
                                      [](absl::Time t, const Fact* f) { return t < f->at; });
  if (after != list.begin()) {
    const Fact* latest = *(after - 1);
    const absl::Time expires = latest->expires.value_or(absl::InfiniteFuture());
    if (at < expires) {
      valid_from_ = std::max(valid_from_, latest->at);
      valid_until_ = std::min(valid_until_, expires);
      if (after != list.end()) valid_until_ = std::min(valid_until_, (*after)->at);
      return latest;
    }
    valid_from_ = std::max(valid_from_, expires);
  }
  if (after == list.end()) return nullptr;
  valid_until_ = std::min(valid_until_, (*after)->at);
  return *after;
}

std::vector<const JoinedTime*> Roster::JoinedNow(const Person& person, std::size_t terms,
                                                 absl::Time at) {
  std::vector<const JoinedTime*> now;
  for (const JoinedTime& time : *person.joined) {
    const Customer* customer = terms_[terms]->policy.FindCustomer(time.customer);
    if (customer == nullptr || customer->id != time.customer) continue;
    if (at < time.since) {
      valid_until_ = std::min(valid_until_, time.since);
    } else if (at >= time.until) {
      valid_from_ = std::max(valid_from_, time.until);
    } else {
      valid_from_ = std::max(valid_from_, time.since);
      valid_until_ = std::min(valid_until_, time.until);
      now.push_back(&time);
    }
  }
  return now;
}

std::vector<absl::Time> Roster::JoinedAt(ActorIndex index) const {
  std::vector<absl::Time> instants;
  if (index == kNobody) return instants;
  for (const JoinedTime& time : *people_[index].joined) instants.push_back(time.since);
  std::sort(instants.begin(), instants.end());
  return instants;
}

bool Roster::HasJoined(ActorIndex index, const Customer& customer, absl::Time at,
                       std::string* reason) {
  if (index == kNobody) return false;
  const Person& person = people_[index];
  for (const JoinedTime& time : *person.joined) {
    if (time.customer != customer.id || at < time.since || at >= time.until) continue;
    *reason = JoinedReason(person.actor, time);
    return true;
  }
  return false;
}

TermsIndex::Customers Roster::MayBeContactOf(ActorIndex index, std::size_t terms) {
  TermsIndex::Customers customers;
  if (index == kNobody) return customers;
  const Policy& policy = terms_[terms]->policy;
  const auto add = [&](const std::string& id) {
    const Customer* customer = policy.FindCustomer(id);
    if (customer == nullptr || customer->id != id) return;
    customers.push_back(static_cast<std::size_t>(customer - policy.customers.data()));
  };
  for (const JoinedTime& time : *people_[index].joined) add(time.customer);
  const std::vector<std::string>& named = Of(index, terms).contact_of;
  for (const std::string& id : named) add(id);
  const TermsIndex::Customers& groups = terms_[terms]->index->WithGroups();
  if (named.empty()) customers.insert(customers.end(), groups.begin(), groups.end());
  std::sort(customers.begin(), customers.end());
  customers.erase(std::unique(customers.begin(), customers.end()), customers.end());
  // Whoever is named as a contact is no other customer's by membership or address.
  if (!named.empty() &&
      !std::includes(customers.begin(), customers.end(), groups.begin(), groups.end())) {
    NoteOther(index, terms);
  }
  return customers;
}

void Roster::NoteOther(ActorIndex index, std::size_t terms) {
  Attributes& attributes = people_[index].attributes[terms];
  if (std::exchange(attributes.noted, true)) return;
  const std::vector<std::string>& named = Of(index, terms).contact_of;
  others_.insert(named.begin(), named.end());
  for (const JoinedTime& time : *people_[index].joined) {
    const Customer* customer = terms_[terms]->policy.FindCustomer(time.customer);
    if (customer != nullptr && customer->id == time.customer) others_.insert(customer->id);
  }
}

Answer Roster::ContactOf(ActorIndex index, std::size_t terms, const Customer& customer,
                         absl::Time at, std::string* reason) {
  if (index == kNobody) return Answer::kNo;
  const TermsIndex::Named& a = Of(index, terms);
  const Person& person = people_[index];
  const std::vector<const JoinedTime*> joined = JoinedNow(person, terms, at);
  if (!a.contact_of.empty() || !joined.empty()) {
    // Rationale: a person who is named as a customer's contact, or joined it, is no other
    // customer's contact by membership or address.
    const bool named =
        std::find(a.contact_of.begin(), a.contact_of.end(), customer.id) != a.contact_of.end();
    if (named) {
      *reason = absl::StrCat("@", person.actor.login, " is a contact of ", customer.id);
      return Answer::kYes;
    }
    for (const JoinedTime* time : joined) {
      if (time->customer != customer.id) continue;
      *reason = JoinedReason(person.actor, *time);
      return Answer::kYes;
    }
    NoteOther(index, terms);
    return Answer::kNo;
  }
  bool unknown = false;
  for (const Login& organization : customer.contacts.organizations) {
    if (organization.forge != context_.key.forge) continue;
    const Fact* answer = Lookup(memberships_, person, absl::StrCat(" ", organization.name), at);
    if (answer == nullptr) {
      questions_.insert({Question::Kind::kMembership, person.actor, organization.name});
      unknown = true;
    } else if (answer->value == "yes") {
      *reason = absl::StrCat("@", person.actor.login, " is a member of ", organization.name,
                             ", of ", customer.id);
      return Answer::kYes;
    } else if (answer->value == "unseen") {
      FlagUnseen(person, organization.name);
    }
  }
  if (!customer.contacts.emails.empty()) {
    const Fact* answer = Lookup(profiles_, person, "", at);
    if (answer == nullptr) {
      questions_.insert({Question::Kind::kProfile, person.actor, ""});
      unknown = true;
    } else if (!answer->value.empty()) {
      for (const std::string& rule : customer.contacts.emails) {
        if (!EmailMatches(rule, answer->value)) continue;
        *reason =
            absl::StrCat("the public address of @", person.actor.login, " is one of ", customer.id);
        return Answer::kYes;
      }
    }
  }
  return unknown ? Answer::kUnknown : Answer::kNo;
}

Roster::OthersContact Roster::ContactOfOthers(ActorIndex index, std::size_t terms, absl::Time at) {
  const Person& person = people_[index];
  const TermsIndex::Named& named = Of(index, terms);
  const TermsIndex& policy = *terms_[terms]->index;
  const std::vector<Customer>& customers = terms_[terms]->policy.customers;
  OthersContact found;
  const std::vector<const JoinedTime*> joined = JoinedNow(person, terms, at);
  if (!named.contact_of.empty() || !joined.empty()) {
    found.answer = Answer::kYes;
    found.customers = named.contact_of;
    for (const JoinedTime* time : joined) {
      const auto& all = found.customers;
      if (std::find(all.begin(), all.end(), time->customer) != all.end()) continue;
      found.customers.push_back(time->customer);
    }
    found.reason = named.contact_of.empty() ? JoinedReason(person.actor, *joined[0])
                                            : absl::StrCat("@", person.actor.login,
                                                           " is a contact of ", found.customers[0]);
    others_.insert(found.customers.begin(), found.customers.end());
    return found;
  }
  TermsIndex::Customers of;
  const auto add = [&](const TermsIndex::Customers& more, const auto& reason) {
    if (more.empty()) return;
    if (of.empty() || more[0] < of[0]) found.reason = reason(customers[more[0]].id);
    of.insert(of.begin(), more.begin(), more.end());
    std::sort(of.begin(), of.end());
  };
  for (const std::string& who :
       {absl::StrCat(person.actor.id, " "), absl::StrCat("@", person.actor.login, " ")}) {
    if (who.size() == (who[0] == '@' ? 2 : 1)) continue;
    for (auto it = memberships_.lower_bound(who);
         it != memberships_.end() && absl::StartsWith(it->first, who); ++it) {
      const std::string name = it->first.substr(who.size());
      const TermsIndex::Organization* organization =
          policy.FindOrganization(context_.key.forge, name);
      if (organization == nullptr) continue;
      const Fact* answer = Lookup(memberships_, person, absl::StrCat(" ", name), at);
      if (answer == nullptr) continue;
      if (answer->value == "yes") {
        add(organization->customers, [&](const std::string& id) {
          return absl::StrCat("@", person.actor.login, " is a member of ", name, ", of ", id);
        });
      } else if (answer->value == "unseen") {
        FlagUnseen(person, name);
      }
    }
  }
  bool asks_profile = false;
  if (policy.has_addresses()) {
    const Fact* profile = Lookup(profiles_, person, "", at);
    asks_profile = profile == nullptr;
    if (profile != nullptr && !profile->value.empty()) {
      add(policy.ByAddress(profile->value), [&](const std::string& id) {
        return absl::StrCat("the public address of @", person.actor.login, " is one of ", id);
      });
    }
  }
  if (!of.empty()) {
    found.answer = Answer::kYes;
    of.erase(std::unique(of.begin(), of.end()), of.end());
    for (const std::size_t customer : of) found.customers.push_back(customers[customer].id);
    others_.insert(found.customers.begin(), found.customers.end());
    return found;
  }
  const auto ask = [&](Question question, const TermsIndex::Customers& about) {
    questions_.insert(std::move(question));
    for (const std::size_t customer : about) others_.insert(customers[customer].id);
    found.answer = Answer::kUnknown;
  };
  const auto& organizations = policy.OrganizationsOn(context_.key.forge);
  const std::size_t asked = std::min(organizations.size(), kMostAsked);
  for (std::size_t i = 0; i < asked; ++i) {
    const TermsIndex::Organization& organization = organizations[i];
    if (Lookup(memberships_, person, absl::StrCat(" ", organization.name), at) != nullptr) continue;
    ask({Question::Kind::kMembership, person.actor, organization.name}, organization.customers);
  }
  if (asked < organizations.size()) {
    flags_.insert(
        absl::StrCat("@", person.actor.login, " may write here; the forge is not asked for ",
                     organizations.size() - asked,
                     " further organizations of customers: name the project's people in a team"));
  }
  if (asks_profile) ask({Question::Kind::kProfile, person.actor, ""}, policy.WithAddresses());
  return found;
}

void Roster::FlagUnseen(const Person& person, std::string_view organization) {
  flags_.insert(absl::StrCat("whether @", person.actor.login, " is a private member of ",
                             View(organization), " cannot be seen from outside"));
}

Judgement Roster::JudgeAnew(ActorIndex index, std::size_t terms,
                            const std::vector<Claimant>& claimants, int epoch, absl::Time at) {
  Person& person = people_[index];
  valid_from_ = absl::InfinitePast();
  valid_until_ = absl::InfiniteFuture();
  const Policy& policy = terms_[terms]->policy;
  const TermsIndex::Named& a = Of(index, terms);
  const std::string who = person.actor.login.empty() ? absl::StrCat("id ", person.actor.id)
                                                     : absl::StrCat("@", person.actor.login);
  struct Verdict {
    Role role = Role::kUnknown;
    Slots slots = 0;
    std::string reason;
    std::vector<std::string> contact_of = {};
  };
  const auto judge = [&]() -> Verdict {
    if (a.bot) return {Role::kBot, 0, absl::StrCat(who, " is a bot")};
    Verdict as_customer{Role::kCustomer, 0, ""};
    bool unknown = false;
    for (const Claimant& claimant : claimants) {
      const Customer* customer = policy.FindCustomer(claimant.customer);
      if (customer == nullptr) continue;
      const Answer answer = ContactOf(index, terms, *customer, at, &as_customer.reason);
      if (answer == Answer::kYes) {
        as_customer.slots |= Slots{1} << claimant.slot;
        as_customer.contact_of.push_back(customer->id);
      }
      unknown |= answer == Answer::kUnknown;
    }
    if (as_customer.slots != 0) return as_customer;
    if (unknown) {
      return {Role::kUnknown, 0,
              absl::StrCat("the forge has not yet said whether ", who, " is of a customer here")};
    }
    if (!a.team.empty()) {
      return {Role::kResponder, 0, absl::StrCat(who, " is in the team ", a.team)};
    }
    const Fact* permission = Lookup(permissions_, person, "", at);
    if (permission == nullptr) {
      questions_.insert({Question::Kind::kPermission, person.actor, ""});
      return {Role::kUnknown, 0,
              absl::StrCat("permission of ", who, " not yet answered by the forge")};
    }
    if (permission->value == "admin" || permission->value == "maintain" ||
        permission->value == "write") {
      // Rationale: a contact acts for the desk only if a team names them, even if they can write
      // to the repository.
      OthersContact other = ContactOfOthers(index, terms, at);
      if (other.answer == Answer::kYes) {
        return {Role::kCommunity, 0,
                absl::StrCat(other.reason, ", speaks for nobody here and is in no team"),
                std::move(other.customers)};
      }
      if (other.answer == Answer::kUnknown) {
        return {Role::kUnknown, 0,
                absl::StrCat("the forge has not yet said whether ", who, " is of a customer")};
      }
      return {Role::kResponder, 0, absl::StrCat(who, " has the permission ", permission->value)};
    }
    for (const Claimant& claimant : claimants) {
      const Customer* customer = policy.FindCustomer(claimant.customer);
      // Rationale: in a customer's own project without named contacts, everybody counts as the
      // customer.
      if (claimant.by_project && customer != nullptr && customer->contacts.empty()) {
        return {Role::kCustomer,
                Slots{1} << claimant.slot,
                absl::StrCat(who, " is in the project of ", claimant.customer),
                {claimant.customer}};
      }
    }
    return {Role::kCommunity, 0,
            absl::StrCat(who, " has the permission ", permission->value,
                         ", is in no team and no contact here")};
  };
  Verdict verdict = judge();
  person.judgement = {verdict.role, verdict.slots};
  person.reason = std::move(verdict.reason);
  person.contact_of = std::move(verdict.contact_of);
  person.judged = true;
  person.judged_terms = terms;
  person.judged_epoch = epoch;
  person.valid_from = valid_from_;
  person.valid_until = valid_until_;
  return person.judgement;
}

std::vector<RoleStanding> Roster::Roles() const {
  std::vector<RoleStanding> roles;
  roles.reserve(people_.size());
  for (const Person& person : people_) {
    if (!person.judged) continue;
    roles.push_back({person.actor, person.judgement.role, person.reason, person.contact_of});
  }
  std::sort(roles.begin(), roles.end(),
            [](const RoleStanding& a, const RoleStanding& b) { return a.actor < b.actor; });
  return roles;
}

}  // namespace retainer::core
