#include "src/cli/token_operations.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/cli/unknown_names.h"

namespace retainer::cli {

absl::StatusOr<OperationResult> CreateToken(pipeline::Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request) {
  const TermsHistory terms = desk.terms();
  const absl::Status meant = CheckTokenFor(terms.empty() ? nullptr : &terms.back()->policy,
                                           Text(request, "project"), Text(request, "customer"));
  if (!meant.ok()) return meant;
  const auto secret = base::RandomBytes(32);
  if (!secret.ok()) return secret.status();
  const auto id = base::RandomHex(6);
  if (!id.ok()) return id.status();
  const std::string token = absl::StrCat("rtn_", absl::WebSafeBase64Escape(*secret));
  TokenRecord record;
  record.id = *id;
  record.hash = base::Sha256Hex(token);
  record.scope = Text(request, "scope");
  record.project = Text(request, "project");
  record.customer = Text(request, "customer");
  record.created = clock.Now();
  if (const auto seconds = request.find("expires_s"); seconds != request.end()) {
    record.expires = record.created + absl::Seconds(seconds->get<std::int64_t>());
  }
  if (absl::Status saved = store.SaveToken(record); !saved.ok()) return saved;
  return OperationResult{
      absl::StrCat(token, "\n"),
      {{"token", token}, {"id", record.id}, {"expires", TimeOrNull(record.expires)}}};
}

absl::StatusOr<OperationResult> ListTokens(Store& store) {
  const auto tokens = store.ListTokens();
  if (!tokens.ok()) return tokens.status();
  OperationResult result{"", nlohmann::ordered_json::array()};
  for (const TokenRecord& token : *tokens) {
    result.data.push_back({{"id", token.id},
                           {"scope", token.scope},
                           {"project", token.project},
                           {"customer", token.customer},
                           {"created", Rfc3339(token.created)},
                           {"expires", TimeOrNull(token.expires)},
                           {"revoked", TimeOrNull(token.revoked)}});
    absl::StrAppend(&result.text, token.id, "  ", token.scope, "  ",
                    token.project.empty() ? "every project" : token.project, "  ",
                    token.customer.empty() ? "every customer" : token.customer, "  ",
                    token.revoked   ? absl::StrCat("revoked ", Rfc3339(*token.revoked))
                    : token.expires ? absl::StrCat("until ", Rfc3339(*token.expires))
                                    : "without end",
                    "\n");
  }
  if (tokens->empty()) result.text = "No tokens.\n";
  return result;
}

absl::StatusOr<OperationResult> RevokeToken(Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request) {
  const auto tokens = store.ListTokens();
  if (!tokens.ok()) return tokens.status();
  for (TokenRecord token : *tokens) {
    if (token.id != Text(request, "id")) continue;
    if (!token.revoked) token.revoked = clock.Now();
    if (absl::Status saved = store.SaveToken(token); !saved.ok()) return saved;
    return OperationResult{absl::StrCat(token.id, " revoked\n"), {{"id", token.id}}};
  }
  return absl::NotFoundError(
      absl::StrCat("no token has the id \"", Text(request, "id"), "\": see `retainer token list`"));
}

}  // namespace retainer::cli
