// Finds the client of a request: the address of its connection, or what the trusted proxies in
// front of us report.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::api {

// An IP address in the form in which addresses are compared: without port, brackets and zone; IPv6
// in its shortest form; an IPv4 address inside IPv6 as IPv4. Nullopt when the text is not an
// address.
std::optional<std::string> PlainAddress(std::string_view text);

// What counts as one client: an IPv4 address, or an IPv6 network of 64 bits (one machine may own a
// whole one).
std::string ClientNetwork(const std::string& address);

// The proxies whose X-Forwarded-For is believed.
class TrustedProxies {
 public:
  explicit TrustedProxies(const std::vector<std::string>& addresses);

  bool Holds(const std::string& plain_address) const;

  // `peer` is the connection's address. `forwarded` holds the values of X-Forwarded-For, one per
  // line, in the order received. Each proxy appends the address that it saw, perhaps in a line of
  // its own. The client is therefore the last address that is not a trusted proxy; anybody may have
  // written the addresses before it.
  std::string ClientOf(const std::string& peer, const std::vector<std::string>& forwarded) const;

 private:
  std::vector<std::string> addresses_;  // in plain form
};

}  // namespace retainer::api
