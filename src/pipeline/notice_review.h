// NoticeReview: whether a waiting notice is still true.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/standing.h"

namespace retainer::pipeline {

// Decides by what is known at the time of the call. Thread-safe. Errors are those of the store.
class NoticeReview {
 public:
  enum class Word : std::uint8_t {
    kTell,
    kWait,  // a question is open: tell nothing until it is answered
    kDrop,  // it is no longer true
  };
  virtual ~NoticeReview() = default;
  // Sets `notice->is_private` if its customer is private by now. Updates a notice that nobody can
  // have received yet (no `told_since`).
  virtual absl::StatusOr<Word> Review(Notice* notice) = 0;
  // Decides the ticket again, which takes back what was told and is not true.
  virtual absl::Status DecideAgain(const TicketKey& key) = 0;
};

}  // namespace retainer::pipeline
