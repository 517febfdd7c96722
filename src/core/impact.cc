#include "retainer/impact.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"

namespace retainer {
namespace {

struct Due {
  std::string priority;
  std::optional<absl::Time> at;
};
using Dues = std::map<std::pair<std::string, Metric>, Due>;  // by customer and metric

Dues DuesOf(const Standing& standing) {
  Dues dues;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
    for (const PromiseClock& clock : claim.clocks) {
      if (clock.cycles.empty() || clock.before_adoption) continue;
      const Cycle& cycle = clock.cycles.back();
      if (cycle.outcome != Outcome::kOpen || cycle.due == absl::InfiniteFuture()) continue;
      dues[{claim.customer, clock.metric}] = {claim.priority, cycle.due};
    }
  }
  return dues;
}

void KeepTheUrgent(const ImpactScope& scope, std::vector<MovedPromise>* moved) {
  const auto urgency = [](const MovedPromise& m) {
    return std::make_tuple(!m.late_at_once, m.to.value_or(absl::InfiniteFuture()), m.ticket,
                           m.customer, m.metric);
  };
  std::sort(moved->begin(), moved->end(),
            [&](const MovedPromise& a, const MovedPromise& b) { return urgency(a) < urgency(b); });
  if (moved->size() > scope.most_listed) moved->resize(scope.most_listed);
}

std::string DueText(const std::optional<absl::Time>& due) {
  return due ? UtcText(*due) : "nothing due";
}

// The kept and missed promises of the past, where they differ.
void AddPast(const Backtest& past, std::string* text) {
  std::set<PromiseName> names;
  for (const BacktestSide* side : {&past.today, &past.proposed}) {
    for (const auto& [name, tally] : side->promises) names.insert(name);
  }
  const auto tally_of = [](const BacktestSide& side, const PromiseName& name) {
    const auto it = side.promises.find(name);
    return it == side.promises.end() ? PromiseTally() : it->second;
  };
  bool any = false;
  for (const PromiseName& name : names) {
    const PromiseTally was = tally_of(past.today, name);
    const PromiseTally is = tally_of(past.proposed, name);
    const auto missed = [](const PromiseTally& tally) { return tally.missed + tally.late; };
    if (was.met == is.met && missed(was) == missed(is)) continue;
    any = true;
    absl::StrAppend(text, "  ", name.plan.empty() ? "community" : absl::StrCat("plan ", name.plan),
                    name.priority.empty() ? "" : " ", name.priority, " ",
                    std::string(MetricName(name.metric)), ": kept ", was.met, " -> ", is.met,
                    ", missed ", missed(was), " -> ", missed(is), "\n");
  }
  if (!any) absl::StrAppend(text, "  the same promises would have been kept and missed\n");
}

}  // namespace

std::vector<MovedPromise> MovedPromises(const TicketRef& ticket, const Standing& today,
                                        const Standing& changed, absl::Time now) {
  const Dues before = DuesOf(today);
  const Dues after = DuesOf(changed);
  std::vector<MovedPromise> moved;
  const auto add = [&](const Dues::key_type& key, const Due* from, const Due* to) {
    MovedPromise promise;
    promise.ticket = ticket;
    std::tie(promise.customer, promise.metric) = key;
    promise.priority = to != nullptr ? to->priority : from->priority;
    if (from != nullptr) promise.from = from->at;
    if (to != nullptr) promise.to = to->at;
    if (promise.from == promise.to) return;
    promise.late_at_once =
        promise.to && *promise.to <= now && !(promise.from && *promise.from <= now);
    moved.push_back(std::move(promise));
  };
  std::set<Dues::key_type> keys;
  for (const Dues* side : {&before, &after}) {
    for (const auto& [key, due] : *side) keys.insert(key);
  }
  for (const Dues::key_type& key : keys) {
    const auto from = before.find(key);
    const auto to = after.find(key);
    add(key, from == before.end() ? nullptr : &from->second,
        to == after.end() ? nullptr : &to->second);
  }
  return moved;
}

void AddOpenTicket(const ImpactScope& scope, std::vector<MovedPromise> moved, Impact* impact) {
  ++impact->open_tickets;
  if (moved.empty()) return;
  ++impact->moved_tickets;
  impact->moved_promises += static_cast<std::int64_t>(moved.size());
  impact->late_at_once +=
      std::count_if(moved.begin(), moved.end(), [](const auto& m) { return m.late_at_once; });
  impact->moved.insert(impact->moved.end(), std::make_move_iterator(moved.begin()),
                       std::make_move_iterator(moved.end()));
  KeepTheUrgent(scope, &impact->moved);
}

void Merge(const ImpactScope& scope, Impact part, Impact* whole) {
  whole->audience = part.audience;
  whole->since = part.since;
  whole->open_tickets += part.open_tickets;
  whole->moved_tickets += part.moved_tickets;
  whole->moved_promises += part.moved_promises;
  whole->late_at_once += part.late_at_once;
  whole->hidden += part.hidden;
  whole->moved.insert(whole->moved.end(), std::make_move_iterator(part.moved.begin()),
                      std::make_move_iterator(part.moved.end()));
  KeepTheUrgent(scope, &whole->moved);
  Merge(scope.past, std::move(part.past), &whole->past);
}

std::string ImpactText(const Impact& impact, Audience audience) {
  if (audience == Audience::kOutsiders && impact.audience != Audience::kOutsiders) return "";
  std::string text = absl::StrCat(
      "Open tickets: ", impact.open_tickets, ". Due instants that move: ", impact.moved_promises,
      " on ", impact.moved_tickets, " tickets. Late at once: ", impact.late_at_once, ".\n");
  for (const MovedPromise& m : impact.moved) {
    absl::StrAppend(&text, "  ", ToString(m.ticket), " ", m.customer, " ", m.priority, " ",
                    std::string(MetricName(m.metric)), ": ", DueText(m.from), " -> ", DueText(m.to),
                    m.late_at_once ? ", late at once" : "", "\n");
  }
  const auto listed = static_cast<std::int64_t>(impact.moved.size());
  if (impact.moved_promises > listed) {
    absl::StrAppend(&text, "  and ", impact.moved_promises - listed, " more\n");
  }
  if (impact.hidden > 0) {
    absl::StrAppend(&text,
                    "Of private customers, or on tickets that are not public: ", impact.hidden,
                    " more due instants move.\n");
  }
  absl::StrAppend(
      &text, impact.since == absl::InfinitePast() ? "The past" : "Since " + UtcText(impact.since),
      ", as if the changed policy had always been in force:\n");
  AddPast(impact.past, &text);
  return text;
}

}  // namespace retainer
