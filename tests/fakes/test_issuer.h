// An OpenID Connect issuer for tests: keys, the documents that describe them, and tokens.
#pragma once

#include <memory>
#include <string>

namespace retainer {

// Not thread-safe.
class TestIssuer {
 public:
  // Starts with one RSA key, `rsa-1`.
  explicit TestIssuer(std::string url);
  ~TestIssuer();

  const std::string& url() const { return url_; }
  // The documents at `/.well-known/openid-configuration` and `/keys`.
  std::string Configuration() const;
  std::string Keys() const;

  void AddRsaKey(const std::string& kid, int bits = 2048);
  void AddEcKey(const std::string& kid);
  void RemoveKey(const std::string& kid);

  // The compact form of `claims` (the text of a JSON object), signed by the key. `kid` and `alg`,
  // if given, replace those in the header; `crit` is a JSON value to add.
  std::string Sign(const std::string& claims, const std::string& kid = "rsa-1",
                   const std::string& alg = "RS256", const std::string& kid_told = "",
                   const std::string& crit = "") const;

 private:
  struct Ring;
  const std::string url_;
  std::unique_ptr<Ring> ring_;
};

}  // namespace retainer
