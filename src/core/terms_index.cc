#include "terms_index.h"

#include <memory>
#include <utility>

#include "absl/strings/str_replace.h"
#include "retainer/names.h"

namespace retainer {
namespace {

// At which share of an objective of the community it is at risk.
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

void TermsIndex::AddPromises(const Terms& terms) {
  const Policy& policy = terms.policy;
  std::map<std::string, std::shared_ptr<const ByPriority>> by_plan;
  for (const Customer& customer : policy.customers) {
    const auto plan = policy.plans.find(customer.plan);
    if (plan == policy.plans.end()) continue;
    const bool shared = customer.calendars.empty();
    if (shared && by_plan.contains(customer.plan)) {
      by_customer_.emplace(customer.id, by_plan.at(customer.plan));
      continue;
    }
    auto promises = std::make_shared<ByPriority>();
    for (const auto& [priority, promised] : plan->second.promises) {
      Promise model;
      model.kind = plan->second.kind;
      model.plan = plan->second.name;
      model.priority = priority;
      promises->emplace(priority, Compile(terms, promised.targets,
                                          CalendarsInForce(plan->second, &customer, priority),
                                          model, plan->second.at_risk));
    }
    if (shared) by_plan.emplace(customer.plan, promises);
    by_customer_.emplace(customer.id, std::move(promises));
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

const Promises* TermsIndex::PromisesTo(const Customer& customer,
                                       const std::string& priority) const {
  const auto known = by_customer_.find(customer.id);
  if (known == by_customer_.end()) return nullptr;
  const auto promises = known->second->find(priority);
  return promises == known->second->end() ? nullptr : &promises->second;
}

}  // namespace retainer
