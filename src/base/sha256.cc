#include "src/base/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace retainer::base {
namespace {

void RequireSum(bool done) {
  if (!done) std::abort();
}

}  // namespace

struct Sha256Sum::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256Sum::Sha256Sum() : state_(std::make_unique<State>()) {
  RequireSum(state_->context != nullptr &&
             EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Sha256Sum::~Sha256Sum() = default;

void Sha256Sum::Add(std::string_view bytes) {
  RequireSum(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256Sum::Take() {
  Digest digest;
  unsigned int size = 0;
  RequireSum(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1 &&
             size == digest.size());
  return digest;
}

}  // namespace retainer::base
