#include "src/sandbox/marketplace.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

json PlanOf(const Purchase& purchase) {
  return {{"id", purchase.plan},
          {"name", absl::StrCat("Plan ", purchase.plan)},
          {"description", "Support"},
          {"monthly_price_in_cents", 10000},
          {"yearly_price_in_cents", 100000},
          {"price_model", "FLAT_RATE"},
          {"has_free_trial", true},
          {"unit_name", nullptr},
          {"bullets", json::array()}};
}

json HeldOf(const Purchase& purchase) {
  return {{"billing_cycle", "monthly"},      {"unit_count", 1},
          {"on_free_trial", purchase.trial}, {"free_trial_ends_on", nullptr},
          {"next_billing_date", nullptr},    {"plan", PlanOf(purchase)}};
}

}  // namespace

json PurchaserOf(const json& account, const Purchase& purchase) {
  json out = {{"url", account.at("url")},
              {"type", account.at("type")},
              {"id", account.at("id")},
              {"login", account.at("login")},
              {"email", nullptr},
              {"organization_billing_email", nullptr},
              {"marketplace_pending_change", nullptr},
              {"marketplace_purchase", HeldOf(purchase)}};
  out["marketplace_purchase"]["updated_at"] = Rfc3339(purchase.since);
  if (purchase.ends) {
    out["marketplace_pending_change"] = {
        {"effective_date", Rfc3339(*purchase.ends)}, {"unit_count", nullptr}, {"plan", nullptr}};
  }
  return out;
}

json PurchaseBody(const std::string& action, const json& account, const Purchase& purchase,
                  absl::Time effective, const std::optional<Purchase>& before) {
  json held = HeldOf(purchase);
  held["account"] = {{"type", account.at("type")},
                     {"id", account.at("id")},
                     {"login", account.at("login")},
                     {"organization_billing_email", nullptr}};
  if (action == "pending_change") held["plan"] = nullptr;
  json body = {{"action", action},
               {"effective_date", Rfc3339(effective)},
               {"sender", account},
               {"marketplace_purchase", std::move(held)}};
  if (before) body["previous_marketplace_purchase"] = HeldOf(*before);
  return body;
}

}  // namespace retainer::sandbox
