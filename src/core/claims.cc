#include "claims.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/entitlement.h"
#include "terms_index.h"

namespace retainer::core {
namespace {

bool Pausable(Metric metric) {
  return metric == Metric::kResolution || metric == Metric::kWorkaround ||
         metric == Metric::kUpdate;
}

// The plan's priority for `wanted`: itself, else the next less urgent one that the plan has, else
// the least urgent one.
std::string Serve(const Policy& policy, const Plan& plan, const std::string& wanted) {
  const std::optional<std::size_t> rank = policy.PriorityRank(wanted);
  if (!rank) return plan.default_priority;
  for (std::size_t i = *rank; i < policy.priorities.size(); ++i) {
    if (plan.promises.contains(policy.priorities[i].name)) return policy.priorities[i].name;
  }
  for (std::size_t i = *rank; i-- > 0;) {
    if (plan.promises.contains(policy.priorities[i].name)) return policy.priorities[i].name;
  }
  return plan.default_priority;
}

// Builds the regimes of one claim: what is promised in which period.
class RegimeBuilder {
 public:
  RegimeBuilder(const Replayed& timeline, const TermsHistory& terms, const Stint& stint)
      : timeline_(timeline), terms_(terms), stint_(stint) {}

  std::vector<Regime> Build() {
    std::size_t version = TermsIndexAt(terms_, stint_.since);
    std::size_t input = 0;
    const auto& inputs = timeline_.priorities;
    std::size_t request = 0;
    const auto& requests = timeline_.requests;
    const absl::Time end = stint_.ended.value_or(absl::InfiniteFuture());
    while (input < inputs.size() && inputs[input].at <= stint_.since) {
      Apply(inputs[input++], terms_[version]->policy);
    }
    while (request < requests.size() && requests[request].at <= stint_.since) {
      request_ = requests[request++].kind;
    }
    Add(stint_.since, version, "the claim");
    while (true) {
      const absl::Time next_input =
          input < inputs.size() ? inputs[input].at : absl::InfiniteFuture();
      const absl::Time next_terms =
          version + 1 < terms_.size() ? terms_[version + 1]->effective : absl::InfiniteFuture();
      const absl::Time next_request =
          request < requests.size() ? requests[request].at : absl::InfiniteFuture();
      const absl::Time at = std::min({next_input, next_terms, next_request});
      if (at >= end || at == absl::InfiniteFuture()) break;
      std::string why;
      bool matters = false;
      if (next_terms == at) {
        ++version;
        why = absl::StrCat("policy ", ShortId(terms_[version]->id));
        matters = true;
      }
      while (input < inputs.size() && inputs[input].at == at) {
        matters |= Apply(inputs[input++], terms_[version]->policy);
      }
      while (request < requests.size() && requests[request].at == at) {
        request_ = requests[request++].kind;
        matters = true;
      }
      if (matters) Add(at, version, std::move(why));
    }
    return std::move(regimes_);
  }

  const std::string& priority() const { return priority_; }
  const std::string& reason() const { return reason_; }
  const std::string& plan() const { return plan_; }
  const std::string& request() const { return request_; }

 private:
  bool Apply(const PriorityInput& input, const Policy& policy) {
    if (((input.slots >> stint_.slot) & 1) == 0) return false;
    if (input.raises_only && !priority_.empty()) {
      const auto rank = policy.PriorityRank(input.priority);
      if (!rank || rank >= policy.PriorityRank(priority_)) return false;
    }
    if (!input.label.empty()) {
      std::erase_if(active_, [&](const PriorityInput* i) { return i->label == input.label; });
    }
    if (!input.priority.empty()) active_.push_back(&input);
    return true;
  }

  void Add(absl::Time at, std::size_t version, std::string why) {
    const Terms& terms = *terms_[version];
    const Customer* customer = terms.policy.FindCustomer(stint_.customer);
    if (!regimes_.empty() && regimes_.back().at == at) regimes_.pop_back();
    regimes_.push_back({at, nullptr, std::move(why)});
    if (customer == nullptr) return;
    const Plan* held = PlanFor(terms.policy, *customer, stint_.accepted);
    if (held == nullptr) return;
    const Plan& plan = *held;
    plan_ = plan.name;
    if (active_.empty()) {
      priority_ = plan.default_priority;
      reason_ = absl::StrCat("the default of plan ", plan.name);
    } else {
      priority_ = Serve(terms.policy, plan, active_.back()->priority);
      reason_ = active_.back()->reason;
      if (priority_ != active_.back()->priority) {
        absl::StrAppend(&reason_, "; plan ", plan.name, " has no ", active_.back()->priority);
      }
    }
    if (regimes_.back().why.empty()) regimes_.back().why = reason_;
    if (!request_.empty() && terms.policy.requests.contains(request_)) {
      absl::StrAppend(&regimes_.back().why, ", request ", request_);
    }
    regimes_.back().promises = terms.index->PromisesTo(*customer, plan.name, priority_, request_);
  }

