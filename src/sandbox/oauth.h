// The forges' side of signing in (OAuth 2.0, authorisation code with PKCE): the page at which a
// person agrees, the exchange of the code, and the revocation of the token. Private to the sandbox;
// the caller holds the lock.
//
// It refuses whatever the real forges refuse: unknown clients, other callback addresses, wrong
// secrets, codes that were used or expired, verifiers that do not match.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "src/sandbox/message.h"
#include "src/sandbox/sandbox.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

class OAuth {
 public:
  explicit OAuth(World& world) : world_(world) {}

  SandboxClient Register(ForgeKind forge);
  void AddCallback(ForgeKind forge, const std::string& address);
  // How many tokens that were issued are not revoked.
  std::size_t live_tokens() const { return tokens_.size(); }
  // The forge whose sign-in the request is about; nullopt: it is about something else.
  static std::optional<ForgeKind> ForgeOf(const Request& request);
  // REQUIRES: ForgeOf has a value.
  Response Answer(const Request& request);

 private:
  struct Client {
    ForgeKind forge = ForgeKind::kGitHub;
    std::string secret;
    std::set<std::string> callbacks;
  };
  struct Grant {
    std::string client;
    std::string callback;
    std::string challenge;
    std::int64_t user = 0;
    absl::Time expires;
  };
  using Fields = std::map<std::string, std::string>;

  const Client* Find(ForgeKind forge, const std::string& id) const;
  Response AskPerson(ForgeKind forge, const Fields& asked);
  Response Decided(ForgeKind forge, const Fields& asked);
  Response Exchange(ForgeKind forge, const Fields& given);
  Response Revoke(ForgeKind forge, const Request& request, const Fields& given);

  World& world_;
  std::map<std::string, Client> clients_;
  std::map<std::string, Grant> grants_;  // by code; each is used once
  std::set<std::string> tokens_;
};

}  // namespace retainer::sandbox
