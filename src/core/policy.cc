#include "retainer/policy.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "glob.h"
#include "open_terms.h"
#include "retainer/entitlement.h"
#include "retainer/names.h"
#include "terms_index.h"

namespace retainer {
namespace {

std::string CalendarKey(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string key;
  for (const std::string& name : names) absl::StrAppend(&key, key.empty() ? "" : ",", name);
  return key;
}

}  // namespace

// Names of customers -> places in the list.
struct CustomerIndex::Places {
  absl::flat_hash_map<std::string, std::size_t> by_name;
};

void CustomerIndex::Make(const std::vector<Customer>& customers) {
  auto places = std::make_shared<Places>();
  places->by_name.reserve(2 * customers.size());
  for (std::size_t i = 0; i < customers.size(); ++i) {
    places->by_name.try_emplace(customers[i].id, i);
    if (!customers[i].alias.empty()) places->by_name.try_emplace(customers[i].alias, i);
  }
  places_ = std::move(places);
}

const Customer* CustomerIndex::Find(const std::vector<Customer>& customers,
                                    std::string_view id_or_alias) const {
  if (places_ != nullptr) {
    const auto place =
        places_->by_name.find(absl::string_view(id_or_alias.data(), id_or_alias.size()));
    return place == places_->by_name.end() ? nullptr : &customers[place->second];
  }
  for (const Customer& customer : customers) {
    if (customer.id == id_or_alias || (!customer.alias.empty() && customer.alias == id_or_alias)) {
      return &customer;
    }
  }
  return nullptr;
}

const Customer* Policy::FindCustomer(std::string_view id_or_alias) const {
  return index.Find(customers, id_or_alias);
}

namespace {

absl::CivilDay DayOf(const Customer& customer, absl::Time at) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(customer.time_zone, &zone)) zone = absl::UTCTimeZone();
  return absl::ToCivilDay(at, zone);
}

}  // namespace

const Entitlement* Customer::EntitlementAt(absl::Time at) const {
  const absl::CivilDay day = DayOf(*this, at);
  const Entitlement* held = nullptr;
  const Entitlement* in_grace = nullptr;
  const Entitlement* bought = nullptr;
  for (const Entitlement& one : entitlements) {
    if (one.bought) {
      if (one.bought->from <= at && at < one.bought->until) bought = &one;
    } else if (!one.term) {
      if (held == nullptr) held = &one;
    } else if (one.term->from <= day && day <= one.term->until) {
      held = &one;
    } else if (one.term->until < day && day <= one.term->until + one.grace_days) {
      if (in_grace == nullptr || in_grace->term->until < one.term->until) in_grace = &one;
    }
  }
  if (held == nullptr) held = in_grace;
  return held != nullptr ? held : bought;
}

const Entitlement* Customer::EntitlementFor(absl::Time at) const {
  if (const Entitlement* held = EntitlementAt(at)) return held;
  // Each has an end: none covers the instant.
  const auto end = [](const Entitlement& one) {
    return one.bought ? one.bought->until
                      : absl::FromCivil(one.term->until + 1, absl::UTCTimeZone());
  };
  const absl::CivilDay day = DayOf(*this, at);
  const Entitlement* last = nullptr;
  for (const Entitlement& one : entitlements) {
    const bool ended = one.bought ? one.bought->until <= at : one.term->until < day;
    if (ended && (last == nullptr || end(*last) < end(one))) last = &one;
  }
  return last != nullptr || entitlements.empty() ? last : &entitlements.front();
}

const Plan* PlanFor(const Policy& policy, const Customer& customer, absl::Time at) {
  const Entitlement* held = customer.EntitlementFor(at);
  if (held == nullptr) return nullptr;
  const auto plan = policy.plans.find(held->plan);
  return plan == policy.plans.end() ? nullptr : &plan->second;
}

std::optional<std::size_t> Policy::PriorityRank(std::string_view name) const {
  for (std::size_t i = 0; i < priorities.size(); ++i) {
    if (SameName(priorities[i].name, name)) return i;
  }
  return std::nullopt;
}

bool MatchesProject(const ProjectRef& pattern, const ProjectRef& project) {
  return pattern.forge == project.forge && core::GlobMatches(pattern.path, project.path);
}

const std::shared_ptr<const BusinessTime>& Terms::SharedCalendar(
    const std::vector<std::string>& names) const {
  return calendars.at(CalendarKey(names));
}

