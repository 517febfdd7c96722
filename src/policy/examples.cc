#include "src/policy/examples.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/standing.h"

namespace retainer::policy {
namespace {

absl::Time FridayEvening(absl::Time from, absl::TimeZone zone) {
  absl::CivilDay day = absl::ToCivilDay(from, zone);
  while (absl::GetWeekday(day) != absl::Weekday::friday) ++day;
  return zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), 17, 0, 0)).pre;
}

class Examples {
 public:
  Examples(const Terms& terms, absl::Time from) : terms_(terms), from_(from) {}

  std::vector<PromiseExample> Take() && { return std::move(examples_); }

  // `customer`: nullptr for the plan itself.
  void Add(const Plan& plan, const Customer* customer) {
    for (const Priority& priority : terms_.policy.priorities) {
      const auto promises = plan.promises.find(priority.name);
      if (promises == plan.promises.end()) continue;
      std::vector<std::string> calendars = promises->second.calendars;
      if (calendars.empty()) calendars = plan.calendars;
      if (customer != nullptr) calendars = customer->calendars;
      for (const auto& [metric, target] : promises->second.targets) {
        PromiseExample example;
        example.plan = plan.name;
        example.customer = customer == nullptr ? "" : customer->id;
        example.priority = priority.name;
        example.metric = metric;
        example.target = target;
        example.calendars = calendars;
        Work(plan, &example);
        examples_.push_back(std::move(example));
      }
    }
  }

 private:
  void Work(const Plan& plan, PromiseExample* example) const {
    absl::TimeZone zone = absl::UTCTimeZone();
    example->time_zone = terms_.policy.calendars.at(example->calendars.front()).time_zone;
    absl::LoadTimeZone(example->time_zone, &zone);  // cannot fail: the policy was validated
    const BusinessTime& calendar = terms_.Calendar(example->calendars);
    example->opened = FridayEvening(from_, zone);
    example->due = calendar.Deadline(example->opened, OpenTime(example->target, calendar));
    const absl::Time announced = example->due + kBreachGrace;
    example->told = TellingTime(plan, calendar, announced);
    constexpr char kFormat[] = "%a %Y-%m-%d %H:%M %Z";
    example->text = absl::StrCat(
        example->plan, " ", example->priority, " ", std::string(MetricName(example->metric)), " ",
        example->target.text,
        example->customer.empty() ? "" : absl::StrCat(" for ", example->customer), " [",
        absl::StrJoin(example->calendars, ", "), "]: a ticket opened ",
        absl::FormatTime(kFormat, example->opened, zone), " is due ",
        example->due == absl::InfiniteFuture() ? "never"
                                               : absl::FormatTime(kFormat, example->due, zone),
        example->told == announced ? ""
                                   : absl::StrCat("; if late, people are told ",
                                                  absl::FormatTime(kFormat, example->told, zone)));
  }

  const Terms& terms_;
  const absl::Time from_;
  std::vector<PromiseExample> examples_;
};

}  // namespace

std::vector<PromiseExample> PromiseExamples(const Terms& terms, absl::Time from) {
  Examples examples(terms, from);
  for (const auto& named : terms.policy.plans) {
    const Plan& plan = named.second;
    examples.Add(plan, nullptr);
    for (const Customer& customer : terms.policy.customers) {
      const bool holds =
          std::any_of(customer.entitlements.begin(), customer.entitlements.end(),
                      [&](const Entitlement& held) { return held.plan == plan.name; });
      if (holds && !customer.calendars.empty()) examples.Add(plan, &customer);
    }
  }
  return std::move(examples).Take();
}

}  // namespace retainer::policy
