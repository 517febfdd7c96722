// What a Listener asks of whoever answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/api/http_message.h"

namespace retainer {

class HttpFront {
 public:
  virtual ~HttpFront() = default;

  enum class Where { kHandlers, kDeliveries, kLoop };
  struct Plan {
    // At once, without the body; else by Answer.
    std::optional<HttpAnswer> answer;
    // kLoop: where the body is short; kDeliveries where it is not.
    Where where = Where::kHandlers;
    std::uint64_t max_body = 0;  // 0: none is taken
    std::string client;          // whose share of the memory a body takes
  };
  // Why a body, or a whole request, is not taken.
  enum class Refusal {
    kBadRequest,   // 400, also of a chunk
    kTooSlow,      // 408
    kIncomplete,   // 408: its sender has gone, or falls silent
    kTooLarge,     // 413
    kLongTarget,   // 414
    kExpectation,  // 417
    kHead,         // 431
    kCrowded,      // 503: as much is under way as may be
  };

  // On the loop's thread, which waits for it: what is to become of a request whose head is there.
  virtual Plan Look(HttpRequest& request) = 0;
  // On a thread of a pool, or on the loop's where the plan says so. `done` is called once, by any
  // thread, before this returns or later; until then the request is there.
  using Done = std::function<void(HttpAnswer)>;
  virtual void Answer(HttpRequest& request, Done done) = 0;
  // On the loop's thread. `request`: nullptr where there was none yet.
  virtual HttpAnswer Refuse(const HttpRequest* request, Refusal why) = 0;
  // On the loop's thread: this is what it was answered.
  virtual void Answered(const HttpRequest* request, const HttpAnswer& answer) = 0;
};

}  // namespace retainer
