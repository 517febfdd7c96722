// The threads that answer requests, separate from the loop that reads them.
//
// Answer is called by one thread; Start and Stop by another, in this order.
#pragma once

#include <cstddef>
#include <memory>

#include "src/api/http_front.h"

namespace retainer::api {

struct PoolSizes {
  std::size_t handlers = 4;    // threads
  std::size_t waiting = 512;   // requests that wait for a thread
  std::size_t deliveries = 0;  // threads for small bodies
  // Threads for larger bodies. Each of these bodies is in memory several times meanwhile.
  std::size_t large_deliveries = 0;
  std::size_t small = 1024 * 1024;  // largest small body, in bytes
  // The largest body for the loop, in bytes: it takes the loop less than a millisecond.
  std::size_t short_enough = 64 * 1024;
};

class AnswerPools {
 public:
  AnswerPools(HttpFront& front, PoolSizes sizes);
  ~AnswerPools();

  void Start();
  // Lets the front answer, on the thread that the plan names. False when the handlers' queue is
  // full; then `done` is not called.
  bool Answer(HttpRequest& request, HttpFront::Where where, HttpFront::Done done);
  // Waits until every `done` was called. Requests that no thread has started get an empty answer.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::api
