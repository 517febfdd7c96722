// Which addresses a notice may be sent to.
//
// An address that stands for another one (IPv4 inside IPv6, NAT64, 6to4) is judged as that one, so
// that there is no spelling of a loopback address that passes for a public one. What the registries
// have not given out as public is not public.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

namespace retainer {

enum class AddressKind : std::uint8_t {
  kPublic,
  kLoopback,   // this machine
  kLinkLocal,  // this network segment: cloud providers' metadata, too
  kPrivate,    // this organization: RFC 1918, shared and unique local ones
  kUnusable,   // nothing is sent there: unspecified, multicast, reserved, documentation
};
std::string_view AddressKindName(AddressKind kind);

// kUnusable for any family but IPv4 and IPv6, and where `size` is too small for the family.
AddressKind KindOf(const sockaddr& address, std::size_t size);

}  // namespace retainer
