#include "src/policy/doubts.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "src/base/view.h"
#include "src/policy/duration.h"

namespace retainer::policy {
namespace {

using base::View;

template <typename Key>
Place Find(const std::map<Key, Place>& places, const Key& key) {
  const auto it = places.find(key);
  return it == places.end() ? Place() : it->second;
}

// Calendars as one timeline, with the share of all time in which it is open.
struct Hours {
  std::shared_ptr<const BusinessTime> open;
  double share = 0;  // 0: unknown
};

class DoubtFinder {
 public:
  DoubtFinder(const Policy& policy, const PolicyPlaces& places)
      : policy_(policy), places_(places) {}

  std::vector<Problem> Find() {
    FindUnusedCalendars();
    for (const auto& [name, plan] : policy_.plans) {
      FindOddHours(plan);
      FindOddOrders(plan);
    }
    FindShortTerms();
    FindOddBlocks();
    return std::move(doubts_);
  }

 private:
  void Doubt(const Place& place, std::string what, std::string mend) {
    doubts_.push_back(ProblemAt(place, std::move(what), std::move(mend)));
  }

  void FindUnusedCalendars() {
    std::set<std::string> used(policy_.community.calendars.begin(),
                               policy_.community.calendars.end());
    for (const auto& [name, plan] : policy_.plans) {
      used.insert(plan.calendars.begin(), plan.calendars.end());
      for (const auto& [priority, promises] : plan.promises) {
        used.insert(promises.calendars.begin(), promises.calendars.end());
      }
    }
    for (const Customer& customer : policy_.customers) {
      used.insert(customer.calendars.begin(), customer.calendars.end());
    }
    for (const auto& [name, spec] : policy_.calendars) {
      if (used.contains(name)) continue;
      Doubt(policy::Find(places_.calendars, name),
            absl::StrCat("calendar \"", name, "\" counts nothing: no plan, customer or community ",
                         "names it"),
            "name it where it should count, or take it out");
    }
  }

  // ---- Targets

  const Hours& HoursOf(const std::vector<std::string>& names) {
    const auto [it, is_new] = hours_.try_emplace(absl::StrJoin(names, ","));
    if (!is_new) return it->second;
    std::vector<CalendarSpec> specs;
    for (const std::string& name : names) specs.push_back(policy_.calendars.at(name));
    auto compiled = BusinessTime::Compile(specs);
    if (!compiled.ok()) return it->second;
    it->second.open = *std::move(compiled);
    // Four weeks without holidays of their own weight.
    const absl::Time from = absl::FromCivil(absl::CivilDay(2026, 3, 2), absl::UTCTimeZone());
    const absl::Duration span = absl::Hours(24 * 28);
    it->second.share = absl::FDivDuration(it->second.open->Elapsed(from, from + span), span);
    return it->second;
  }

  // About how long the target lasts by the clock on the wall. Nullopt: not known.
  std::optional<absl::Duration> OnTheWall(const Plan& plan, const std::string& priority,
                                          const Target& target) {
    const Hours& hours = HoursOf(CalendarsInForce(plan, nullptr, priority));
    if (hours.open == nullptr || hours.share <= 0) return std::nullopt;
    return OpenTime(target, *hours.open) / hours.share;
  }

  Place PlaceOf(const Plan& plan, const std::string& priority, Metric metric) const {
    return policy::Find(places_.targets, std::make_tuple(plan.name, priority, metric));
  }

  // The target with the same number and another unit that lasts at most `most`, and not so much
  // less that it cannot be meant. Empty: there is none.
  std::string WithOtherUnit(const Plan& plan, const std::string& priority, const Target& target,
                            absl::Duration most) {
    const std::size_t unit = target.text.find_first_not_of("0123456789.");
    if (unit == std::string::npos ||
        target.text.find_first_of("0123456789", unit) != std::string::npos) {
      return "";
    }
    for (const char* other : {"bd", "h", "m"}) {
      const std::string text = target.text.substr(0, unit) + other;
      const auto written = ParseTarget(text);
      if (!written.ok() || text == target.text) continue;
      const auto lasts = OnTheWall(plan, priority, written->target);
      if (lasts && *lasts <= most && *lasts * 16 >= most) return text;
    }
    return "";
  }

  static std::string Named(const std::string& priority, Metric metric, const Target& target) {
    return absl::StrCat(priority, " ", View(MetricName(metric)), " ", target.text);
  }

  // `45h` for `45m`: nobody promises an answer within 45 hours.
  void FindOddHours(const Plan& plan) {
    static const std::set<std::string> kLikeMinutes = {"15h", "30h", "45h", "90h"};
    for (const auto& [priority, promises] : plan.promises) {
      for (const auto& [metric, target] : promises.targets) {
        if (metric != Metric::kAcknowledgement && metric != Metric::kFirstResponse &&
            metric != Metric::kNextResponse) {
          continue;
        }
        if (!kLikeMinutes.contains(target.text)) continue;
        const std::string minutes = target.text.substr(0, target.text.size() - 1) + "m";
        said_.insert(std::make_tuple(plan.name, priority, metric));
        Doubt(PlaceOf(plan, priority, metric),
              absl::StrCat("plan \"", plan.name, "\": ", Named(priority, metric, target),
                           " is an unusual number of hours"),
              absl::StrCat("did you mean ", minutes, "?"));
      }
    }
  }