  const Replayed& timeline_;
  const TermsHistory& terms_;
  const Stint& stint_;
  std::vector<const PriorityInput*> active_;
  std::vector<Regime> regimes_;
  std::string priority_, reason_, plan_, request_;
};

// The run that an excuse of the instant `at` applies to: the last one that was late then. A run
// that is not late cannot be excused: it would never be measured again.
std::optional<std::size_t> ExcusedRun(const std::vector<Cycle>& cycles, absl::Time at) {
  for (std::size_t i = cycles.size(); i-- > 0;) {
    const Cycle& cycle = cycles[i];
    const bool ran = !cycle.stopped || *cycle.stopped > at;
    const bool broken = cycle.outcome == Outcome::kOpen || cycle.outcome == Outcome::kMissed ||
                        (cycle.outcome == Outcome::kCancelled && ran);
    if (broken && cycle.due <= at) return i;
  }
  return std::nullopt;
}

void Excuses(const Replayed& timeline, const std::string& customer, Metric metric, absl::Time now,
             Runs* runs, std::set<const Fact*>* excused) {
  for (const Excuse& excuse : timeline.excuses) {
    if (excuse.metric != metric || excuse.customer != customer) continue;
    const std::optional<std::size_t> run = ExcusedRun(runs->cycles, excuse.at);
    if (!run) continue;
    Cycle& cycle = runs->cycles[*run];
    CycleWork& work = runs->works[*run];
    // The run ends at the excuse: a later cancellation or move no longer applies.
    if (!cycle.stopped || *cycle.stopped > excuse.at) {
      cycle.elapsed -= work.calendar->Elapsed(excuse.at, cycle.stopped.value_or(now), cycle.pauses);
      cycle.stopped = excuse.at;
      cycle.stop_fact = nullptr;
    }
    cycle.outcome = Outcome::kExcused;
    excused->insert(excuse.fact);
    cycle.paused_now = false;
    cycle.at_risk_at = absl::InfiniteFuture();
    cycle.note = excuse.reason;
    work.silent_from = std::min(work.silent_from, excuse.at);
  }
}

// The adoption of the project under a version of the policy.
absl::Time Adoption(const Terms& terms, absl::Time first_seen) {
  return terms.policy.since.value_or(first_seen);
}

// A run starts no earlier than its adoption: by the version in force at its stop, or by the last
// version. Most policies have at most one adoption.
Needs NeedsSinceAdoption(const Replayed& timeline, const Party& party, const TermsHistory& terms,
                         absl::Time first_seen) {
  const std::size_t begun = TermsIndexAt(terms, party.since);
  absl::Time earliest = absl::InfiniteFuture();
  bool differ = false;
  for (std::size_t i = begun; i < terms.size(); ++i) {
    const absl::Time adoption = Adoption(*terms[i], first_seen);
    differ |= i > begun && adoption != earliest;
    earliest = std::min(earliest, adoption);
  }
  Needs needs = WorkOutNeeds(timeline, party, earliest);
  if (!differ) return needs;
  std::erase_if(needs.runs, [&](Need& need) {
    const absl::Time stop = need.stop.value_or(absl::InfiniteFuture());
    const std::size_t ruling = std::max(begun, TermsIndexAt(terms, stop));
    const absl::Time adoption = Adoption(*terms[ruling], first_seen);
    if (need.start >= adoption) return false;
    if (stop <= adoption) {
      needs.before_adoption.insert(need.metric);
      return true;
    }
    need.start = adoption;
    return false;
  });
  return needs;
}

void RunAll(const Needs& needs, const Replayed& timeline, const std::vector<Regime>& regimes,
            const std::string& customer, bool in_force, absl::Time now, ClaimWork* work) {
  static const std::vector<Interval> kNoWaits;
  std::array<std::size_t, kAllMetrics.size() + 1> counts = {};
  for (const Need& need : needs.runs) ++counts[static_cast<std::size_t>(need.metric)];
  for (Metric metric : kAllMetrics) {
    const std::size_t count = counts[static_cast<std::size_t>(metric)];
    work->Of(metric).cycles.reserve(count);
    work->Of(metric).works.reserve(count);
  }
  for (const Need& need : needs.runs) {
    RunClock(need, regimes, Pausable(need.metric) ? timeline.waits : kNoWaits, now,
             &work->Of(need.metric));
  }
  // Notices from before the transfer belong to the predecessor ticket.
  for (Runs& runs : work->runs) {
    for (std::size_t i = 0; i < runs.cycles.size(); ++i) {
      if (runs.cycles[i].started >= timeline.came_at) continue;
      runs.works[i].told_until = std::max(runs.works[i].told_until, timeline.came_at);
    }
  }
  work->standing.clocks.reserve(kAllMetrics.size());
  for (Metric metric : kAllMetrics) {
    Excuses(timeline, customer, metric, now, &work->Of(metric), &work->excused);
    const std::vector<Cycle>& cycles = work->Of(metric).cycles;
    const std::shared_ptr<const Promise>* promised = regimes.back().Find(metric);
    const bool is_promised = in_force && promised != nullptr;
    if (cycles.empty() && !is_promised) continue;
    PromiseClock clock;
    clock.metric = metric;
    clock.before_adoption = cycles.empty() && needs.before_adoption.contains(metric);
    clock.kind = (cycles.empty() ? *promised : cycles.back().promise)->kind;
    clock.state = StateOf(cycles, now);
    work->standing.clocks.push_back(std::move(clock));
  }
}

}  // namespace

ClaimStanding Publish(ClaimWork&& work) {
  for (PromiseClock& clock : work.standing.clocks) {
    clock.cycles = std::move(work.Of(clock.metric).cycles);
  }
  return std::move(work.standing);
}

std::vector<ClaimWork> WorkOutClaims(const Replayed& timeline, const TermsHistory& terms,
                                     absl::Time first_seen, absl::Time now) {
  std::vector<ClaimWork> works;
  works.reserve(timeline.stints.size());
  for (const Stint& stint : timeline.stints) {
    ClaimWork& work = works.emplace_back();
    work.stint = &stint;
    ClaimStanding& standing = work.standing;
    standing.customer = stint.customer;
    standing.since = stint.since;
    standing.reason = stint.reason;
    standing.released = stint.ended.has_value();

    RegimeBuilder builder(timeline, terms, stint);
    const std::vector<Regime> regimes = builder.Build();
    standing.plan = builder.plan();
    standing.priority = builder.priority();
    standing.request = builder.request();
    standing.priority_reason = builder.reason();
    const Policy& policy = terms.back()->policy;
    if (const Customer* customer = policy.FindCustomer(stint.customer)) {
      work.is_private = !customer->is_public;
      work.plan = PlanFor(policy, *customer, stint.accepted);
      const Entitlement* held = customer->EntitlementFor(stint.accepted);
      standing.trial = held != nullptr && held->trial;
    }

    Party party;
    party.slots = Slots{1} << stint.slot;
    party.since = stint.since;
    party.start_fact = stint.start_fact;
    party.from = stint.from;
    party.until = stint.until;
    party.ended = stint.ended;
    party.end_fact = stint.end_fact;
    party.end_note = stint.end_note;
    party.moved = stint.moved;
    party.away = stint.away;
    party.arrived = stint.arrived;
    const Needs needs = NeedsSinceAdoption(timeline, party, terms, first_seen);
    RunAll(needs, timeline, regimes, stint.customer, !stint.ended, now, &work);

    if (stint.moved) {
      CarriedClaim leaving{stint.customer, standing.priority, needs.answered, {}};
      for (const Metric metric : kAllMetrics) {
        const std::vector<Cycle>& cycles = work.Of(metric).cycles;
        if (cycles.empty()) continue;
        const Cycle& cycle = cycles.back();
        if (cycle.outcome != Outcome::kCancelled || cycle.stopped != stint.ended) continue;
        CarriedClock clock{metric, cycle.started, cycle.elapsed, {}};
        if (cycle.due <= *stint.ended) clock.breached_due = cycle.due;
        leaving.clocks.push_back(clock);
      }
      work.leaving = std::move(leaving);
    }
  }
  std::sort(works.begin(), works.end(), [](const ClaimWork& a, const ClaimWork& b) {
    const int order = a.standing.customer.compare(b.standing.customer);
    return order != 0 ? order < 0 : a.stint < b.stint;
  });
  return works;
}

ClaimWork WorkOutObjectives(const Replayed& timeline, const TermsHistory& terms, absl::Time since,
                            absl::Time first_seen, absl::Time now) {
  ClaimWork work;
  std::vector<Regime> regimes;
  for (std::size_t i = TermsIndexAt(terms, since); i < terms.size(); ++i) {
    const Terms& t = *terms[i];
    regimes.push_back({regimes.empty() ? since : std::max(since, t.effective),
                       &t.index->objectives(), absl::StrCat("policy ", ShortId(t.id))});
  }
  Party party;
  party.is_author = true;
  party.since = since;
  party.start_fact = since == timeline.opened_at ? timeline.opening : nullptr;
  party.until = timeline.happenings.size();
  while (party.from < party.until && timeline.happenings[party.from].at < since) ++party.from;
  RunAll(NeedsSinceAdoption(timeline, party, terms, first_seen), timeline, regimes, "", true, now,
         &work);
  return work;
}

}  // namespace retainer::core
