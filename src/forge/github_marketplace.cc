#include "src/forge/github_marketplace.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/forge/url.h"

namespace retainer::forge {

absl::StatusOr<std::vector<RemotePurchase>> ListGitHubPurchases(const ApiCalls& calls, bool is_app,
                                                                const std::string& plan) {
  if (!is_app) {
    return absl::UnimplementedError(
        "only a GitHub App has a listing on GitHub Marketplace: use an app instead of a token");
  }
  const auto accounts = calls.GetPages(
      {Scope::Kind::kApp},
      absl::StrCat("/marketplace_listing/plans/", PercentEncode(plan), "/accounts"), "");
  if (!accounts.ok()) return accounts.status();
  std::vector<RemotePurchase> purchases;
  for (const Json& account : *accounts) {
    const Json& held = At(account, "marketplace_purchase");
    RemotePurchase purchase;
    purchase.account.id = IdAt(account, "id");
    purchase.account.login = StringAt(account, "login");
    if (purchase.account.id.empty()) continue;
    purchase.organization = StringAt(account, "type") == "Organization";
    purchase.trial = BoolAt(held, "on_free_trial");
    purchase.since = TimeAt(held, "updated_at").value_or(absl::UnixEpoch());
    const Json& change = At(account, "marketplace_pending_change");
    purchase.changes_at = TimeAt(change, "effective_date");
    if (purchase.changes_at) purchase.next_plan = IdAt(At(change, "plan"), "id");
    purchases.push_back(std::move(purchase));
  }
  return purchases;
}

}  // namespace retainer::forge
