// Desk: the terms with what subscribers hold.
#include <algorithm>
#include <utility>

#include "retainer/subscriber.h"
#include "src/pipeline/desk.h"

namespace retainer::pipeline {
namespace {

// So long after the forge did not say whose a login is, it is asked again.
constexpr absl::Duration kPinAgain = absl::Minutes(1);

}  // namespace

void Desk::SetTerms(TermsHistory terms) {
  const bool any = !terms.empty();
  ports_.metrics.Set("retainer_policy_effective_timestamp_seconds",
                     any ? static_cast<double>(absl::ToUnixSeconds(terms.back()->effective)) : 0);
  {
    const std::lock_guard lock(written_mutex_);
    written_ = std::move(terms);
    // Without them the policy is in force as it is written, and the next try adds them.
    if (absl::Status added = AddSubscribers(); !added.ok()) {
      LogTrouble("subscribers cannot be read", "", added);
    }
  }
  if (any) reconciler_.TermsChanged();
  projects_.Poke();
  Nudge();
}

TermsHistory Desk::written_terms() const {
  const std::lock_guard lock(written_mutex_);
  return written_;
}

absl::StatusOr<std::vector<Subscriber>> Desk::ReadSubscribers() {
  const auto stored = ports_.store.ListStoredCustomers();
  if (!stored.ok()) return stored.status();
  std::vector<Subscriber> subscribers;
  for (const StoredCustomer& customer : *stored) {
    Subscriber subscriber = ReadSubscriber(customer.facts);
    if (!subscriber.times.empty()) subscribers.push_back(std::move(subscriber));
  }
  return subscribers;
}

absl::StatusOr<std::shared_ptr<const Terms>> Desk::WithSubscribers(const Terms& terms) {
  const auto subscribers = ReadSubscribers();
  if (!subscribers.ok()) return subscribers.status();
  const auto pins = ports_.store.LoadPins();
  if (!pins.ok()) return pins.status();
  return WithPolicy(terms, retainer::WithSubscribers(terms.policy, *subscribers, *pins));
}

absl::Status Desk::AddSubscribers() {
  const auto subscribers = ReadSubscribers();
  auto pins = ports_.store.LoadPins();
  absl::Status read = subscribers.status();
  read.Update(pins.status());
  if (!read.ok() || subscribers->empty() || written_.empty()) {
    to_pin_.clear();
    pins_.reset();
    terms_.Set(written_);
    return read;
  }
  TermsHistory terms;
  for (const std::shared_ptr<const Terms>& version : written_) {
    terms.push_back(
        OffersPlans(version->policy)
            ? WithPolicy(*version, retainer::WithSubscribers(version->policy, *subscribers, *pins))
            : version);
  }
  to_pin_ = LoginsToPin(written_.back()->policy, *subscribers, *pins);
  pin_again_ = absl::InfinitePast();
  pins_ = *std::move(pins);
  terms_.Set(std::move(terms));
  return absl::OkStatus();
}

bool Desk::HasLoginsToPin() const {
  const std::lock_guard lock(written_mutex_);
  return !to_pin_.empty() && pin_again_ == absl::InfinitePast();
}

absl::Status Desk::PinSubscribers() {
  const auto now_pinned = ports_.store.LoadPins();
  if (!now_pinned.ok()) return now_pinned.status();
  std::vector<Login> asked;
  bool differs = false;
  {
    const std::lock_guard lock(written_mutex_);
    if (ports_.clock.Steady() >= pin_again_) asked = to_pin_;
    // Without subscribers no pin matters.
    differs = pins_ && now_pinned->size() != pins_->size();
  }
  bool answered = false;
  for (const Login& login : asked) {
    const auto id = inquiries_.OwnerOf(login, Sake::kHidden);
    if (!id) continue;
    if (absl::Status pinned = ports_.store.PinLogin(login, *id); !pinned.ok()) return pinned;
    answered = true;
  }
  if (!answered && !differs) {
    const std::lock_guard lock(written_mutex_);
    if (!asked.empty()) pin_again_ = ports_.clock.Steady() + kPinAgain;
    return absl::OkStatus();
  }
  const auto subscribers = ReadSubscribers();
  if (!subscribers.ok()) return subscribers.status();
  const auto pins = ports_.store.LoadPins();
  if (!pins.ok()) return pins.status();
  SubscriberChange change;
  {
    const std::lock_guard lock(written_mutex_);
    const Pins before = pins_.value_or(Pins());
    for (const Subscriber& each : *subscribers) {
      // Most pins are of people who pay for nothing.
      const Account& account = each.account;
      if (before.NamesOf(account.forge, account.actor.id) ==
          pins->NamesOf(account.forge, account.actor.id)) {
        continue;
      }
      for (const std::shared_ptr<const Terms>& version : written_) {
        if (!OffersPlans(version->policy)) continue;
        AddChange(version->policy, HeldBy(version->policy, each, before),
                  HeldBy(version->policy, each, *pins), &change);
      }
    }
    if (!change.customers.empty()) {
      if (absl::Status added = AddSubscribers(); !added.ok()) return added;
    } else if (!written_.empty()) {
      pins_ = *pins;
      to_pin_ = LoginsToPin(written_.back()->policy, *subscribers, *pins);
    }
    pin_again_ = ports_.clock.Steady() + kPinAgain;
  }
  return JudgeForSubscriber(change, {});
}

absl::Time Desk::PurchasesRound() {
  const absl::Time soon = ports_.clock.Steady() + kPinAgain;
  if (absl::Status pinned = PinSubscribers(); !pinned.ok()) {
    LogTrouble("logins of subscribers could not be pinned", "", pinned);
  }
  const auto next = purchases_.RunOnce();
  if (next.ok()) return std::min(*next, soon);
  LogTrouble("purchases could not be compared", "", next.status());
  return ports_.clock.Steady() + kStorePause;
}

absl::Status Desk::TakeSubscription(const Event& event, const Delivery& delivery) {
  const CustomerFactKind kind = event.subscription->sponsorable.empty()
                                    ? CustomerFactKind::kPurchase
                                    : CustomerFactKind::kSponsorship;
  return ChangeSubscriber(MakeSubscriptionFact(
      kind, {delivery.forge, event.account}, *event.subscription, delivery.id, delivery.received));
}

absl::Status Desk::ChangeSubscriber(const CustomerFact& fact) {
  const auto changed = ChangeCustomer(fact.customer, [&](const CustomerBook&) { return fact; });
  if (!changed.ok()) return changed.status();
  auto stored = ports_.store.LoadCustomer(fact.customer);
  if (!stored.ok()) return stored.status();
  // Compared also if the fact was known: what follows here may have been lost in a crash.
  const Subscriber after = ReadSubscriber(stored->facts);
  std::erase_if(stored->facts, [&](const CustomerFact& each) { return each.id == fact.id; });
  const Subscriber before = ReadSubscriber(stored->facts);
  const auto pins = ports_.store.LoadPins();
  if (!pins.ok()) return pins.status();
  SubscriberChange change;
  {
    const std::lock_guard lock(written_mutex_);
    for (const std::shared_ptr<const Terms>& version : written_) {
      if (!OffersPlans(version->policy)) continue;
      AddChange(version->policy, HeldBy(version->policy, before, *pins),
                HeldBy(version->policy, after, *pins), &change);
    }
    if (change.customers.empty()) return absl::OkStatus();
    if (absl::Status added = AddSubscribers(); !added.ok()) return added;
  }
  if (purchases_thread_ != nullptr) purchases_thread_->wakeable.Wake();
  return JudgeForSubscriber(change, fact.account);
}

absl::Status Desk::JudgeForSubscriber(const SubscriberChange& change, const Account& account) {
  if (change.customers.empty()) return absl::OkStatus();
  if (change.gains_open_tickets && !account.actor.id.empty()) {
    reconciler_.AccountChanged(account.forge, account.actor.id);
    if (reconciler_thread_ != nullptr) reconciler_thread_->wakeable.Wake();
  }
  absl::Status woken = judge_.PlansChanged(change.customers, change.gained);
  if (timers_thread_ != nullptr) timers_thread_->wakeable.Wake();
  return woken;
}

}  // namespace retainer::pipeline
