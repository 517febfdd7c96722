#include "src/sandbox/crypto.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/digest.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::optional<std::int64_t> Integer(const json& object, const char* name) {
  auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<std::int64_t>();
}

}  // namespace

std::string RandomHex(std::size_t count) { return *base::RandomHex(count); }

absl::StatusOr<KeyPair> MakeRsaKey() {
  Key key(EVP_RSA_gen(2048));
  Bio private_bio(BIO_new(BIO_s_mem()));
  Bio public_bio(BIO_new(BIO_s_mem()));
  if (key == nullptr || private_bio == nullptr || public_bio == nullptr ||
      PEM_write_bio_PrivateKey(private_bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) != 1 ||
      PEM_write_bio_PUBKEY(public_bio.get(), key.get()) != 1) {
    return absl::InternalError("OpenSSL could not make an RSA key");
  }
  return KeyPair{Contents(private_bio.get()), Contents(public_bio.get())};
}

absl::StatusOr<JwtClaims> ReadJwt(std::string_view token, const std::string& public_pem) {
  const absl::Status undecodable =
      absl::InvalidArgumentError("A JSON web token could not be decoded");
  std::vector<std::string> parts = absl::StrSplit(std::string(token), '.');
  std::string header, claims, signature;
  if (parts.size() != 3 || !absl::WebSafeBase64Unescape(parts[0], &header) ||
      !absl::WebSafeBase64Unescape(parts[1], &claims) ||
      !absl::WebSafeBase64Unescape(parts[2], &signature)) {
    return undecodable;
  }
  json head = json::parse(header, nullptr, false);
  json body = json::parse(claims, nullptr, false);
  if (!head.is_object() || !body.is_object() || head.value("alg", json()) != json("RS256")) {
    return undecodable;
  }
  Bio bio(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())));
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  MdContext context(EVP_MD_CTX_new());
  std::string signed_text = absl::StrCat(parts[0], ".", parts[1]);
  if (key == nullptr ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(signed_text),
                       signed_text.size()) != 1) {
    return undecodable;
  }
  JwtClaims out;
  out.issued_at = Integer(body, "iat");
  out.expires = Integer(body, "exp");
  json issuer = body.value("iss", json());
  if (issuer.is_string()) out.issuer = issuer.get<std::string>();
  if (issuer.is_number_integer()) out.issuer = absl::StrCat(issuer.get<std::int64_t>());
  return out;
}

}  // namespace retainer::sandbox
