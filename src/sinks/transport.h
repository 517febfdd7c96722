// How a notice leaves this machine: HTTP and SMTP through libcurl.
//
// Every connection goes to an address that was judged at the moment it is connected to, whatever a
// name resolved to before; one that may not be is never connected to. Nothing is redirected, no
// proxy and no .netrc of the environment is used, certificates are verified, TLS is at least 1.2.
// No call lasts much longer than `TransportLimits::whole`.
//
// No error text holds more of an endpoint than its host, and nothing of what was sent or answered.
//
// Thread-safe.
//
// Errors:
//   Unavailable         the network, a certificate, or an answer that says no for now
//   ResourceExhausted   429; RetryAfter(status) says for how long, where the answer did
//   FailedPrecondition  an address that may not be, a redirect, 410, a mail refused for good
//   InvalidArgument     what is no endpoint
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace retainer {

struct Endpoint {
  std::string url;  // http, https, smtp, smtps
  // Loopback, link-local and private addresses too; else public ones alone.
  bool may_be_private = false;
  // What is not encrypted goes to this machine only, and only where this is set. Without it SMTP
  // wants STARTTLS.
  bool may_be_clear = false;
  std::string user;  // SMTP
  std::string password;
};

struct Letter {
  std::string from;  // addresses without a name
  std::vector<std::string> to;
  std::string message;  // RFC 5322
};

struct TransportLimits {
  absl::Duration connect = absl::Seconds(5);
  absl::Duration whole = absl::Seconds(15);
};

class Transport {
 public:
  // `authorities`: a PEM file of those who vouch for servers; empty: the system's.
  explicit Transport(TransportLimits limits = {}, std::string authorities = "");
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // `headers`: `Name: value`. OK where the answer was 2xx.
  absl::Status Post(const Endpoint& endpoint, const std::vector<std::string>& headers,
                    const std::string& body) const;
  // OK where the server took the message for every one of `to`.
  absl::Status Send(const Endpoint& endpoint, const Letter& letter) const;
  // Connects, with TLS and a login where there are such, and says nothing.
  absl::Status Connect(const Endpoint& endpoint) const;

 private:
  const TransportLimits limits_;
  const std::string authorities_;
};

// The host of a URL, lower case, without brackets; empty for what is no URL.
std::string HostOf(const std::string& url);

}  // namespace retainer
