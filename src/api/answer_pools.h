// The threads on which requests are answered, apart from the loop that reads them.
//
// Answer is called by one thread, Start and Stop by another, in this order.
#pragma once

#include <cstddef>
#include <memory>

#include "src/api/http_front.h"

namespace retainer {

struct PoolSizes {
  std::size_t handlers = 4;          // threads
  std::size_t waiting = 512;         // requests that none of them has yet
  std::size_t deliveries = 0;        // threads for small bodies
  std::size_t large_deliveries = 0;  // and for others: each is in memory several times meanwhile
  std::size_t small = 1024 * 1024;   // bytes of a body
  std::size_t short_enough = 64 * 1024;  // for the loop: it is at it for less than a millisecond
};

class AnswerPools {
 public:
  AnswerPools(HttpFront& front, PoolSizes sizes);
  ~AnswerPools();

  void Start();
  // Has the front answer, where the plan says. False where the handlers' line is full: `done` is
  // not called then.
  bool Answer(HttpRequest& request, HttpFront::Where where, HttpFront::Done done);
  // Waits until each `done` was called; for what no thread has begun yet, with an empty answer.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
