#include "tests/forge/forge_world.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

#include "absl/strings/escaping.h"

namespace retainer::forge {
namespace {

std::shared_ptr<EVP_PKEY> Key() {
  static const std::shared_ptr<EVP_PKEY> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  return key;
}

}  // namespace

const std::string& TestKey() {
  static const std::string pem = [] {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(bio.get(), Key().get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  }();
  return pem;
}

std::string VerifiedPayload(const std::string& jwt) {
  const std::size_t first = jwt.find('.');
  const std::size_t second = jwt.rfind('.');
  if (first == jwt.npos || first == second) return "";
  std::string payload;
  std::string signature;
  if (!absl::WebSafeBase64Unescape(jwt.substr(first + 1, second - first - 1), &payload) ||
      !absl::WebSafeBase64Unescape(jwt.substr(second + 1), &signature))
    return "";
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const std::string input = jwt.substr(0, second);
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, Key().get()) != 1 ||
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(input.data()),
                       input.size()) != 1)
    return "";
  return payload;
}

}  // namespace retainer::forge
