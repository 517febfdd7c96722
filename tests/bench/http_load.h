// Requests over kept-alive loopback connections, as many and as fast as asked, from one thread.
//
// Everything that is sent was made before: while time is measured, the client only sends, waits and
// reads, so that it is not itself what is measured. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer {

// The bytes of one request: what is its own, then what it shares with others.
struct LoadRequest {
  std::string own;
  std::string_view shared;
};

struct LoadOptions {
  // Where to, e.g. "http://127.0.0.1:8080". An address, not a name.
  std::string url;
  // The address to send from; empty: the kernel chooses.
  std::string from;
  int connections = 64;
  // A second, over all connections. 0: each connection sends again as soon as it has its answer.
  double rate = 0;
  absl::Duration duration = absl::Seconds(2);
  // After so many requests a connection is closed and a new one opened. 0: it is kept.
  int requests_a_connection = 0;
};

struct LoadResult {
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;     // of those answered: not with 2xx
  std::uint64_t unanswered = 0;  // within 10 s, after which GitHub gives up, or cut off
  double seconds = 0;            // from the first request to the last answer
  double busy = 0;               // the client's own processor time, by that time
  bool ran_out = false;          // the requests were over before the time was
  // What an answer took, ascending: from the instant the request was due, with the connecting where
  // a new connection was needed. Of requests that got none: how long was waited.
  std::vector<double> milliseconds;

  // `share` of 0.99: the duration that 99% did not exceed. 0 where nothing was asked.
  double Percentile(double share) const;
};

// Sends `request(0)`, `request(1)`, … until the time is over or `request` gives null.
// InvalidArgument for a URL or an address that is none; Unavailable where nothing listens there.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options,
                                   const std::function<const LoadRequest*(std::uint64_t)>& request);

// A loopback socket that is being connected, non-blocking and without delay. Errors as above.
absl::StatusOr<int> StartConnecting(const std::string& url, const std::string& from);

}  // namespace retainer
