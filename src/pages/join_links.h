// Links of invitations: `/join/TOKEN`.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "src/pages/page.h"

namespace retainer::pages {

// What an open invitation leads to.
struct OpenLink {
  std::string hash;  // of the token
  CustomerBook book;
  TermsHistory terms;  // keeps `customer`
  const Customer* customer = nullptr;
};

// Nullopt for a token that is unknown, used up, expired or revoked, or whose customer the policy
// does not have: the work is the same for all, one look-up by the token's hash and one of a
// customer. The store's errors.
absl::StatusOr<std::optional<OpenLink>> FindLink(const PageContext& context,
                                                 const std::string& token);
// True for the path of an invitation that is open.
absl::StatusOr<bool> IsOpenLink(const PageContext& context, const std::string& path);

}  // namespace retainer::pages
