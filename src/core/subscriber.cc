#include "retainer/subscriber.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"

namespace retainer {
namespace {

using Facts = std::vector<const CustomerFact*>;

// The same act can be delivered twice, by two webhooks. Equal acts that are further apart are two.
constexpr absl::Duration kSameAct = absl::Hours(24);

const Subscription& SaidBy(const CustomerFact* fact) { return *fact->subscription; }

// Acts of a sponsorship have no time of their own: those that begin and end it come first and last,
// the others as we learned of them. Acts of a purchase are ordered by their own time. Each id once.
Facts InOrder(Facts facts) {
  const auto place = [](const CustomerFact* fact) {
    const Subscription& said = SaidBy(fact);
    const bool sponsorship = fact->kind == CustomerFactKind::kSponsorship;
    const int rank = !sponsorship                          ? 0
                     : said.act == SubscriptionAct::kBegan ? 0
                     : said.act == SubscriptionAct::kEnded ? 2
                                                           : 1;
    return std::tuple(rank, sponsorship ? absl::UnixEpoch() : said.effective, fact->at, said.act,
                      fact->id);
  };
  std::sort(facts.begin(), facts.end(),
            [&](const CustomerFact* a, const CustomerFact* b) { return place(a) < place(b); });
  std::set<std::string_view> ids;
  std::erase_if(facts, [&](const CustomerFact* fact) { return !ids.insert(fact->id).second; });
  return facts;
}

bool IsAnnouncement(SubscriptionAct act) {
  return act == SubscriptionAct::kWillChange || act == SubscriptionAct::kWillEnd;
}

// What an act is about. The acts about one thing replace each other.
enum class Matter : std::uint8_t { kTier, kPrivacy, kAnnouncement };

Matter MatterOf(SubscriptionAct act) {
  if (act == SubscriptionAct::kEdited) return Matter::kPrivacy;
  const bool announces = IsAnnouncement(act) || act == SubscriptionAct::kStays;
  return announces ? Matter::kAnnouncement : Matter::kTier;
}

// Without acts that were delivered twice. An act that repeats an earlier one is no repetition if
// another about the same matter lies between the two.
Facts WithoutRepetitions(const Facts& order) {
  Facts once;
  std::map<Matter, const CustomerFact*> last;
  for (const CustomerFact* fact : order) {
    const CustomerFact*& before = last[MatterOf(SaidBy(fact).act)];
    const bool again = before != nullptr && SaidBy(before) == SaidBy(fact) &&
                       absl::AbsDuration(fact->at - before->at) < kSameAct;
    before = fact;
    if (!again) once.push_back(fact);
  }
  return once;
}

// How often something happened, from how often it was delivered: the second of two deliveries
// within kSameAct may be a repetition.
struct Often {
  int least = 0;
  int most = 0;
  absl::Time last = absl::InfinitePast();
  void Add(absl::Time at) {
    ++most;
    if (at - last >= kSameAct) ++least;
    last = at;
  }
};

// True if `x` can be `y` and `more`.
bool CanExceedBy(int more, const Often& x, const Often& y) {
  return std::max(x.least - more, y.least) <= std::min(x.most - more, y.most);
}

// True unless all that was said means that the sponsorship is public now. Edits can arrive in
// another order than they were made, and twice. So what was said last counts only if nothing else
// was said shortly before. Else the edits are counted, because they change the privacy to and fro.
bool IsPrivateNow(const Facts& order) {
  absl::Time newest = absl::InfinitePast();
  for (const CustomerFact* fact : order) newest = std::max(newest, fact->at);
  bool lately_private = false;
  bool lately_public = false;
  bool found_private = false;  // by an act that is neither the beginning nor an edit
  Facts by_arrival = order;
  std::stable_sort(by_arrival.begin(), by_arrival.end(),
                   [](const CustomerFact* a, const CustomerFact* b) { return a->at < b->at; });
  Often hidden;  // edits to private
  Often shown;   // edits to public
  for (const CustomerFact* fact : by_arrival) {
    const Subscription& said = SaidBy(fact);
    if (newest - fact->at < kSameAct) {
      (said.is_private ? lately_private : lately_public) = true;
      found_private |= said.is_private && said.act != SubscriptionAct::kBegan && !said.was_private;
    }
    if (!said.was_private || *said.was_private == said.is_private) continue;
    (said.is_private ? hidden : shown).Add(fact->at);
  }
  if (lately_private != lately_public) return lately_private;
  const Subscription& first = SaidBy(order.front());
  const bool knows_beginning = first.act == SubscriptionAct::kBegan;
  const bool from_public = !knows_beginning || !first.is_private;
  const bool from_private = !knows_beginning || first.is_private;
  const bool can_be_private = (from_public && CanExceedBy(1, hidden, shown)) ||
                              (from_private && CanExceedBy(0, hidden, shown));
  const bool can_be_public = (from_public && CanExceedBy(0, hidden, shown)) ||
                             (from_private && CanExceedBy(1, shown, hidden));
  // No edit of which we know made it private.
  if (found_private && !from_private && hidden.most == 0) return true;
  return can_be_private || !can_be_public;
}

// Where a walk ends: each move names where it comes from, so the end is known in whatever order the
// moves are listed. Nullopt if they do not make one walk, because some are missing.
std::optional<std::string> EndOfWalk(
    const std::optional<std::string>& start,
    const std::vector<std::pair<std::string, std::string>>& moves) {
  std::map<std::string, int> surplus;
  if (start) ++surplus[*start];
  for (const auto& [from, to] : moves) {
    --surplus[from];
    ++surplus[to];
  }
  std::optional<std::string> end;
  for (const auto& [place, count] : surplus) {
    if (count <= 0) continue;
    if (count > 1 || end) return std::nullopt;
    end = place;
  }
  return end;
}

BoughtTime TimeOf(const CustomerFact* fact, absl::Time from) {
  const Subscription& said = SaidBy(fact);
  BoughtTime time;
  time.source = fact->kind;
  time.sponsorable = said.sponsorable;
  time.tier = said.tier;
  time.cents = said.cents;
  time.one_time = said.one_time;
  time.trial = said.trial;
  time.from = from;
  return time;
}

void EndAt(absl::Time at, std::vector<BoughtTime>* times) {
  if (!times->empty()) times->back().until = std::min(times->back().until, at);
}

void BeginAt(absl::Time at, BoughtTime time, std::vector<BoughtTime>* times) {
  EndAt(at, times);
  times->push_back(std::move(time));
}

// Applies what was announced for a date. `fact`: nullptr if nothing was.
void Announce(const CustomerFact* fact, std::vector<BoughtTime>* times) {
  if (fact == nullptr || times->empty()) return;
  const absl::Time at = SaidBy(fact).effective;
  if (at >= times->back().until) return;
  const bool ends = SaidBy(fact).act == SubscriptionAct::kWillEnd;
  if (ends) return EndAt(at, times);
  const absl::Time until = times->back().until;
  BeginAt(at, TimeOf(fact, at), times);
  times->back().until = until;
}

std::vector<BoughtTime> TimesOfSponsorship(const Facts& facts) {
  const Facts all = InOrder(facts);
  const Facts order = WithoutRepetitions(all);
  const Subscription& first = SaidBy(order.front());
  const bool is_whole = first.act == SubscriptionAct::kBegan;
  std::vector<BoughtTime> times = {TimeOf(order.front(), first.began)};
  // When the beginning is missing, the earliest act still tells the tier before it.
  if (!is_whole && !first.tier_before.empty()) {
    times[0].tier = first.tier_before;
    times[0].cents = first.cents_before;
  }
  std::map<std::string, std::int64_t> cents;
  std::vector<std::pair<std::string, std::string>> moves;
  for (const CustomerFact* fact : order) {
    const Subscription& said = SaidBy(fact);
    cents[said.tier] = said.cents;
    if (said.act != SubscriptionAct::kChanged) continue;
    if (!said.tier_before.empty()) moves.emplace_back(said.tier_before, said.tier);
    const absl::Time at = std::max(fact->at, said.began);
    BeginAt(at, TimeOf(fact, at), &times);
  }
  const auto last =
      EndOfWalk(is_whole ? std::optional(first.tier) : std::nullopt, moves).value_or("");
  if (!moves.empty() && cents.contains(last)) {
    times.back().tier = last;
    times.back().cents = cents.at(last);
  }
  // An announcement names the tier of its time. A change that came after it made it void.
  const CustomerFact* announced = nullptr;
  for (const CustomerFact* fact : order) {
    const Subscription& said = SaidBy(fact);
    if (said.act == SubscriptionAct::kStays) announced = nullptr;
    if (!IsAnnouncement(said.act)) continue;
    const std::string& present =
        said.act == SubscriptionAct::kWillEnd ? said.tier : said.tier_before;
    if (present.empty() || present == times.back().tier) announced = fact;
  }
  for (const CustomerFact* fact : order) {
    const Subscription& said = SaidBy(fact);
    if (said.act == SubscriptionAct::kEnded) EndAt(std::max(fact->at, said.began), &times);
  }
  Announce(announced, &times);
  const bool is_private = IsPrivateNow(all);
  for (BoughtTime& time : times) time.is_private = is_private;
  return times;
}

std::vector<BoughtTime> TimesOfPurchases(const Facts& facts) {
  const Facts order = WithoutRepetitions(InOrder(facts));
  std::vector<BoughtTime> times;
  std::map<absl::Time, int> announced;  // announcements for an instant less those taken back
  for (const CustomerFact* fact : order) {
    const Subscription& said = SaidBy(fact);
    switch (said.act) {
      case SubscriptionAct::kBegan:
      case SubscriptionAct::kChanged:
        BeginAt(said.effective, TimeOf(fact, said.effective), &times);
        break;
      case SubscriptionAct::kEnded:
        EndAt(said.effective, &times);
        break;
      case SubscriptionAct::kWillChange:
      case SubscriptionAct::kWillEnd:
        ++announced[said.effective];
        break;
      case SubscriptionAct::kStays:
        --announced[said.effective];
        break;
      case SubscriptionAct::kEdited:
        break;
    }
  }
  for (const CustomerFact* fact : order) {
    const Subscription& said = SaidBy(fact);
    if (!IsAnnouncement(said.act) || announced[said.effective] <= 0 || times.empty()) continue;
    const bool void_now = said.effective <= times.back().from ||
                          (!said.tier_before.empty() && said.tier_before != times.back().tier);
    if (!void_now) Announce(fact, &times);
  }
  return times;
}

// The customers of a policy by the logins that their contacts name, and by id.
class NamedCustomers {
 public:
  explicit NamedCustomers(const std::vector<Customer>& customers) {
    for (std::size_t i = 0; i < customers.size(); ++i) {
      places_.try_emplace(absl::StrCat("id ", customers[i].id), i);
      for (const Login& login : customers[i].contacts.logins) {
        places_.try_emplace(KeyOf(login, false), i);
      }
      for (const Login& login : customers[i].contacts.organizations) {
        places_.try_emplace(KeyOf(login, true), i);
      }
    }
  }
  bool Names(const Login& login, bool organization) const {
    return places_.contains(KeyOf(login, organization));
  }
  // The place of the customer that has the account: by a login that is pinned to it. Nullopt: none
  // does. A login alone says nothing, because it can change hands.
  std::optional<std::size_t> Find(const Subscriber& subscriber, const Pins& pins) const {
    const Account& account = subscriber.account;
    auto place = places_.find(absl::StrCat("id ", SubscriberId(account)));
    for (const std::string& name : pins.NamesOf(account.forge, account.actor.id)) {
      if (place != places_.end()) break;
      place = places_.find(KeyOf({account.forge, name}, subscriber.organization));
    }
    return place == places_.end() ? std::nullopt : std::optional(place->second);
  }

