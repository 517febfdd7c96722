// Asker: asks forges the open questions of decisions, and gives the answers to the judge as news.
//
// The judge commits the questions with its decision and puts the ticket into the queue. After a
// restart, Refill fills the queue from the store. Asking is bounded: one thread at a time asks
// about a ticket, in a few rounds (an answer may raise another question), and Tries limits how
// often each question is asked. After the forge was asked, the ticket is decided whether the
// forge answered or not. What is still open is asked again when the ticket wakes up.
//
// Thread-safe. The caller waits for the forge. Errors are the judge's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/pipeline/ask_queue.h"
#include "src/pipeline/inquiries.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/trace_book.h"

namespace retainer::pipeline {

class Asker {
 public:
  static constexpr int kMaxRounds = 4;  // of questions and answers about a ticket at once

  // Everything outlives this object.
  // `traces`: null if nothing is traced.
  Asker(Judge& judge, Inquiries& inquiries, AskQueue& queue, Store& store, Clock& clock,
        const TraceBook* traces = nullptr);

  // Takes the oldest ticket of a forge's queue and asks about it. False: the queue was empty.
  absl::StatusOr<bool> RunOnce(const std::string& forge, Sake sake);
  // Decides like Judge::Decide, and asks all open questions at once on the caller's thread. Returns
  // everything that was decided as one decision, for printing.
  absl::StatusOr<Judged> DecideAndAsk(const TicketKey& key, const News& news);
  // Puts the tickets into the queue whose records say that a question is to be asked now.
  absl::Status Refill(const std::string& forge);

 private:
  // The last decision that the answers led to; nullopt: nothing had to be asked.
  absl::StatusOr<std::optional<Judged>> Ask(const TicketKey& key, Sake sake);

  Judge& judge_;
  Inquiries& inquiries_;
  AskQueue& queue_;
  Store& store_;
  Clock& clock_;
  const TraceBook* const traces_;
};

}  // namespace retainer::pipeline
