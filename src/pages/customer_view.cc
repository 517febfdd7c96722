#include "src/pages/customer_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/entitlement.h"
#include "retainer/hours.h"
#include "retainer/promise_words.h"
#include "retainer/time_zone.h"
#include "src/pages/page_words.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr std::size_t kWorkShown = 20;  // entries that are shown

std::string DayWords(absl::CivilDay day) {
  return absl::FormatTime("%-d %B %Y", absl::FromCivil(day, absl::UTCTimeZone()),
                          absl::UTCTimeZone());
}

std::string LimitWords(const TicketLimit& limit) {
  std::vector<std::string> parts;
  if (limit.open) parts.push_back(absl::StrCat(*limit.open, " open at a time"));
  if (limit.per_month) parts.push_back(absl::StrCat(*limit.per_month, " a month"));
  return absl::StrJoin(parts, ", ");
}

PageValues HeldValues(const Entitlement& held, const Entitlement* in_force) {
  PageValues row;
  row.texts["plan"] = held.plan;
  std::string term = "without an end";
  if (held.term) {
    term = absl::StrCat(DayWords(held.term->from), " to ", DayWords(held.term->until));
    if (held.grace_days > 0) absl::StrAppend(&term, ", then ", held.grace_days, " days of grace");
  }
  row.texts["term"] = term;
  if (held.trial) row.Show("trial");
  if (&held == in_force) row.Show("now");
  return row;
}

// What the plan promises, a row for each priority.
void AddPromises(const Policy& policy, const Customer& customer, const Plan& plan,
                 PageValues* values) {
  for (const Priority& priority : policy.priorities) {
    const auto promised = plan.promises.find(priority.name);
    if (promised == plan.promises.end()) continue;
    PageValues row;
    std::vector<std::string> targets;
    for (const auto& [metric, target] : promised->second.targets) {
      targets.push_back(
          absl::StrCat(std::string(PromiseWords(metric)), " within ", TargetWords(target)));
    }
    row.texts = {{"priority", priority.name},
                 {"meaning", priority.title},
                 {"targets", absl::StrJoin(targets, ", ")},
                 {"hours", absl::StrJoin(CalendarsInForce(plan, &customer, priority.name), ", ")}};
    values->sections["promised"].push_back(std::move(row));
  }
  if (!values->sections["promised"].empty()) values->Show("any_promised");
  if (plan.kind == PromiseKind::kTarget) values->Show("aims");
  for (const auto& [priority, limit] : plan.allowance.priorities) {
    PageValues row;
    row.texts = {{"what", priority + " tickets"}, {"limit", LimitWords(limit)}};
    values->sections["allowances"].push_back(std::move(row));
  }
  if (const std::string all = LimitWords(plan.allowance.tickets); !all.empty()) {
    PageValues row;
    row.texts = {{"what", "All tickets together"}, {"limit", all}};
    values->sections["allowances"].push_back(std::move(row));
  }
  if (!values->sections["allowances"].empty()) values->Show("any_allowance");
}

// What is left of the hours that the customer bought, and the latest work that was logged.
void AddHours(const Customer& customer, const std::vector<CustomerFact>& facts, absl::Time now,
              PageValues* values) {
  const absl::CivilDay today = DayFor(customer, now);
  const HoursBook book = ReadHours(customer.hours, facts, today);
  for (const HoursBalance& balance : book.blocks) {
    PageValues row;
    row.texts = {
        {"block", balance.block.id},
        {"span", absl::StrCat(DayWords(balance.block.from), " to ", DayWords(balance.block.until))},
        {"left", WorkTimeText(balance.left())},
        {"amount", WorkTimeText(balance.amount())},
        {"used", WorkTimeText(balance.used)},
        {"over", WorkTimeText(balance.over)}};
    if (balance.IsLow() && balance.Covers(today)) row.Show("low");
    values->sections["blocks"].push_back(std::move(row));
  }
  if (!values->sections["blocks"].empty()) values->Show("any_block");
  for (auto entry = book.entries.rbegin(); entry != book.entries.rend(); ++entry) {
    if (values->sections["work"].size() == kWorkShown) break;
    PageValues row;
    row.texts = {{"day", DayWords(entry->day)},
                 {"by", entry->by},
                 {"text", entry->text},
                 {"time", WorkTimeText(entry->minutes)},
                 {"accounted", WorkTimeText(entry->accounted)},
                 {"ticket", entry->ticket_name}};
    values->sections["work"].push_back(std::move(row));
  }
  if (!values->sections["work"].empty()) values->Show("any_work");
}

}  // namespace

absl::TimeZone ZoneOf(const Customer& customer) {
  absl::TimeZone zone = absl::UTCTimeZone();
  LoadNamedZone(customer.time_zone, &zone);  // cannot fail: the policy was validated
  return zone;
}

absl::StatusOr<PageValues> CustomerValues(const PageContext& context, const Policy& policy,
                                          const Customer& customer, absl::Time now) {
  const absl::TimeZone zone = ZoneOf(customer);
  PageValues values;
  values.texts = {{"name", customer.name}, {"id", customer.id}, {"zone", customer.time_zone}};
  values.Show(customer.is_public ? "public" : "private");
  const Entitlement* in_force = customer.EntitlementAt(now);
  values.Show(in_force == nullptr ? "not_covered" : "covered");
  for (const Entitlement& held : customer.entitlements) {
    values.sections["held"].push_back(HeldValues(held, in_force));
  }
  if (const Plan* plan = PlanFor(policy, customer, now)) {
    AddPromises(policy, customer, *plan, &values);
    values.texts["plan"] = plan->name;
    if (plan->most_contacts) {
      PageValues most;
      most.texts["most"] = absl::StrCat(*plan->most_contacts);
      values.Show("most_contacts", std::move(most));
    }
  }
  const auto stored = context.store.LoadCustomer(customer.id);
  if (!stored.ok()) return stored.status();
  AddHours(customer, stored->facts, now, &values);
  for (const Contact& contact : ReadCustomerFacts(stored->facts).contacts) {
    if (!contact.IsAt(now)) continue;
    PageValues row;
    row.texts = {{"account", ToString(contact.account)},
                 {"forge", contact.account.forge},
                 {"account_id", contact.account.actor.id},
                 {"how", absl::StrCat("joined ", InstantWords(contact.since, now, zone))}};
    row.Show("joined");
    values.sections["contacts"].push_back(std::move(row));
  }
  const auto named = [&](const std::string& who) {
    PageValues row;
    row.texts = {{"account", who}, {"how", "named in the policy"}};
    values.sections["contacts"].push_back(std::move(row));
  };
  for (const Login& login : customer.contacts.logins) {
    named(absl::StrCat(login.forge, ":", login.name));
  }
  for (const Login& group : customer.contacts.organizations) {
    named(absl::StrCat("members of ", group.forge, ":", group.name));
  }
  for (const std::string& email : customer.contacts.emails)
    named(absl::StrCat("owners of ", email));
  if (!values.sections["contacts"].empty()) values.Show("any_contact");
  return values;
}

}  // namespace retainer::pages