 private:
  static std::string KeyOf(const Login& login, bool organization) {
    return absl::StrCat(organization ? "organization " : "login ", login.forge, ":",
                        FoldName(login.name));
  }

  absl::flat_hash_map<std::string, std::size_t> places_;
};

// Of the plans that are offered for what was bought, the dearest; nullptr: none is.
const Plan* PlanBought(const Policy& policy, const BoughtTime& time) {
  const Plan* best = nullptr;
  for (const auto& [name, plan] : policy.plans) {
    if (time.source == CustomerFactKind::kPurchase) {
      if (!plan.github_marketplace.empty() && plan.github_marketplace == time.tier) return &plan;
      continue;
    }
    const auto& offer = plan.github_sponsors;
    if (!offer || !SameName(offer->sponsorable, time.sponsorable)) continue;
    if (time.cents < std::int64_t{100} * offer->min_monthly) continue;
    if (time.one_time && offer->one_time_days == 0) continue;
    if (best == nullptr || best->github_sponsors->min_monthly < offer->min_monthly) best = &plan;
  }
  return best;
}

std::optional<Entitlement> EntitlementOf(const Policy& policy, const BoughtTime& time) {
  const Plan* plan = PlanBought(policy, time);
  if (plan == nullptr) return std::nullopt;
  Entitlement held;
  held.plan = plan->name;
  held.trial = time.trial;
  const bool sponsorship = time.source == CustomerFactKind::kSponsorship;
  held.bought = {sponsorship ? "GitHub Sponsors" : "GitHub Marketplace", time.from, time.until};
  // What was paid once holds for its days, whatever the forge says of its end.
  if (time.one_time) {
    held.bought->until = time.from + absl::Hours(24) * plan->github_sponsors->one_time_days;
  }
  return held;
}

absl::Time Beginning(const Entitlement& held) {
  if (held.bought) return held.bought->from;
  if (held.term) return absl::FromCivil(held.term->from, absl::UTCTimeZone());
  return absl::InfinitePast();
}

}  // namespace

std::string SubscriberId(const Account& account) {
  return absl::StrCat(account.forge, "-account-", account.actor.id);
}

CustomerFact MakeSubscriptionFact(CustomerFactKind kind, const Account& account,
                                  const Subscription& subscription, const std::string& id,
                                  absl::Time seen) {
  CustomerFact fact;
  fact.customer = SubscriberId(account);
  fact.kind = kind;
  const std::string_view name = CustomerFactKindName(kind);
  fact.id = absl::StrCat(std::string(name), ":", id);
  // In whole seconds, as on forges: what is written in the second of an end is not covered.
  fact.at = absl::FromUnixSeconds(absl::ToUnixSeconds(seen));
  fact.by = account.forge;
  fact.account = account;
  fact.subscription = subscription;
  return fact;
}

Subscriber ReadSubscriber(const std::vector<CustomerFact>& facts) {
  Subscriber subscriber;
  Facts purchases;
  std::map<std::tuple<std::string, absl::Time, std::string>, Facts> sponsorships;
  const CustomerFact* latest = nullptr;
  for (const CustomerFact& fact : facts) {
    if (!fact.subscription) continue;
    const Subscription& said = *fact.subscription;
    if (fact.kind == CustomerFactKind::kPurchase) {
      purchases.push_back(&fact);
    } else {
      sponsorships[{said.sponsorable, said.began, said.id}].push_back(&fact);
    }
    const auto later = [](const CustomerFact& a, const CustomerFact& b) {
      return std::tie(a.at, a.id) < std::tie(b.at, b.id);
    };
    const bool named = !fact.account.actor.login.empty();
    if (latest == nullptr || (named && latest->account.actor.login.empty()) ||
        (named == !latest->account.actor.login.empty() && later(*latest, fact))) {
      latest = &fact;
    }
  }
  if (latest == nullptr) return subscriber;
  subscriber.account = latest->account;
  subscriber.organization = latest->subscription->organization;
  const auto add = [&](std::vector<BoughtTime> times) {
    for (BoughtTime& time : times) {
      if (time.until > time.from) subscriber.times.push_back(std::move(time));
    }
  };
  for (const auto& [key, said] : sponsorships) add(TimesOfSponsorship(said));
  if (!purchases.empty()) add(TimesOfPurchases(purchases));
  std::stable_sort(subscriber.times.begin(), subscriber.times.end(),
                   [](const BoughtTime& a, const BoughtTime& b) { return a.from < b.from; });
  return subscriber;
}

bool OffersPlans(const Policy& policy) {
  return std::any_of(policy.plans.begin(), policy.plans.end(), [](const auto& entry) {
    return entry.second.github_sponsors || !entry.second.github_marketplace.empty();
  });
}

std::vector<Login> LoginsToPin(const Policy& policy, const std::vector<Subscriber>& subscribers,
                               const Pins& pins) {
  std::vector<Login> logins;
  if (!OffersPlans(policy)) return logins;
  const NamedCustomers known(policy.customers);
  for (const Subscriber& subscriber : subscribers) {
    const Account& account = subscriber.account;
    const Login login{account.forge, FoldName(account.actor.login)};
    if (login.name.empty() || !known.Names(login, subscriber.organization)) continue;
    if (pins.Find(login) == nullptr) logins.push_back(login);
  }
  return logins;
}

std::vector<Customer> HeldBy(const Policy& policy, const Subscriber& subscriber, const Pins& pins) {
  // Most subscribers hold nothing, and the policy may have many customers.
  const bool holds =
      std::any_of(subscriber.times.begin(), subscriber.times.end(),
                  [&](const BoughtTime& time) { return EntitlementOf(policy, time).has_value(); });
  if (!holds) return {};
  Policy small;
  small.plans = policy.plans;
  if (const auto named = NamedCustomers(policy.customers).Find(subscriber, pins)) {
    small.customers = {policy.customers[*named]};
    small.customers[0].entitlements.clear();
  }
  std::vector<Customer> held = WithSubscribers(std::move(small), {subscriber}, pins).customers;
  std::erase_if(held, [](const Customer& customer) { return customer.entitlements.empty(); });
  return held;
}

void AddChange(const Policy& policy, const std::vector<Customer>& before,
               const std::vector<Customer>& after, SubscriberChange* change) {
  const auto same = [](const Customer& a, const Customer& b) {
    return a.id == b.id && a.name == b.name && a.is_public == b.is_public &&
           a.entitlements == b.entitlements && a.contacts.organizations == b.contacts.organizations;
  };
  std::set<std::string> ids(change->customers.begin(), change->customers.end());
  for (const auto& [side, other] : {std::pair(&before, &after), std::pair(&after, &before)}) {
    for (const Customer& customer : *side) {
      const bool stays = std::any_of(other->begin(), other->end(),
                                     [&](const Customer& there) { return same(customer, there); });
      if (!stays) ids.insert(customer.id);
    }
  }
  change->customers.assign(ids.begin(), ids.end());
  // Whoever holds it: a plan that only changes hands is nothing new.
  const auto covered = [&](const BoughtTerm& term) {
    return std::any_of(before.begin(), before.end(), [&](const Customer& customer) {
      return std::any_of(customer.entitlements.begin(), customer.entitlements.end(),
                         [&](const Entitlement& held) {
                           return held.bought->from <= term.from && term.from < held.bought->until;
                         });
    });
  };
  for (const Customer& customer : after) {
    for (const Entitlement& held : customer.entitlements) {
      if (covered(*held.bought)) continue;
      change->gained = std::min(change->gained.value_or(absl::InfiniteFuture()), held.bought->from);
      change->gains_open_tickets |= policy.plans.at(held.plan).starts == ClockStart::kVerified;
    }
  }
}

Policy WithSubscribers(Policy policy, const std::vector<Subscriber>& subscribers,
                       const Pins& pins) {
  if (!OffersPlans(policy)) return policy;
  const NamedCustomers known(policy.customers);
  for (const Subscriber& subscriber : subscribers) {
    const std::optional<std::size_t> named = known.Find(subscriber, pins);
    Customer own;
    own.id = SubscriberId(subscriber.account);
    own.is_public = true;
    for (const BoughtTime& time : subscriber.times) {
      auto held = EntitlementOf(policy, time);
      if (!held) continue;
      if (named && !(time.is_private && policy.customers[*named].is_public)) {
        policy.customers[*named].entitlements.push_back(*std::move(held));
        continue;
      }
      // A public customer with this very id: there is no other under which it would not show.
      if (named && policy.customers[*named].id == own.id) continue;
      // Sponsors may be shown if they want to be; who buys on the marketplace is nobody's business.
      own.is_public &= time.source == CustomerFactKind::kSponsorship && !time.is_private;
      own.entitlements.push_back(*std::move(held));
    }
    const auto in_order = [](Customer& customer) {
      std::stable_sort(
          customer.entitlements.begin(), customer.entitlements.end(),
          [](const Entitlement& a, const Entitlement& b) { return Beginning(a) < Beginning(b); });
    };
    if (named) in_order(policy.customers[*named]);
    if (own.entitlements.empty()) continue;
    in_order(own);
    const std::string& login = subscriber.account.actor.login;
    own.name = own.is_public && !login.empty() ? login : own.id;
    if (subscriber.organization && !login.empty()) {
      own.contacts.organizations = {{subscriber.account.forge, login}};
    }
    policy.customers.push_back(std::move(own));
  }
  return policy;
}

}  // namespace retainer
