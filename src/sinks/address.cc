#include "src/sinks/address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

namespace retainer::sinks {
namespace {

struct Block {
  std::vector<std::uint8_t> prefix;
  int bits;
  AddressKind kind;
};

bool Holds(const Block& block, const std::uint8_t* address) {
  const int whole = block.bits / 8;
  if (!std::equal(block.prefix.begin(), block.prefix.begin() + whole, address)) return false;
  const int rest = block.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (block.prefix[whole] & mask) == (address[whole] & mask);
}

AddressKind KindOfV4(const std::uint8_t* address) {
  // The registry of special-purpose IPv4 addresses (RFC 6890). Narrower blocks come first.
  static const auto& blocks = *new std::vector<Block>{
      {{0}, 8, AddressKind::kUnusable},
      {{10}, 8, AddressKind::kPrivate},
      {{100, 64}, 10, AddressKind::kPrivate},
      {{127}, 8, AddressKind::kLoopback},
      {{169, 254}, 16, AddressKind::kLinkLocal},
      {{172, 16}, 12, AddressKind::kPrivate},
      {{192, 0, 0}, 24, AddressKind::kUnusable},
      {{192, 0, 2}, 24, AddressKind::kUnusable},
      {{192, 88, 99}, 24, AddressKind::kUnusable},
      {{192, 168}, 16, AddressKind::kPrivate},
      {{198, 18}, 15, AddressKind::kPrivate},
      {{198, 51, 100}, 24, AddressKind::kUnusable},
      {{203, 0, 113}, 24, AddressKind::kUnusable},
      {{224}, 3, AddressKind::kUnusable},
  };
  for (const Block& block : blocks) {
    if (Holds(block, address)) return block.kind;
  }
  return AddressKind::kPublic;
}

AddressKind KindOfV6(const std::uint8_t* address) {
  static constexpr std::array<std::uint8_t, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0,
                                                             0, 0, 0, 0, 0, 0, 0, 1};
  if (std::equal(kLoopback.begin(), kLoopback.end(), address)) return AddressKind::kLoopback;
  // Ranges of addresses that contain an IPv4 address, and its offset.
  struct Carrier {
    Block block;
    std::size_t at;
  };
  static const auto& carriers = *new std::vector<Carrier>{
      {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, AddressKind::kPublic}, 12},  // mapped
      {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 96, AddressKind::kPublic}, 12},        // compatible
      {{{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 96, AddressKind::kPublic}, 12},  // NAT64
      {{{0x20, 0x02}, 16, AddressKind::kPublic}, 2},                                    // 6to4
  };
  for (const Carrier& carrier : carriers) {
    if (Holds(carrier.block, address)) return KindOfV4(address + carrier.at);
  }
  static const auto& blocks = *new std::vector<Block>{
      {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, AddressKind::kPrivate},
      {{0xfc}, 7, AddressKind::kPrivate},
      {{0xfe, 0x80}, 10, AddressKind::kLinkLocal},
      {{0xfe, 0xc0}, 10, AddressKind::kPrivate},
      {{0x20, 0x01, 0x00}, 23, AddressKind::kUnusable},  // Teredo, benchmarks, identifiers
      {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressKind::kUnusable},
      {{0x3f, 0xff, 0x00}, 20, AddressKind::kUnusable},
      {{0x20}, 3, AddressKind::kPublic},
  };
  for (const Block& block : blocks) {
    if (Holds(block, address)) return block.kind;
  }
  return AddressKind::kUnusable;
}

}  // namespace

std::string_view AddressKindName(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic:
      return "public";
    case AddressKind::kLoopback:
      return "loopback";
    case AddressKind::kLinkLocal:
      return "link-local";
    case AddressKind::kPrivate:
      return "private";
    case AddressKind::kUnusable:
      return "unusable";
  }
  return "";
}

AddressKind KindOf(const sockaddr& address, std::size_t size) {
  std::array<std::uint8_t, 16> bytes{};
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    std::memcpy(bytes.data(),
                reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in, sin_addr), 4);
    return KindOfV4(bytes.data());
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    std::memcpy(bytes.data(),
                reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in6, sin6_addr), 16);
    return KindOfV6(bytes.data());
  }
  return AddressKind::kUnusable;
}

}  // namespace retainer::sinks
