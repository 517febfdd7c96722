// Reads one request: a complete head, then its body piece by piece.
//
// Boost.Beast parses both. It refuses most of what two readers could understand differently: lines
// that do not end with CRLF, control characters, invalid names, lengths that contradict each other
// or stand beside a coding, and chunks with wrong sizes or ends. This class refuses what Beast 1.74
// accepts: folded lines, lists of lengths, codings other than `chunked`, chunks in HTTP/1.0, no
// Host or several, a fragment in the target, fields after the last chunk, and chunk lines without
// an end or with control characters.
//
// For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "src/api/http_message.h"

namespace retainer::api {

struct HeadLimits {
  std::size_t max_head = 64 * 1024;  // bytes of the request line and all fields
  std::size_t max_fields = 100;
  std::size_t max_line = 8 * 1024;  // bytes of one line of a head
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Fills in `request` from its `head`, which must be complete, with the empty line at its end.
  // Returns 0, or the status of the refusal: 400 (not HTTP/1.x, or ambiguous), 414 (the first line
  // is too long), 431 (another line is too long, or there are too many). Call it once. `request`
  // must outlive the last piece of the body.
  int ReadHead(HttpRequest& request, const HeadLimits& limits);

  enum class Body {
    kMore,      // the body continues
    kWhole,     // the body is complete
    kBroken,    // 400
    kTooLarge,  // longer than `max`, received or declared
  };
  // Appends the part of `bytes` that belongs to the body. Sets `used` to the number of bytes that
  // are consumed; the caller passes the others again, together with what follows.
  Body ReadBody(std::string_view bytes, std::uint64_t max, std::size_t* used);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::api
