#include "src/api/client_address.h"

#include <gtest/gtest.h>

namespace retainer::api {
namespace {

using Lines = std::vector<std::string>;

TEST(ClientAddress, IsPlain) {
  EXPECT_EQ(PlainAddress("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(PlainAddress("10.0.0.1:4711"), "10.0.0.1");
  EXPECT_EQ(PlainAddress("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(PlainAddress("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(PlainAddress("[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(PlainAddress("fe80::1%eth0"), "fe80::1");
  for (const char* none : {"", "unknown", "_hidden", "10.0.0", "10.0.0.1.2", "[", "[]", ":", "%"}) {
    EXPECT_EQ(PlainAddress(none), std::nullopt) << none;
  }
}

TEST(ClientAddress, IsTheConnectionsWhereNoProxyIsBelieved) {
  EXPECT_EQ(TrustedProxies({}).ClientOf("10.0.0.1", {"1.2.3.4"}), "10.0.0.1");
  EXPECT_EQ(TrustedProxies({"10.0.0.2"}).ClientOf("10.0.0.1", {"1.2.3.4"}), "10.0.0.1");
}

// HAProxy's `option forwardfor` adds a line of its own after the existing ones.
TEST(ClientAddress, IsInTheLastLineOfForwardedAddresses) {
  const TrustedProxies proxies({"10.0.0.1"});
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"9.9.9.9", "1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"9.9.9.9, 8.8.8.8", "7.7.7.7", "1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"9.9.9.9, 1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"9.9.9.9", ""}), "9.9.9.9");
}

TEST(ClientAddress, IsTheLastThatNoProxyHas) {
  const TrustedProxies proxies({"10.0.0.1", "10.0.0.2", "2001:DB8::1"});
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"9.9.9.9, 1.2.3.4, 10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"1.2.3.4", "2001:db8:0::1, 10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"10.0.0.2"}), "10.0.0.2") << "a proxy asks itself";
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", Lines{}), "10.0.0.1");
  EXPECT_EQ(proxies.ClientOf("10.0.0.1", {"1.2.3.4, unknown"}), "10.0.0.1");
}

}  // namespace
}  // namespace retainer::api
