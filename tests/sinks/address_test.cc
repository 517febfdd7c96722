#include "src/sinks/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <ostream>
#include <string>

namespace retainer::sinks {
namespace {

AddressKind Kind(const std::string& text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
    return KindOf(reinterpret_cast<const sockaddr&>(storage), sizeof(sockaddr_in));
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr), 1) << text;
  storage.ss_family = AF_INET6;
  return KindOf(reinterpret_cast<const sockaddr&>(storage), sizeof(sockaddr_in6));
}

struct Case {
  const char* address;
  AddressKind kind;
};

std::ostream& operator<<(std::ostream& out, const Case& that) { return out << that.address; }

class AddressTest : public testing::TestWithParam<Case> {};

TEST_P(AddressTest, IsOfItsKind) { EXPECT_EQ(Kind(GetParam().address), GetParam().kind); }

INSTANTIATE_TEST_SUITE_P(
    All, AddressTest,
    testing::Values(
        Case{"140.82.112.3", AddressKind::kPublic}, Case{"9.255.255.255", AddressKind::kPublic},
        Case{"11.0.0.0", AddressKind::kPublic}, Case{"172.15.255.255", AddressKind::kPublic},
        Case{"172.32.0.0", AddressKind::kPublic}, Case{"192.167.1.1", AddressKind::kPublic},
        Case{"169.253.0.1", AddressKind::kPublic}, Case{"223.255.255.255", AddressKind::kPublic},
        Case{"127.0.0.1", AddressKind::kLoopback}, Case{"127.255.255.254", AddressKind::kLoopback},
        Case{"10.0.0.1", AddressKind::kPrivate}, Case{"10.255.255.255", AddressKind::kPrivate},
        Case{"172.16.0.1", AddressKind::kPrivate}, Case{"172.31.255.255", AddressKind::kPrivate},
        Case{"192.168.1.1", AddressKind::kPrivate}, Case{"100.64.0.1", AddressKind::kPrivate},
        Case{"100.127.255.255", AddressKind::kPrivate}, Case{"100.128.0.0", AddressKind::kPublic},
        Case{"198.19.0.1", AddressKind::kPrivate}, Case{"169.254.169.254", AddressKind::kLinkLocal},
        Case{"0.0.0.0", AddressKind::kUnusable}, Case{"0.1.2.3", AddressKind::kUnusable},
        Case{"224.0.0.1", AddressKind::kUnusable}, Case{"240.0.0.1", AddressKind::kUnusable},
        Case{"255.255.255.255", AddressKind::kUnusable}, Case{"192.0.2.1", AddressKind::kUnusable},
        Case{"203.0.113.9", AddressKind::kUnusable}));

INSTANTIATE_TEST_SUITE_P(
    V6, AddressTest,
    testing::Values(
        Case{"2606:4700::1111", AddressKind::kPublic}, Case{"::1", AddressKind::kLoopback},
        Case{"::", AddressKind::kUnusable}, Case{"fd00::1", AddressKind::kPrivate},
        Case{"fc00::1", AddressKind::kPrivate}, Case{"fe80::1", AddressKind::kLinkLocal},
        Case{"febf::1", AddressKind::kLinkLocal}, Case{"fec0::1", AddressKind::kPrivate},
        Case{"ff02::1", AddressKind::kUnusable}, Case{"2001:db8::1", AddressKind::kUnusable},
        Case{"2001:0:4136:e378::1", AddressKind::kUnusable},
        Case{"4000::1", AddressKind::kUnusable}, Case{"::ffff:127.0.0.1", AddressKind::kLoopback},
        Case{"::ffff:10.1.2.3", AddressKind::kPrivate},
        Case{"::ffff:169.254.169.254", AddressKind::kLinkLocal},
        Case{"::ffff:140.82.112.3", AddressKind::kPublic},
        Case{"::127.0.0.1", AddressKind::kLoopback},
        Case{"64:ff9b::7f00:1", AddressKind::kLoopback},
        Case{"64:ff9b::a9fe:a9fe", AddressKind::kLinkLocal},
        Case{"64:ff9b:1::1", AddressKind::kPrivate}, Case{"2002:7f00:1::1", AddressKind::kLoopback},
        Case{"2002:c0a8:101::1", AddressKind::kPrivate}));

TEST(AddressKindTest, WhatIsNeitherV4NorV6IsUnusable) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  const auto& address = reinterpret_cast<const sockaddr&>(storage);
  EXPECT_EQ(KindOf(address, sizeof(storage)), AddressKind::kUnusable);
  storage.ss_family = AF_INET6;
  EXPECT_EQ(KindOf(address, sizeof(sockaddr_in)), AddressKind::kUnusable) << "cut short";
}

}  // namespace
}  // namespace retainer::sinks
