// What a forge says of a sponsorship, or of a purchase on its marketplace, in the forge-neutral
// form. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace retainer {

// Persisted: numbers never change.
enum class SubscriptionAct : std::uint8_t {
  kBegan = 1,
  kChanged = 2,     // another tier
  kEdited = 3,      // public or private
  kWillChange = 4,  // another tier from `effective` on
  kWillEnd = 5,     // at `effective`
  kStays = 6,       // a change or an end that was to come does not
  kEnded = 7,
};

// One thing that happened to a subscription. The fields are as after the act.
struct Subscription {
  SubscriptionAct act = SubscriptionAct::kBegan;
  // What tells a sponsorship from others of the same account: the sponsored account's login
  // (folded), the forge's id, and its beginning. A purchase has none of the three.
  std::string sponsorable;
  std::string id;
  absl::Time began = absl::UnixEpoch();
  std::string tier;         // the forge's id of the tier or plan
  std::int64_t cents = 0;   // price of a sponsorship's tier, US cents a month
  std::string tier_before;  // kChanged, kWillChange: the tier before; empty: unknown
  std::int64_t cents_before = 0;
  bool one_time = false;            // a sponsorship that is paid once
  bool trial = false;               // of a purchase
  bool is_private = false;          // a sponsorship that nobody may be told of
  std::optional<bool> was_private;  // kEdited: the same before the act
  bool organization = false;        // the account is an organisation: its members have what it has
  absl::Time effective = absl::UnixEpoch();  // when the act takes effect
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace retainer
