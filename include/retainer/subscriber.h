// Accounts that pay on a forge, as sponsors or as buyers on its marketplace, and what they hold.
//
// Pure functions, thread-safe. The same facts give the same result in any order, however often
// repeated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/customer_fact.h"
#include "retainer/pins.h"
#include "retainer/policy.h"

namespace retainer {

// A time in which a subscriber pays for one tier.
struct BoughtTime {
  CustomerFactKind source = CustomerFactKind::kSponsorship;
  std::string sponsorable;  // of a sponsorship
  std::string tier;
  std::int64_t cents = 0;
  bool one_time = false;
  bool trial = false;
  bool is_private = false;                    // as it is now, whatever it was earlier
  absl::Time from;                            // inclusive
  absl::Time until = absl::InfiniteFuture();  // exclusive
  friend bool operator==(const BoughtTime&, const BoughtTime&) = default;
};

struct Subscriber {
  Account account;  // the login is the last known one; empty: none may be shown
  bool organization = false;
  std::vector<BoughtTime> times;  // ordered by the beginning
  friend bool operator==(const Subscriber&, const Subscriber&) = default;
};

// The id under which the facts of an account that pays on a forge are kept. It is also that of its
// customer when no customer of the policy has the account.
std::string SubscriberId(const Account& account);

// The fact of what a delivery, or a list of the forge, says. `id`: unique; the delivery's. `seen`:
// when we learned it, which orders acts that have no time of their own.
CustomerFact MakeSubscriptionFact(CustomerFactKind kind, const Account& account,
                                  const Subscription& subscription, const std::string& id,
                                  absl::Time seen);

// From the facts of one account. No times if there are none about it.
Subscriber ReadSubscriber(const std::vector<CustomerFact>& facts);

// Adds to the policy what subscribers hold by its plans' offers. A customer of the policy that has
// a login pinned to the account among its contacts gets the entitlements, else a customer with the
// id SubscriberId. A private sponsorship is never given to a public customer: the account is a
// private customer of its own.
Policy WithSubscribers(Policy policy, const std::vector<Subscriber>& subscribers, const Pins& pins);
// The logins of subscribers, folded, that the policy's customers name and that are pinned to no
// account yet. Until they are, the policy's customers get nothing by them.
std::vector<Login> LoginsToPin(const Policy& policy, const std::vector<Subscriber>& subscribers,
                               const Pins& pins);
// What news changes about what a subscriber holds.
struct SubscriberChange {
  std::vector<std::string> customers;  // ids of those whose plans, contacts or visibility change
  // The beginning of the earliest plan that was not held before. Nullopt: there is none.
  std::optional<absl::Time> gained;
  bool gains_open_tickets = false;  // such a plan covers tickets that were opened before it
};
// The customers of WithSubscribers that hold what the subscriber bought, with nothing else.
std::vector<Customer> HeldBy(const Policy& policy, const Subscriber& subscriber, const Pins& pins);
// Adds what changes between two results of HeldBy.
void AddChange(const Policy& policy, const std::vector<Customer>& before,
               const std::vector<Customer>& after, SubscriberChange* change);

// True if a plan of the policy is offered to those who pay on a forge.
bool OffersPlans(const Policy& policy);

}  // namespace retainer
