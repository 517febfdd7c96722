// NoticeReview: whether a notice that waits is still so.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/standing.h"

namespace retainer {

// By what is known when asked. Thread-safe. Errors are the store's.
class NoticeReview {
 public:
  enum class Word : std::uint8_t {
    kTell,
    kWait,  // an answer is outstanding, and nothing is announced meanwhile
    kDrop,  // it is not so any more
  };
  virtual ~NoticeReview() = default;
  // Raises `notice->is_private` where its customer is private by now. What nobody can have heard
  // yet (`told_since`) is brought up to date.
  virtual absl::StatusOr<Word> Review(Notice* notice) = 0;
  // The ticket is decided again: what was told of it and is not so is taken back.
  virtual absl::Status DecideAgain(const TicketKey& key) = 0;
};

}  // namespace retainer
