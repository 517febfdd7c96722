#include "src/api/tokens.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "src/api/sha256.h"

namespace retainer {

absl::StatusOr<TokenRecord> Authenticate(Store& store, std::string_view authorization,
                                         absl::Time now) {
  const auto refused = [] {
    return absl::UnauthenticatedError(
        "A valid bearer token is needed: `retainer token create` makes one.");
  };
  absl::string_view rest(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(rest, "Bearer ")) return refused();
  rest = absl::StripAsciiWhitespace(rest.substr(7));
  if (rest.empty() || rest.size() > 4096) return refused();
  const std::string hash = Sha256Hex({rest.data(), rest.size()});
  auto found = store.FindToken(hash);
  if (!found.ok()) return found.status();
  if (!*found || !EqualsInConstantTime((*found)->hash, hash)) return refused();
  const TokenRecord& token = **found;
  if (token.revoked || (token.expires && *token.expires <= now)) return refused();
  return token;
}

bool MayReadProject(const TokenRecord& token, const ProjectRef& project) {
  if (token.scope != "read" && token.scope != "write" && token.scope != "admin") return false;
  if (token.project.empty()) return true;
  const auto bound = ParseProjectRef(token.project);
  return bound.ok() && bound->forge == project.forge &&
         absl::EqualsIgnoreCase(bound->path, project.path);
}

bool MayRead(const TokenRecord& token, const ProjectRef& project, const TicketRecord& ticket) {
  if (!MayReadProject(token, project)) return false;
  if (token.customer.empty()) return true;
  return std::find(ticket.customers.begin(), ticket.customers.end(), token.customer) !=
         ticket.customers.end();
}

}  // namespace retainer
