#include "src/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "src/base/view.h"

namespace retainer::base {
namespace {

void Require(bool done) {
  if (!done) std::abort();
}

struct Free {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Fetched once: fetching takes longer than the digest of a short text.
EVP_MAC* Hmac() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return mac;
}

std::optional<Digest> Whole(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace

Digest Sha256(std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Require(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  for (std::string_view part : parts) {
    Require(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  Digest digest;
  unsigned int size = 0;
  Require(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1 && size == digest.size());
  return digest;
}

Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  Require(Hmac() != nullptr);
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(Hmac()));
  char name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0),
                               OSSL_PARAM_construct_end()};
  Require(context != nullptr && EVP_MAC_init(context.get(), Bytes(key), key.size(), params) == 1);
  for (std::string_view part : parts) {
    Require(EVP_MAC_update(context.get(), Bytes(part), part.size()) == 1);
  }
  Digest digest;
  std::size_t size = 0;
  Require(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1 &&
          size == digest.size());
  return digest;
}

std::string ToBytes(const Digest& digest) { return std::string(digest.begin(), digest.end()); }

std::string ToHex(const Digest& digest) { return absl::BytesToHexString(ToBytes(digest)); }

std::string Sha256Hex(std::string_view text) { return ToHex(Sha256({text})); }

std::optional<Digest> DigestFromHex(std::string_view hex) {
  // Abseil does not check the characters.
  const bool all_digits = std::all_of(hex.begin(), hex.end(), [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c));
  });
  if (!all_digits || hex.size() % 2 != 0) return std::nullopt;
  return Whole(absl::HexStringToBytes(View(hex)));
}

std::optional<Digest> DigestFromBase64(std::string_view base64) {
  constexpr std::size_t kPadded = 44;  // Abseil also accepts missing padding and white space
  std::string bytes;
  if (base64.size() != kPadded || !absl::Base64Unescape(View(base64), &bytes)) return std::nullopt;
  return Whole(bytes);
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool EqualInConstantTime(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<std::string> RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    return absl::UnavailableError("the system gives no random bytes");
  }
  return bytes;
}

absl::StatusOr<std::string> RandomHex(std::size_t count) {
  const auto bytes = RandomBytes(count);
  if (!bytes.ok()) return bytes.status();
  return absl::BytesToHexString(*bytes);
}

}  // namespace retainer::base
