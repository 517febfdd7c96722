#include "tests/fakes/test_issuer.h"

#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <utility>

extern "C" {
#include <cjose/cjose.h>
}

namespace retainer {

struct TestIssuer::Ring {
  std::map<std::string, cjose_jwk_t*> keys;
  ~Ring() {
    for (auto& [kid, key] : keys) cjose_jwk_release(key);
  }
  void Add(const std::string& kid, cjose_jwk_t* key) {
    assert(key != nullptr);
    cjose_err error;
    cjose_jwk_set_kid(key, kid.data(), kid.size(), &error);
    keys.emplace(kid, key);
  }
};

TestIssuer::TestIssuer(std::string url) : url_(std::move(url)), ring_(std::make_unique<Ring>()) {
  AddRsaKey("rsa-1");
}

TestIssuer::~TestIssuer() = default;

void TestIssuer::AddRsaKey(const std::string& kid, int bits) {
  const std::uint8_t exponent[] = {1, 0, 1};
  cjose_err error;
  ring_->Add(kid, cjose_jwk_create_RSA_random(static_cast<std::size_t>(bits), exponent,
                                              sizeof(exponent), &error));
}

void TestIssuer::AddEcKey(const std::string& kid) {
  cjose_err error;
  ring_->Add(kid, cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
}

void TestIssuer::RemoveKey(const std::string& kid) {
  cjose_jwk_release(ring_->keys.at(kid));
  ring_->keys.erase(kid);
}

std::string TestIssuer::Configuration() const {
  return R"({"issuer":")" + url_ + R"(","jwks_uri":")" + url_ + R"(/keys"})";
}

std::string TestIssuer::Keys() const {
  std::string list;
  for (const auto& [kid, key] : ring_->keys) {
    cjose_err error;
    char* json = cjose_jwk_to_json(key, /*priv=*/false, &error);
    list += (list.empty() ? "" : ",") + std::string(json);
    std::free(json);
  }
  return R"({"keys":[)" + list + "]}";
}

std::string TestIssuer::Sign(const std::string& claims, const std::string& kid,
                             const std::string& alg, const std::string& kid_told,
                             const std::string& crit) const {
  cjose_err error;
  cjose_header_t* header = cjose_header_new(&error);
  cjose_header_set(header, CJOSE_HDR_ALG, alg.c_str(), &error);
  cjose_header_set(header, CJOSE_HDR_KID, (kid_told.empty() ? kid : kid_told).c_str(), &error);
  if (!crit.empty()) cjose_header_set_raw(header, "crit", crit.c_str(), &error);
  cjose_jws_t* jws =
      cjose_jws_sign(ring_->keys.at(kid), header,
                     reinterpret_cast<const std::uint8_t*>(claims.data()), claims.size(), &error);
  assert(jws != nullptr);
  const char* compact = nullptr;
  cjose_jws_export(jws, &compact, &error);
  std::string token = compact;
  cjose_jws_release(jws);
  cjose_header_release(header);
  return token;
}

}  // namespace retainer
