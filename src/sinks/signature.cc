#include "src/sinks/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

constexpr absl::string_view kPrefix = "whsec_";
constexpr std::size_t kShortestKey = 24;
constexpr std::size_t kLongestKey = 64;

// OpenSSL fails here only without memory or without SHA-256.
void Require(bool done) {
  if (!done) std::abort();
}

std::string Bytes(const unsigned char* bytes, std::size_t size) {
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

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
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    Require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                 reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(),
                 digest, &size) != nullptr);
    absl::StrAppend(&signatures, " v1,", absl::Base64Escape(Bytes(digest, size)));
  }
  return {absl::StrCat("webhook-id: ", id), absl::StrCat("webhook-timestamp: ", timestamp),
          std::move(signatures)};
}

std::string StableId(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  Require(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  return absl::BytesToHexString(Bytes(digest, 20));
}

}  // namespace retainer
