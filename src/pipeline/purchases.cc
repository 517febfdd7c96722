#include "src/pipeline/purchases.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/subscriber.h"

namespace retainer::pipeline {
namespace {

struct Listed {
  std::string plan;
  RemotePurchase purchase;
};

// The plan that an account holds by its purchases at an instant; nullptr: none.
const BoughtTime* HeldAt(const Subscriber& subscriber, absl::Time at) {
  const BoughtTime* held = nullptr;
  for (const BoughtTime& time : subscriber.times) {
    const bool holds = time.from <= at && at < time.until;
    if (holds && time.source == CustomerFactKind::kPurchase) held = &time;
  }
  return held;
}

bool LearnedSince(const std::vector<CustomerFact>& facts, absl::Time since) {
  return std::any_of(facts.begin(), facts.end(), [&](const CustomerFact& fact) {
    return fact.kind == CustomerFactKind::kPurchase && fact.at > since;
  });
}

// The instant of the last purchase, change or end.
absl::Time LastActOf(const std::vector<CustomerFact>& facts) {
  absl::Time last = absl::InfinitePast();
  for (const CustomerFact& fact : facts) {
    if (fact.kind != CustomerFactKind::kPurchase || !fact.subscription) continue;
    const SubscriptionAct act = fact.subscription->act;
    if (act == SubscriptionAct::kBegan || act == SubscriptionAct::kChanged ||
        act == SubscriptionAct::kEnded) {
      last = std::max(last, fact.subscription->effective);
    }
  }
  return last;
}

}  // namespace

Purchases::Purchases(Store& store, Clock& clock, Log& log, const TermsHolder& terms,
                     std::vector<ForgeSlot> forges, Change change)
    : store_(store),
      clock_(clock),
      log_(log),
      terms_(terms),
      forges_(std::move(forges)),
      change_(std::move(change)) {}

absl::StatusOr<absl::Time> Purchases::RunOnce() {
  if (clock_.Steady() < next_) return next_;
  const TermsHistory terms = terms_.Get();
  std::set<std::string> plans;
  if (!terms.empty()) {
    for (const auto& [name, plan] : terms.back()->policy.plans) {
      if (!plan.github_marketplace.empty()) plans.insert(plan.github_marketplace);
    }
  }
  // A policy that offers nothing may do so soon.
  if (plans.empty()) return clock_.Steady() + absl::Minutes(1);
  bool all = true;
  for (const ForgeSlot& forge : forges_) {
    if (forge.kind != ForgeKind::kGitHub || forge.client == nullptr) continue;
    auto read = Compare(forge, {plans.begin(), plans.end()});
    if (!read.ok()) return read.status();
    all &= *read;
  }
  next_ = clock_.Steady() + (all ? kEvery : kAgain);
  return next_;
}

absl::StatusOr<bool> Purchases::Compare(const ForgeSlot& forge,
                                        const std::vector<std::string>& plans) {
  std::map<std::string, Listed> listed;  // by SubscriberId
  for (const std::string& plan : plans) {
    const auto purchases = forge.client->ListPurchases(plan);
    if (absl::IsUnimplemented(purchases.status())) return true;
    if (!purchases.ok()) {
      log_.Warning("purchases cannot be compared with the forge's list",
                   {{"forge", forge.name},
                    {"plan", plan},
                    {"error", std::string(purchases.status().message())}});
      return false;
    }
    for (const RemotePurchase& purchase : *purchases) {
      listed[SubscriberId({forge.name, purchase.account})] = {plan, purchase};
    }
  }
  const absl::Time now = clock_.Now();
  const auto stored = store_.ListStoredCustomers();
  if (!stored.ok()) return stored.status();
  std::map<std::string, const StoredCustomer*> known;
  for (const StoredCustomer& customer : *stored) known[customer.customer] = &customer;

  for (const auto& [id, each] : listed) {
    const auto there = known.find(id);
    const std::vector<CustomerFact> none;
    const std::vector<CustomerFact>& facts = there == known.end() ? none : there->second->facts;
    if (LearnedSince(facts, now - kFresh)) continue;
    const Subscriber subscriber = ReadSubscriber(facts);
    const BoughtTime* held = HeldAt(subscriber, now);
    const Account account{forge.name, each.purchase.account};
    Subscription said;
    said.organization = each.purchase.organization;
    said.tier = each.plan;
    said.trial = each.purchase.trial;
    if (held == nullptr || held->tier != each.plan) {
      said.act = SubscriptionAct::kChanged;
      const absl::Time last = LastActOf(facts);
      const bool has_time = each.purchase.since > last && each.purchase.since <= now &&
                            each.purchase.since != absl::UnixEpoch();
      said.effective = has_time ? each.purchase.since : now;
      if (absl::Status added = Add(account, said); !added.ok()) return added;
    }
    const bool announced = held != nullptr && held->until == each.purchase.changes_at;
    if (each.purchase.changes_at && *each.purchase.changes_at > now && !announced) {
      said.act = each.purchase.next_plan.empty() ? SubscriptionAct::kWillEnd
                                                 : SubscriptionAct::kWillChange;
      said.tier = each.purchase.next_plan;
      said.tier_before = each.plan;
      said.effective = *each.purchase.changes_at;
      if (absl::Status added = Add(account, said); !added.ok()) return added;
    }
  }
  for (const auto& [id, customer] : known) {
    if (listed.contains(id) || LearnedSince(customer->facts, now - kFresh)) continue;
    const Subscriber subscriber = ReadSubscriber(customer->facts);
    if (subscriber.account.forge != forge.name) continue;
    const BoughtTime* held = HeldAt(subscriber, now);
    // A plan that is not offered was not asked for.
    if (held == nullptr || std::find(plans.begin(), plans.end(), held->tier) == plans.end()) {
      continue;
    }
    Subscription said;
    said.act = SubscriptionAct::kEnded;
    said.organization = subscriber.organization;
    said.tier = held->tier;
    said.effective = now;
    if (absl::Status added = Add(subscriber.account, said); !added.ok()) return added;
  }
  return true;
}

absl::Status Purchases::Add(const Account& account, const Subscription& said) {
  const std::string id = absl::StrCat("listed:", static_cast<int>(said.act), ":", said.tier, ":",
                                      absl::ToUnixMicros(said.effective));
  log_.Info("a purchase was missed", {{"account", ToString(account)}, {"plan", said.tier}});
  return change_(
      MakeSubscriptionFact(CustomerFactKind::kPurchase, account, said, id, clock_.Now()));
}

}  // namespace retainer::pipeline
