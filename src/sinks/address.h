// Classifies the addresses to which a notice may be sent.
//
// An address that contains another one (IPv4 inside IPv6, NAT64, 6to4) is classified as the inner
// one, so that no form of a loopback address passes for a public one. A block counts as public only
// when the registries have assigned it for public use.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

namespace retainer::sinks {

enum class AddressKind : std::uint8_t {
  kPublic,
  kLoopback,   // this machine
  kLinkLocal,  // this network segment, including cloud providers' metadata services
  kPrivate,    // this organization's network: RFC 1918, shared, and unique local addresses
  kUnusable,   // not a destination: unspecified, multicast, reserved, documentation
};
std::string_view AddressKindName(AddressKind kind);

// kUnusable for any family except IPv4 and IPv6, and when `size` is too small for the family.
AddressKind KindOf(const sockaddr& address, std::size_t size);

}  // namespace retainer::sinks
