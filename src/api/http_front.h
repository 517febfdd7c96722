// The interface through which a Listener gets answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "src/api/http_message.h"

namespace retainer::api {

class HttpFront {
 public:
  virtual ~HttpFront() = default;

  enum class Where { kHandlers, kDeliveries, kLoop };
  struct Plan {
    // The answer that needs no body; nullopt: Answer gives it.
    std::optional<HttpAnswer> answer;
    // For deliveries: kLoop for short bodies, kDeliveries for others.
    Where where = Where::kHandlers;
    std::uint64_t max_body = 0;  // 0: a body is not accepted
    std::string client;          // the client whose share of memory the body uses
  };
  // Why a request or its body is refused.
  enum class Refusal {
    kBadRequest,   // 400; also for a malformed chunk
    kTooSlow,      // 408
    kIncomplete,   // 408: the sender closed the connection or fell silent
    kTooLarge,     // 413
    kLongTarget,   // 414
    kExpectation,  // 417
    kHead,         // 431
    kCrowded,      // 503: the limit of requests in progress is reached
  };

  // Called on the loop's thread, which waits for it. Plans what to do with a request whose head is
  // complete.
  virtual Plan Look(HttpRequest& request) = 0;
  // Called on a pool's thread, or on the loop's if the plan says so. Any thread calls `done` once,
  // before or after this returns; the request stays valid until then.
  using Done = std::function<void(HttpAnswer)>;
  virtual void Answer(HttpRequest& request, Done done) = 0;
  // Called on the loop's thread. `request` is nullptr when no head was complete.
  virtual HttpAnswer Refuse(const HttpRequest* request, Refusal why) = 0;
  // Called on the loop's thread with the answer that the request got.
  virtual void Answered(const HttpRequest* request, const HttpAnswer& answer) = 0;
};

}  // namespace retainer::api
