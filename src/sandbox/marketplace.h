// The app's listing on GitHub Marketplace: which accounts hold which plan. Private to the sandbox.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"

namespace retainer::sandbox {

struct Purchase {
  std::int64_t plan = 0;
  bool trial = false;
  absl::Time since;  // of the last change
  // When it ends; nullopt: it goes on.
  std::optional<absl::Time> ends = std::nullopt;
};

struct Listing {
  std::set<std::int64_t> plans;
  std::map<std::int64_t, Purchase> purchases;  // by the account's id
};

// An account of the listing, as `GET /marketplace_listing/plans/{id}/accounts` shows it. `account`:
// as GitHub shows accounts everywhere.
nlohmann::json PurchaserOf(const nlohmann::json& account, const Purchase& purchase);

// The body of a delivery. `effective`: when the action counts. `before`: the purchase before it.
nlohmann::json PurchaseBody(const std::string& action, const nlohmann::json& account,
                            const Purchase& purchase, absl::Time effective,
                            const std::optional<Purchase>& before);

}  // namespace retainer::sandbox
