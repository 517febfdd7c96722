#include "terms_index.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_replace.h"
#include "retainer/names.h"

namespace retainer::core {
namespace {

// The fraction of a community objective at which it is at risk.
constexpr double kObjectiveAtRisk = 0.75;

Promises Compile(const Terms& terms, const std::map<Metric, Target>& targets,
                 const std::vector<std::string>& calendars, const Promise& model, double at_risk) {
  Promises promises;
  if (targets.empty() || calendars.empty()) return promises;
  Promise promise = model;
  promise.terms_id = terms.id;
  promise.calendars = calendars;
  promise.calendar = terms.SharedCalendar(calendars);
  for (const auto& [metric, target] : targets) {
    promise.as_written = target;
    promise.target = OpenTime(target, *promise.calendar);
    promise.at_risk_shift = Shift(promise.target, at_risk);
    promises[metric] = std::make_shared<const Promise>(promise);
  }
  return promises;
}

}  // namespace

TermsIndex::TermsIndex(const Terms& terms) {
  AddLabels(terms.policy);
  AddPeople(terms.policy);
  AddContacts(terms.policy);
  AddPromises(terms);
}

void TermsIndex::AddLabels(const Policy& policy) {
  labels_.waiting = FoldName(policy.labels.waiting);
  labels_.workaround = FoldName(policy.labels.workaround);
  for (const Priority& priority : policy.priorities) {
    const std::string label =
        absl::StrReplaceAll(policy.labels.priority, {{"{priority}", priority.name}});
    labels_.priorities.emplace(FoldName(label), priority.name);
  }
  for (const auto& [kind, request] : policy.requests) {
    for (const std::string& label : request.labels) {
      labels_.requests.emplace(FoldName(label), kind);
    }
  }
}

TermsIndex::Named& TermsIndex::Name(const Login& login) {
  return people_[login.forge][FoldName(login.name)];
}

void TermsIndex::AddPeople(const Policy& policy) {
  for (const Login& bot : policy.bots) Name(bot).bot = true;
  for (const auto& [name, team] : policy.teams) {
    for (const Login& member : team.members) {
      Named& named = Name(member);
      if (named.team.empty()) named.team = name;
    }
  }
  for (const Customer& customer : policy.customers) {
    for (const Login& contact : customer.contacts.logins) {
      Name(contact).contact_of.push_back(customer.id);
    }
  }
}

void TermsIndex::AddContacts(const Policy& policy) {
  const auto add = [](std::size_t customer, Customers* to) {
    if (to->empty() || to->back() != customer) to->push_back(customer);
  };
  for (std::size_t i = 0; i < policy.customers.size(); ++i) {
    const Contacts& contacts = policy.customers[i].contacts;
    for (const Login& organization : contacts.organizations) {
      Organizations& all = organizations_[organization.forge];
      const auto [place, first] = all.by_name.try_emplace(organization.name, all.list.size());
      if (first) all.list.push_back({organization.name, {}});
      add(i, &all.list[place->second].customers);
    }
    for (const std::string& rule : contacts.emails) add(i, &addresses_[FoldName(rule)]);
    if (!contacts.emails.empty()) with_addresses_.push_back(i);
    if (!contacts.emails.empty() || !contacts.organizations.empty()) with_groups_.push_back(i);
    if (!policy.customers[i].projects.empty()) with_projects_.push_back(i);
  }
}

TermsIndex::OfPlan TermsIndex::CompilePlan(const Terms& terms, const Plan& plan,
                                           const Customer* customer) {
  OfPlan all;
  for (const auto& [priority, promised] : plan.promises) {
    Promise model;
    model.kind = plan.kind;
    model.plan = plan.name;
    model.priority = priority;
    const std::vector<std::string>& calendars = CalendarsInForce(plan, customer, priority);
    all.emplace(std::pair(priority, ""),
                Compile(terms, promised.targets, calendars, model, plan.at_risk));
    for (const auto& [kind, request] : terms.policy.requests) {
      all.emplace(std::pair(priority, kind),
                  Compile(terms, request.promises, calendars, model, plan.at_risk));
    }
  }
  return all;
}

void TermsIndex::AddPromises(const Terms& terms) {
  const Policy& policy = terms.policy;
  for (const auto& [name, plan] : policy.plans) {
    by_plan_.emplace(name, CompilePlan(terms, plan, nullptr));
  }
  for (const Customer& customer : policy.customers) {
    if (customer.calendars.empty()) continue;
    for (const Entitlement& held : customer.entitlements) {
      const auto plan = policy.plans.find(held.plan);
      if (plan == policy.plans.end()) continue;
      by_customer_.try_emplace({customer.id, held.plan},
                               CompilePlan(terms, plan->second, &customer));
    }
  }
  Promise objective;
  objective.kind = PromiseKind::kTarget;
  objectives_ = Compile(terms, policy.community.objectives, policy.community.calendars, objective,
                        kObjectiveAtRisk);
}

const TermsIndex::Named* TermsIndex::Find(std::string_view forge, std::string_view login) const {
  const auto people = people_.find(absl::string_view(forge.data(), forge.size()));
  if (people == people_.end()) return nullptr;
  const auto named = people->second.find(absl::string_view(login.data(), login.size()));
  return named == people->second.end() ? nullptr : &named->second;
}

const std::vector<TermsIndex::Organization>& TermsIndex::OrganizationsOn(
    std::string_view forge) const {
  static const std::vector<Organization> none;
  const auto all = organizations_.find(absl::string_view(forge.data(), forge.size()));
  return all == organizations_.end() ? none : all->second.list;
}

const TermsIndex::Organization* TermsIndex::FindOrganization(std::string_view forge,
                                                             std::string_view name) const {
  const auto all = organizations_.find(absl::string_view(forge.data(), forge.size()));
  if (all == organizations_.end()) return nullptr;
  const auto place = all->second.by_name.find(absl::string_view(name.data(), name.size()));
  return place == all->second.by_name.end() ? nullptr : &all->second.list[place->second];
}

TermsIndex::Customers TermsIndex::ByAddress(std::string_view address) const {
  const std::string whole = FoldName(address);
  Customers found;
  const auto take = [&](const std::string& rule) {
    const auto customers = addresses_.find(rule);
    if (customers == addresses_.end()) return;
    found.insert(found.end(), customers->second.begin(), customers->second.end());
  };
  take(whole);
  if (const std::size_t at = whole.rfind('@'); at != whole.npos && at > 0) take(whole.substr(at));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

bool EmailMatches(std::string_view rule, std::string_view address) {
  const std::string folded = FoldName(rule);
  const std::string whole = FoldName(address);
  if (folded == whole) return true;
  const std::size_t at = whole.rfind('@');
  return at != whole.npos && folded == whole.substr(at);
}

const Promises* TermsIndex::PromisesTo(const Customer& customer, const std::string& plan,
                                       const std::string& priority,
                                       const std::string& request) const {
  const OfPlan* all = nullptr;
  if (const auto shared = by_plan_.find(plan); shared != by_plan_.end()) all = &shared->second;
  if (!customer.calendars.empty()) {
    const auto own = by_customer_.find({customer.id, plan});
    if (own != by_customer_.end()) all = &own->second;
  }
  if (all == nullptr) return nullptr;
  auto promises = all->find({priority, request});
  if (promises == all->end()) promises = all->find({priority, ""});
  return promises == all->end() ? nullptr : &promises->second;
}

}  // namespace retainer::core
