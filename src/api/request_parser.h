// Reads one request: a head that is there whole, then its body piece by piece.
//
// Boost.Beast parses both and refuses most of what two readers could understand differently: lines
// that do not end with CRLF, control characters, names that are none, lengths that contradict each
// other or stand beside a coding, chunks whose sizes or ends are wrong. What Beast 1.74 lets
// through is refused here: folded lines, lists of lengths, codings other than `chunked`, chunks in
// HTTP/1.0, no Host or several, a fragment in the target, fields behind the last chunk, chunk lines
// without an end and control characters in them.
//
// One thread uses a RequestParser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "src/api/http_message.h"

namespace retainer {

struct HeadLimits {
  std::size_t max_head = 64 * 1024;  // bytes of a request line with its fields
  std::size_t max_fields = 100;
  std::size_t max_line = 8 * 1024;  // bytes of one line of a head
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Fills all that a head says into `request`, whose `head` is there and ends with an empty line.
  // 0, or the status to refuse it with: 400 not HTTP/1.x or ambiguous, 414 its first line is too
  // long, 431 another line is, or there are too many. Once; `request` outlives the body's last
  // piece.
  int ReadHead(HttpRequest& request, const HeadLimits& limits);

  enum class Body {
    kMore,      // there is more to come
    kWhole,     // its end is reached
    kBroken,    // 400
    kTooLarge,  // more than `max`, or says so
  };
  // Appends to the request's body what `bytes` hold of it. `used` of them are done with; the others
  // are handed in again, with what follows them.
  Body ReadBody(std::string_view bytes, std::uint64_t max, std::size_t* used);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
