#include "src/forge/app_jwt.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace retainer::forge {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

constexpr absl::Duration kBack = absl::Minutes(1);
// `iat` to `exp` is then the ten minutes that GitHub allows.
constexpr absl::Duration kAhead = absl::Minutes(9);

std::string Base64Url(const std::string& bytes) {
  std::string text = absl::WebSafeBase64Escape(bytes);
  return text;
}

// There is no passphrase to give: an encrypted key must fail instead of asking the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

class RsaSigner final : public AppSigner {
 public:
  RsaSigner(std::string app_id, std::unique_ptr<EVP_PKEY, Free> key)
      : app_id_(std::move(app_id)), key_(std::move(key)) {}

  absl::StatusOr<std::string> Sign(absl::Time forge_now) const override {
    const std::int64_t now = absl::ToUnixSeconds(forge_now);
    // app_id_ holds letters, digits and dots only (MakeAppSigner): no escaping is needed.
    const std::string input =
        absl::StrCat(Base64Url(R"({"alg":"RS256","typ":"JWT"})"), ".",
                     Base64Url(absl::StrCat(R"({"iat":)", now - absl::ToInt64Seconds(kBack),
                                            R"(,"exp":)", now + absl::ToInt64Seconds(kAhead),
                                            R"(,"iss":")", app_id_, R"("})")));
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::size_t size = 0;
    std::string signature;
    bool ok = context != nullptr &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
              EVP_DigestSignUpdate(context.get(), input.data(), input.size()) == 1 &&
              EVP_DigestSignFinal(context.get(), nullptr, &size) == 1;
    if (ok) {
      signature.resize(size);
      ok = EVP_DigestSignFinal(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                               &size) == 1;
      signature.resize(size);
    }
    if (!ok) {
      ERR_clear_error();
      return absl::FailedPreconditionError("the GitHub App's private key cannot sign");
    }
    return absl::StrCat(input, ".", Base64Url(signature));
  }

 private:
  const std::string app_id_;
  const std::unique_ptr<EVP_PKEY, Free> key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AppSigner>> MakeAppSigner(std::string app_id,
                                                         std::string_view private_key_pem) {
  const bool plain = std::all_of(app_id.begin(), app_id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
  });
  if (app_id.empty() || !plain) {
    return absl::InvalidArgumentError(
        "app.id is not a GitHub App id: write the App ID or the Client ID from the app's page");
  }
  const std::unique_ptr<BIO, Free> bio(
      BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())));
  std::unique_ptr<EVP_PKEY, Free> key(
      bio == nullptr ? nullptr
                     : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        "app.private_key is not an RSA private key in PEM: generate one on the app's page under "
        "\"Private keys\" and name its file as file:PATH");
  }
  return std::make_unique<RsaSigner>(std::move(app_id), std::move(key));
}

}  // namespace retainer::forge