absl::StatusOr<std::shared_ptr<const Terms>> CompileTerms(std::string id, absl::Time effective,
                                                          Policy policy, std::string commit) {
  auto terms = std::make_shared<Terms>();
  terms->id = std::move(id);
  terms->commit = std::move(commit);
  terms->effective = effective;
  terms->policy = std::move(policy);
  terms->policy.index.Make(terms->policy.customers);
  const Policy& p = terms->policy;

  std::vector<std::vector<std::string>> sets = {p.community.calendars};
  for (const auto& [name, plan] : p.plans) {
    sets.push_back(plan.calendars);
    for (const auto& [priority, promises] : plan.promises) sets.push_back(promises.calendars);
  }
  for (const Customer& customer : p.customers) sets.push_back(customer.calendars);
  for (const std::vector<std::string>& names : sets) {
    const std::string key = CalendarKey(names);
    if (key.empty() || terms->calendars.contains(key)) continue;
    std::vector<CalendarSpec> specs;
    for (const std::string& name : names) {
      const auto it = p.calendars.find(name);
      if (it == p.calendars.end()) {
        return absl::InvalidArgumentError(absl::StrCat("calendar \"", name, "\" is not defined"));
      }
      specs.push_back(it->second);
    }
    auto compiled = BusinessTime::Compile(specs);
    if (!compiled.ok()) return compiled.status();
    terms->calendars.emplace(key, *std::move(compiled));
  }
  terms->index = std::make_shared<const core::TermsIndex>(*terms);
  terms->open = std::make_shared<core::OpenTerms>();
  return std::shared_ptr<const Terms>(std::move(terms));
}

std::shared_ptr<const Terms> WithPolicy(const Terms& terms, Policy policy) {
  auto changed = std::make_shared<Terms>();
  changed->id = terms.id;
  changed->commit = terms.commit;
  changed->effective = terms.effective;
  changed->policy = std::move(policy);
  changed->policy.index.Make(changed->policy.customers);
  changed->calendars = terms.calendars;
  changed->index = std::make_shared<const core::TermsIndex>(*changed);
  changed->open = std::make_shared<core::OpenTerms>();
  return changed;
}

bool IsHidden(const Customer& customer, const Policy& current) {
  const Customer* now = current.FindCustomer(customer.id);
  return now != nullptr && now->id == customer.id ? !now->is_public : !customer.is_public;
}

std::shared_ptr<const Terms> WithoutHidden(const Terms& terms,
                                           const std::shared_ptr<const Terms>& current) {
  return core::WithoutHiddenBut(terms, current, "");
}

std::shared_ptr<const Terms> core::WithoutHiddenBut(const Terms& terms,
                                                    const std::shared_ptr<const Terms>& current,
                                                    const std::string& known) {
  return terms.open->Get(current, known, [&] {
    Policy policy = terms.policy;
    std::erase_if(policy.customers, [&](const Customer& customer) {
      return customer.id != known && IsHidden(customer, current->policy);
    });
    for (Customer& customer : policy.customers) customer.is_public |= customer.id == known;
    return WithPolicy(terms, std::move(policy));
  });
}

bool IsNamed(const TermsHistory& terms, const Login& login) {
  const std::string name = FoldName(login.name);
  return std::any_of(terms.begin(), terms.end(), [&](const auto& version) {
    return version->index->Find(login.forge, name) != nullptr;
  });
}

const std::vector<std::string>& CalendarsInForce(const Plan& plan, const Customer* customer,
                                                 std::string_view priority) {
  if (customer != nullptr && !customer->calendars.empty()) return customer->calendars;
  const auto it = plan.promises.find(std::string(priority));
  if (it != plan.promises.end() && !it->second.calendars.empty()) return it->second.calendars;
  return plan.calendars;
}

absl::Time TellingTime(const Plan& plan, const BusinessTime& calendar, absl::Time at) {
  if (plan.notify == NotifyHours::kAlways || at == absl::InfiniteFuture()) return at;
  return calendar.NextOpen(at).value_or(at);
}

absl::Duration Shift(absl::Duration target, double fraction) { return (fraction - 1.0) * target; }

absl::Duration OpenTime(const Target& target, const BusinessTime& calendar) {
  const absl::Duration days = target.business_days * calendar.business_day();
  return absl::Floor(days, absl::Seconds(1)) + target.fixed;
}

}  // namespace retainer
