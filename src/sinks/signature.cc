#include "src/sinks/signature.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"

namespace retainer::sinks {
namespace {

constexpr absl::string_view kPrefix = "whsec_";
constexpr std::size_t kShortestKey = 24;
constexpr std::size_t kLongestKey = 64;

}  // namespace

absl::StatusOr<std::string> SigningKey(std::string_view secret) {
  const absl::string_view text(secret.data(), secret.size());
  std::string key;
  if (!absl::StartsWith(text, kPrefix) || !absl::Base64Unescape(text.substr(6), &key) ||
      key.size() < kShortestKey || key.size() > kLongestKey) {
    return absl::InvalidArgumentError(
        "the signing secret is not whsec_ and base64 of 24 to 64 bytes: make one with "
        "`echo whsec_$(openssl rand -base64 32)`");
  }
  return key;
}

std::vector<std::string> SignedHeaders(const std::vector<std::string>& keys, const std::string& id,
                                       absl::Time at, const std::string& body) {
  const std::string timestamp = absl::StrCat(absl::ToUnixSeconds(at));
  const std::string signed_text = absl::StrCat(id, ".", timestamp, ".", body);
  std::string signatures = "webhook-signature:";
  for (const std::string& key : keys) {
    absl::StrAppend(&signatures, " v1,",
                    absl::Base64Escape(base::ToBytes(base::HmacSha256(key, {signed_text}))));
  }
  return {absl::StrCat("webhook-id: ", id), absl::StrCat("webhook-timestamp: ", timestamp),
          std::move(signatures)};
}

std::string StableId(std::string_view text) { return base::Sha256Hex(text).substr(0, 40); }

}  // namespace retainer::sinks