  // One doubt for each target.
  void FindOddOrders(const Plan& plan) {
    // The first must not last longer than the second.
    static constexpr std::array<std::pair<Metric, Metric>, 6> kOrders = {
        {{Metric::kAcknowledgement, Metric::kFirstResponse},
         {Metric::kAcknowledgement, Metric::kResolution},
         {Metric::kFirstResponse, Metric::kWorkaround},
         {Metric::kFirstResponse, Metric::kResolution},
         {Metric::kUpdate, Metric::kResolution},
         {Metric::kWorkaround, Metric::kResolution}}};
    for (const auto& [priority, promises] : plan.promises) {
      for (const auto& [first, second] : kOrders) {
        CompareTargets(plan, priority, first, priority, second);
      }
    }
    for (const Metric metric : kAllMetrics) {
      std::string above;  // the next more urgent priority with this promise
      for (const Priority& priority : policy_.priorities) {
        if (TargetOf(plan, priority.name, metric) == nullptr) continue;
        if (!above.empty()) CompareTargets(plan, above, metric, priority.name, metric);
        above = priority.name;
      }
    }
  }

  static const Target* TargetOf(const Plan& plan, const std::string& priority, Metric metric) {
    const auto promises = plan.promises.find(priority);
    if (promises == plan.promises.end()) return nullptr;
    const auto target = promises->second.targets.find(metric);
    return target == promises->second.targets.end() ? nullptr : &target->second;
  }

  void CompareTargets(const Plan& plan, const std::string& priority, Metric metric,
                      const std::string& than_priority, Metric than_metric) {
    const Target* target = TargetOf(plan, priority, metric);
    const Target* than = TargetOf(plan, than_priority, than_metric);
    if (target == nullptr || than == nullptr) return;
    const auto lasts = OnTheWall(plan, priority, *target);
    const auto most = OnTheWall(plan, than_priority, *than);
    // The shares of calendars are estimates.
    if (!lasts || !most || *lasts <= *most * 1.2) return;
    if (!said_.insert(std::make_tuple(plan.name, priority, metric)).second) return;
    const std::string other = WithOtherUnit(plan, priority, *target, *most);
    Doubt(PlaceOf(plan, priority, metric),
          absl::StrCat("plan \"", plan.name, "\": ", Named(priority, metric, *target),
                       " lasts longer than ", Named(than_priority, than_metric, *than)),
          other.empty() ? "shorten the one, or lengthen the other"
                        : absl::StrCat("did you mean ", other, "?"));
  }

  // ---- Terms

  void FindShortTerms() {
    for (const Customer& customer : policy_.customers) {
      absl::TimeZone zone = absl::UTCTimeZone();
      absl::LoadTimeZone(customer.time_zone, &zone);  // cannot fail: the policy was validated
      for (const Entitlement& held : customer.entitlements) {
        const auto plan = policy_.plans.find(held.plan);
        if (!held.term || plan == policy_.plans.end()) continue;
        FindShortTerm(customer, plan->second, absl::FromCivil(held.term->from, zone),
                      absl::FromCivil(held.term->until + 1, zone));
      }
    }
  }

  void FindShortTerm(const Customer& customer, const Plan& plan, absl::Time from,
                     absl::Time until) {
    for (const auto& [priority, promises] : plan.promises) {
      const Hours& hours = HoursOf(CalendarsInForce(plan, &customer, priority));
      if (hours.open == nullptr) continue;
      // Most targets are far shorter than most terms.
      const absl::Duration open = hours.open->Elapsed(from, until);
      for (const auto& [metric, target] : promises.targets) {
        if (OpenTime(target, *hours.open) <= open) continue;
        return Doubt(
            policy::Find(places_.terms, customer.id),
            absl::StrCat("the term of customer \"", customer.id, "\" is shorter than a promise of ",
                         "plan \"", plan.name, "\": ", Named(priority, metric, target)),
            "lengthen the term, or promise less");
      }
    }
  }

  // ---- Hours

  // `20m` for `20h`, `4h` for `4m`: nobody buys twenty minutes.
  void FindOddBlocks() {
    for (const Customer& customer : policy_.customers) {
      for (const HoursBlock& block : customer.hours) {
        const auto key = std::make_pair(customer.id, block.id);
        if (block.amount < 60) {
          Doubt(policy::Find(places_.hours, key),
                absl::StrCat("customer \"", customer.id, "\": the block \"", block.id,
                             "\" has less than an hour"),
                absl::StrCat("did you mean ", block.amount, "h?"));
        }
        if (block.unit > 60) {
          Doubt(policy::Find(places_.units, key),
                absl::StrCat("customer \"", customer.id, "\": the block \"", block.id,
                             "\" accounts each entry in units of ", block.unit / 60, "h"),
                "a unit is mostly 5m to 1h; a customer pays a whole one for a minute");
        }
      }
    }
  }

  const Policy& policy_;
  const PolicyPlaces& places_;
  std::map<std::string, Hours> hours_;  // by names of calendars
  std::set<std::tuple<std::string, std::string, Metric>> said_;
  std::vector<Problem> doubts_;
};

}  // namespace

std::vector<Problem> Doubts(const Policy& policy, const PolicyPlaces& places) {
  return DoubtFinder(policy, places).Find();
}

std::vector<Problem> PastHolidays(const Policy& policy, const PolicyPlaces& places,
                                  absl::Time now) {
  std::vector<Problem> past;
  for (const auto& [name, spec] : policy.calendars) {
    if (spec.holidays.empty() || !spec.yearly_holidays.empty()) continue;
    absl::TimeZone zone = absl::UTCTimeZone();
    absl::LoadTimeZone(spec.time_zone, &zone);  // cannot fail: the policy was validated
    const absl::CivilDay last = *spec.holidays.rbegin();
    if (absl::ToCivilDay(now, zone) <= last) continue;
    past.push_back(
        ProblemAt(Find(places.holidays, name),
                  absl::StrCat("the holidays of calendar \"", name,
                               "\" are all past: the last was ", absl::FormatCivilTime(last)),
                  "add those to come, or write MM-DD for days of every year"));
  }
  return past;
}

}  // namespace retainer::policy
