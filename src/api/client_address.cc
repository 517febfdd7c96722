#include "src/api/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace retainer::api {
namespace {

std::string_view WithoutPort(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  // More than one colon is IPv6 without a port.
  const std::size_t colon = text.find(':');
  return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

}  // namespace

std::optional<std::string> PlainAddress(std::string_view text) {
  std::string address(WithoutPort(text));
  address.resize(std::min(address.find('%'), address.size()));
  char plain[INET6_ADDRSTRLEN] = {};
  in_addr four = {};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    return inet_ntop(AF_INET, &four, plain, sizeof(plain));
  }
  in6_addr six = {};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    return inet_ntop(AF_INET, six.s6_addr + 12, plain, sizeof(plain));
  }
  return inet_ntop(AF_INET6, &six, plain, sizeof(plain));
}

std::string ClientNetwork(const std::string& address) {
  in6_addr six = {};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six)) return address;
  std::memset(six.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &six, text, sizeof(text));
  return std::string(text) + "/64";
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    addresses_.push_back(PlainAddress(address).value_or(address));
  }
}

bool TrustedProxies::Holds(const std::string& plain_address) const {
  return std::find(addresses_.begin(), addresses_.end(), plain_address) != addresses_.end();
}

std::string TrustedProxies::ClientOf(const std::string& peer,
                                     const std::vector<std::string>& forwarded) const {
  std::string client = peer;
  if (!Holds(client)) return client;
  const std::string all = absl::StrJoin(forwarded, ",");
  const std::vector<absl::string_view> named = absl::StrSplit(all, ',', absl::SkipWhitespace());
  for (auto it = named.rbegin(); it != named.rend() && Holds(client); ++it) {
    const absl::string_view one = absl::StripAsciiWhitespace(*it);
    const auto address = PlainAddress({one.data(), one.size()});
    // If a proxy does not report the address that it saw, the proxy itself counts as the client.
    if (!address) break;
    client = *address;
  }
  return client;
}

}  // namespace retainer::api
