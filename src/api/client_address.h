// Who a request comes from: the address of its connection, or what the proxies in front of us say
// of it.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retainer {

// An IP address in the one form in which addresses are compared here: without port, brackets and
// zone, IPv6 at its shortest, an IPv4 address that is wrapped into IPv6 as itself. Nullopt: it is
// none.
std::optional<std::string> PlainAddress(std::string_view text);

// What is counted as one client: an IPv4 address, an IPv6 network of 64 bits (which one machine can
// have to itself).
std::string ClientNetwork(const std::string& address);

// The proxies that are believed.
class TrustedProxies {
 public:
  explicit TrustedProxies(const std::vector<std::string>& addresses);

  bool Holds(const std::string& plain_address) const;

  // `peer`: the connection's address. `forwarded`: the values of X-Forwarded-For, line by line as
  // they came. Each proxy adds the address that it saw at the end, be it in a line of its own; so
  // what counts is the last one that none of the proxies has, and whatever stands before it anybody
  // may have written.
  std::string ClientOf(const std::string& peer, const std::vector<std::string>& forwarded) const;

 private:
  std::vector<std::string> addresses_;  // plain
};

}  // namespace retainer
