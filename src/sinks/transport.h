// Sends notices over HTTP and SMTP with libcurl.
//
// Every address is checked at the moment of connecting, whatever the name resolved to before; a
// connection to a forbidden address is never made. Redirects are not followed. The environment's
// proxy and .netrc are ignored. Certificates are verified, and TLS is at least 1.2. No call lasts
// much longer than `TransportLimits::whole`.
//
// An error text holds no part of an endpoint except its host, and nothing that was sent or
// answered.
//
// Thread-safe.
//
// Errors:
//   Unavailable         the network, a certificate, or an answer that refuses for now
//   ResourceExhausted   429; RetryAfter(status) has the wait, if the answer named it
//   FailedPrecondition  a forbidden address, a redirect, 410, or a mail that is refused for good
//   InvalidArgument     the endpoint is not valid
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace retainer::sinks {

struct Endpoint {
  std::string url;  // http, https, smtp, smtps
  // True: loopback, link-local and private addresses are allowed too. False: only public ones.
  bool may_be_private = false;
  // True: unencrypted connections are allowed, but only to this machine. False: SMTP requires
  // STARTTLS.
  bool may_be_clear = false;
  std::string user;  // for SMTP
  std::string password;
};

struct Letter {
  std::string from;  // an address without a display name
  std::vector<std::string> to;
  std::string message;  // RFC 5322
};

struct TransportLimits {
  absl::Duration connect = absl::Seconds(5);
  absl::Duration whole = absl::Seconds(15);
};

class Transport {
 public:
  // `authorities` is a PEM file of trusted certificate authorities; empty: the system's.
  explicit Transport(TransportLimits limits = {}, std::string authorities = "");
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Each of `headers` is `Name: value`. OK when the answer was 2xx.
  absl::Status Post(const Endpoint& endpoint, const std::vector<std::string>& headers,
                    const std::string& body) const;
  // OK when the server accepted the message for every one of `to`.
  absl::Status Send(const Endpoint& endpoint, const Letter& letter) const;
  // Connects, with TLS and a login if the endpoint has them, and sends nothing.
  absl::Status Connect(const Endpoint& endpoint) const;

 private:
  const TransportLimits limits_;
  const std::string authorities_;
};

// The host of a URL in lower case, without brackets; empty when the text is not a URL.
std::string HostOf(const std::string& url);

}  // namespace retainer::sinks
