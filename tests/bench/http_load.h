// Sends requests over kept-alive loopback connections, at a given rate or as fast as possible, from
// one thread.
//
// All requests are made before. During the measurement the client only sends, waits and reads, so
// that it does not measure itself. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer {

// The bytes of one request: first its own part, then the part that it shares with others.
struct LoadRequest {
  std::string own;
  std::string_view shared;
};

struct LoadOptions {
  // The target, e.g. "http://127.0.0.1:8080". An address, not a name.
  std::string url;
  // The address to send from; empty: the kernel chooses.
  std::string from;
  int connections = 64;
  // Requests per second, over all connections. 0: each connection sends again when it has its
  // answer.
  double rate = 0;
  absl::Duration duration = absl::Seconds(2);
  // A connection is closed and a new one opened after this many requests. 0: it is kept.
  int requests_a_connection = 0;
};

struct LoadResult {
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;  // answered, but not with 2xx
  // Without an answer within 10 s, after which GitHub gives up; or cut off.
  std::uint64_t unanswered = 0;
  double seconds = 0;    // from the first request to the last answer
  double busy = 0;       // the client's own processor time in that interval
  bool ran_out = false;  // `request` returned null before the time was over
  // Durations of the answers, ascending: from the instant at which the request was due, including
  // the connecting if a new connection was needed. For requests without an answer: the time waited.
  std::vector<double> milliseconds;

  // With a `share` of 0.99: the duration that 99% did not exceed. 0 when there was no request.
  double Percentile(double share) const;
};

// Sends `request(0)`, `request(1)`, … until the time is over or `request` returns null.
// InvalidArgument for an invalid URL or address; Unavailable when nothing listens there.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options,
                                   const std::function<const LoadRequest*(std::uint64_t)>& request);

// A loopback socket that is connecting, non-blocking and without delay. Errors as above.
absl::StatusOr<int> StartConnecting(const std::string& url, const std::string& from);

}  // namespace retainer
